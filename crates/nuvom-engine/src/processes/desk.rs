//! What a child was given, what of that must be running, and until when it may.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use nuvom_core::{Cause, End, HandBack, Held, Job, JobError, Outcome};

use super::wire::Lane;
use crate::executor::Interrupt;

/// Work for so long may lie in the pipe to a child: enough that it never waits for the next job.
const AHEAD: Duration = Duration::from_millis(5);

/// The most jobs that lie there.
const WINDOW: usize = 64;

/// How much the newest job counts for how long jobs take.
const WEIGHT: f64 = 0.2;

/// How long jobs may stand behind a longer one before they are asked back.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// The jobs of one child.
#[derive(Debug)]
pub(super) struct Desk {
    /// In the order in which they run, one at a time: the first one runs.
    line: VecDeque<Seat>,
    /// All of them run.
    together: Vec<Seat>,
    typical: Duration,
    grace: Duration,
}

#[derive(Debug)]
struct Seat {
    job: Job,
    since: Instant,
    /// When its process is killed unless it ends.
    kill_at: Option<Instant>,
    interrupted: Option<Interrupt>,
    stack: Option<String>,
}

/// What becomes of the jobs of a child that died.
#[derive(Debug, Default)]
pub(super) struct Estate {
    /// The ends of those that ran.
    pub(super) ends: Vec<End>,
    /// Those that had not started.
    pub(super) unstarted: Vec<Job>,
    /// How many of the ends are losses.
    pub(super) lost: usize,
}

impl Desk {
    /// An empty one. An attempt may go on for the grace beyond its limit, or after it was asked to end.
    pub(super) fn new(grace: Duration) -> Self {
        Self { line: VecDeque::new(), together: Vec::new(), typical: Duration::from_secs(1), grace }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty() && self.together.is_empty()
    }

    /// How many jobs of this lane it has.
    pub(super) fn len(&self, lane: Lane) -> usize {
        match lane {
            Lane::Line => self.line.len(),
            Lane::Together => self.together.len(),
        }
    }

    /// How many of them run.
    pub(super) fn running(&self, lane: Lane) -> usize {
        match lane {
            Lane::Line => self.line.len().min(1),
            Lane::Together => self.together.len(),
        }
    }

    /// How many more fit into the line.
    pub(super) fn room(&self, now: Instant) -> usize {
        let head = self.line.front().map_or(Duration::ZERO, |seat| now.saturating_duration_since(seat.since));
        let typical = self.typical.max(head).as_secs_f64().max(1e-6);
        ((AHEAD.as_secs_f64() / typical) as usize).clamp(1, WINDOW).saturating_sub(self.line.len())
    }

    pub(super) fn add(&mut self, lane: Lane, jobs: Vec<Job>, now: Instant) {
        match lane {
            Lane::Line => {
                let idle = self.line.is_empty();
                self.line.extend(jobs.into_iter().map(|job| Seat::waiting(job, now)));
                if idle {
                    self.head_starts(now);
                }
            }
            Lane::Together => {
                let grace = self.grace;
                self.together.extend(jobs.into_iter().map(|job| Seat::waiting(job, now).started(now, grace)));
            }
        }
    }

    /// Takes out the job under this claim, which has ended or was given back.
    pub(super) fn remove(&mut self, held: Held, now: Instant) -> Option<Job> {
        if let Some(at) = self.line.iter().position(|seat| seat.job.held() == held) {
            let seat = self.line.remove(at)?;
            if at == 0 {
                let took = now.saturating_duration_since(seat.since);
                self.typical = self.typical.mul_f64(1.0 - WEIGHT) + took.mul_f64(WEIGHT);
                self.head_starts(now);
            }
            return Some(seat.job);
        }
        let at = self.together.iter().position(|seat| seat.job.held() == held)?;
        Some(self.together.swap_remove(at).job)
    }

