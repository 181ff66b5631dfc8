//! A command at work: the project it is in, its settings, and the way to open what they name.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use nuvom_core::{Clock, Error, ErrorKind, Result, Timestamp};
use nuvom_runtime::{Backends, Part, Project, Runtime, Settings};

use crate::arguments::Source;
use crate::failure::Failure;
use crate::host::Host;
use crate::moments::Here;
use crate::output::Output;

/// What every command has. Nothing is read or opened until a command asks for it.
pub(crate) struct Session<'a> {
    pub(crate) folder: PathBuf,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) zone: Option<TimeZone>,
    pub(crate) input: Box<dyn Read + 'a>,
    pub(crate) output: Output<'a>,
    pub(crate) host: &'a dyn Host,
    pub(crate) answer: Option<Box<dyn FnMut() -> io::Result<String> + 'a>>,
}

/// A project with checked settings.
pub(crate) struct Configured {
    pub(crate) project: Project,
    pub(crate) settings: Settings,
}

/// A project with open stores.
pub(crate) struct Opened {
    pub(crate) runtime: Runtime,
    /// Where its jobs are, for messages.
    pub(crate) place: String,
    /// The zone in which its user reads times.
    zone: TimeZone,
}

impl Session<'_> {
    /// Whether a person agrees with what would be done. Where nobody is there to answer, nobody does.
    pub(crate) fn agrees(&mut self, would_be: &str) -> Result<bool, Failure> {
        let Some(answer) = &mut self.answer else { return Ok(false) };
        self.output.talk(&format!("{would_be}. Go on? [y/N]"))?;
        let said = answer()?;
        Ok(matches!(said.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// The time now, and how the user's clocks show times.
    pub(crate) fn here(&self) -> Here {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        Here { now: self.clock.now(), zone }
    }

    /// Reads the settings of the project that the working directory belongs to.
    pub(crate) fn configure(&mut self, arguments: Vec<(String, String)>) -> Result<Configured, Failure> {
        self.configure_project(Project::find(&self.folder), arguments)
    }

    /// Reads the settings of this project, and tells what should be heard about them.
    pub(crate) fn configure_project(
        &mut self,
        project: Project,
        arguments: Vec<(String, String)>,
    ) -> Result<Configured, Failure> {
        let settings = Settings::load(&project, arguments, self.environment.clone())?;
        for warning in settings.warnings() {
            self.output.talk(&format!("warning: {warning}"))?;
        }
        Ok(Configured { project, settings })
    }

    /// Reads the settings of the project whose source is meant.
    pub(crate) fn configure_source(&mut self, source: &Source) -> Result<Configured, Failure> {
        let project = match &source.root {
            Some(folder) => Project::at(&self.folder.join(folder)),
            None => Project::find(&self.folder),
        };
        self.configure_project(project, Vec::new())
    }

    /// The backends that the settings of a project can name.
    pub(crate) fn backends(&self, project: &Project, settings: &Settings) -> Backends {
        let mut backends = Backends::built_in();
        self.host.add_backends(project, settings, &mut backends);
        backends
    }

    /// Opens the stores of the project, if this process can see in them what others do.
    pub(crate) fn open(&mut self) -> Result<Opened, Failure> {
        let configured = self.configure(Vec::new())?;
        self.open_configured(configured)
    }

    /// The same with settings that were read before.
    pub(crate) fn open_configured(&mut self, configured: Configured) -> Result<Opened, Failure> {
        let Configured { project, settings } = configured;
        let backends = self.backends(&project, &settings);
        let place = backends.place(&settings, Part::Queue)?;
        let runtime = Runtime::with(project, settings, &backends, Arc::clone(&self.clock))?;
        if !runtime.stores.jobs.capability().cross_process {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("the backend {place} lives inside one process, so this one would not see its jobs"),
            )
            .hint(
                "Set NUVOM_QUEUE_BACKEND to one that processes can share, such as sqlite, or run the worker \
                 inside the program, by `with nuvom.Worker():`",
            )
            .into());
        }
        Ok(Opened { runtime, place, zone: self.here().zone })
    }
}

impl Opened {
    /// The time by which ages are told.
    pub(crate) fn now(&self) -> Timestamp {
        self.runtime.clock.now()
    }

    /// That time, and how the user's clocks show times.
    pub(crate) fn here(&self) -> Here {
        Here { now: self.now(), zone: self.zone.clone() }
    }

    /// That there is no such job, and where was looked.
    pub(crate) fn no_such_job(&self, id: nuvom_core::JobId) -> Error {
        Error::new(ErrorKind::NotFound, format!("there is no job {id} in {}", self.place)).hint(
            "It was never enqueued here, or was removed after its retention; `nuvom config` shows which store is \
             used",
        )
    }
}
