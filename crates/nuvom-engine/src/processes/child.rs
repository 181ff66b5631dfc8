//! One child process as its worker sees it.

use std::io::BufReader;
use std::process::{Child as Process, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use nuvom_core::{Held, Job};

use super::desk::Desk;
use super::group;
use super::wire::{Lane, Order, WireJob, wall_clock_us, write_frame};
use crate::executor::Interrupt;

/// A child and what it was given.
pub(super) struct Child {
    pub(super) number: u64,
    pub(super) process: Process,
    pub(super) desk: Desk,
    pub(super) stage: Stage,
    /// Whether what has not started was asked back.
    pub(super) recalled: bool,
    /// How many jobs it was given.
    pub(super) jobs: u64,
    /// Its memory, in bytes, when it last told.
    pub(super) rss: Option<u64>,
    /// When we killed it.
    pub(super) killed_at: Option<Instant>,
    /// Gone once it was told to end.
    orders: Option<Sender<Order>>,
}

/// How far a child has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It loads the tasks.
    Starting,
    Ready,
    /// It works on until its replacement is ready.
    Worn,
    /// It gets no more jobs, and ends when it has none.
    Retiring,
}

impl Child {
    /// Starts the process. Answers the pipe on which it reports.
    pub(super) fn start(
        number: u64,
        command: &mut Command,
        grace: Duration,
    ) -> std::io::Result<(Self, BufReader<ChildStdout>)> {
        group::lead(command);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else {
            return Err(std::io::Error::other("a child was started without its pipes"));
        };
        let (orders, ordered) = channel::<Order>();
        // A thread of its own writes: a frozen child must not hold up the others. It ends when the sender goes
        // or the pipe breaks, and closes the pipe.
        let writer = std::thread::Builder::new().name(format!("nuvom-child-{number}"));
        let started = writer.spawn(move || {
            while let Ok(order) = ordered.recv() {
                if write_frame(&mut stdin, &order).is_err() {
                    return;
                }
            }
        });
        if let Err(error) = started {
            group::kill(&mut process);
            let _ = process.wait();
            return Err(error);
        }
        let child = Self {
            number,
            process,
            desk: Desk::new(grace),
            stage: Stage::Starting,
            recalled: false,
            jobs: 0,
            rss: None,
            killed_at: None,
            orders: Some(orders),
        };
        Ok((child, BufReader::new(stdout)))
    }

    /// Whether it takes jobs.
    pub(super) fn works(&self) -> bool {
        matches!(self.stage, Stage::Ready | Stage::Worn)
    }

    /// Notes that it should be replaced.
    pub(super) fn wears_out(&mut self) {
        if self.stage == Stage::Ready {
            self.stage = Stage::Worn;
        }
    }

    /// How many more jobs of this lane it can take now.
    pub(super) fn room(&self, lane: Lane, coroutines: usize, now: Instant) -> usize {
        match lane {
            _ if !self.works() || self.killed_at.is_some() => 0,
            Lane::Line if self.recalled => 0,
            Lane::Line => self.desk.room(now),
            Lane::Together => coroutines.saturating_sub(self.desk.len(lane)),
        }
    }

    /// Gives it jobs.
    pub(super) fn give(&mut self, lane: Lane, jobs: Vec<Job>, now: Instant, trust: Duration) {
        let until_us = wall_clock_us().saturating_add(trust.as_micros() as u64);
        let order = Order::Start { lane, until_us, jobs: jobs.iter().map(WireJob::from).collect() };
        self.jobs += jobs.len() as u64;
        self.desk.add(lane, jobs, now);
        self.order(order);
    }

    /// Asks it to end the attempt under this claim, and lets it live for the grace unless it does.
    pub(super) fn interrupt(&mut self, held: Held, why: Interrupt, grace: Duration, now: Instant) -> bool {
        let here = self.desk.interrupt(held, why, grace, now);
        if here {
            self.order(Order::Interrupt(held.into(), why.into()));
        }
        here
    }

    /// Asks back what has not started.
    pub(super) fn recall(&mut self) {
        if self.desk.len(Lane::Line) > 1 && !self.recalled {
            self.recalled = true;
            self.order(Order::Recall);
        }
    }

    pub(super) fn beat(&self) {
        self.order(Order::Beat);
    }

    /// Has it end by itself.
    pub(super) fn dismiss(&mut self) {
        self.stage = Stage::Retiring;
        self.orders = None;
    }

    /// A program that a task forked holds the pipe open, too. Where it outlives the child, the end of the reports
    /// would not come.
    pub(super) fn end_what_outlives_it(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            // As long as anyone is left in the group, its number belongs to nobody else.
            group::kill_rest(&self.process);
        }
    }

    pub(super) fn kill(&mut self, now: Instant) {
        self.killed_at.get_or_insert(now);
        group::kill(&mut self.process);
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // A broken pipe is followed by the end of its reports, where all that it had is dealt with.
            let _ = orders.send(order);
        }
    }
}