    /// Notes that the attempt under this claim was asked to end; answers whether it is here.
    pub(super) fn interrupt(&mut self, held: Held, why: Interrupt, grace: Duration, now: Instant) -> bool {
        let waits = self.line.iter().skip(1).any(|seat| seat.job.held() == held);
        let Some(seat) = self.running_seats_mut().find(|seat| seat.job.held() == held) else { return waits };
        seat.interrupted.get_or_insert(why);
        if why == Interrupt::Stop {
            seat.interrupted = Some(why);
        }
        let limit = now + grace;
        seat.kill_at = Some(seat.kill_at.map_or(limit, |at| at.min(limit)));
        true
    }

    /// Keeps where an attempt was when it did not end.
    pub(super) fn is_at(&mut self, held: Held, stack: String) {
        if let Some(seat) = self.running_seats_mut().find(|seat| seat.job.held() == held) {
            seat.stack = Some(stack);
        }
    }

    /// When the child is killed unless an attempt ends.
    pub(super) fn kill_at(&self) -> Option<Instant> {
        self.running_seats().filter_map(|seat| seat.kill_at).min()
    }

    /// Since when the first one of a line with others behind it runs.
    pub(super) fn blocked_since(&self) -> Option<Instant> {
        self.line.front().filter(|_| self.line.len() > 1).map(|seat| seat.since)
    }

    /// Divides what a dead child leaves. If we killed it, its culprits are those whose time was up, and the others
    /// go back unharmed; otherwise every attempt that ran is a loss.
    pub(super) fn estate(self, death: &str, killed_at: Option<Instant>) -> Estate {
        let mut estate = Estate::default();
        let mut line = self.line.into_iter();
        let running = line.next().into_iter().chain(self.together);
        for seat in running {
            let Held { id, lease } = seat.job.held();
            let outcome = match killed_at {
                None => {
                    estate.lost += 1;
                    Outcome::Lost { error: JobError::new(Cause::ProcessDied, death) }
                }
                Some(moment) if seat.kill_at.is_some_and(|at| at <= moment) => seat.verdict(),
                Some(_) => Outcome::HandedBack { reason: HandBack::Displaced },
            };
            estate.ends.push(End { id, lease, outcome });
        }
        estate.unstarted = line.map(|seat| seat.job).collect();
        estate
    }

    fn running_seats(&self) -> impl Iterator<Item = &Seat> {
        self.line.iter().take(1).chain(&self.together)
    }

    fn running_seats_mut(&mut self) -> impl Iterator<Item = &mut Seat> {
        self.line.iter_mut().take(1).chain(&mut self.together)
    }

    fn head_starts(&mut self, now: Instant) {
        if let Some(seat) = self.line.pop_front() {
            self.line.push_front(seat.started(now, self.grace));
        }
    }
}

impl Seat {
    fn waiting(job: Job, now: Instant) -> Self {
        Self { job, since: now, kill_at: None, interrupted: None, stack: None }
    }

    fn started(mut self, now: Instant, grace: Duration) -> Self {
        self.since = now;
        let limit = self.job.options.timeout;
        self.kill_at = limit.and_then(|limit| now.checked_add(limit)?.checked_add(grace));
        self
    }

