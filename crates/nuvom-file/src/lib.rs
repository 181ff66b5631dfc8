//! The backend that is a folder: each job a file that people can read, in a folder named after its state. There is no
//! database inside. A batch is written to a journal first and then to the files; whoever comes after a crash finishes
//! what was begun.

mod apply;
mod asking;
mod backup;
mod batch;
mod change;
mod checkpoint;
mod claims;
mod damage;
mod facts;
mod failure;
mod folders;
mod follow;
mod gate;
mod home;
mod index;
mod inspect;
mod jobs;
mod journal;
mod line;
mod machine;
mod names;
mod positions;
mod record_text;
mod repair;
mod results;
mod roster;
mod schedules;
mod store;
mod writing;

pub use home::FORMAT;
pub use machine::Machine;
pub use store::{Durability, FileStore, Options};
