//! The backends that exist, by name, and the one place where names are compared: everyone else asks an open
//! store for its capability.

use std::sync::Arc;

use nuvom_composed::SplitSchedules;
use nuvom_core::ports::Stores;
use nuvom_core::{Clock, Error, ErrorKind, Result};
use nuvom_memory::MemoryStore;
use nuvom_sqlite::{Durability, SqliteStore};

use crate::settings::hidden;
use nuvom_core::nearest;

use crate::Settings;

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
/// Where the store of a part is, for people. Two parts in one place share one store.
pub type Place = Box<dyn Fn(&Settings, Part) -> String + Send + Sync>;

/// One backend.
struct Backend {
    name: String,
    place: Place,
    open: Open,
}

/// The backends that settings can name.
pub struct Backends {
    backends: Vec<Backend>,
}

impl std::fmt::Debug for Backends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Backends {
    /// Those that come with Nuvom.
    pub fn built_in() -> Self {
        let mut backends = Self { backends: Vec::new() };
        backends.add("sqlite", Box::new(sqlite_place), Box::new(open_sqlite));
        backends.add(
            "memory",
            Box::new(|_, _| String::new()),
            Box::new(|_, _, clock| Ok(MemoryStore::new(clock).stores())),
        );
        backends
    }

    /// Adds one, such as a plugin's; it replaces one of the same name.
    pub fn add(&mut self, name: &str, place: Place, open: Open) {
        self.backends.retain(|backend| backend.name != name);
        self.backends.push(Backend { name: name.to_owned(), place, open });
    }

    /// The names that settings can use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.backends.iter().map(|backend| backend.name.as_str())
    }

    /// Where a part is kept, such as `sqlite at /srv/app/.nuvom/nuvom.db`.
    pub fn place(&self, settings: &Settings, part: Part) -> Result<String> {
        self.find(settings, part).map(|backend| backend.place_name(settings, part))
    }

    /// Opens the stores that the settings name. Parts in one place share one store.
    pub fn open(&self, settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Stores> {
        let queue = self.find(settings, Part::Queue)?;
        let results = self.find(settings, Part::Results)?;
        let schedules = self.find(settings, Part::Schedules)?;

        let mut stores = (queue.open)(settings, Part::Queue, Arc::clone(clock))?;
        let place = queue.place_name(settings, Part::Queue);
        if results.place_name(settings, Part::Results) != place {
            stores.results = (results.open)(settings, Part::Results, Arc::clone(clock))?.results;
            stores.joint_results = false;
        }
        if schedules.place_name(settings, Part::Schedules) != place {
            stores.schedules = Arc::new(SplitSchedules {
                schedules: (schedules.open)(settings, Part::Schedules, Arc::clone(clock))?.schedules,
                jobs: Arc::clone(&stores.jobs),
            });
        }
        Ok(stores)
    }

    fn find(&self, settings: &Settings, part: Part) -> Result<&Backend> {
        let (setting, name) = match part {
            Part::Queue => ("NUVOM_QUEUE_BACKEND", settings.queue_backend()),
            Part::Results => ("NUVOM_RESULT_BACKEND", settings.result_backend()),
            Part::Schedules => ("NUVOM_SCHEDULER_BACKEND", settings.scheduler_backend()),
        };
        self.backends.iter().find(|backend| backend.name == name).ok_or_else(|| {
            let existing = self.names().collect::<Vec<_>>().join(", ");
            let meant = nearest(name, self.names())
                .map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"));
            let shown = hidden(name);
            Error::new(ErrorKind::Invalid, format!("there is no backend \"{}\"", shown.escape_debug()))
                .with("setting", setting)
                .with("from", settings.origin(setting).map_or("default", crate::Origin::as_str))
                .hint(format!("The backends are {existing}{meant}"))
        })
    }
}

impl Backend {
    fn place_name(&self, settings: &Settings, part: Part) -> String {
        let place = (self.place)(settings, part);
        if place.is_empty() { self.name.clone() } else { format!("{} at {place}", self.name) }
    }
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

fn open_sqlite(settings: &Settings, part: Part, clock: Arc<dyn Clock>) -> Result<Stores> {
    let durability =
        if settings.sqlite_survives_power_loss() { Durability::Full } else { Durability::Process };
    Ok(SqliteStore::open(sqlite_path(settings, part), durability, clock)?.stores())
}
