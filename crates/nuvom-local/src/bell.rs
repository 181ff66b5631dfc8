//! Telling others of a change, and hearing of theirs. Inside the process by calling the wakers, across
//! processes by writing one byte to a small file that the operating system lets others watch.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use nuvom_core::ports::{Subscription, Topic, Waker, Wakers};
use nuvom_core::{Error, ErrorKind, Result};

use crate::permissions::{create_private_subfolder, open_private_file};

/// One doorbell for each topic, shared by all processes that use one store.
pub struct Bell {
    folder: PathBuf,
    /// Each from the first ring for which it could be opened.
    buttons: [OnceLock<File>; Topic::ALL.len()],
    wakers: Arc<Wakers>,
    /// The watcher starts with the first subscription: a process that only enqueues needs none.
    watcher: Mutex<Option<RecommendedWatcher>>,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bell").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Bell {
    /// The bell that is, or will be, in this folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            buttons: [const { OnceLock::new() }; Topic::ALL.len()],
            wakers: Arc::default(),
            watcher: Mutex::new(None),
        }
    }

    /// Tells everyone who listens to this topic. A bell that cannot ring delays others until they look by
    /// themselves, so it is no reason to fail a change that is already stored.
    pub fn ring(&self, topic: Topic) {
        self.wakers.call(&[topic]);
        let known = &self.buttons[topic as usize];
        let opened = known.get().or_else(|| {
            let button = self.button(topic).ok()?;
            Some(known.get_or_init(|| button))
        });
        if let Some(mut button) = opened {
            let _ = button.rewind().and_then(|()| button.write_all(b"!"));
        }
    }

    /// Registers a waker.
    pub fn subscribe(&self, topic: Topic, waker: Waker) -> Result<Subscription> {
        self.watch()?;
        Ok(self.wakers.subscribe(topic, waker))
    }

    fn watch(&self) -> Result<()> {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if watcher.is_some() {
            return Ok(());
        }
        for topic in Topic::ALL {
            self.button(topic)?;
        }
        let wakers = Arc::clone(&self.wakers);
        let heard = move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if !(event.kind.is_modify() || event.need_rescan()) {
                return;
            }
            for topic in Topic::ALL {
                if event.need_rescan() || event.paths.iter().any(|path| path.ends_with(button_name(topic))) {
                    wakers.call(&[topic]);
                }
            }
        };
        let mut started =
            RecommendedWatcher::new(heard, notify::Config::default()).map_err(|e| self.deaf(e))?;
        for place in self.watched() {
            started.watch(&place, RecursiveMode::NonRecursive).map_err(|e| self.deaf(e))?;
        }
        *watcher = Some(started);
        Ok(())
    }

    /// What is watched: the folder, in which buttons may be made anew; on macOS the buttons, since kqueue tells of a folder
    /// only which names are in it.
    fn watched(&self) -> Vec<PathBuf> {
        if cfg!(target_os = "macos") {
            Topic::ALL.iter().map(|topic| self.folder.join(button_name(*topic))).collect()
        } else {
            vec![self.folder.clone()]
        }
    }

    fn button(&self, topic: Topic) -> Result<File> {
        create_private_subfolder(&self.folder)
            .and_then(|()| open_private_file(&self.folder.join(button_name(topic))))
            .map_err(|error| {
                Error::new(ErrorKind::Permission, "the files that wake other processes cannot be made")
                    .with("path", self.folder.display())
                    .caused_by(error)
            })
    }

    fn deaf(&self, error: notify::Error) -> Error {
        Error::new(ErrorKind::Unavailable, "the system cannot watch the files that wake this process")
            .with("path", self.folder.display())
            .caused_by(error)
    }
}

fn button_name(topic: Topic) -> &'static str {
    match topic {
        Topic::Ready => "ready",
        Topic::Ended => "ended",
        Topic::CancelRequested => "cancel-requested",
        Topic::Schedules => "schedules",
    }
}
