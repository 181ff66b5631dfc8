//! Records that could not be read, and lie where a person can look at them.

use nuvom_core::ports::Damaged;

use super::report::{Check, Status};
use crate::wording::counted;

/// What was set aside, if anything was.
pub(crate) fn damaged(found: &[Damaged]) -> Option<Check> {
    if found.is_empty() {
        return None;
    }
    let were = if found.len() == 1 { "was" } else { "were" };
    let records = counted(found.len() as u64, "damaged record");
    let details = found.iter().map(|record| format!("{}: {}", record.place, record.reason));
    let check =
        Check::new("records", Status::Problem, format!("{records} {were} set aside; their jobs do not run"))
            .details(details)
            .fix("Look at each, enqueue again what is needed, and remove it, a file with its reason");
    Some(check)
}
