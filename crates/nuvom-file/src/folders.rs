//! Where each record lies, and the few things that are done to files. Names are made from parsed ids and never from
//! foreign text, links are never followed, and nothing here creates the store's own folder: where that is gone, so
//! is the store.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nuvom_core::{JobId, State};
use nuvom_local::{create_private_subfolder, is_real_folder, not_following};

/// What lies in a folder of its own, one file for each job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The record of a job in this state.
    Job(State),
    /// A value.
    Result,
    /// A value with the record of its job, whose queue keeps none.
    Recorded,
}

const KINDS: [Kind; 7] = [
    Kind::Job(State::Pending),
    Kind::Job(State::Running),
    Kind::Job(State::Success),
    Kind::Job(State::Failed),
    Kind::Job(State::Cancelled),
    Kind::Result,
    Kind::Recorded,
];

/// Folders at two levels by the last two digits of an id, which are random: 100,000 jobs make 400 files in each.
const LEAVES: usize = 256;

/// The folders of the store besides those with a file for each job.
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const SCHEDULES: &str = "schedules";
pub(crate) const QUEUES: &str = "queues";
/// Made with the first queue that is paused: stores of before have none.
pub(crate) const PAUSED: &str = "paused";
pub(crate) const DAMAGED: &str = "damaged";
pub(crate) const WAKE: &str = "wake";
pub(crate) const WORKERS: &str = "workers";

/// Those that stand in the store's own folder from its beginning.
const FIXED: [&str; 9] = ["waiting", "running", "ended", JOURNAL, SCHEDULES, QUEUES, DAMAGED, WAKE, WORKERS];

impl Kind {
    /// The path of its folder, from the store's.
    fn folder(self) -> &'static str {
        match self {
            Kind::Job(State::Pending) => "waiting",
            Kind::Job(State::Running) => "running",
            Kind::Job(State::Success) => "ended/success",
            Kind::Job(State::Failed) => "ended/failed",
            Kind::Job(State::Cancelled) => "ended/cancelled",
            Kind::Result => "results",
            Kind::Recorded => "recorded",
        }
    }

    fn number(self) -> usize {
        match self {
            Kind::Job(state) => state as usize,
            Kind::Result => 5,
            Kind::Recorded => 6,
        }
    }
}

/// The folders of one store.
#[derive(Debug)]
pub(crate) struct Folders {
    root: PathBuf,
    /// Which leaves were seen to be folders of ours. A process looks once: then a file costs one call and not three.
    seen: [[AtomicBool; LEAVES]; KINDS.len()],
}

