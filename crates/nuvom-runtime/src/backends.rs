//! The backends that exist, by name, and the one place where names are compared: everyone else asks an open
//! store for its capability.

use std::path::PathBuf;
use std::sync::Arc;

use nuvom_composed::{LineStore, NoSchedules, SplitSchedules};
use nuvom_core::ports::{Backup, Line, ResultStore, ScheduleStore, Stores};
use nuvom_core::{Clock, Error, ErrorKind, Result};
use nuvom_file::{FileStore, Options};
use nuvom_memory::MemoryStore;
use nuvom_sqlite::{Durability, SqliteStore};

use crate::settings::hidden;
use nuvom_core::nearest;

use crate::{Origin, Review, Settings};

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Jobs.
    Queue,
    /// Results.
    Results,
    /// Schedules.
    Schedules,
}

/// Opens the store of a part.
pub type Open = Box<dyn Fn(&Settings, Part, Arc<dyn Clock>) -> Result<Stores> + Send + Sync>;
/// Opens the store of a part to copy it.
pub(crate) type OpenBackup = fn(&Settings, Part, Arc<dyn Clock>) -> Result<Arc<dyn Backup>>;
/// Where the store of a part is, for people; empty if it is inside the process. Two parts in one place share one store.
pub type Place = Box<dyn Fn(&Settings, Part) -> String + Send + Sync>;
/// Opens a queue that only lines jobs up, such as one of a plugin.
pub type OpenLine = Box<dyn Fn(&Settings) -> Result<Arc<dyn Line>> + Send + Sync>;
/// Opens a store that keeps results and nothing else, such as one of a plugin.
pub type OpenResults = Box<dyn Fn(&Settings) -> Result<Arc<dyn ResultStore>> + Send + Sync>;

/// Opens a store that keeps schedules and nothing else, such as one of a plugin.
pub type OpenSchedules = Box<dyn Fn(Arc<dyn Clock>) -> Result<Arc<dyn ScheduleStore>> + Send + Sync>;

/// One backend.
struct Backend {
    name: String,
    kind: Kind,
}

/// What a backend can be.
enum Kind {
    /// A store for every part.
    Whole {
        place: Place,
        open: Open,
        /// None where nothing can be copied from outside.
        back_up: Option<OpenBackup>,
    },
    Line(OpenLine),
    Results(OpenResults),
    Schedules(OpenSchedules),
}

/// The backends that settings can name.
pub struct Backends {
    backends: Vec<Backend>,
}

impl std::fmt::Debug for Backends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.backends.iter().map(|backend| &backend.name)).finish()
    }
}

impl Backends {
    /// Those that come with Nuvom.
    pub fn built_in() -> Self {
        let mut backends = Self { backends: Vec::new() };
        let sqlite = |settings: &Settings, part, clock| Ok(open_database(settings, part, clock)?.stores());
        backends.add_copied("sqlite", Box::new(sqlite_place), Box::new(sqlite), |settings, part, clock| {
            Ok(open_database(settings, part, clock)?)
        });
        backends.add_copied(
            "file",
            Box::new(|settings, _| settings.file_dir().display().to_string()),
            Box::new(|settings, _, clock| Ok(open_files(settings, clock)?.stores())),
            |settings, _, clock| Ok(open_files(settings, clock)?),
        );
        backends.add(
            "memory",
            Box::new(|_, _| String::new()),
            Box::new(|_, _, clock| Ok(MemoryStore::new(clock).stores())),
        );
        backends
    }

    /// Adds one that can be a store for every part.
    pub fn add(&mut self, name: &str, place: Place, open: Open) {
        self.backends
            .push(Backend { name: name.to_owned(), kind: Kind::Whole { place, open, back_up: None } });
    }

    /// The same, of one that lies on this machine and can be copied.
    fn add_copied(&mut self, name: &str, place: Place, open: Open, back_up: OpenBackup) {
        let kind = Kind::Whole { place, open, back_up: Some(back_up) };
        self.backends.push(Backend { name: name.to_owned(), kind });
    }

    /// Adds a queue that only lines jobs up.
    pub fn add_line(&mut self, name: &str, open: OpenLine) {
        self.backends.push(Backend { name: name.to_owned(), kind: Kind::Line(open) });
    }

