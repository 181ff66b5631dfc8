//! How an attempt ended, and what is kept of one that did not succeed.

use crate::{JobId, Lease, Payload, Timestamp, WorkerName};

/// What went wrong in an attempt, as plain text: nothing here can be executed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobError {
    /// The class of the exception, or a [`Cause`](crate::Cause).
    pub kind: String,
    /// What it said.
    pub message: String,
    /// Where it came from; empty if unknown.
    pub traceback: String,
}

impl JobError {
    /// An error without a traceback.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into(), traceback: String::new() }
    }
}

/// How an attempt ended. The only thing that leaves an executor.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The task returned. No result means that none is kept, or that it was stored elsewhere first.
    Succeeded {
        /// The encoded value.
        result: Option<Payload>,
    },
    /// The task raised, or could not be called.
    Failed {
        /// What it raised.
        error: JobError,
        /// Whether another attempt makes sense (`retry_on`, wrong arguments, unstorable result).
        retryable: bool,
    },
    /// The time limit passed.
    TimedOut {
        /// What was running.
        error: JobError,
    },
    /// The task was ended because a client asked for it.
    Cancelled,
    /// It did not run, or was cut off by a stop; the job goes back unharmed.
    HandedBack {
        /// Why.
        reason: HandBack,
    },
    /// Its process died.
    Lost {
        /// What is known of the death.
        error: JobError,
    },
}

impl Outcome {
    /// The word for it, unless it is success.
    pub fn ending(&self) -> Option<Ending> {
        match self {
            Outcome::Succeeded { .. } => None,
            Outcome::Failed { .. } => Some(Ending::Failed),
            Outcome::TimedOut { .. } => Some(Ending::TimedOut),
            Outcome::Cancelled => Some(Ending::Cancelled),
            Outcome::HandedBack { .. } => Some(Ending::HandedBack),
            Outcome::Lost { .. } => Some(Ending::Lost),
        }
    }
}

/// Why a job goes back without using any budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandBack {
    /// The worker stops; another one can take the job at once.
    Stop,
    /// The worker's slots are taken by long jobs; another one may have a free slot.
    Busy,
    /// Its process had to end because of another job in it.
    Displaced,
    /// Its record cannot be read in full here; a worker of another version may be able to.
    Unreadable,
    /// The result store did not take its value for too long; the job runs again.
    ResultNotKept,
    /// No task of this name is registered here; a worker of another version may know it.
    UnknownTask,
    /// The code here cannot accept this job, which was written for another signature; a worker of that version can.
    OtherSignature,
}

/// The end of an attempt, reported by the holder of a lease.
#[derive(Debug, Clone)]
pub struct End {
    /// The job.
    pub id: JobId,
    /// The lease under which it ran.
    pub lease: Lease,
    /// How it ended.
    pub outcome: Outcome,
}

/// The word for how an attempt ended, as stores keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The task raised.
    Failed,
    /// The time limit passed.
    TimedOut,
    /// A client asked for the end.
    Cancelled,
    /// Handed back unharmed.
    HandedBack,
    /// The holder was lost.
    Lost,
}

impl Ending {
    /// The name that stores keep and users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Failed => "failed",
            Ending::TimedOut => "timed out",
            Ending::Cancelled => "cancelled",
            Ending::HandedBack => "handed back",
            Ending::Lost => "lost",
        }
    }

    /// The ending with this name.
    pub fn parse(name: &str) -> Option<Ending> {
        [Ending::Failed, Ending::TimedOut, Ending::Cancelled, Ending::HandedBack, Ending::Lost]
            .into_iter()
            .find(|ending| ending.as_str() == name)
    }
}

/// What is kept of an attempt that did not succeed, so that every repeat has its recorded cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The lease under which it ran.
    pub lease: Lease,
    /// Its number as users count it, from 1.
    pub number: u32,
    /// How it ended.
    pub ending: Ending,
    /// What went wrong.
    pub error: JobError,
    /// Who ran it.
    pub worker: Option<WorkerName>,
    /// When it was claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Timestamp,
}
