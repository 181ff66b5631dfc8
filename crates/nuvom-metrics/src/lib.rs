//! What an operator graphs: counts of what a worker tells, and a look at its queues and pools when somebody asks.
//! It knows events and names, no store, no server and no Python.

mod counts;
mod families;
mod gauges;
mod histogram;
mod labels;
mod metrics;
mod sample;
mod text;

pub use families::{FAMILIES, Family, Kind};
pub use gauges::{PoolGauges, Worker};
pub use labels::{MOST_HOOKS, MOST_QUEUES, MOST_TASKS, OTHER};
pub use metrics::{About, Metrics};
pub use sample::{Sample, Snapshot};
