//! Copies of the stores that settings name: which there are, under which names they lie, and that none of them is
//! half written. A copy has another name until all are whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nuvom_core::ports::Copied;
use nuvom_core::{Clock, Error, ErrorKind, Result};

use crate::backends::{Backends, Source};
use crate::{Part, Settings};

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// What it was made of, such as `sqlite at /srv/app/.nuvom/nuvom.db`.
    pub from: String,
    /// Where it is.
    pub to: PathBuf,
    /// What is in it.
    pub copied: Copied,
}

impl Backends {
    /// Copies the stores of these settings to `to`, where nothing must be. Where jobs, results and schedules lie in one
    /// store, there is one copy; others get the name of their part: `copy.results.db` beside `copy.db`. Jobs are copied
    /// first, so that no job has a result that came later and none has succeeded without one.
    pub fn back_up(
        &self,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<BackedUp>> {
        let sources = self.sources(settings)?;
        let to = absolute(to)?;
        let targets: Vec<PathBuf> = sources.iter().map(|source| named(&to, source.part)).collect();
        for target in &targets {
            refuse_taken(target)?;
            for source in &sources {
                refuse_inside(target, source)?;
            }
        }
        for source in &sources {
            refuse_missing(source)?;
        }
        let partial: Vec<Partial> = targets.iter().map(|target| Partial::beside(target)).collect();
        let mut made = Vec::new();
        for ((source, target), partial) in sources.iter().zip(&targets).zip(&partial) {
            refuse_taken(&partial.0)?;
            let store = (source.open)(settings, source.part, Arc::clone(clock))?;
            let copied = store.back_up(&partial.0, progress)?;
            made.push(BackedUp { from: source.name.clone(), to: target.clone(), copied });
        }
        for (target, partial) in targets.iter().zip(&partial) {
            refuse_taken(target)?;
            partial.settle(target).map_err(|error| unwritten(target, error))?;
        }
        Ok(made)
    }
}

/// A copy that is not whole yet. What is left of it goes with this.
struct Partial(PathBuf);

impl Partial {
    fn beside(target: &Path) -> Self {
        let mut name = target.as_os_str().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        Self(name.into())
    }

    /// Gives it its name, and brings both to the disk.
    fn settle(&self, target: &Path) -> io::Result<()> {
        if self.0.is_file() {
            fs::File::open(&self.0)?.sync_all()?;
        }
        fs::rename(&self.0, target)?;
        #[cfg(unix)]
        if let Some(folder) = target.parent() {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // One that has its name is not there any more. What cannot be removed says by its name what it is.
        let _ = if self.0.is_dir() { fs::remove_dir_all(&self.0) } else { fs::remove_file(&self.0) };
    }
}

/// `copy.db`, or `copy.results.db` for a part that has a store of its own.
fn named(to: &Path, part: Part) -> PathBuf {
    if part == Part::Queue {
        return to.to_owned();
    }
    let mut name = to.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{}", part.word()));
    if let Some(ending) = to.extension() {
        name.push(".");
        name.push(ending);
    }
    to.with_file_name(name)
}

/// The path with its folder as it really is, so that it can be compared.
fn absolute(to: &Path) -> Result<PathBuf> {
    let Some(name) = to.file_name() else {
        return Err(Error::new(ErrorKind::Invalid, "this is no name of a file")
            .during("back up")
            .with("path", to.display()));
    };
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).map_err(|error| {
        Error::new(ErrorKind::NotFound, "the folder for the copy is not there")
            .during("back up")
            .with("path", folder.display())
            .caused_by(error)
            .hint("Create it first")
    })?;
    Ok(folder.join(name))
}

fn refuse_taken(target: &Path) -> Result<()> {
    if fs::symlink_metadata(target).is_err() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        "there is something of this name already, and a copy overwrites nothing",
    )
    .during("back up")
    .with("path", target.display())
    .hint("Name another file, or move this one away"))
}

/// Refuses a place that belongs to the store: its folder, or a name that it gives to files beside it.
fn refuse_inside(target: &Path, source: &Source<'_>) -> Result<()> {
    let place = fs::canonicalize(&source.place).unwrap_or_else(|_| source.place.clone());
    let mut beside = place.clone().into_os_string();
    beside.push("-");
    let is_beside = target.as_os_str().as_encoded_bytes().starts_with(beside.as_encoded_bytes());
    if !is_beside && !target.starts_with(&place) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Invalid, "the copy would be a part of the store that is copied")
        .during("back up")
        .with("path", target.display())
        .with("store", place.display())
        .hint("Name a file outside of it, best on another disk"))
}

/// Opening a store creates it, and a copy of nothing would pass for a backup.
fn refuse_missing(source: &Source<'_>) -> Result<()> {
    if source.place.exists() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::NotFound, format!("there is no store yet: {}", source.name))
        .during("back up")
        .hint("`nuvom config` shows which one the settings name, and where that comes from"))
}

fn unwritten(target: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the copy could not be given its name")
        .during("back up")
        .with("path", target.display())
        .caused_by(error)
}
