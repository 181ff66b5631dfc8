//! The record of a job or a schedule as text: one JSON object, which people can read and every version of Nuvom that knows its
//! number. It is what lies in the files of the file backend, travels through the queues of plugins, and is kept in
//! result stores whose queue keeps no records.

mod options;
mod record;
mod schedule;

pub use options::{options_from_text, options_to_text};
pub use record::{FORMAT, record_from_bytes, record_to_bytes};
pub use schedule::{rule_from_text, rule_to_text, schedule_from_bytes, schedule_to_bytes};
