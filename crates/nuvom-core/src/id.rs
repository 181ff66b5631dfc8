//! Identifiers. Each is parsed where it enters, so that inside the engine a bad one cannot exist.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

use crate::{Error, ErrorKind, Result, Timestamp};

/// Longest task, queue, worker or schedule name, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// A job's identity: a UUID, version 7 when a client made it, version 8 when a schedule's tick did (so a tick
/// can only ever make one job). Both begin with a time in milliseconds, so ids sort by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(Uuid);

impl JobId {
    /// An id for a job made at `now`; `random` must differ between ids made in the same millisecond.
    pub fn from_time(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The id of the job that a schedule makes at one tick: the tick's milliseconds, then the bits of the
    /// version 5 UUID of schedule and tick. A plain version 5 id would sort anywhere among the others.
    pub fn from_tick(schedule: &str, tick: Timestamp) -> Self {
        let name = format!("nuvom:schedule:{schedule}:{}", tick.as_micros());
        let mut bytes = *Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).as_bytes();
        let millis = u64::try_from(tick.as_micros() / 1000).unwrap_or(0);
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The smallest id that begins with this time.
    pub fn floor(time: Timestamp) -> Self {
        let millis = u64::try_from(time.as_micros() / 1000).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        Self(Uuid::from_bytes(bytes))
    }

    /// The sixteen bytes, as stores keep them.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// From the sixteen bytes that a store kept.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for JobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Uuid::try_parse(text).map(Self).map_err(|_| {
            Error::new(ErrorKind::Invalid, "this is not a job id")
                .with("id", printable(text))
                .hint("A job id looks like 01890a5d-ac96-774b-bcce-b302099a8057")
        })
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobId({self})")
    }
}

/// The number of a claim, which is the fencing token: 0 before the first claim, then 1, 2, 3 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lease(pub u64);

impl Lease {
    /// The lease that the next claim gets.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A claim as its holder knows it: which job, and by which lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Held {
    /// The job.
    pub id: JobId,
    /// The lease under which it is held.
    pub lease: Lease,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Checks the name: 1 to 200 characters, none of them a control character.
            pub fn new(text: impl AsRef<str>) -> Result<Self> {
                let text = text.as_ref();
                check_name($what, text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

name! {
    /// The name under which a task is registered. It only indexes the registry; it never picks code.
    TaskName, "task"
}
name! {
    /// The name of a line of jobs inside a queue backend.
    QueueName, "queue"
}
name! {
    /// The name of a worker process, unique among those that are alive.
    WorkerName, "worker"
}
name! {
    /// The name of a schedule, chosen by the user or made by the client.
    ScheduleId, "schedule"
}

fn check_name(what: &str, text: &str) -> Result<()> {
    let fault = if text.is_empty() {
        "is empty"
    } else if text.chars().count() > MAX_NAME_CHARS {
        "is longer than 200 characters"
    } else if text.chars().any(char::is_control) {
        "holds a control character"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Invalid, format!("a {what} name {fault}")).with("name", printable(text)))
}

/// Foreign text cut to a length that a message can hold, with control characters made visible.
fn printable(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later() {
        let early = JobId::from_time(Timestamp::from_micros(1_000_000), [0xff; 10]);
        let late = JobId::from_time(Timestamp::from_micros(2_000_000), [0; 10]);

        assert!(early < late);
    }

    #[test]
    fn one_tick_of_one_schedule_has_one_id() {
        let tick = Timestamp::from_micros(1_700_000_000_000_000);

        assert_eq!(JobId::from_tick("report", tick), JobId::from_tick("report", tick));
        assert_ne!(JobId::from_tick("report", tick), JobId::from_tick("other", tick));
    }

    #[test]
    fn the_id_of_a_tick_sorts_among_the_ids_made_at_that_time() {
        let tick = Timestamp::from_micros(1_700_000_000_000_000);
        let before = JobId::from_time(Timestamp::from_micros(1_699_999_999_000_000), [0xff; 10]);
        let after = JobId::from_time(Timestamp::from_micros(1_700_000_001_000_000), [0; 10]);

        let id = JobId::from_tick("report", tick);

        assert!(before < id && id < after);
        assert!(JobId::floor(tick) <= id);
    }

    #[test]
    fn an_id_that_is_a_path_is_refused() {
        let error = "../../etc/passwd".parse::<JobId>().unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    #[test]
    fn a_name_with_a_newline_is_refused_and_shown_escaped() {
        let error = QueueName::new("mail\nroot").unwrap_err();

        assert_eq!(error.to_string(), "a queue name holds a control character (name: mail\\nroot)");
    }

    #[test]
    fn an_empty_or_overlong_name_is_refused() {
        assert!(TaskName::new("").is_err());
        assert!(TaskName::new("x".repeat(201)).is_err());
        assert!(TaskName::new("x".repeat(200)).is_ok());
    }
}
