//! The commands, a file each: what is asked of the ports, and how the answer looks.

pub(crate) mod backup;
pub(crate) mod bulk;
pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod discover;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod plugin;
pub(crate) mod queue;
pub(crate) mod retry;
pub(crate) mod schedule;
pub(crate) mod status;
pub(crate) mod trial;
pub(crate) mod version;
pub(crate) mod worker;
pub(crate) mod workers;
