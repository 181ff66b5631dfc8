//! What becomes of a job that a line gives out. Pure: the line's word and what is on record go in, a decision comes
//! out.

use nuvom_core::ports::Record;
use nuvom_core::{Decision, State, Timestamp, Trigger, decide};

/// What a job is that a line has given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It waits to be claimed, now or at its `run_at`.
    Waiting(Record),
    /// It has ended before: given out once more, it must not run once more.
    Over,
    /// Its holders were lost so often that it has ended now.
    GivenUp(Record),
}

/// Decides about a job as the line took it in, given out for the `deliveries`-th time, of which `kept` is on record.
///
/// A claim is on record from its end on. So each time that it was given out before, beyond the ends on record, was a
/// holder that was lost.
pub(crate) fn arrive(
    taken: Record,
    deliveries: Option<u64>,
    kept: Option<&Record>,
    now: Timestamp,
) -> Arrival {
    let before = deliveries.unwrap_or(1).saturating_sub(1);
    let lease_when_taken_in = taken.job.lease.0;
    let mut record = match kept {
        Some(kept) if kept.job.lease >= taken.job.lease => kept.clone(),
        _ => taken,
    };
    if record.job.state.is_terminal() {
        return Arrival::Over;
    }
    let on_record = record.job.lease.0 - lease_when_taken_in;
    for _ in 0..before.saturating_sub(on_record) {
        lose(&mut record, now);
        if record.job.state.is_terminal() {
            return Arrival::GivenUp(record);
        }
    }
    Arrival::Waiting(record)
}

/// The loss of a holder that nobody saw.
fn lose(record: &mut Record, now: Timestamp) {
    let job = &mut record.job;
    job.lease = job.lease.next();
    job.state = State::Running;
    job.lease_until = Some(now);
    if let Ok(Decision { transition, attempt }) = decide(job, &Trigger::Expire { lease: job.lease }, now) {
        transition.apply(job);
        record.attempts.extend(attempt);
    }
}

#[cfg(test)]
mod tests {
    use nuvom_core::{Job, Lease};
    use nuvom_testkit::builders::a_job;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    fn new() -> Record {
        Record { job: Job::accepted(&a_job("add").max_losses(3).build(), NOW), attempts: Vec::new() }
    }

    /// The same job, with so many ends of claims on record.
    fn kept(record: &Record, lease: u64, state: State) -> Record {
        let mut kept = record.clone();
        (kept.job.lease, kept.job.state) = (Lease(lease), state);
        kept
    }

    fn waiting(arrival: Arrival) -> Record {
        let Arrival::Waiting(record) = arrival else { panic!("{arrival:?}") };
        record
    }

    #[test]
    fn a_job_given_out_for_the_first_time_is_as_it_was_taken_in() {
        let new = new();

        assert_eq!(arrive(new.clone(), Some(1), None, NOW), Arrival::Waiting(new));
    }

    #[test]
    fn a_holder_that_left_no_end_on_record_was_lost() {
        let record = waiting(arrive(new(), Some(3), None, NOW));

        assert_eq!((record.job.lease, record.job.losses, record.attempts.len()), (Lease(2), 2, 2));
    }

    #[test]
    fn ends_on_record_are_no_losses() {
        let new = new();
        let kept = kept(&new, 2, State::Pending);

        let record = waiting(arrive(new, Some(3), Some(&kept), NOW));

        assert_eq!((record.job.lease, record.job.losses), (Lease(2), 0));
    }

    #[test]
    fn a_job_taken_in_again_counts_from_there() {
        let again = kept(&new(), 4, State::Pending);

        let record = waiting(arrive(again, Some(2), None, NOW));

        assert_eq!((record.job.lease, record.job.losses), (Lease(5), 1));
    }

    #[test]
    fn the_last_loss_ends_it() {
        let Arrival::GivenUp(record) = arrive(new(), Some(9), None, NOW) else { panic!("it waits") };

        assert_eq!((record.job.state, record.job.losses), (State::Failed, 3));
    }

    #[test]
    fn a_job_that_has_ended_is_over_however_often_it_is_given_out() {
        let new = new();
        let kept = kept(&new, 1, State::Success);

        assert_eq!(arrive(new, Some(2), Some(&kept), NOW), Arrival::Over);
    }

    #[test]
    fn without_a_count_nothing_is_known_of_losses() {
        let record = waiting(arrive(new(), None, None, NOW));

        assert_eq!(record.job.losses, 0);
    }
}
