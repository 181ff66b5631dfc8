//! What the tests of Nuvom share beside the conformance suite: stores that fail on
//! demand, and what they are held to then. Only ever a
//! dev-dependency.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

pub mod faulty;
pub mod sweep;

pub use nuvom_conformance::{FakeClock, PATIENCE, Probe, builders, conformance, conformance_tests};
