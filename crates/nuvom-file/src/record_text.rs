//! What stands in the file of a job: its record as one line of JSON. In that of a running job a line of fixed length
//! stands before it, with the end of its lease, so that a beat writes 64 bytes and not the arguments again; in that of
//! one that succeeded a line with its value may follow, so that most jobs have one file and not two.

use std::sync::Arc;

use nuvom_core::ports::Record;
use nuvom_core::{Attempt, Error, ErrorKind, Job, JobId, JobOptions, State, Timestamp};
use nuvom_record::{options_from_text, record_from_bytes, record_to_bytes};
use serde::Deserialize;
use serde_json::value::RawValue;

const LEASE_LINE: usize = 64;
const LEASE_START: &[u8] = b"{\"lease_until\":";

/// A record as it was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) record: Record,
    /// The text of options that could not be read, as are those of a newer Nuvom. The job goes on with the usual ones,
    /// but is only run by workers of that version; so they are kept for them.
    pub(crate) unread: Option<String>,
}

/// Why a record cannot be used.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is damaged, and how.
    Damaged(String),
    /// A newer Nuvom wrote it.
    Newer(Error),
}

/// The text of a file; with these options if they could not be read.
pub(crate) fn to_text(job: &Job, attempts: &[Attempt], unread: Option<&str>) -> Vec<u8> {
    let mut record = record_to_bytes(job, attempts);
    if let Some(unread) = unread
        && let Some(kept) = with_options(&record, unread)
    {
        record = kept.into_bytes();
    }
    let mut text = Vec::with_capacity(LEASE_LINE + record.len() + 1);
    if let (State::Running, Some(until)) = (job.state, job.lease_until) {
        text.extend_from_slice(&lease_line(until));
    }
    text.extend_from_slice(&record);
    text.push(b'\n');
    text
}

/// The line with the end of a lease.
pub(crate) fn lease_line(until: Timestamp) -> [u8; LEASE_LINE] {
    let mut line = [b' '; LEASE_LINE];
    let text = format!("{}{}}}", String::from_utf8_lossy(LEASE_START), until.as_micros());
    line[..text.len()].copy_from_slice(text.as_bytes());
    line[LEASE_LINE - 1] = b'\n';
    line
}

/// Whether a file begins with the line of a lease.
pub(crate) fn has_lease_line(text: &[u8]) -> bool {
    text.starts_with(LEASE_START) && text.get(LEASE_LINE - 1) == Some(&b'\n')
}

/// The line of the record alone, without its end.
pub(crate) fn record_line(text: &[u8]) -> &[u8] {
    lines_behind_lease(text).next().unwrap_or_default()
}

/// The line of the value, if there is one.
pub(crate) fn result_line(text: &[u8]) -> Option<&[u8]> {
    lines_behind_lease(text).nth(1).filter(|line| !line.is_empty())
}

fn lines_behind_lease(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let behind = if has_lease_line(text) { &text[LEASE_LINE..] } else { text };
    behind.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end)
}

/// The end of the lease that a file begins with.
pub(crate) fn lease_until(text: &[u8]) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Line {
        lease_until: i64,
    }
    if !has_lease_line(text) {
        return None;
    }
    let line: Line = serde_json::from_slice(&text[..LEASE_LINE]).ok()?;
    Some(Timestamp::from_micros(line.lease_until))
}

/// Reads the text of the file of this job in this state; or says what is wrong with it.
pub(crate) fn from_text(id: JobId, state: State, text: &[u8]) -> Result<Found, Fault> {
    if text.is_empty() {
        return damaged("the file is empty");
    }
    let line = record_line(text);
    let mut found = match record_from_bytes(line) {
        Ok(record) => Found { record, unread: None },
        Err(error) if error.kind() == ErrorKind::Foreign => return Err(Fault::Newer(error.with("job", id))),
        Err(error) => without_options(line).ok_or_else(|| Fault::Damaged(error.to_string()))?,
    };
    let job = &mut found.record.job;
    if job.id != id {
        return damaged(format!("the record is that of another job, {}", job.id));
    }
    if job.state != state {
        let (is, lies) = (job.state.as_str(), state.as_str());
        return damaged(format!("the record says {is}, and the file lies where jobs are {lies}"));
    }
    if state == State::Running {
        match lease_until(text) {
            Some(until) => job.lease_until = Some(until),
            None => return damaged("the line with the end of the lease cannot be read"),
        }
    }
    Ok(found)
}

fn damaged<T>(reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Damaged(reason.into()))
}

/// The same record with the usual options, if it is nothing but the options that cannot be read.
fn without_options(line: &[u8]) -> Option<Found> {
    let options = options_in(line)?;
    let unknown = options_from_text(options).is_err_and(|error| error.kind() == ErrorKind::Corrupt);
    if !unknown || !options.starts_with('{') {
        return None;
    }
    let mut record = record_from_bytes(with_options(line, "{}")?.as_bytes()).ok()?;
    record.job.options = Arc::new(JobOptions::default());
    Some(Found { record, unread: Some(options.to_owned()) })
}

/// The same record with other options.
fn with_options(line: &[u8], other: &str) -> Option<String> {
    let (text, options) = (std::str::from_utf8(line).ok()?, options_in(line)?);
    let at = options.as_ptr() as usize - text.as_ptr() as usize;
    Some([&text[..at], other, &text[at + options.len()..]].concat())
}

/// The options of a record, as they stand there.
fn options_in(line: &[u8]) -> Option<&str> {
    #[derive(Deserialize)]
    struct Options<'a> {
        #[serde(borrow)]
        options: &'a RawValue,
    }
    serde_json::from_slice::<Options<'_>>(line).ok().map(|found| found.options.get())
}
