//! Waits for changes of a project's source. It asks the operating system to tell of them, for the folders that
//! discovery enters and no others: a virtual environment alone may have thousands.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use nuvom_core::{Error, ErrorKind, Result};

use crate::scan::{ScanOptions, readable_folder};
use crate::walk;

/// An editor saves in several steps, and a branch is checked out file by file: a change is over when nothing
/// follows it for so long.
const QUIET: Duration = Duration::from_millis(100);

/// A watch over a project's source. Begin it before the first look, so that nothing falls between the two.
pub struct SourceWatch {
    root: PathBuf,
    options: ScanOptions,
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    changes: Receiver<()>,
}

impl SourceWatch {
    /// Begins to watch the project below `root`. Fails if that cannot be read, or the system watches no more.
    pub fn new(root: &Path, options: &ScanOptions) -> Result<Self> {
        let (sender, changes) = channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.map_or(true, |event| matters(&event)) {
                // Whoever waited has gone.
                let _ = sender.send(());
            }
        })
        .map_err(deaf)?;
        let root = readable_folder(root)?;
        let mut watch = Self { root, options: options.clone(), watcher, watched: BTreeSet::new(), changes };
        watch.follow_folders()?;
        Ok(watch)
    }

    /// Waits until something changed and came to rest, for at most this long; answers whether it did.
    pub fn wait(&mut self, at_most: Duration) -> Result<bool> {
        match self.changes.recv_timeout(at_most) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return Ok(false),
            Err(RecvTimeoutError::Disconnected) => return Err(deaf("the watcher has gone")),
        }
        // Somebody may write without end; after a while it is time to look.
        let latest = Instant::now() + 10 * QUIET;
        while Instant::now() < latest && self.changes.recv_timeout(QUIET).is_ok() {}
        self.follow_folders()?;
        Ok(true)
    }

    /// Watches the folders that are there now.
    fn follow_folders(&mut self) -> Result<()> {
        let folders: BTreeSet<PathBuf> =
            walk::python_files(&self.root, &self.options)?.folders.into_iter().collect();
        for gone in self.watched.difference(&folders) {
            // A folder that was removed is not watched any more.
            let _ = self.watcher.unwatch(gone);
        }
        for new in folders.difference(&self.watched) {
            match self.watcher.watch(new, RecursiveMode::NonRecursive) {
                Err(error) if new.exists() => return Err(deaf(error)),
                _ => {}
            }
        }
        self.watched = folders;
        Ok(())
    }
}

fn matters(event: &notify::Event) -> bool {
    let is_source = |path: &PathBuf| {
        path.extension() == Some(OsStr::new("py"))
            || path.file_name() == Some(OsStr::new(".nuvomignore"))
            // A folder that came or went; whether it was one cannot be asked afterwards.
            || path.extension().is_none()
    };
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(is_source)
}

fn deaf(cause: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Unavailable, format!("cannot watch the source: {cause}"))
        .hint("On Linux, the number of watched folders is limited by fs.inotify.max_user_watches")
}
