//! The command line: reads arguments, asks the ports, and writes for people and for programs. What needs
//! Python, such as running a worker, is asked of its [`Host`].

mod arguments;
mod commands;
mod doctor;
mod failure;
mod gate;
mod host;
mod job_file;
mod job_json;
mod mistyped;
mod moments;
mod output;
mod pages;
mod payload;
mod run;
mod safe;
mod sarif;
mod search;
mod session;
mod short_id;
mod since;
mod styled;
mod surroundings;
mod table;
mod traceback;
mod wording;

pub use arguments::commands_reference;
pub use failure::{ERROR, HANDED_BACK, OK, USAGE};
pub use host::{Host, SchedulerRequest, Trial, TrialRequest, WorkerRequest};
pub use run::{run, run_in};
pub use safe::visible;
pub use search::{Search, Sought};
pub use surroundings::Surroundings;
