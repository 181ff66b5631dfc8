//! The words and rules of Nuvom. Nothing here does I/O, starts a thread or reads a clock.

mod error;

pub use error::{Error, ErrorKind, Result};
