//! The schedule port. A change is made if its schedule is as it was seen, and the jobs that come with it are in the
//! same batch.

use std::collections::HashMap;
use std::fs;

use nuvom_core::ports::{Agenda, Committed, ScheduleStore, Subscription, Topic, Waker};
use nuvom_core::{ErrorKind, Result, Schedule, ScheduleChange, ScheduleId, Timestamp};
use nuvom_local::failpoint;
use nuvom_record::{schedule_from_bytes, schedule_to_bytes};

use crate::batch::Batch;
use crate::change::Change;
use crate::folders::{SCHEDULES, read};
use crate::names::schedule_path;
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
        let mut found = self.all_schedules("list schedules")?;
        found.retain(|schedule| after.is_none_or(|after| schedule.id > *after));
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found.truncate(limit);
        Ok(found)
    }

    fn agenda(&self, limit: usize) -> Result<Agenda> {
        let mut active = self.all_schedules("find due schedules")?;
        let now = self.now();
        active.retain(|schedule| !schedule.is_paused && schedule.next_tick.is_some());
        active.sort_by(|one, other| (one.next_tick, &one.id).cmp(&(other.next_tick, &other.id)));
        let is_due = |schedule: &&Schedule| schedule.next_tick.is_some_and(|tick| tick <= now);
        let due = active.iter().take(limit).take_while(is_due).count();
        let next_tick = active.get(due).and_then(|schedule| schedule.next_tick);
        active.truncate(due);
        Ok(Agenda { now, due: active, next_tick })
    }

    fn run_out(&self, before: Timestamp, limit: usize) -> Result<Vec<Schedule>> {
        let mut found = self.all_schedules("find schedules that have run out")?;
        found.retain(|schedule| schedule.next_tick.is_none() && schedule.changed_at < before);
        found.sort_by_key(|schedule| schedule.changed_at);
        found.truncate(limit);
        Ok(found)
    }

    fn subscribe_to_schedules(&self, waker: Waker) -> Result<Subscription> {
        self.bell.subscribe(Topic::Schedules, waker)
    }
}

impl FileStore {
    /// All schedules that can be read. People write them, so there are few, and each is a small file.
    fn all_schedules(&self, operation: &'static str) -> Result<Vec<Schedule>> {
        self.ask(operation, |batch| {
            let mut found = Vec::new();
            for entry in fs::read_dir(batch.folders.root().join(SCHEDULES)).map_err(|e| batch.failed(e))? {
                let path = entry.map_err(|e| batch.failed(e))?.path();
                let text = read(&path).map_err(|e| batch.failed(e))?;
                // One that is damaged, or a newer Nuvom's, does not keep the others from being fired.
                found.extend(text.and_then(|text| schedule_from_bytes(line_of(&text)).ok()));
            }
            Ok(found)
        })
    }
}

fn make(batch: &mut Batch<'_>, so_far: &mut Changed, change: &ScheduleChange) -> Result<Committed> {
    let known = match so_far.get(&change.id) {
        Some(known) => known.clone(),
        None => find(batch, &change.id)?,
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
    let text = read(&schedule_path(batch.folders, id)).map_err(|e| batch.failed(e))?;
    let Some(text) = text else { return Ok(None) };
    match schedule_from_bytes(line_of(&text)) {
        Ok(schedule) if schedule.id == *id => Ok(Some(schedule)),
        Ok(_) => Ok(None),
        // It can be written anew, or removed, but not taken for another.
        Err(error) if error.kind() == ErrorKind::Corrupt => Ok(None),
        Err(error) => Err(error.during(batch.operation).with("schedule", id)),
    }
}

fn line_of(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\n").unwrap_or(text)
}
