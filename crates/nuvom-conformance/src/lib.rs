//! The suite that every backend passes, with what its cases are made of: builders, a clock that tests own, probes
//! instead of sleeps. Backends run it as tests; `nuvom plugin test` runs it over a backend written in Python, so it
//! is the one part of the tests that ships.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

pub mod builders;
mod clock;
pub mod conformance;
mod probe;

pub use clock::FakeClock;
pub use probe::{PATIENCE, Probe};
