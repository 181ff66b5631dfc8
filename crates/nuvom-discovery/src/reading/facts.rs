//! What one file says, from its own text alone: what its names mean, its functions, and the calls that may be for
//! tasks. What lies behind an imported name is left open, for `linking` to find.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nuvom_core::{Parameter, ParameterKind, Signature};
use serde::{Deserialize, Serialize};

use super::shape::{Argument, Unsendable};
use super::simple_type::SimpleType;

/// What one file says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// What each name of the module means when it has run to its end.
    pub(crate) names: BTreeMap<String, Vec<Meaning>>,
    /// Names that may not be there, whichever way the module goes.
    pub(crate) optional: BTreeSet<String>,
    /// Modules of which it imports everything, in order; an empty name for one that cannot be told.
    pub(crate) stars: Vec<Arc<str>>,
    /// Its `__all__`, if that is a plain list.
    pub(crate) all: Option<Vec<String>>,
    pub(crate) functions: Vec<Function>,
    /// Classes that carry decorators.
    pub(crate) classes: Vec<Class>,
    /// Calls without arguments by position whose value got a name: `fast = task(queue="fast")`.
    pub(crate) kept: Vec<Kept>,
    /// Statements that may make a task by calling the decorator.
    pub(crate) applied: Vec<Applied>,
    /// Calls that may ask for a task.
    pub(crate) requests: Vec<Request>,
    /// `# nuvom: ignore[...]`.
    pub(crate) silenced: Vec<Silenced>,
    /// Why it is not Python.
    pub(crate) syntax_error: Option<(Span, String)>,
}

/// What a name or an expression stands for, as far as one file tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Meaning {
    /// Something imported, or built in: a module, a colon, and names inside it: `shop.tasks:add`, `nuvom:`,
    /// `builtins:open`. Python looks left of the colon for modules, right of it for attributes.
    Path(Arc<str>),
    /// A name that star imports may have brought, the latest first; else what it meant before them.
    Starred { modules: Vec<Arc<str>>, name: Arc<str>, otherwise: Vec<Meaning> },
    /// A function of this module, by its place in `Facts::functions`.
    Function(usize),
    /// The value of a call, by its place in `Facts::kept`.
    Kept(usize),
    /// A copy of a task, by `with_options`.
    Copy(Box<Meaning>),
    /// A value that no job can carry.
    Unsendable(Unsendable),
    /// Anything.
    Unknown,
}

/// A stretch of source. Lines and columns count from 1, columns in characters; the end is behind the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The line where it starts.
    pub line: u32,
    /// The column where it starts.
    pub column: u32,
    /// The line where it ends.
    pub end_line: u32,
    /// The column behind its end.
    pub end_column: u32,
}

/// A `def`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Where its name stands.
    pub(crate) span: Span,
    pub(crate) place: Place,
    /// Which of several alternatives it stands in: the branching, and its arm. Of two functions in different arms
    /// of one branching, only one is ever defined.
    pub(crate) arms: Vec<(u32, u32)>,
    pub(crate) is_async: bool,
    pub(crate) yields: bool,
    pub(crate) decorators: Vec<Decorator>,
    pub(crate) signature: SignatureFacts,
    /// The first line of the docstring.
    pub(crate) doc: Option<String>,
}

/// Where a definition stands, which decides whether it can be imported by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    Module,
    Loop,
    Class(String),
    Function(String),
}

/// What stands behind an `@`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Decorator {
    /// The name in it: that of `task` in `@task`, `@task(...)`.
    pub(crate) meanings: Vec<Meaning>,
    /// Whether the name is called.
    pub(crate) is_called: bool,
    /// What it is called with.
    pub(crate) arguments: Vec<Argument>,
    pub(crate) span: Span,
}

/// Parameters and return annotation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SignatureFacts {
    /// As written, on one line: `(x: int, y: int = 2) -> int`.
    pub(crate) text: String,
    pub(crate) parameters: Vec<ParameterFacts>,
    pub(crate) returns: Option<String>,
}

/// One parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ParameterFacts {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) has_default: bool,
    /// As written, on one line.
    pub(crate) annotation: Option<String>,
    /// The plain types that the annotation allows, if it says nothing but such.
    pub(crate) accepts: Option<Vec<SimpleType>>,
}

/// `nuvom_core::ParameterKind`, in a form that can be written down: the names are those of Python's `inspect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By position alone.
    PositionalOnly,
    /// By position or by name.
    PositionalOrKeyword,
    /// All further positions.
    VarPositional,
    /// By name alone.
    KeywordOnly,
    /// All further names.
    VarKeyword,
}

/// A class that carries decorators.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) decorators: Vec<Decorator>,
}

/// A call whose value got a name.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) called: Vec<Meaning>,
    pub(crate) arguments: Vec<Argument>,
}

/// A call like `task(f)` or `task()(f)`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Applied {
    pub(crate) called: Vec<Meaning>,
    pub(crate) subject: Subject,
    pub(crate) span: Span,
}

/// What a decorator is called with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Subject {
    Lambda,
    Name(String),
    Other,
}

/// A call like `add.delay(1, 2)`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// What stands left of the method's dot.
    pub(crate) target: Vec<Meaning>,
    pub(crate) method: Method,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) span: Span,
}

/// The methods of a task that take a call's arguments or options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Method {
    Delay,
    Adelay,
    Submit,
    Map,
    Schedule,
    WithOptions,
}

/// A comment that keeps findings of its line quiet.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Silenced {
    pub(crate) line: u32,
    pub(crate) span: Span,
    /// These; none named means all.
    pub(crate) codes: Vec<String>,
}

impl Method {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "delay" => Self::Delay,
            "adelay" => Self::Adelay,
            "submit" => Self::Submit,
            "map" => Self::Map,
            "schedule" => Self::Schedule,
            "with_options" => Self::WithOptions,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Adelay => "adelay",
            Self::Submit => "submit",
            Self::Map => "map",
            Self::Schedule => "schedule",
            Self::WithOptions => "with_options",
        }
    }
}

impl Function {
    /// Whether it and another can never be defined by the same run.
    pub(crate) fn excludes(&self, other: &Function) -> bool {
        self.arms.iter().any(|(branching, arm)| other.arms.iter().any(|(b, a)| b == branching && a != arm))
    }
}

impl SignatureFacts {
    /// What decides whether a call fits.
    pub(crate) fn to_core(&self) -> Signature {
        let all = self.parameters.iter();
        Signature::new(all.map(|it| it.kind.parameter(&it.name, it.has_default)).collect())
    }
}

impl Kind {
    /// A parameter of this kind.
    pub(crate) fn parameter(self, name: &str, has_default: bool) -> Parameter {
        Parameter { name: name.to_owned(), kind: self.into(), has_default }
    }
}

impl From<Kind> for ParameterKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::PositionalOnly => Self::PositionalOnly,
            Kind::PositionalOrKeyword => Self::PositionalOrKeyword,
            Kind::VarPositional => Self::VarPositional,
            Kind::KeywordOnly => Self::KeywordOnly,
            Kind::VarKeyword => Self::VarKeyword,
        }
    }
}
