//! What assignments, and their like, make of names.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, ExprList, ExprTuple};

use super::facts::Meaning;
use super::reader::Reader;

/// What is assigned: one value, or several to several names.
pub(super) enum Value {
    One(Vec<Meaning>),
    Several(Vec<Value>),
    Unknown,
}

impl Value {
    fn meanings(&self) -> Vec<Meaning> {
        match self {
            Value::One(meanings) => meanings.clone(),
            Value::Several(_) | Value::Unknown => vec![Meaning::Unknown],
        }
    }
}

/// More values than that are data.
const MAX_UNPACKED: usize = 50;

impl<'a> Reader<'a> {
    /// Gives a meaning to the names of an assignment's target.
    pub(super) fn bind_target(&mut self, target: &'a Expr, value: &Value) {
        match (target, value) {
            (Expr::Name(name), value) => self.frames.bind(name.id.as_str(), value.meanings()),
            (Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }), value) => {
                for (place, element) in elts.iter().enumerate() {
                    let part = match value {
                        Value::Several(parts) if parts.len() == elts.len() => &parts[place],
                        _ => &Value::Unknown,
                    };
                    self.bind_target(element, part);
                }
            }
            (Expr::Starred(starred), _) => self.bind_target(&starred.value, &Value::Unknown),
            (other, _) => self.visit_expr(other),
        }
    }

    /// Gives a target the meaning of a value.
    pub(super) fn bind_value(&mut self, target: &'a Expr, value: &'a Expr) {
        let value = self.value_of(value);
        self.bind_target(target, &value);
    }

    pub(super) fn value_of(&mut self, value: &'a Expr) -> Value {
        match value {
            Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. })
                if elts.len() <= MAX_UNPACKED && !elts.iter().any(Expr::is_starred_expr) =>
            {
                Value::Several(elts.iter().map(|element| self.value_of(element)).collect())
            }
            other => Value::One(self.meaning_to_keep(other)),
        }
    }

    pub(super) fn assign(&mut self, targets: &'a [Expr], value: &'a Expr) {
        self.visit_expr(value);
        let meaning = self.value_of(value);
        for target in targets {
            if is_all(target) {
                self.facts.all = texts(value);
            }
            self.bind_target(target, &meaning);
        }
    }

    pub(super) fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.frames.unbind(name.id.as_str()),
            Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }) => {
                for element in elts {
                    self.delete(element);
                }
            }
            other => self.visit_expr(other),
        }
    }

    /// `__all__.append("name")` and the like.
    pub(super) fn change_all(&mut self, statement: &'a Expr) {
        let Expr::Call(call) = statement else { return };
        let Expr::Attribute(method) = &*call.func else { return };
        if !is_all(&method.value) {
            return;
        }
        let more = match (method.attr.as_str(), &*call.arguments.args) {
            ("append", [Expr::StringLiteral(name)]) => Some(vec![name.value.to_str().to_owned()]),
            ("extend", [names]) => texts(names),
            _ => None,
        };
        self.facts.all = self.facts.all.take().zip(more).map(|(all, more)| [all, more].concat());
    }
}

/// The texts of a plain list.
pub(super) fn texts(value: &Expr) -> Option<Vec<String>> {
    let items = match value {
        Expr::List(list) => &list.elts,
        Expr::Tuple(tuple) => &tuple.elts,
        _ => return None,
    };
    let text = |item: &Expr| match item {
        Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
        _ => None,
    };
    items.iter().map(text).collect()
}

pub(super) fn is_all(target: &Expr) -> bool {
    matches!(target, Expr::Name(name) if name.id.as_str() == "__all__")
}
