//! Stores made of lines that promise little and of lines that promise much.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod bare;
mod conformance;
mod queue;
mod redelivery;
mod support;
