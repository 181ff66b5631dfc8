//! What an entry of the journal says: whole records and what else is to be at the end of a batch, a line each. A
//! line can be carried out any number of times, and after later ones have been undone by a loss of power.

use nuvom_core::{JobId, Lease, QueueName, ScheduleId, State, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::record_text::record_line;

/// One change to the files.
#[derive(Debug)]
pub(crate) enum Change {
    /// The record of a job.
    Put(Put),
    /// A later end of a lease.
    Renew { id: JobId, lease: Lease, until: Timestamp },
    /// A job is gone.
    Forget { id: JobId },
    /// A damaged record is moved out of the way.
    SetAside { id: JobId, state: State, reason: String },
    /// What is kept of a job in the result store.
    PutResult { id: JobId, recorded: bool, text: Vec<u8> },
    /// Nothing is kept any more.
    ForgetResult { id: JobId },
    /// A schedule.
    PutSchedule { id: ScheduleId, text: String },
    /// A schedule is gone.
    ForgetSchedule { id: ScheduleId },
    /// A queue that was not known.
    AddQueue { name: QueueName },
    /// Nobody takes jobs from a queue.
    PauseQueue { name: QueueName },
    /// A queue is not paused any more.
    ResumeQueue { name: QueueName },
}

/// A record, and where its file was before.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) id: JobId,
    pub(crate) state: State,
    /// Where it was; none if it is new.
    pub(crate) from: Option<State>,
    /// What the file shall hold.
    pub(crate) text: Vec<u8>,
    /// The line of the value, which follows the record.
    pub(crate) result: Option<Vec<u8>>,
    /// What it held.
    pub(crate) before: Vec<u8>,
}

/// The words that lines begin with.
pub(crate) mod word {
    pub(crate) const RECORD: &str = "record";
    pub(crate) const RENEW: &str = "renew";
    pub(crate) const FORGET: &str = "forget";
    pub(crate) const SET_ASIDE: &str = "set-aside";
    pub(crate) const WITH_RESULT: &str = "with-result";
    pub(crate) const RESULT: &str = "result";
    pub(crate) const RECORDED: &str = "recorded";
    pub(crate) const FORGET_RESULT: &str = "forget-result";
    pub(crate) const SCHEDULE: &str = "schedule";
    pub(crate) const FORGET_SCHEDULE: &str = "forget-schedule";
    pub(crate) const QUEUE: &str = "queue";
    pub(crate) const PAUSE_QUEUE: &str = "pause-queue";
    pub(crate) const RESUME_QUEUE: &str = "resume-queue";
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RenewLine {
    pub(crate) id: String,
    pub(crate) lease: u64,
    pub(crate) until: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SetAsideLine {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) reason: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ScheduleLine<'a> {
    pub(crate) id: String,
    #[serde(borrow)]
    pub(crate) schedule: &'a RawValue,
}

impl Change {
    /// Adds its line to the text of an entry.
    pub(crate) fn write_to(&self, body: &mut Vec<u8>) {
        match self {
            Change::Put(put) => {
                line(body, word::RECORD, record_line(&put.text));
                if let Some(result) = &put.result {
                    line(body, word::WITH_RESULT, result);
                }
            }
            Change::Renew { id, lease, until } => {
                let renew = RenewLine { id: id.to_string(), lease: lease.0, until: until.as_micros() };
                json_line(body, word::RENEW, &renew);
            }
            Change::Forget { id } => json_line(body, word::FORGET, &id.to_string()),
            Change::SetAside { id, state, reason } => {
                let (id, state) = (id.to_string(), state.as_str().to_owned());
                json_line(body, word::SET_ASIDE, &SetAsideLine { id, state, reason: reason.clone() });
            }
            Change::PutResult { recorded, text, .. } => {
                let word = if *recorded { word::RECORDED } else { word::RESULT };
                line(body, word, text.strip_suffix(b"\n").unwrap_or(text));
            }
            Change::ForgetResult { id } => json_line(body, word::FORGET_RESULT, &id.to_string()),
            Change::PutSchedule { id, text } => {
                // The text was made by serde a moment ago, so it is JSON without a line break.
                let raw: &RawValue = serde_json::from_str(text).unwrap_or(RawValue::NULL);
                json_line(body, word::SCHEDULE, &ScheduleLine { id: id.to_string(), schedule: raw });
            }
            Change::ForgetSchedule { id } => json_line(body, word::FORGET_SCHEDULE, id.as_str()),
            Change::AddQueue { name } => json_line(body, word::QUEUE, name.as_str()),
            Change::PauseQueue { name } => json_line(body, word::PAUSE_QUEUE, name.as_str()),
            Change::ResumeQueue { name } => json_line(body, word::RESUME_QUEUE, name.as_str()),
        }
    }
}

fn line(body: &mut Vec<u8>, word: &str, json: &[u8]) {
    body.extend_from_slice(word.as_bytes());
    body.push(b' ');
    body.extend_from_slice(json);
    body.push(b'\n');
}

fn json_line<T: Serialize + ?Sized>(body: &mut Vec<u8>, word: &str, value: &T) {
    // Structs of text and numbers have no way to fail.
    line(body, word, &serde_json::to_vec(value).unwrap_or_default());
}

/// The lines of an entry: the word, and the JSON behind it.
pub(crate) fn lines(body: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    body.split(|byte| *byte == b'\n').filter_map(|line| {
        let space = line.iter().position(|byte| *byte == b' ')?;
        Some((std::str::from_utf8(&line[..space]).ok()?, &line[space + 1..]))
    })
}
