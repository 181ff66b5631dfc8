//! The engine over the memory store, with an executor whose attempts end when a test says so. Duties are run
//! by hand, one call at a time; what needs their threads uses a whole worker and waits for events.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod exchange;
mod faults;
mod heartbeat;
mod observed;
mod others;
mod pools;
mod results_apart;
mod roster;
mod scheduler;
mod support;
mod sweeps;
mod waits;
mod watchdog;
mod worker;
