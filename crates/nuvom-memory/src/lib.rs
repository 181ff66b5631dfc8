//! The backend that lives in one process and ends with it. It applies what core decides; it decides nothing.

mod board;
mod inspect;
mod jobs;
mod line;
mod orders;
mod results;
mod roster;
mod schedules;
mod store;
mod timetable;

pub use store::MemoryStore;
