//! Running attempts in child processes: the parent's side is an executor for each lane, the child's side serves
//! executors of its own over a pair of pipes. A child knows no store; it gets jobs and answers with their ends.

mod child;
mod crew;
mod death;
mod desk;
mod executor;
mod group;
mod serve;
mod supervisor;
mod wire;

pub use executor::{ChildCommand, Processes};
pub use serve::{Served, serve};