    /// Adds a store that keeps results and nothing else.
    pub fn add_results(&mut self, name: &str, open: OpenResults) {
        self.backends.push(Backend { name: name.to_owned(), kind: Kind::Results(open) });
    }

    /// Adds a store that keeps schedules and nothing else.
    pub fn add_schedules(&mut self, name: &str, open: OpenSchedules) {
        self.backends.push(Backend { name: name.to_owned(), kind: Kind::Schedules(open) });
    }

    /// The names that the setting of a part can use.
    pub fn names(&self, part: Part) -> impl Iterator<Item = &str> {
        self.backends.iter().filter(move |backend| backend.serves(part)).map(|backend| backend.name.as_str())
    }

    /// Where a part is kept, such as `sqlite at /srv/app/.nuvom/nuvom.db`.
    pub fn place(&self, settings: &Settings, part: Part) -> Result<String> {
        self.find(settings, part).map(|backend| backend.place_name(settings, part))
    }

    /// Opens the stores that the settings name. Parts in one place share one store.
    pub fn open(&self, settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Stores> {
        let queue = self.find(settings, Part::Queue)?;
        // A name that is wrong is told before anything is opened, which may create it.
        self.find(settings, Part::Results)?;
        match &queue.kind {
            Kind::Whole { place, open, .. } => {
                self.find(settings, Part::Schedules)?;
                let place = place(settings, Part::Queue);
                let stores = open(settings, Part::Queue, Arc::clone(clock))?;
                self.open_beside(stores, &place, settings, clock)
            }
            Kind::Line(open) => {
                let (results, of_results) = self.open_results(settings, clock)?;
                let line = open(settings)?;
                let (schedules, of_schedules) = self.open_schedules_of_line(settings, clock)?;
                let mut beside = of_results.into_iter().chain(of_schedules);
                let roster = beside.find(|stores| can_list(stores, &*line)).map(|it| it.roster);
                Ok(LineStore::new(line, results, roster, Arc::clone(clock)).stores(schedules))
            }
            Kind::Results(_) | Kind::Schedules(_) => unreachable!("no queue is found that is none"),
        }
    }

    /// Adds to the store of a queue those of the parts that are not kept in its place.
    fn open_beside(
        &self,
        mut stores: Stores,
        place: &str,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
    ) -> Result<Stores> {
        let queue = self.find(settings, Part::Queue)?;
        let together = |backend: &Backend, part| {
            backend.name == queue.name && backend.place(settings, part).as_deref() == Some(place)
        };
        if !together(self.find(settings, Part::Results)?, Part::Results) {
            (stores.results, _) = self.open_results(settings, clock)?;
            stores.joint_results = false;
        }
        let schedules = self.find(settings, Part::Schedules)?;
        if !together(schedules, Part::Schedules) {
            stores.schedules = Arc::new(SplitSchedules {
                schedules: schedules.open_schedules(settings, clock)?.0,
                jobs: Arc::clone(&stores.jobs),
            });
        }
        Ok(stores)
    }

    /// The results, and the store that keeps them, where that is one for every part.
    fn open_results(
        &self,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
    ) -> Result<(Arc<dyn ResultStore>, Option<Stores>)> {
        let results = self.find(settings, Part::Results)?;
        if let Kind::Results(open) = &results.kind {
            return Ok((open(settings)?, None));
        }
        let stores = results.open(settings, Part::Results, clock)?;
        Ok((Arc::clone(&stores.results), Some(stores)))
    }

    /// A line keeps no schedules. Unless a setting says where they are, there are none.
    fn open_schedules_of_line(
        &self,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
    ) -> Result<(Arc<dyn ScheduleStore>, Option<Stores>)> {
        if settings.scheduler_backend() == settings.queue_backend() {
            return Ok((Arc::new(NoSchedules { clock: Arc::clone(clock) }), None));
        }
        self.find(settings, Part::Schedules)?.open_schedules(settings, clock)
    }

    /// Adds to a review what is to be said of the backends that its settings name. Opens none.
    pub fn review(&self, review: &mut Review) {
        let settings = &review.settings;
        let queue = settings.queue_backend();
        let queue_exists = self.named(settings, Part::Queue).is_some();
        for part in [Part::Queue, Part::Results, Part::Schedules] {
            let (setting, name) = part.named_by(settings);
            let is_of_queue = part != Part::Queue && name == queue;
            let origin = settings.origin(setting).unwrap_or(Origin::Default);
            match self.named(settings, part) {
                // Said once, of the queue; and a queue that keeps no schedules leaves a project without any.
                None if is_of_queue && (!queue_exists || part == Part::Schedules) => {}
                None => {
                    let (existing, meant) = self.instead(name, part);
                    let expected = format!("one that keeps {}: {existing}{meant}", part.word());
                    review.problems.bad_value(setting, name, origin, expected);
                }
                Some(backend) if !is_of_queue && backend.is_inside_process(settings, part) => {
                    let place = origin.as_str();
                    review.warnings.push(format!("{setting} = {name} ({place}): {}", part.inside_process()));
                }
                Some(_) => {}
            }
        }
    }

    fn named(&self, settings: &Settings, part: Part) -> Option<&Backend> {
        let (_, name) = part.named_by(settings);
        self.backends.iter().rev().find(|backend| backend.name == name && backend.serves(part))
    }

    /// The names that could stand there, and the one that may be meant, as the end of a sentence.
    fn instead(&self, name: &str, part: Part) -> (String, String) {
        // A name that exists for another part is no slip of the pen.
        let meant = nearest(name, self.names(part))
            .filter(|_| !self.backends.iter().any(|backend| backend.name == name))
            .map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"));
        (self.names(part).collect::<Vec<_>>().join(", "), meant)
    }

    /// The stores of these settings that a backup copies, each once, that of the jobs first.
    pub(crate) fn sources(&self, settings: &Settings) -> Result<Vec<Source<'_>>> {
        let mut sources: Vec<Source<'_>> = Vec::new();
        for part in [Part::Queue, Part::Results, Part::Schedules] {
            let backend = self.find(settings, part)?;
            let Kind::Whole { place, back_up: Some(open), .. } = &backend.kind else {
                return Err(not_copied(&backend.name, part));
            };
            let (place, name) = (place(settings, part).into(), backend.place_name(settings, part));
            if sources.iter().all(|source| source.name != name) {
                sources.push(Source { part, name, place, open });
            }
        }
        Ok(sources)
    }

