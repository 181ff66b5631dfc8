//! The default backend: one SQLite file, in WAL mode, for queue, results and schedules. It applies
//! transitions that core decides, each under the guard that its statement repeats.

mod apply;
mod backup;
mod claims;
mod connection;
#[cfg(test)]
mod connection_tests;
mod damage;
mod failure;
mod inspect;
mod jobs;
mod link;
mod results;
mod roster;
mod rows;
mod schedules;
mod schema;
mod statements;
#[cfg(test)]
mod statements_tests;
mod store;

pub use connection::{Durability, linked_version};
pub use schema::SCHEMA_VERSION;
pub use store::SqliteStore;
