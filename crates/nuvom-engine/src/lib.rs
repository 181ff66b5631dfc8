//! Runs jobs against the ports. It decides when to ask a store and how much; what a job's state becomes is
//! decided in core, and how a task is called is the executor's affair. It knows neither databases nor Python.

mod completer;
mod config;
mod dispatcher;
mod duties;
mod executor;
mod holdings;
mod observed;
mod others;
mod pools;
mod processes;
mod results_apart;
mod scheduler;
mod service;
mod stop;
mod waiting;
mod worker;

pub use config::WorkerConfig;
pub use duties::{Exchange, Fence, Heartbeat, Pruner, Reaper, RosterDuty, Ticker, Watchdog};
pub use executor::{Executor, Interrupt, Load, Outcomes};
pub use observed::observed;
pub use pools::{PoolState, Pools, TaskSet};
pub use processes::{ChildCommand, Processes, Served, serve};
pub use scheduler::{Scheduler, SchedulerConfig};
pub use service::{Duty, Service, Waking};
pub use stop::Exit;
pub use waiting::{Callback, Waits};
pub use worker::{Duties, Worker};
