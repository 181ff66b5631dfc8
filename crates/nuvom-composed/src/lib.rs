//! Stores made of parts. A [`LineStore`] is a line, which takes jobs in and gives them out, and a result store, which
//! keeps how they ended: queues of plugins come into the engine this way. What the line does not promise, the store
//! does not either: its [`Capability`](nuvom_core::Capability) says so. [`SplitSchedules`] are schedules in one store
//! whose jobs go to another.

mod arrival;
mod claims;
mod desk;
mod ends;
mod inspect;
mod jobs;
mod no_roster;
mod no_schedules;
mod split_schedules;
mod store;
mod waiter;

pub use no_roster::NoRoster;
pub use no_schedules::NoSchedules;
pub use split_schedules::SplitSchedules;
pub use store::LineStore;
pub use waiter::end_waits;
