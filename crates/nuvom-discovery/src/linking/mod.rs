//! Puts the facts of all files together: follows names from module to module to what they stand for.

mod duplicates;
mod modules;
mod tasks;

pub(crate) use modules::{File, KnownModule, Modules, Thing};
pub(crate) use tasks::{Linked, LinkedTask, link};
