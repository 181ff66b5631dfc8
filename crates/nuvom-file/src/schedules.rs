//! The schedule port. A change is made if its schedule is as it was seen, and the jobs that come with it are in the
//! same batch.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use nuvom_core::ports::{Agenda, Committed, ScheduleStore, Subscription, Topic, Waker};
use nuvom_core::{ErrorKind, Result, Schedule, ScheduleChange, ScheduleId, Timestamp};
use nuvom_local::failpoint;
use nuvom_record::{schedule_from_bytes, schedule_to_bytes};

use crate::batch::Batch;
use crate::change::Change;
use crate::folders::{Folders, SCHEDULES, read};
use crate::names::{is_file_name, schedule_path};
use crate::store::FileStore;

/// Schedules as the changes before in one call left them; none where one is gone.
type Changed = HashMap<ScheduleId, Option<Schedule>>;

impl ScheduleStore for FileStore {
    fn commit(&self, changes: &[ScheduleChange]) -> Result<Vec<Committed>> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        failpoint("fire.before_commit");
        let committed = self.change("change schedules", |batch| {
            let mut so_far = Changed::new();
            let committed =
                changes.iter().map(|change| make(batch, &mut so_far, change)).collect::<Result<Vec<_>>>();
            failpoint("fire.inside");
            committed
        })?;
        failpoint("fire.after_commit");
        let done = || changes.iter().zip(&committed).filter(|(_, answer)| **answer == Committed::Done);
        if done().any(|(change, _)| !change.jobs.is_empty()) {
            self.bell.ring(Topic::Ready);
        }
        if done().any(|(change, _)| change.jobs.is_empty()) {
            self.bell.ring(Topic::Schedules);
        }
        Ok(committed)
    }

    fn find(&self, ids: &[ScheduleId]) -> Result<Vec<Option<Schedule>>> {
        self.ask("find schedule", |batch| ids.iter().map(|id| find(batch, id)).collect())
    }

    fn list_schedules(&self, after: Option<&ScheduleId>, limit: usize) -> Result<Vec<Schedule>> {
        let All { mut found, .. } = self.all_schedules("list schedules")?;
        found.retain(|schedule| after.is_none_or(|after| schedule.id > *after));
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found.truncate(limit);
        Ok(found)
    }

    fn agenda(&self, limit: usize) -> Result<Agenda> {
        let All { found: mut active, unreadable } = self.all_schedules("find due schedules")?;
        let now = self.now();
        active.retain(|schedule| !schedule.is_paused && schedule.next_tick.is_some());
        active.sort_by(|one, other| (one.next_tick, &one.id).cmp(&(other.next_tick, &other.id)));
        let is_due = |schedule: &&Schedule| schedule.next_tick.is_some_and(|tick| tick <= now);
        let due = active.iter().take(limit).take_while(is_due).count();
        let next_tick = active.get(due).and_then(|schedule| schedule.next_tick);
        active.truncate(due);
        Ok(Agenda { now, due: active, next_tick, unreadable })
    }

    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>> {
        let All { mut found, .. } = self.all_schedules("find schedules that have run out")?;
        found.retain(|schedule| schedule.next_tick.is_none() && schedule.changed_at < before);
        found.sort_by_key(|schedule| schedule.changed_at);
        found.truncate(limit);
        Ok(found)
    }

    fn subscribe_to_schedules(&self, waker: Waker) -> Result<Subscription> {
        self.bell.subscribe(Topic::Schedules, waker)
    }
}

/// All schedules of a store.
#[derive(Default)]
struct All {
    found: Vec<Schedule>,
    /// Those that cannot be read, and why. When they are due is not known, so they are told each time.
    unreadable: Vec<(ScheduleId, String)>,
}

impl FileStore {
    /// Reads all schedules. People write them, so there are few, and each is a small file.
    fn all_schedules(&self, operation: &'static str) -> Result<All> {
        self.ask(operation, |batch| {
            let mut all = All::default();
            for entry in fs::read_dir(batch.folders.root().join(SCHEDULES)).map_err(|e| batch.failed(e))? {
                let entry = entry.map_err(|e| batch.failed(e))?;
                let path = entry.path();
                let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                if !is_file || !entry.file_name().to_str().is_some_and(is_file_name) {
                    continue;
                }
                let Some(text) = read(&path).map_err(|e| batch.failed(e))? else { continue };
                match schedule_from_bytes(line_of(&text)) {
                    // Another than the one that it is named after would be a second of that one.
                    Ok(schedule) => {
                        all.found.extend(
                            Some(schedule).filter(|found| schedule_path(batch.folders, &found.id) == path),
                        );
                    }
                    Err(error) => {
                        all.unreadable.push((name_of(batch.folders, &path, &text)?, error.to_string()));
                    }
                }
            }
            all.unreadable.sort();
            Ok(all)
        })
    }
}

/// The id in a text that cannot be read otherwise; the name of its file if not even that can.
fn name_of(folders: &Folders, path: &Path, text: &[u8]) -> Result<ScheduleId> {
    #[derive(serde::Deserialize)]
    struct Named {
        schedule: String,
    }
    let named = serde_json::from_slice::<Named>(line_of(text)).ok();
    match named.and_then(|named| ScheduleId::new(named.schedule).ok()) {
        Some(id) if schedule_path(folders, &id) == path => Ok(id),
        _ => ScheduleId::new(path.file_stem().unwrap_or_default().to_string_lossy()),
    }
}

fn make(batch: &mut Batch<'_>, so_far: &mut Changed, change: &ScheduleChange) -> Result<Committed> {
    let known = match so_far.get(&change.id) {
        Some(known) => known.clone(),
        None => match find(batch, &change.id) {
            // One that is damaged can be written anew.
            Err(error) if error.kind() == ErrorKind::Corrupt && change.seen.is_none() => None,
            found => found?,
        },
    };
    let is_nothing = known.is_none() && change.then.is_none();
    if is_nothing || known.map(|schedule| schedule.changed_at) != change.seen {
        return Ok(Committed::Passed);
    }
    batch.push(match &change.then {
        Some(then) => {
            let text = String::from_utf8(schedule_to_bytes(then)).unwrap_or_default();
            Change::PutSchedule { id: change.id.clone(), text }
        }
        None => Change::ForgetSchedule { id: change.id.clone() },
    });
    so_far.insert(change.id.clone(), change.then.clone());
    for job in &change.jobs {
        batch.accept(job)?;
    }
    Ok(Committed::Done)
}

fn find(batch: &Batch<'_>, id: &ScheduleId) -> Result<Option<Schedule>> {
    let path = schedule_path(batch.folders, id);
    let Some(text) = read(&path).map_err(|e| batch.failed(e))? else { return Ok(None) };
    match schedule_from_bytes(line_of(&text)) {
        Ok(schedule) => Ok(Some(schedule).filter(|schedule| schedule.id == *id)),
        Err(error) => Err(error.during(batch.operation).with("schedule", id).with("path", path.display())),
    }
}

fn line_of(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\n").unwrap_or(text)
}
