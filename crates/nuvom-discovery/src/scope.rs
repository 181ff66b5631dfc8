//! Which names mean Nuvom's decorator at a point of a file. A name counts only if this file imports it from
//! Nuvom; another library's `task`, or a local one, takes the name away.

use std::collections::HashMap;

use ruff_python_ast::{Expr, Keyword, Parameters, Stmt, StmtImport, StmtImportFrom};

/// Where the decorator lives. The module and the decorator share a name, so both spellings occur.
const DECORATOR_PATHS: &[&str] = &["nuvom.task", "nuvom.task.task"];

/// What a name stands for, if it has to do with Nuvom.
#[derive(Debug, Clone)]
enum Binding<'a> {
    /// A module or member, by its full path: `nuvom`, `nuvom.task`.
    Path(String),
    /// The decorator with options, kept for several functions: `fast = task(queue="fast")`.
    Configured(&'a [Keyword]),
}

/// The names at one point of a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope<'a> {
    names: HashMap<&'a str, Binding<'a>>,
}

impl<'a> Scope<'a> {
    /// The options given to Nuvom's decorator, if the expression is it: `task`, `task(...)`, `nuvom.task`.
    pub(crate) fn task_options(&self, expression: &'a Expr) -> Option<&'a [Keyword]> {
        if let Expr::Name(name) = expression
            && let Some(Binding::Configured(keywords)) = self.names.get(name.id.as_str())
        {
            return Some(keywords);
        }
        match expression {
            Expr::Call(call) => self.is_decorator(&call.func).then_some(&call.arguments.keywords),
            other => self.is_decorator(other).then_some(&[]),
        }
    }

    /// What the decorator is applied to, if the expression calls it as a function: `task(f)`, `task()(f)`.
    pub(crate) fn registered_by_call(&self, expression: &'a Expr) -> Option<&'a Expr> {
        let Expr::Call(call) = expression else { return None };
        let subject = call.arguments.args.first()?;
        self.task_options(&call.func).map(|_| subject)
    }

    /// Takes note of what a statement does to names. Functions and blocks are the caller's to enter.
    pub(crate) fn apply(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::FunctionDef(function) => self.forget(&function.name),
            Stmt::ClassDef(class) => self.forget(&class.name),
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assign(&assign.target, value);
                }
            }
            Stmt::Assign(assign) => {
                assign.targets.iter().for_each(|target| self.assign(target, &assign.value));
            }
            _ => {}
        }
    }

    /// Takes a name away that is bound to something unknown.
    pub(crate) fn forget(&mut self, name: &str) {
        self.names.remove(name);
    }

    /// Takes away the names that a target binds to something unknown.
    pub(crate) fn forget_target(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.forget(name.id.as_str()),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|element| self.forget_target(element)),
            Expr::List(list) => list.elts.iter().for_each(|element| self.forget_target(element)),
            Expr::Starred(starred) => self.forget_target(&starred.value),
            _ => {}
        }
    }

    /// Takes away the names that a function's parameters hide.
    pub(crate) fn forget_parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            self.forget(parameter.name());
        }
    }

    /// Adds the names of another way to the same point: what any way binds to Nuvom may be Nuvom's.
    pub(crate) fn merge(&mut self, other: Scope<'a>) {
        for (name, binding) in other.names {
            self.names.entry(name).or_insert(binding);
        }
    }

    fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            let first = module.split('.').next().unwrap_or(module);
            let (bound, path) = match &alias.asname {
                Some(name) => (name.as_str(), module),
                None => (first, first),
            };
            if first == "nuvom" {
                self.names.insert(bound, Binding::Path(path.to_owned()));
            } else {
                self.forget(bound);
            }
        }
    }

    fn import_from(&mut self, import: &'a StmtImportFrom) {
        let module = match &import.module {
            Some(module) if import.level == 0 => module.as_str(),
            _ => "", // A relative import reaches this project's own modules only.
        };
        let is_nuvom = module == "nuvom" || module.starts_with("nuvom.");
        for alias in &import.names {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            match (is_nuvom, bound) {
                (true, "*") => {
                    self.names.insert("task", Binding::Path("nuvom.task".to_owned()));
                }
                (true, _) => {
                    self.names.insert(bound, Binding::Path(format!("{module}.{}", alias.name)));
                }
                (false, _) => self.forget(bound),
            }
        }
    }

    fn assign(&mut self, target: &'a Expr, value: &'a Expr) {
        let binding = match (self.path_of(value), value) {
            (Some(path), _) => Some(Binding::Path(path)),
            (None, Expr::Call(call)) if call.arguments.args.is_empty() => {
                self.task_options(value).map(Binding::Configured)
            }
            _ => None,
        };
        match (target, binding) {
            (Expr::Name(name), Some(binding)) => {
                self.names.insert(name.id.as_str(), binding);
            }
            _ => self.forget_target(target),
        }
    }

    fn is_decorator(&self, expression: &Expr) -> bool {
        self.path_of(expression).is_some_and(|path| DECORATOR_PATHS.contains(&path.as_str()))
    }

    /// The full path behind a name or a chain of attributes that starts at one of Nuvom's.
    fn path_of(&self, expression: &Expr) -> Option<String> {
        let mut attributes = Vec::new();
        let mut start = expression;
        while let Expr::Attribute(attribute) = start {
            attributes.push(attribute.attr.as_str());
            start = &attribute.value;
        }
        let Expr::Name(name) = start else { return None };
        let Binding::Path(path) = self.names.get(name.id.as_str())? else { return None };
        Some(attributes.iter().rev().fold(path.clone(), |path, attribute| path + "." + attribute))
    }
}