    fn find(&self, settings: &Settings, part: Part) -> Result<&Backend> {
        let (setting, name) = part.named_by(settings);
        self.named(settings, part).ok_or_else(|| {
            let shown = hidden(name);
            let (existing, meant) = self.instead(name, part);
            let error = if self.backends.iter().any(|backend| backend.name == name) {
                Error::new(
                    ErrorKind::Invalid,
                    format!("the backend \"{}\" keeps no {}", shown.escape_debug(), part.word()),
                )
            } else {
                Error::new(ErrorKind::Invalid, format!("there is no backend \"{}\"", shown.escape_debug()))
            };
            error
                .with("setting", setting)
                .with("from", settings.origin(setting).map_or("default", Origin::as_str))
                .hint(format!("{setting} can be {existing}{meant}"))
        })
    }
}

/// A store that can be copied.
pub(crate) struct Source<'a> {
    pub(crate) part: Part,
    /// As people are told.
    pub(crate) name: String,
    pub(crate) place: PathBuf,
    pub(crate) open: &'a OpenBackup,
}

impl Part {
    /// The setting that names its backend, and the name.
    fn named_by(self, settings: &Settings) -> (&'static str, &str) {
        match self {
            Part::Queue => ("NUVOM_QUEUE_BACKEND", settings.queue_backend()),
            Part::Results => ("NUVOM_RESULT_BACKEND", settings.result_backend()),
            Part::Schedules => ("NUVOM_SCHEDULER_BACKEND", settings.scheduler_backend()),
        }
    }

