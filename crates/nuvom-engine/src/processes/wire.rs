//! The messages between a worker and its children. Both run the same build, so this format may change with it.
//! A frame is its length, four bytes, and a MessagePack value.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::{
    End, HandBack, Held, Job, JobError, JobId, JobOptions, Lease, Outcome, Payload, Priority, QueueName,
    SignatureHash, State, TaskName, Timestamp,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;

use crate::executor::Interrupt;

/// What a worker tells a child.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Run these, in this order, unless it is later than that by the wall clock, in microseconds since the Unix epoch:
    /// the worker was frozen on the way, and may have lost them. A clock that steps costs a hand-back at most.
    Start { lane: Lane, until_us: u64, jobs: Vec<WireJob> },
    /// Ask the attempt under this claim to end.
    Interrupt(WireClaim, WireInterrupt),
    /// Give back what has not started.
    Recall,
    /// The worker lives and trusts its leases.
    Beat,
}

/// How jobs run in a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Lane {
    /// One at a time, in order.
    Line,
    /// Many at once, on an event loop.
    Together,
}

/// What a child tells its worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// It has loaded the tasks.
    Ready,
    /// An attempt ended. It is told before the next one starts, so that the worker always knows which runs.
    Ended(WireClaim, WireOutcome),
    /// An attempt did not end when it was asked to, and is at this place.
    Stuck(WireClaim, String),
    /// The memory of the child, in bytes.
    Memory(u64),
    /// These have not started and will not.
    Returned(Vec<WireClaim>),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct WireClaim {
    id: [u8; 16],
    lease: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireJob {
    claim: WireClaim,
    task: String,
    signature: Option<u64>,
    queue: String,
    failures: u32,
    max_attempts: std::num::NonZeroU32,
    timeout_us: Option<u64>,
    store_result: bool,
    payload: ByteBuf,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum WireInterrupt {
    Cancel,
    LeaseLost,
    Stop,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum WireOutcome {
    Succeeded(Option<ByteBuf>),
    Failed { kind: String, message: String, traceback: String, retryable: bool },
    TimedOut { kind: String, message: String, traceback: String },
    Cancelled,
    Stopped,
    Busy,
    Displaced,
    Unreadable,
    ResultNotKept,
    UnknownTask,
    OtherSignature,
    Lost { kind: String, message: String, traceback: String },
}

/// Microseconds since the Unix epoch.
pub(super) fn wall_clock_us() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// Writes one frame.
pub(super) fn write_frame(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = rmp_serde::to_vec(message).map_err(io::Error::other)?;
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    let mut frame = Vec::with_capacity(4 + body.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&body);
    out.write_all(&frame)?;
    out.flush()
}

/// Reads one frame; none at the end of the stream.
pub(super) fn read_frame<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    // Read as it comes: a length that lies must not be allocated first.
    let mut body = Vec::new();
    let expected = u64::from(u32::from_le_bytes(length));
    if input.take(expected).read_to_end(&mut body)? as u64 != expected {
        return Ok(None);
    }
    rmp_serde::from_slice(&body).map(Some).map_err(io::Error::other)
}

impl From<Held> for WireClaim {
    fn from(held: Held) -> Self {
        Self { id: *held.id.as_bytes(), lease: held.lease.0 }
    }
}

impl From<WireClaim> for Held {
    fn from(claim: WireClaim) -> Self {
        Held { id: JobId::from_bytes(claim.id), lease: Lease(claim.lease) }
    }
}

impl From<&Job> for WireJob {
    fn from(job: &Job) -> Self {
        Self {
            claim: job.held().into(),
            task: job.task.as_str().to_owned(),
            signature: job.signature.map(SignatureHash::to_bits),
            queue: job.queue.as_str().to_owned(),
            failures: job.failures,
            max_attempts: job.max_attempts,
            timeout_us: job.options.timeout.map(|limit| u64::try_from(limit.as_micros()).unwrap_or(u64::MAX)),
            store_result: job.options.store_result,
            payload: ByteBuf::from(job.payload.to_vec()),
        }
    }
}

impl WireJob {
    /// The job as far as a child needs to know it.
    pub(super) fn into_job(self) -> nuvom_core::Result<Job> {
        let held = Held::from(self.claim);
        let options = JobOptions {
            timeout: self.timeout_us.map(Duration::from_micros),
            store_result: self.store_result,
            ..JobOptions::default()
        };
        let nowhen = Timestamp::default();
        Ok(Job {
            id: held.id,
            task: TaskName::new(self.task)?,
            signature: self.signature.map(SignatureHash::from_bits),
            queue: QueueName::new(self.queue)?,
            priority: Priority::DEFAULT,
            created_at: nowhen,
            run_at: nowhen,
            state: State::Running,
            lease: held.lease,
            lease_until: None,
            worker: None,
            started_at: None,
            ended_at: None,
            failures: self.failures,
            losses: 0,
            handbacks: 0,
            max_attempts: self.max_attempts,
            max_losses: options.max_losses,
            cancel_requested: false,
            options: Arc::new(options),
            payload: self.payload.into_vec().into(),
        })
    }
}

impl From<Interrupt> for WireInterrupt {
    fn from(why: Interrupt) -> Self {
        match why {
            Interrupt::Cancel => WireInterrupt::Cancel,
            Interrupt::LeaseLost => WireInterrupt::LeaseLost,
            Interrupt::Stop => WireInterrupt::Stop,
        }
    }
}

impl From<WireInterrupt> for Interrupt {
    fn from(why: WireInterrupt) -> Self {
        match why {
            WireInterrupt::Cancel => Interrupt::Cancel,
            WireInterrupt::LeaseLost => Interrupt::LeaseLost,
            WireInterrupt::Stop => Interrupt::Stop,
        }
    }
}

impl From<Outcome> for WireOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded { result } => {
                WireOutcome::Succeeded(result.map(|value| ByteBuf::from(value.to_vec())))
            }
            Outcome::Failed { error: JobError { kind, message, traceback }, retryable } => {
                WireOutcome::Failed { kind, message, traceback, retryable }
            }
            Outcome::TimedOut { error: JobError { kind, message, traceback } } => {
                WireOutcome::TimedOut { kind, message, traceback }
            }
            Outcome::Cancelled => WireOutcome::Cancelled,
            Outcome::HandedBack { reason: HandBack::Stop } => WireOutcome::Stopped,
            Outcome::HandedBack { reason: HandBack::Busy } => WireOutcome::Busy,
            Outcome::HandedBack { reason: HandBack::Displaced } => WireOutcome::Displaced,
            Outcome::HandedBack { reason: HandBack::Unreadable } => WireOutcome::Unreadable,
            Outcome::HandedBack { reason: HandBack::ResultNotKept } => WireOutcome::ResultNotKept,
            Outcome::HandedBack { reason: HandBack::UnknownTask } => WireOutcome::UnknownTask,
            Outcome::HandedBack { reason: HandBack::OtherSignature } => WireOutcome::OtherSignature,
            Outcome::Lost { error: JobError { kind, message, traceback } } => {
                WireOutcome::Lost { kind, message, traceback }
            }
        }
    }
}

