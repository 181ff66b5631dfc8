//! Runs jobs against the ports. It decides when to ask a store and how much; what a job's state becomes is
//! decided in core, and how a task is called is the executor's affair. It knows neither databases nor Python.

mod completer;
mod config;
mod dispatcher;
mod duties;
mod executor;
mod holdings;
mod service;
mod waiting;
mod worker;

pub use config::WorkerConfig;
pub use duties::{Exchange, Heartbeat, Pruner, Reaper};
pub use executor::{Executor, Interrupt, Load, Outcomes};
pub use service::{Duty, Service, Waking};
pub use waiting::{Callback, Waits};
pub use worker::{Duties, Exit, Worker};
