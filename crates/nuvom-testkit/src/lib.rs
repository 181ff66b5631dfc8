//! What the tests of Nuvom share: the suite that every backend passes, a clock that tests own, builders, and
//! probes instead of sleeps. Only ever a dev-dependency.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

pub mod builders;
mod clock;
pub mod conformance;
pub mod faulty;
mod probe;

pub use clock::FakeClock;
pub use probe::{PATIENCE, Probe};