impl WireOutcome {
    /// The end that it tells of.
    pub(super) fn into_end(self, claim: WireClaim) -> End {
        let held = Held::from(claim);
        let outcome = match self {
            WireOutcome::Succeeded(result) => {
                Outcome::Succeeded { result: result.map(|value| Payload::from(value.into_vec())) }
            }
            WireOutcome::Failed { kind, message, traceback, retryable } => {
                Outcome::Failed { error: JobError { kind, message, traceback }, retryable }
            }
            WireOutcome::TimedOut { kind, message, traceback } => {
                Outcome::TimedOut { error: JobError { kind, message, traceback } }
            }
            WireOutcome::Cancelled => Outcome::Cancelled,
            WireOutcome::Stopped => Outcome::HandedBack { reason: HandBack::Stop },
            WireOutcome::Busy => Outcome::HandedBack { reason: HandBack::Busy },
            WireOutcome::Displaced => Outcome::HandedBack { reason: HandBack::Displaced },
            WireOutcome::Unreadable => Outcome::HandedBack { reason: HandBack::Unreadable },
            WireOutcome::ResultNotKept => Outcome::HandedBack { reason: HandBack::ResultNotKept },
            WireOutcome::UnknownTask => Outcome::HandedBack { reason: HandBack::UnknownTask },
            WireOutcome::OtherSignature => Outcome::HandedBack { reason: HandBack::OtherSignature },
            WireOutcome::Lost { kind, message, traceback } => {
                Outcome::Lost { error: JobError { kind, message, traceback } }
            }
        };
        End { id: held.id, lease: held.lease, outcome }
    }
}

#[cfg(test)]
mod tests {
    use nuvom_testkit::builders::{a_job, other_signature};

    use super::*;

    #[test]
    fn a_child_knows_the_signature_that_a_job_was_made_for_and_can_hand_it_back_for_that() {
        let job = Job::accepted(&a_job("send").signature(u64::MAX).build(), Timestamp::default());
        let mut pipe = Vec::new();
        write_frame(&mut pipe, &WireJob::from(&job)).unwrap();
        write_frame(&mut pipe, &WireOutcome::from(other_signature())).unwrap();

        let mut pipe = pipe.as_slice();
        let arrived = read_frame::<WireJob>(&mut pipe).unwrap().unwrap().into_job().unwrap();
        let outcome = read_frame::<WireOutcome>(&mut pipe).unwrap().unwrap();

        assert_eq!(arrived.signature, Some(SignatureHash::from_bits(u64::MAX)));
        let end = outcome.into_end(job.held().into());
        assert!(matches!(end.outcome, Outcome::HandedBack { reason: HandBack::OtherSignature }));
    }

    #[test]
    fn a_frame_that_is_cut_off_is_the_end_of_the_stream() {
        let mut frame = Vec::new();
        write_frame(&mut frame, &Report::Returned(vec![WireClaim { id: [7; 16], lease: 3 }])).unwrap();

        for cut in 0..frame.len() {
            let read: Option<Report> = read_frame(&mut &frame[..cut]).unwrap();
            assert!(read.is_none(), "cut at {cut}");
        }
    }

    #[test]
    fn a_frame_that_is_no_message_is_an_error() {
        let mut frame = vec![2, 0, 0, 0];
        frame.extend_from_slice(b"??");

        assert!(read_frame::<Report>(&mut frame.as_slice()).is_err());
    }
}
