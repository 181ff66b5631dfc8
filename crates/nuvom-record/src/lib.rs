//! The record of a job as text: one JSON object, which people can read and every version of Nuvom that knows its
//! number. It is what lies in the files of the file backend, travels through the queues of plugins, and is kept in
//! result stores whose queue keeps no records.

mod options;
mod record;

pub use options::{options_from_text, options_to_text};
pub use record::{FORMAT, record_from_bytes, record_to_bytes};