    /// What comes of keeping it inside a process.
    fn inside_process(self) -> &'static str {
        match self {
            Part::Queue => {
                "jobs stay in the process that enqueues them, so `nuvom runworker` will not start; it is for \
                 programs that run their worker, by `with nuvom.Worker():`"
            }
            Part::Results => {
                "each process keeps results for itself, so who asks for a job sees none of a worker in another \
                 process"
            }
            Part::Schedules => {
                "each process keeps schedules for itself, so those that one makes are fired by none but itself"
            }
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Part::Queue => "jobs",
            Part::Results => "results",
            Part::Schedules => "schedules",
        }
    }
}

impl Backend {
    fn serves(&self, part: Part) -> bool {
        match self.kind {
            Kind::Whole { .. } => true,
            Kind::Line(_) => part == Part::Queue,
            Kind::Results(_) => part == Part::Results,
            Kind::Schedules(_) => part == Part::Schedules,
        }
    }

    fn place(&self, settings: &Settings, part: Part) -> Option<String> {
        match &self.kind {
            Kind::Whole { place, .. } => Some(place(settings, part)),
            Kind::Line(_) | Kind::Results(_) | Kind::Schedules(_) => None,
        }
    }

    /// Whether what it keeps ends with the process: then it lies nowhere.
    fn is_inside_process(&self, settings: &Settings, part: Part) -> bool {
        self.place(settings, part).is_some_and(|place| place.is_empty())
    }

    fn place_name(&self, settings: &Settings, part: Part) -> String {
        match self.place(settings, part).filter(|place| !place.is_empty()) {
            Some(place) => format!("{} at {place}", self.name),
            None => self.name.clone(),
        }
    }

    /// The schedules, and the store that keeps them, where that is one for every part.
    fn open_schedules(
        &self,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
    ) -> Result<(Arc<dyn ScheduleStore>, Option<Stores>)> {
        if let Kind::Schedules(open) = &self.kind {
            return Ok((open(Arc::clone(clock))?, None));
        }
        let stores = self.open(settings, Part::Schedules, clock)?;
        Ok((Arc::clone(&stores.schedules), Some(stores)))
    }

    fn open(&self, settings: &Settings, part: Part, clock: &Arc<dyn Clock>) -> Result<Stores> {
        match &self.kind {
            Kind::Whole { open, .. } => open(settings, part, Arc::clone(clock)),
            Kind::Line(_) | Kind::Results(_) | Kind::Schedules(_) => {
                let what = format!("the backend \"{}\" is no store of its own", self.name);
                Err(Error::new(ErrorKind::Unsupported, what))
            }
        }
    }
}

fn not_copied(name: &str, part: Part) -> Error {
    let what = format!(
        "the backend \"{}\", which keeps the {}, cannot be copied by Nuvom",
        hidden(name).escape_debug(),
        part.word()
    );
    Error::new(ErrorKind::Unsupported, what).during("back up").hint(
        "What lives in the memory of a process ends with it; what a server or a plugin keeps is backed up by its own \
         means",
    )
}

/// The version of SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    nuvom_sqlite::linked_version()
}

/// Whether the store beside a line can list all that work at it.
fn can_list(beside: &Stores, line: &dyn Line) -> bool {
    let capability = beside.jobs.capability();
    capability.roster && (capability.cross_process || !line.promises().cross_process)
}

fn sqlite_path(settings: &Settings, part: Part) -> &std::path::Path {
    match part {
        Part::Queue | Part::Schedules => settings.sqlite_queue_path(),
        Part::Results => settings.sqlite_result_path(),
    }
}

fn sqlite_place(settings: &Settings, part: Part) -> String {
    sqlite_path(settings, part).display().to_string()
}

fn open_database(settings: &Settings, part: Part, clock: Arc<dyn Clock>) -> Result<Arc<SqliteStore>> {
    let durability =
        if settings.sqlite_survives_power_loss() { Durability::Full } else { Durability::Process };
    SqliteStore::open(sqlite_path(settings, part), durability, clock)
}

fn open_files(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Arc<FileStore>> {
    let durability = if settings.files_survive_power_loss() {
        nuvom_file::Durability::Full
    } else {
        nuvom_file::Durability::Process
    };
    let options = Options { durability, force: settings.forces_file_dir() };
    FileStore::open(settings.file_dir(), options, clock)
}
