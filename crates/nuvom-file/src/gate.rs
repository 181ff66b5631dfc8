//! Whose turn it is. One lock file lets one writer in at a time, whichever process it is of; beside it stands the
//! head: how far the journal has reached the files. Whoever only asks reads the head before and after, and knows by
//! it whether anybody wrote in between.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nuvom_core::{Error, ErrorKind, Result, Timestamp};
use nuvom_local::open_private_file;

use crate::failure::failure;
use crate::journal::{Generation, Head, check};
use crate::positions::{read_from, write_at};

/// Longer than any batch takes on a slow disk, short enough that a client hears of a process that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Mostly the lock is free again within a batch of some jobs, later within one of a thousand.
const FIRST_PAUSES: Duration = Duration::from_micros(100);
const LATER_PAUSES: Duration = Duration::from_millis(1);

/// The head has one length, so that writing it again needs no space.
const HEAD_LENGTH: usize = 160;

/// The lock and the head of one store.
#[derive(Debug)]
pub(crate) struct Gate {
    path: PathBuf,
    /// The lock of a file holds between handles, and all threads of this process share one.
    here: Mutex<()>,
    lock: File,
    head: File,
    /// Since the machine was started: what files held before that may not have reached the disk.
    boot: String,
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    lock: &'a File,
    /// Given back after the lock of the file.
    _here: MutexGuard<'a, ()>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // The system ends the lock with the handle if it cannot be ended now.
        let _ = self.lock.unlock();
    }
}

impl Gate {
    /// The lock file of a store.
    pub(crate) fn path_in(root: &Path) -> PathBuf {
        root.join("lock")
    }

    /// Opens, and creates, both files in a folder that is there.
    pub(crate) fn open(root: &Path, boot: Option<&str>) -> io::Result<Self> {
        let path = Self::path_in(root);
        let boot = boot.unwrap_or("unknown").to_owned();
        let (lock, head) = (open_private_file(&path)?, open_private_file(&root.join("head"))?);
        Ok(Self { here: Mutex::new(()), lock, head, path, boot })
    }

    /// Waits for the right to write.
    pub(crate) fn wait(&self, operation: &'static str) -> Result<Turn<'_>> {
        let here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let began = Instant::now();
        let mut tries = 0;
        loop {
            match self.lock.try_lock() {
                Ok(()) => return Ok(Turn { lock: &self.lock, _here: here }),
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                    thread::sleep(if tries < 10 { FIRST_PAUSES } else { LATER_PAUSES });
                    tries += 1;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "another process kept the file backend locked for 30 s",
                    )
                    .during(operation)
                    .with("path", self.path.display())
                    .hint("Find the process that hangs with this file open"));
                }
                Err(TryLockError::Error(error)) => return Err(failure(operation, &self.path, error)),
            }
        }
    }

    /// The head as it stands; none if it is being written, or is of a time before the machine was started.
    pub(crate) fn head(&self) -> io::Result<Option<Head>> {
        let bytes = read_from(&self.head, 0, Some(HEAD_LENGTH as u64))?;
        Ok(parse(&bytes, &self.boot))
    }

    /// Has nobody take the files for what the journal says.
    pub(crate) fn clear_head(&self) -> io::Result<()> {
        write_at(&self.head, &[b' '; HEAD_LENGTH], 0)
    }

    /// Says how far the journal has reached the files.
    pub(crate) fn set_head(&self, head: &Head) -> io::Result<()> {
        write_at(&self.head, &text(head, &self.boot), 0)
    }
}

fn text(head: &Head, boot: &str) -> Vec<u8> {
    let (time, generation) = (head.time.as_micros(), head.generation.0);
    let facts = format!("{} {} {} {time} {generation} {boot}", head.entry, head.segment, head.offset);
    let mut text = format!("{} {facts}", check(0, facts.as_bytes())).into_bytes();
    text.resize(HEAD_LENGTH - 1, b' ');
    text.push(b'\n');
    text
}

fn parse(bytes: &[u8], boot: &str) -> Option<Head> {
    let (sum, facts) = std::str::from_utf8(bytes).ok()?.trim_end().split_once(' ')?;
    if check(0, facts.as_bytes()) != sum {
        return None;
    }
    let mut words = facts.split(' ');
    let mut number = || words.next()?.parse::<u64>().ok();
    let (entry, segment, offset) = (number()?, number()?, number()?);
    let time = Timestamp::from_micros(words.next()?.parse().ok()?);
    let generation = Generation(words.next()?.parse().ok()?);
    (words.next()? == boot).then_some(Head { entry, segment, offset, time, generation })
}
