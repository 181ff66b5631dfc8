//! All that a client, a worker or a command works with, opened together.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use nuvom_core::ports::Stores;
use nuvom_core::{Clock, Result};

use crate::{Backends, JobIds, Part, Project, Settings, SystemClock};

/// An open project. A forked child opens its own: stores and ids must not be shared across `fork`.
pub struct Runtime {
    /// Where the project is.
    pub project: Project,
    /// Its settings.
    pub settings: Settings,
    /// Its open stores.
    pub stores: Stores,
    /// Where its jobs are, for people.
    pub place: String,
    /// The clock that all of it asks.
    pub clock: Arc<dyn Clock>,
    /// The maker of its job ids.
    pub ids: JobIds,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("project", &self.project).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Finds the project of `start`, reads its settings and opens the backends that they name.
    pub fn open(
        start: &Path,
        arguments: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self> {
        Self::open_among(start, arguments, environment, |_, _, _| {})
    }

    /// The same with backends that are added for this project and its settings.
    pub fn open_among(
        start: &Path,
        arguments: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        add: impl FnOnce(&Project, &Settings, &mut Backends),
    ) -> Result<Self> {
        let project = Project::find(start);
        let settings = Settings::load(&project, arguments, environment)?;
        let mut backends = Backends::built_in();
        add(&project, &settings, &mut backends);
        Self::with(project, settings, &backends, SystemClock::new())
    }

    /// Opens what these settings name among these backends.
    pub fn with(
        project: Project,
        settings: Settings,
        backends: &Backends,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let place = backends.place(&settings, Part::Queue)?;
        let stores = backends.open(&settings, &clock)?;
        let ids = JobIds::new(Arc::clone(&clock));
        Ok(Self { project, settings, stores, place, clock, ids })
    }
}