impl Folders {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, seen: [const { [const { AtomicBool::new(false) }; LEAVES] }; KINDS.len()] }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Creates the folders that every store has, in one that is there.
    pub(crate) fn create(&self) -> io::Result<()> {
        for folder in FIXED {
            create_private_subfolder(&self.root.join(folder))?;
        }
        KINDS.iter().try_for_each(|kind| create_private_subfolder(&self.root.join(kind.folder())))
    }

    /// Refuses what stands where one of these folders should be, and is none. One that is missing is met when it is
    /// used.
    pub(crate) fn check(&self) -> io::Result<()> {
        for folder in FIXED.into_iter().chain([PAUSED]) {
            is_real_folder(&self.root.join(folder))?;
        }
        Ok(())
    }

    /// Where the file of this job is, if it is of this kind.
    pub(crate) fn path(&self, kind: Kind, id: JobId) -> PathBuf {
        let [high, low] = leaf_name(leaf_of(id));
        self.root.join(format!("{}/{high}/{low}/{id}.json", kind.folder()))
    }

    /// The same, with its folders created.
    pub(crate) fn prepared(&self, kind: Kind, id: JobId) -> io::Result<PathBuf> {
        let leaf = leaf_of(id);
        if !self.knows(kind, leaf)? {
            let [high, low] = leaf_name(leaf);
            let upper = self.root.join(kind.folder()).join(high);
            create_private_subfolder(&upper)?;
            create_private_subfolder(&upper.join(low))?;
            self.knows(kind, leaf)?;
        }
        Ok(self.path(kind, id))
    }

    /// What the file of this job holds, if there is one of this kind.
    pub(crate) fn read(&self, kind: Kind, id: JobId) -> io::Result<Option<Vec<u8>>> {
        if self.knows(kind, leaf_of(id))? { read(&self.path(kind, id)) } else { Ok(None) }
    }

    /// Whether there is a file of this kind for this job.
    pub(crate) fn has(&self, kind: Kind, id: JobId) -> io::Result<bool> {
        Ok(self.knows(kind, leaf_of(id))? && is_there(&self.path(kind, id))?)
    }

    /// The state in which the file of this job lies. A job moves only towards later states or back to waiting, so
    /// one that moves while this looks may be missed.
    pub(crate) fn state(&self, id: JobId) -> io::Result<Option<State>> {
        for state in State::ALL {
            if self.has(Kind::Job(state), id)? {
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    /// Removes the file of this job, if there is one of this kind.
    pub(crate) fn remove(&self, kind: Kind, id: JobId) -> io::Result<()> {
        if self.knows(kind, leaf_of(id))? { remove(&self.path(kind, id)) } else { Ok(()) }
    }

    /// All jobs that have a file of this kind, in no order.
    pub(crate) fn ids(&self, kind: Kind) -> io::Result<Vec<JobId>> {
        let mut found = Vec::new();
        for leaf in 0..LEAVES {
            if !self.knows(kind, leaf)? {
                continue;
            }
            let [high, low] = leaf_name(leaf);
            let folder = self.root.join(kind.folder()).join(high).join(low);
            for entry in fs::read_dir(folder)? {
                let id = id_of(&entry?.file_name());
                // A file that was put elsewhere by hand is not where anybody would look for it.
                found.extend(id.filter(|id| leaf_of(*id) == leaf));
            }
        }
        Ok(found)
    }

    /// Whether this leaf exists. What stands there and is no folder, such as a link, is an error.
    fn knows(&self, kind: Kind, leaf: usize) -> io::Result<bool> {
        let seen = &self.seen[kind.number()][leaf];
        if seen.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let [high, low] = leaf_name(leaf);
        let mut folder = self.root.join(kind.folder());
        for name in [None, Some(high), Some(low)] {
            folder.extend(name);
            if !is_real_folder(&folder)? {
                return Ok(false);
            }
        }
        seen.store(true, Ordering::Relaxed);
        Ok(true)
    }
}

fn leaf_of(id: JobId) -> usize {
    usize::from(id.as_bytes()[15])
}

fn leaf_name(leaf: usize) -> [String; 2] {
    [format!("{:x}", leaf / 16), format!("{:x}", leaf % 16)]
}

/// The id that a file is named after. Only the one way of writing it counts: another would be a second name.
fn id_of(name: &std::ffi::OsStr) -> Option<JobId> {
    let name = name.to_str()?.strip_suffix(".json")?;
    let id: JobId = name.parse().ok()?;
    (id.to_string() == name).then_some(id)
}

pub(crate) fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a file holds, if it is there.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut options = OpenOptions::new();
    options.read(true);
    match not_following(&mut options).open(path) {
        Ok(mut file) => {
            // Most files are one page; to ask for the length of each would cost as much as to read it.
            let mut bytes = vec![0; 4096];
            let mut length = 0;
            loop {
                match file.read(&mut bytes[length..]) {
                    Ok(0) => break,
                    Ok(count) => length += count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
                if length == bytes.len() {
                    bytes.resize(length * 4, 0);
                }
            }
            bytes.truncate(length);
            Ok(Some(bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = nuvom_local::private();
    not_following(options.create_new(true)).open(path)?.write_all(bytes)
}

/// Writes a file that is there, in place: nobody reads it while its entry of the journal is not done with.
pub(crate) fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = open_to_change(path)?;
    file.write_all(bytes)?;
    if file.metadata()?.len() != bytes.len() as u64 {
        file.set_len(bytes.len() as u64)?;
    }
    Ok(())
}

/// The same for one of which the length is known. It is not made shorter, which costs as much as writing it: blanks
/// fill the line up.
pub(crate) fn rewrite(path: &Path, bytes: &[u8], length: usize) -> io::Result<()> {
    let mut file = open_to_change(path)?;
    if bytes.len() >= length {
        return file.write_all(bytes);
    }
    let (last, line) = bytes.split_last().unwrap_or((&b'\n', b""));
    let mut filled = Vec::with_capacity(length);
    filled.extend_from_slice(line);
    filled.resize(length - 1, b' ');
    filled.push(*last);
    file.write_all(&filled)
}

/// Writes a file, whether it is there or not. Answers what was there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    match write_new(path, bytes) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let before = read(path)?;
            overwrite(path, bytes)?;
            Ok(before)
        }
        written => written.map(|()| None),
    }
}

/// Opens a file that is there.
pub(crate) fn open_to_change(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    not_following(&mut options).open(path)
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
