//! The plain types of Python, and which of them an annotation allows.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A built-in type whose values can be written down as literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SimpleType {
    None,
    Bool,
    Int,
    Float,
    Complex,
    Str,
    Bytes,
    List,
    Tuple,
    Set,
    FrozenSet,
    Dict,
}

impl SimpleType {
    /// The type of this path, in `builtins` or as `typing` knows it.
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "builtins.bool" => Self::Bool,
            "builtins.int" => Self::Int,
            "builtins.float" => Self::Float,
            "builtins.complex" => Self::Complex,
            "builtins.str" => Self::Str,
            "builtins.bytes" => Self::Bytes,
            "builtins.list" | "typing.List" => Self::List,
            "builtins.tuple" | "typing.Tuple" => Self::Tuple,
            "builtins.set" | "typing.Set" => Self::Set,
            "builtins.frozenset" | "typing.FrozenSet" => Self::FrozenSet,
            "builtins.dict" | "typing.Dict" => Self::Dict,
            _ => return None,
        })
    }

    /// Whether its values hold no others.
    pub(crate) fn is_scalar(self) -> bool {
        !matches!(self, Self::List | Self::Tuple | Self::Set | Self::FrozenSet | Self::Dict)
    }

    /// A value of this type, in words.
    pub(crate) fn described(self) -> String {
        match self {
            Self::None => "None".to_owned(),
            Self::Int => "an int".to_owned(),
            other => format!("a {other}"),
        }
    }

    /// Whether a value of this type may stand where that type is asked for, by the rules of type checkers: a bool is
    /// an int, and an int passes for a float.
    pub(crate) fn passes_for(self, asked: SimpleType) -> bool {
        self == asked
            || matches!(
                (self, asked),
                (Self::Bool, Self::Int | Self::Float | Self::Complex)
                    | (Self::Int, Self::Float | Self::Complex)
                    | (Self::Float, Self::Complex)
            )
    }
}

impl fmt::Display for SimpleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Complex => "complex",
            Self::Str => "str",
            Self::Bytes => "bytes",
            Self::List => "list",
            Self::Tuple => "tuple",
            Self::Set => "set",
            Self::FrozenSet => "frozenset",
            Self::Dict => "dict",
        })
    }
}
