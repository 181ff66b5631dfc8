//! What can be said about an argument without running anything.

use ruff_python_ast::Expr;
use ruff_python_ast::{Number, UnaryOp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::facts::{Meaning, ParameterFacts, Span};
use super::simple_type::SimpleType;

/// An argument of a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Argument {
    pub(crate) given: Given,
    pub(crate) shape: Shape,
    pub(crate) span: Span,
}

/// How an argument is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Given {
    ByPosition,
    /// `*rest`
    Stars,
    ByName(String),
    /// `**rest`
    DoubleStars,
}

/// What an argument is, as far as its expression shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Shape {
    None,
    Bool(bool),
    /// In decimal digits, with a sign.
    Int(String),
    Float(f64),
    Complex,
    Text(String),
    /// A text that is put together when it runs.
    FormattedText,
    Bytes,
    List(Vec<Shape>),
    Tuple(Vec<Shape>),
    Set(Vec<Shape>),
    /// Keys are known where they are plain texts.
    Dict(Vec<(Option<String>, Shape)>),
    /// A display or comprehension whose elements are not known, or too many to look at.
    Of(SimpleType),
    Lambda(Vec<ParameterFacts>),
    Generator,
    /// What `every(…)` or `cron(…)` makes of these arguments.
    Rule(RuleMaker, Vec<Argument>),
    /// A name, or a call of one.
    Named(Vec<Meaning>),
    /// Anything.
    Other,
}

/// The functions that make the rule of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RuleMaker {
    Every,
    Cron,
}

impl RuleMaker {
    /// The one of this path, as modules and names with dots.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "nuvom.every" | "nuvom.scheduler.every" | "nuvom.scheduler.rules.every" => Some(Self::Every),
            "nuvom.cron" | "nuvom.scheduler.cron" | "nuvom.scheduler.rules.cron" => Some(Self::Cron),
            _ => None,
        }
    }
}

/// A value that no job can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unsendable {
    Lambda,
    Generator,
    OpenFile,
    Lock,
    Connection,
    Thread,
    Class,
    Module,
}

impl Argument {
    /// Its name, if it is given by name.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.given {
            Given::ByName(name) => Some(name),
            _ => None,
        }
    }

    /// An argument at the same place.
    pub(crate) fn with(&self, given: Given, shape: Shape) -> Argument {
        Argument { given, shape, span: self.span }
    }
}

impl Unsendable {
    /// What a call of this function makes, if it is known to make such a value.
    pub(crate) fn made_by(path: &str) -> Option<Self> {
        Some(match path {
            "builtins.open"
            | "io.open"
            | "gzip.open"
            | "bz2.open"
            | "lzma.open"
            | "codecs.open"
            | "tempfile.TemporaryFile"
            | "tempfile.NamedTemporaryFile" => Self::OpenFile,
            "threading.Lock"
            | "threading.RLock"
            | "threading.Condition"
            | "threading.Event"
            | "threading.Semaphore"
            | "threading.BoundedSemaphore"
            | "threading.Barrier"
            | "asyncio.Lock"
            | "asyncio.Event"
            | "asyncio.Condition"
            | "asyncio.Semaphore"
            | "multiprocessing.Lock"
            | "multiprocessing.RLock"
            | "multiprocessing.Event"
            | "multiprocessing.Semaphore" => Self::Lock,
            "sqlite3.connect"
            | "socket.socket"
            | "socket.create_connection"
            | "http.client.HTTPConnection"
            | "http.client.HTTPSConnection"
            | "smtplib.SMTP"
            | "smtplib.SMTP_SSL"
            | "ftplib.FTP"
            | "psycopg.connect"
            | "psycopg2.connect"
            | "redis.Redis"
            | "pymysql.connect"
            | "mysql.connector.connect" => Self::Connection,
            "threading.Thread" | "threading.Timer" | "multiprocessing.Process" | "subprocess.Popen" => {
                Self::Thread
            }
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Lambda => "a lambda",
            Self::Generator => "a generator",
            Self::OpenFile => "an open file",
            Self::Lock => "a lock",
            Self::Connection => "a connection",
            Self::Thread => "a thread or process",
            Self::Class => "a class",
            Self::Module => "a module",
        }
    }
}

impl Shape {
    /// The value, if JSON can hold it: what a manifest keeps of an option.
    pub(crate) fn to_json(&self) -> Option<Value> {
        let all = |shapes: &[Shape]| shapes.iter().map(Shape::to_json).collect::<Option<Vec<_>>>();
        match self {
            Shape::None => Some(Value::Null),
            Shape::Bool(value) => Some(Value::Bool(*value)),
            Shape::Int(digits) => {
                let small = digits.parse::<i64>().map(Value::from);
                small.or_else(|_| digits.parse::<u64>().map(Value::from)).ok()
            }
            Shape::Float(value) => serde_json::Number::from_f64(*value).map(Value::Number),
            Shape::Text(text) => Some(Value::from(text.as_str())),
            Shape::List(items) | Shape::Tuple(items) => all(items).map(Value::Array),
            Shape::Dict(items) => {
                let mut map = Map::new();
                for (key, value) in items {
                    map.insert(key.clone()?, value.to_json()?);
                }
                Some(Value::Object(map))
            }
            _ => None,
        }
    }

    /// The plain type of the value, if the expression shows it.
    pub(crate) fn simple_type(&self) -> Option<SimpleType> {
        Some(match self {
            Shape::None => SimpleType::None,
            Shape::Bool(_) => SimpleType::Bool,
            Shape::Int(_) => SimpleType::Int,
            Shape::Float(_) => SimpleType::Float,
            Shape::Complex => SimpleType::Complex,
            Shape::Text(_) | Shape::FormattedText => SimpleType::Str,
            Shape::Bytes => SimpleType::Bytes,
            Shape::List(_) => SimpleType::List,
            Shape::Tuple(_) => SimpleType::Tuple,
            Shape::Set(_) => SimpleType::Set,
            Shape::Dict(_) => SimpleType::Dict,
            Shape::Of(kind) => *kind,
            Shape::Lambda(_) | Shape::Generator | Shape::Rule(..) | Shape::Named(_) | Shape::Other => {
                return None;
            }
        })
    }

    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Shape::Int(digits) => digits.parse().ok(),
            Shape::Float(value) => Some(*value),
            _ => None,
        }
    }
}

/// The shape of a number.
pub(super) fn of_number(number: &Number) -> Shape {
    match number {
        // Written in another base, a large one keeps its letters.
        Number::Int(int) => {
            int.as_u64().map_or(Shape::Of(SimpleType::Int), |int| Shape::Int(int.to_string()))
        }
        Number::Float(float) => Shape::Float(*float),
        Number::Complex { .. } => Shape::Complex,
    }
}

/// The shape of a number with a sign before it.
pub(super) fn of_signed(op: UnaryOp, operand: &Expr) -> Shape {
    let Expr::NumberLiteral(literal) = operand else { return Shape::Other };
    match (op, of_number(&literal.value)) {
        (UnaryOp::UAdd, shape) | (UnaryOp::USub, shape @ (Shape::Complex | Shape::Of(_))) => shape,
        (UnaryOp::USub, Shape::Int(digits)) if digits == "0" => Shape::Int(digits),
        (UnaryOp::USub, Shape::Int(digits)) => Shape::Int(format!("-{digits}")),
        (UnaryOp::USub, Shape::Float(float)) => Shape::Float(-float),
        _ => Shape::Other,
    }
}
