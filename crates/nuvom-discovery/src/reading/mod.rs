//! Reads one file: from text to facts. It looks at nothing but the text, and runs nothing.

mod assignments;
mod bound;
mod branches;
mod comments;
mod expressions;
mod facts;
mod frames;
mod imports;
mod reader;
mod shape;
mod signature;
mod simple_type;
mod yields;

pub(crate) use expressions::{attribute_of, dotted};
pub(crate) use facts::{
    Decorator, Facts, Function, Meaning, Method, ParameterFacts, Place, Request, SignatureFacts, Subject,
};
pub use facts::{Kind, Span};
pub(crate) use reader::read;
pub(crate) use shape::{Argument, Given, RuleMaker, Shape, Unsendable};
pub(crate) use simple_type::SimpleType;
