//! What a payload says.

/// A decoded value, as the Python value that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    /// In decimal digits, with a sign: Python's have no limit.
    Integer(String),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Items(Brackets, Vec<Value>),
    Map(Vec<(Value, Value)>),
    /// Something with a class of its own and a text that says which it is.
    Named(&'static str, String),
    /// What is not shown.
    Hidden,
}

/// What stands in the place of a value that is not shown: no value of Python looks like it.
pub(super) const HIDDEN: &str = "<hidden>";

/// The sort of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brackets {
    List,
    Tuple,
    Set,
    Frozenset,
}

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Value>,
    pub(crate) keywords: Vec<(Value, Value)>,
}