    /// The outcome of an attempt whose process we had to kill.
    fn verdict(self) -> Outcome {
        match self.interrupted {
            Some(Interrupt::Cancel) => Outcome::Cancelled,
            Some(Interrupt::Stop | Interrupt::LeaseLost) => Outcome::HandedBack { reason: HandBack::Stop },
            None => {
                let limit = self.job.options.timeout.unwrap_or_default().as_secs_f64();
                let message = format!(
                    "{} ran longer than its limit of {limit} s and did not end when it was asked to; its process was killed",
                    self.job.task
                );
                let traceback = self.stack.unwrap_or_default();
                Outcome::TimedOut {
                    error: JobError { kind: Cause::TimeLimitReached.into(), message, traceback },
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nuvom_core::JobOptions;
    use nuvom_testkit::builders::a_job;

    use super::*;

    const GRACE: Duration = Duration::from_secs(5);
    const LIMIT: Duration = Duration::from_secs(10);

    fn job() -> Job {
        let mut new = a_job("add").build();
        new.options = Arc::new(JobOptions { timeout: Some(LIMIT), ..JobOptions::default() });
        Job::accepted(&new, nuvom_core::Timestamp::default())
    }

    fn desk(lane: Lane, count: usize, now: Instant) -> (Desk, Vec<Held>) {
        let jobs: Vec<Job> = (0..count).map(|_| job()).collect();
        let held = jobs.iter().map(Job::held).collect();
        let mut desk = Desk::new(GRACE);
        desk.add(lane, jobs, now);
        (desk, held)
    }

    #[test]
    fn of_a_line_the_first_is_lost_with_its_process_and_the_others_have_not_started() {
        let (desk, held) = desk(Lane::Line, 3, Instant::now());

        let estate = desk.estate("it died", None);

        assert_eq!((estate.ends.len(), estate.ends[0].id, estate.lost), (1, held[0].id, 1));
        assert!(matches!(estate.ends[0].outcome, Outcome::Lost { .. }));
        assert_eq!(estate.unstarted.len(), 2);
    }

    #[test]
    fn coroutines_are_lost_together() {
        let (desk, _) = desk(Lane::Together, 3, Instant::now());

        assert_eq!(desk.estate("it died", None).lost, 3);
    }

    #[test]
    fn a_kill_is_due_a_grace_after_the_limit_of_the_one_that_runs() {
        let now = Instant::now();
        let (mut desk, held) = desk(Lane::Line, 2, now);
        assert_eq!(desk.kill_at(), Some(now + LIMIT + GRACE));

        let later = now + Duration::from_secs(3);
        desk.remove(held[0], later);

        assert_eq!(desk.kill_at(), Some(later + LIMIT + GRACE));
    }

    #[test]
    fn when_one_coroutine_has_to_be_killed_the_others_go_back_unharmed() {
        let now = Instant::now();
        let (mut desk, held) = desk(Lane::Together, 2, now);
        desk.interrupt(held[0], Interrupt::Cancel, GRACE, now);

        let estate = desk.estate("killed", Some(now + GRACE));

        assert!(matches!(estate.ends[0].outcome, Outcome::Cancelled));
        assert!(matches!(estate.ends[1].outcome, Outcome::HandedBack { reason: HandBack::Displaced }));
        assert_eq!(estate.lost, 0);
    }

    #[test]
    fn an_attempt_killed_at_its_limit_timed_out_and_tells_where_it_was() {
        let now = Instant::now();
        let (mut desk, held) = desk(Lane::Line, 1, now);
        desk.is_at(held[0], "in sleep()".into());

        let estate = desk.estate("killed", Some(now + LIMIT + GRACE));

        let Outcome::TimedOut { error } = &estate.ends[0].outcome else { panic!("{estate:?}") };
        assert_eq!((error.kind.as_str(), error.traceback.as_str()), ("TimeLimitReached", "in sleep()"));
    }

    #[test]
    fn a_stop_comes_before_an_earlier_wish_to_cancel() {
        let now = Instant::now();
        let (mut desk, held) = desk(Lane::Line, 1, now);
        desk.interrupt(held[0], Interrupt::Cancel, GRACE, now);
        desk.interrupt(held[0], Interrupt::Stop, Duration::ZERO, now);

        assert_eq!(desk.kill_at(), Some(now));
        let estate = desk.estate("killed", Some(now));
        assert!(matches!(estate.ends[0].outcome, Outcome::HandedBack { reason: HandBack::Stop }));
    }

    #[test]
    fn short_jobs_are_given_ahead_and_none_behind_a_long_one() {
        let now = Instant::now();
        let mut desk = Desk::new(GRACE);
        assert_eq!(desk.room(now), 1);
        for _ in 0..100 {
            let job = job();
            let held = job.held();
            desk.add(Lane::Line, vec![job], now);
            desk.remove(held, now + Duration::from_micros(10));
        }
        assert_eq!(desk.room(now), WINDOW);

        desk.add(Lane::Line, vec![job()], now);

        assert_eq!(desk.room(now + Duration::from_secs(1)), 0);
    }
}
