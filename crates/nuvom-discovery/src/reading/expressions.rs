//! What expressions mean, and the calls in them.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Arguments, Comprehension, Expr, ExprCall, StmtFunctionDef};
use ruff_python_parser::parse_expression;
use ruff_text_size::{Ranged, TextRange};

use super::bound::Bound;
use super::facts::{Applied, Kept, Kind, Meaning, Method, ParameterFacts, Request, SignatureFacts, Subject};
use super::reader::{Later, Reader};
use super::shape::{self, Argument, Given, RuleMaker, Shape, Unsendable};
use super::signature::{on_one_line, signature_of};
use super::simple_type::SimpleType;

/// Deeper than anybody writes; what is below is not looked at, so that no file can exhaust the stack.
pub(super) const MAX_DEPTH: usize = 1_000;
/// As deep as arguments are looked into.
const SHAPE_DEPTH: usize = 8;
/// A display with more elements is data: its type alone counts.
const MAX_ELEMENTS: usize = 200;

impl<'a> Reader<'a> {
    pub(super) fn read_expression(&mut self, expression: &'a Expr) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match expression {
            Expr::Call(call) => {
                walk_expr(self, expression);
                self.note_request(call);
                self.note_applied(call);
            }
            Expr::BoolOp(operation) => {
                if let Some((first, rest)) = operation.values.split_first() {
                    self.visit_expr(first);
                    self.perhaps(|reader| rest.iter().for_each(|value| reader.visit_expr(value)));
                }
            }
            Expr::If(choice) => {
                self.visit_expr(&choice.test);
                self.perhaps(|reader| reader.visit_expr(&choice.body));
                self.perhaps(|reader| reader.visit_expr(&choice.orelse));
            }
            Expr::Lambda(lambda) => {
                for parameter in lambda.parameters.iter().flat_map(|it| it.iter_non_variadic_params()) {
                    parameter.default().into_iter().for_each(|default| self.visit_expr(default));
                }
                self.later.push(Later::Lambda(lambda));
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                self.bind_value(&named.target, &named.value);
            }
            Expr::ListComp(it) => self.read_comprehension(&it.generators, &[&it.elt]),
            Expr::SetComp(it) => self.read_comprehension(&it.generators, &[&it.elt]),
            Expr::Generator(it) => self.read_comprehension(&it.generators, &[&it.elt]),
            Expr::DictComp(it) => {
                let key = it.key.as_deref();
                let parts: Vec<&'a Expr> = key.into_iter().chain([&*it.value]).collect();
                self.read_comprehension(&it.generators, &parts);
            }
            _ => walk_expr(self, expression),
        }
        self.depth -= 1;
    }

    /// Reads what may not run.
    fn perhaps(&mut self, read: impl FnOnce(&mut Self)) {
        let mark = self.frames.mark();
        read(self);
        let way = self.frames.go_back(mark);
        self.frames.join(&[way], true);
    }

    /// The targets of a comprehension are its own.
    fn read_comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        let mut own = Bound::default();
        for generator in generators {
            own.targets(&generator.target);
        }
        self.frames.enter_inset(own);
        for (place, generator) in generators.iter().enumerate() {
            if place > 0 {
                self.visit_expr(&generator.iter);
            }
            generator.ifs.iter().for_each(|condition| self.visit_expr(condition));
        }
        for element in elements {
            self.visit_expr(element);
        }
        self.frames.leave();
    }

    /// What an expression stands for.
    pub(super) fn meaning_of(&self, expression: &Expr) -> Vec<Meaning> {
        self.meaning_within(expression, SHAPE_DEPTH)
    }

    fn meaning_within(&self, expression: &Expr, depth: usize) -> Vec<Meaning> {
        let Some(depth) = depth.checked_sub(1) else { return vec![Meaning::Unknown] };
        match expression {
            Expr::Name(name) => self.frames.look_up(name.id.as_str()),
            Expr::Attribute(_) => self.meaning_of_attribute(expression),
            Expr::Named(named) => self.meaning_within(&named.value, depth),
            Expr::Lambda(_) => vec![Meaning::Unsendable(Unsendable::Lambda)],
            Expr::Generator(_) => vec![Meaning::Unsendable(Unsendable::Generator)],
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) if method.attr.as_str() == Method::WithOptions.as_str() => {
                    let task = self.meaning_within(&method.value, depth);
                    task.into_iter().map(|meaning| Meaning::Copy(Box::new(meaning))).collect()
                }
                called => match &*self.meaning_within(called, depth) {
                    [Meaning::Path(path)] => {
                        let made = Unsendable::made_by(&dotted(path));
                        vec![made.map_or(Meaning::Unknown, Meaning::Unsendable)]
                    }
                    _ => vec![Meaning::Unknown],
                },
            },
            _ => vec![Meaning::Unknown],
        }
    }

    fn meaning_of_attribute(&self, expression: &Expr) -> Vec<Meaning> {
        let mut attributes = Vec::new();
        let mut start = expression;
        while let Expr::Attribute(attribute) = start {
            attributes.push(attribute.attr.as_str());
            start = &attribute.value;
        }
        let Expr::Name(name) = start else { return vec![Meaning::Unknown] };
        attributes.reverse();
        let rest = attributes.join(".");
        self.frames
            .look_up(name.id.as_str())
            .into_iter()
            .map(|meaning| attribute_of(meaning, &rest))
            .collect()
    }

    /// The same, for an expression whose value gets a name: a call with options may be a decorator.
    pub(super) fn meaning_to_keep(&mut self, value: &'a Expr) -> Vec<Meaning> {
        let meanings = self.meaning_of(value);
        let Expr::Call(call) = value else { return meanings };
        let called = self.meaning_of(&call.func);
        if meanings != [Meaning::Unknown] || !call.arguments.args.is_empty() || !called.iter().any(is_open) {
            return meanings;
        }
        let arguments = self.arguments(&call.arguments);
        self.facts.kept.push(Kept { called, arguments });
        vec![Meaning::Kept(self.facts.kept.len() - 1)]
    }

    /// Takes note of `task(f)` and `task(...)(f)`.
    fn note_applied(&mut self, call: &'a ExprCall) {
        let Some(subject) = call.arguments.args.first() else { return };
        let called = match &*call.func {
            Expr::Call(inner) if inner.arguments.args.is_empty() => self.meaning_of(&inner.func),
            other => self.meaning_of(other),
        };
        if !called.iter().any(|meaning| is_open(meaning) || matches!(meaning, Meaning::Kept(_))) {
            return;
        }
        let subject = match subject {
            Expr::Lambda(_) => Subject::Lambda,
            Expr::Name(name) => Subject::Name(name.id.to_string()),
            Expr::Attribute(_) | Expr::Call(_) => Subject::Other,
            _ => return,
        };
        let span = self.span(call.range());
        self.facts.applied.push(Applied { called, subject, span });
    }

    fn note_request(&mut self, call: &'a ExprCall) {
        let Expr::Attribute(attribute) = &*call.func else { return };
        let Some(method) = Method::of(attribute.attr.as_str()) else { return };
        let target = self.meaning_of(&attribute.value);
        let may_be_task = |meaning: &Meaning| match meaning {
            Meaning::Function(place) => !self.facts.functions[*place].decorators.is_empty(),
            Meaning::Copy(_) => true,
            other => is_open(other),
        };
        if !target.iter().any(may_be_task) {
            return;
        }
        let arguments = self.arguments(&call.arguments);
        let span = self.span(call.range());
        self.facts.requests.push(Request { target, method, arguments, span });
    }

    pub(super) fn arguments(&self, arguments: &'a Arguments) -> Vec<Argument> {
        let by_position = arguments.args.iter().map(|value| match value {
            Expr::Starred(starred) => (Given::Stars, &*starred.value, value.range()),
            _ => (Given::ByPosition, value, value.range()),
        });
        let by_name = arguments.keywords.iter().map(|keyword| match &keyword.arg {
            Some(name) => (Given::ByName(name.to_string()), &keyword.value, keyword.range),
            None => (Given::DoubleStars, &keyword.value, keyword.range),
        });
        let argument = |(given, value, range): (Given, &'a Expr, TextRange)| Argument {
            given,
            shape: self.shape_of(value, SHAPE_DEPTH),
            span: self.span(range),
        };
        by_position.chain(by_name).map(argument).collect()
    }

    fn shape_of(&self, value: &'a Expr, depth: usize) -> Shape {
        let Some(depth) = depth.checked_sub(1) else { return Shape::Other };
        let items = |elements: &'a [Expr], made: fn(Vec<Shape>) -> Shape, kind: SimpleType| {
            if elements.len() > MAX_ELEMENTS || elements.iter().any(Expr::is_starred_expr) {
                return Shape::Of(kind);
            }
            made(elements.iter().map(|element| self.shape_of(element, depth)).collect())
        };
        match value {
            Expr::NoneLiteral(_) => Shape::None,
            Expr::BooleanLiteral(literal) => Shape::Bool(literal.value),
            Expr::StringLiteral(literal) => Shape::Text(literal.value.to_str().to_owned()),
            Expr::BytesLiteral(_) => Shape::Bytes,
            Expr::FString(_) => Shape::FormattedText,
            Expr::NumberLiteral(literal) => shape::of_number(&literal.value),
            Expr::UnaryOp(operation) => shape::of_signed(operation.op, &operation.operand),
            Expr::List(list) => items(&list.elts, Shape::List, SimpleType::List),
            Expr::Tuple(tuple) => items(&tuple.elts, Shape::Tuple, SimpleType::Tuple),
            Expr::Set(set) => items(&set.elts, Shape::Set, SimpleType::Set),
            Expr::Dict(dict) => {
                if dict.items.len() > MAX_ELEMENTS || dict.items.iter().any(|item| item.key.is_none()) {
                    return Shape::Of(SimpleType::Dict);
                }
                let key = |key: &Expr| match key {
                    Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
                    _ => None,
                };
                let items = dict.items.iter();
                let items = items.map(|it| (it.key.as_ref().and_then(key), self.shape_of(&it.value, depth)));
                Shape::Dict(items.collect())
            }
            Expr::ListComp(_) => Shape::Of(SimpleType::List),
            Expr::SetComp(_) => Shape::Of(SimpleType::Set),
            Expr::DictComp(_) => Shape::Of(SimpleType::Dict),
            Expr::Generator(_) => Shape::Generator,
            Expr::Lambda(lambda) => {
                Shape::Lambda(lambda.parameters.as_deref().map(|it| self.parameters(it)).unwrap_or_default())
            }
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Named(_) => {
                if let Some(rule) = self.rule_of(value) {
                    return rule;
                }
                match self.meaning_of(value) {
                    meanings if meanings.iter().all(|meaning| *meaning == Meaning::Unknown) => Shape::Other,
                    meanings => Shape::Named(meanings),
                }
            }
            _ => Shape::Other,
        }
    }

    /// The rule of a schedule, if the value is a call that makes one.
    fn rule_of(&self, value: &'a Expr) -> Option<Shape> {
        let Expr::Call(call) = value else { return None };
        let called = self.meaning_of(&call.func);
        let [Meaning::Path(path)] = &*called else { return None };
        Some(Shape::Rule(RuleMaker::of(&dotted(path))?, self.arguments(&call.arguments)))
    }

    pub(super) fn signature(&self, function: &'a StmtFunctionDef) -> SignatureFacts {
        SignatureFacts {
            text: signature_of(function, self.source.text, self.source.tokens),
            parameters: self.parameters(&function.parameters),
            returns: function
                .returns
                .as_ref()
                .map(|it| on_one_line(it.range(), self.source.text, self.source.tokens)),
        }
    }

    fn parameters(&self, parameters: &'a ruff_python_ast::Parameters) -> Vec<ParameterFacts> {
        let with_default = |it: &'a ruff_python_ast::ParameterWithDefault, kind: Kind| {
            let mut facts = self.parameter(&it.parameter, kind);
            facts.has_default = it.default.is_some();
            if matches!(it.default.as_deref(), Some(Expr::NoneLiteral(_)))
                && let Some(accepts) = &mut facts.accepts
            {
                accepts.push(SimpleType::None);
            }
            facts
        };
        let mut all = Vec::with_capacity(parameters.len());
        all.extend(parameters.posonlyargs.iter().map(|it| with_default(it, Kind::PositionalOnly)));
        all.extend(parameters.args.iter().map(|it| with_default(it, Kind::PositionalOrKeyword)));
        all.extend(parameters.vararg.iter().map(|it| self.parameter(it, Kind::VarPositional)));
        all.extend(parameters.kwonlyargs.iter().map(|it| with_default(it, Kind::KeywordOnly)));
        all.extend(parameters.kwarg.iter().map(|it| self.parameter(it, Kind::VarKeyword)));
        all
    }

    fn parameter(&self, parameter: &'a ruff_python_ast::Parameter, kind: Kind) -> ParameterFacts {
        let annotation = parameter.annotation.as_deref();
        ParameterFacts {
            name: parameter.name.to_string(),
            kind,
            has_default: false,
            annotation: annotation.map(|it| on_one_line(it.range(), self.source.text, self.source.tokens)),
            accepts: annotation.and_then(|it| self.accepts(it, SHAPE_DEPTH)),
        }
    }

    /// The plain types that an annotation allows; none if it says anything else.
    fn accepts(&self, annotation: &Expr, depth: usize) -> Option<Vec<SimpleType>> {
        let depth = depth.checked_sub(1)?;
        match annotation {
            Expr::NoneLiteral(_) => Some(vec![SimpleType::None]),
            Expr::Name(_) | Expr::Attribute(_) => Some(vec![SimpleType::of(&self.type_path(annotation)?)?]),
            Expr::StringLiteral(text) => {
                let parsed = parse_expression(text.value.to_str()).ok()?;
                self.accepts(parsed.expr(), depth)
            }
            Expr::BinOp(union) if union.op == ruff_python_ast::Operator::BitOr => {
                Some([self.accepts(&union.left, depth)?, self.accepts(&union.right, depth)?].concat())
            }
            Expr::Subscript(subscript) => {
                let path = self.type_path(&subscript.value)?;
                let arguments = match &*subscript.slice {
                    Expr::Tuple(tuple) => &*tuple.elts,
                    one => std::slice::from_ref(one),
                };
                match &*path {
                    "typing.Optional" => {
                        let mut accepts = self.accepts(&subscript.slice, depth)?;
                        accepts.push(SimpleType::None);
                        Some(accepts)
                    }
                    "typing.Union" => {
                        let each = arguments.iter().map(|it| self.accepts(it, depth));
                        each.collect::<Option<Vec<_>>>().map(|all| all.concat())
                    }
                    "typing.Annotated" => self.accepts(arguments.first()?, depth),
                    _ => Some(vec![SimpleType::of(&path)?]),
                }
            }
            _ => None,
        }
    }

    fn type_path(&self, expression: &Expr) -> Option<String> {
        match &*self.meaning_of(expression) {
            [Meaning::Path(path)] => Some(dotted(path).replacen("typing_extensions.", "typing.", 1)),
            _ => None,
        }
    }
}

/// Whether only another file tells what it is.
fn is_open(meaning: &Meaning) -> bool {
    match meaning {
        Meaning::Path(path) => !path.starts_with("builtins:"),
        Meaning::Starred { .. } => true,
        _ => false,
    }
}

/// What an attribute of something is.
pub(crate) fn attribute_of(meaning: Meaning, attribute: &str) -> Meaning {
    match meaning {
        Meaning::Path(path) if path.ends_with(':') => Meaning::Path(format!("{path}{attribute}").into()),
        Meaning::Path(path) => Meaning::Path(format!("{path}.{attribute}").into()),
        Meaning::Starred { modules, name, otherwise } => Meaning::Starred {
            modules,
            name: format!("{name}.{attribute}").into(),
            otherwise: otherwise.into_iter().map(|it| attribute_of(it, attribute)).collect(),
        },
        _ => Meaning::Unknown,
    }
}

/// A path as it would be written: `shop.app.task` for `shop.app:task`.
pub(crate) fn dotted(path: &str) -> String {
    path.replace(':', ".").trim_end_matches('.').to_owned()
}
