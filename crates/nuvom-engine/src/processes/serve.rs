//! The child's side: takes orders from one pipe, gives them to executors, reports ends on another pipe.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nuvom_core::{End, Event, Held, Job};

use super::group;
use super::wire::{Lane, Order, Report, WireJob, WireOutcome, read_frame, wall_clock_us, write_frame};
use crate::executor::{Executor, Interrupt, Outcomes};

/// How often a child measures its memory, at most.
const MEASURE: Duration = Duration::from_millis(250);

/// What a child serves.
pub struct Served {
    /// Runs attempts one at a time.
    pub line: Arc<dyn Executor>,
    /// Runs many at once.
    pub together: Arc<dyn Executor>,
    /// A worker that is silent for so long may have lost its leases: what runs is ended.
    pub fence: Duration,
    /// How long that may take before this process ends itself.
    pub fence_grace: Duration,
    /// Whether the worker wants to know how much memory this process has.
    pub measures: bool,
}

/// Serves until the worker closes the pipe, which it also does by dying; then this process ends with all that it
/// started.
pub fn serve(served: &Served, input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> ! {
    let code = match orders(served, input, output) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    group::end_own(code)
}

fn orders(
    served: &Served,
    mut input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> io::Result<()> {
    let reports = Arc::new(Reports { desk: Mutex::new(Desk::new(output)), measures: served.measures });
    served.line.start(Arc::clone(&reports) as Arc<dyn Outcomes>);
    served.together.start(Arc::clone(&reports) as Arc<dyn Outcomes>);
    reports.lock().send(&Report::Ready)?;
    let (sender, arrived) = channel();
    std::thread::Builder::new().name("nuvom-orders".into()).spawn(move || {
        loop {
            let order = read_frame::<Order>(&mut input);
            let last = !matches!(order, Ok(Some(_)));
            if sender.send(order).is_err() || last {
                return;
            }
        }
    })?;
    let parent = group::parent();
    loop {
        let order = match arrived.recv_timeout(served.fence) {
            Ok(order) => order?,
            Err(RecvTimeoutError::Timeout) => {
                if group::is_orphaned(parent) {
                    return Ok(());
                }
                let running: Vec<Held> = reports.lock().running.iter().copied().collect();
                if running.is_empty() {
                    continue;
                }
                served.line.interrupt(&running, Interrupt::LeaseLost);
                served.together.interrupt(&running, Interrupt::LeaseLost);
                match arrived.recv_timeout(served.fence_grace) {
                    Ok(order) => order?,
                    Err(_) if reports.lock().running.is_empty() => continue,
                    Err(_) => {
                        return Err(io::Error::other("the worker fell silent, and a task would not end"));
                    }
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        let Some(order) = order else { return Ok(()) };
        match order {
            Order::Start { lane, until_us, jobs } => {
                let jobs = jobs.into_iter().map(WireJob::into_job);
                let jobs = jobs.collect::<nuvom_core::Result<Vec<Job>>>().map_err(io::Error::other)?;
                if wall_clock_us() > until_us {
                    for job in &jobs {
                        reports.ended(Interrupt::LeaseLost.unstarted(job.held()), false);
                    }
                    continue;
                }
                reports.lock().running.extend(jobs.iter().map(Job::held));
                match lane {
                    Lane::Line => served.line.submit(jobs),
                    Lane::Together => served.together.submit(jobs),
                }
            }
            Order::Interrupt(claim, why) => {
                served.line.interrupt(&[claim.into()], why.into());
                served.together.interrupt(&[claim.into()], why.into());
            }
            Order::Recall => {
                let returned = served.line.recall();
                let mut desk = reports.lock();
                for job in &returned {
                    desk.running.remove(&job.held());
                }
                desk.send(&Report::Returned(returned.iter().map(|job| job.held().into()).collect()))?;
            }
            Order::Beat => {}
        }
    }
}

struct Reports<W> {
    /// Guards the pipe: a frame is written whole.
    desk: Mutex<Desk<W>>,
    measures: bool,
}

struct Desk<W> {
    output: W,
    running: HashSet<Held>,
    measured: Option<Instant>,
}

impl<W: Write> Desk<W> {
    fn new(output: W) -> Self {
        Self { output, running: HashSet::new(), measured: None }
    }

    fn send(&mut self, report: &Report) -> io::Result<()> {
        write_frame(&mut self.output, report)
    }

    fn measure(&mut self) {
        if self.measured.is_some_and(|at| at.elapsed() < MEASURE) {
            return;
        }
        self.measured = Some(Instant::now());
        if let Some(memory) = memory_stats::memory_stats() {
            let _ = self.send(&Report::Memory(memory.physical_mem as u64));
        }
    }
}

impl<W> Reports<W> {
    fn lock(&self) -> MutexGuard<'_, Desk<W>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write + Send> Outcomes for Reports<W> {
    fn ended(&self, end: End, _more: bool) {
        let held = Held { id: end.id, lease: end.lease };
        let mut desk = self.lock();
        desk.running.remove(&held);
        // A worker that does not hear it is gone, and then this process ends by the end of its input.
        let _ = desk.send(&Report::Ended(held.into(), WireOutcome::from(end.outcome)));
        if self.measures {
            desk.measure();
        }
    }

    fn tell(&self, event: Event) {
        if let Event::Stuck { id, lease, stack, .. } = event {
            let _ = self.lock().send(&Report::Stuck(Held { id, lease }.into(), stack));
        }
    }
}
