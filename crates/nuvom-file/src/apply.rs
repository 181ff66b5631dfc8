//! Carrying an entry out. Its own writer does so knowing where each file was, and takes all of it back if the disk is
//! full; whoever finds an entry that its writer did not finish knows nothing, and makes it so from any state.

use std::io;
use std::path::PathBuf;

use nuvom_core::{JobId, Lease, QueueName, ScheduleId, State, Timestamp};
use nuvom_local::{create_private_subfolder, failpoint};

use crate::change::{Change, Put, RenewLine, ScheduleLine, SetAsideLine, lines, word};
use crate::damage::{set_aside, set_aside_once};
use crate::facts::Facts;
use crate::folders::{
    Folders, Kind, PAUSED, open_to_change, overwrite, read, remove, rewrite, write, write_new,
};
use crate::names::{paused_path, queue_path, queue_text, schedule_path};
use crate::positions::write_at;
use crate::record_text::{has_lease_line, lease_line, record_line, result_line};

/// How one file is brought back to what it was.
enum Undo {
    Remove(PathBuf),
    Restore(PathBuf, Vec<u8>),
    MoveBack { from: PathBuf, to: PathBuf, text: Vec<u8> },
}

/// What could not be carried out, and whether all of it was taken back.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) error: io::Error,
    pub(crate) taken_back: bool,
}

/// Carries out what was just written to the journal.
pub(crate) fn apply(folders: &Folders, entry: u64, changes: &[Change]) -> Result<(), Stopped> {
    let mut done = Vec::with_capacity(changes.len());
    for change in changes {
        if let Err(error) = one(folders, entry, change, &mut done) {
            let taken_back = done.into_iter().rev().all(|undo| take_back(undo).is_ok());
            return Err(Stopped { error, taken_back });
        }
        failpoint("files.one_written");
    }
    Ok(())
}

fn one(folders: &Folders, entry: u64, change: &Change, done: &mut Vec<Undo>) -> io::Result<()> {
    match change {
        Change::Put(record) => put(folders, record, done),
        Change::Renew { id, until, .. } => renew(folders, *id, *until),
        Change::Forget { id } => forget(folders, *id),
        Change::SetAside { id, state, reason } => set_aside(folders, entry, *id, *state, reason),
        Change::PutResult { id, recorded, text } => {
            let path = folders.prepared(result_kind(*recorded), *id)?;
            replace(path, text, done)
        }
        Change::ForgetResult { id } => forget_result(folders, *id),
        Change::PutSchedule { id, text } => replace(schedule_path(folders, id), &file_text(text), done),
        Change::ForgetSchedule { id } => remove(&schedule_path(folders, id)),
        Change::AddQueue { name } => replace(queue_path(folders, name), &queue_text(name), done),
        Change::PauseQueue { name } => replace(prepared_mark(folders, name)?, &queue_text(name), done),
        Change::ResumeQueue { name } => remove(&paused_path(folders, name)),
    }
}

fn put(folders: &Folders, put: &Put, done: &mut Vec<Undo>) -> io::Result<()> {
    let path = folders.prepared(Kind::Job(put.state), put.id)?;
    let Some(from) = put.from else { return replace(path, &put.text, done) };
    if from != put.state {
        let before = folders.path(Kind::Job(from), put.id);
        match std::fs::rename(&before, &path) {
            Ok(()) => {
                done.push(Undo::MoveBack { from: path.clone(), to: before, text: put.before.clone() });
                return rewrite(&path, &put.text, put.before.len());
            }
            // Somebody removed it by hand since it was read. The journal has it, so it is made again.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return replace(path, &put.text, done),
            Err(error) => return Err(error),
        }
    }
    done.push(Undo::Restore(path.clone(), put.before.clone()));
    rewrite(&path, &put.text, put.before.len())
}

fn replace(path: PathBuf, text: &[u8], done: &mut Vec<Undo>) -> io::Result<()> {
    match write_new(&path, text) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let before = read(&path)?.unwrap_or_default();
            done.push(Undo::Restore(path.clone(), before));
            overwrite(&path, text)
        }
        written => {
            // Also one of which only a part was written is to go.
            if written.is_ok() || is_there_now(&path) {
                done.push(Undo::Remove(path));
            }
            written
        }
    }
}

fn is_there_now(path: &std::path::Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

fn take_back(undo: Undo) -> io::Result<()> {
    match undo {
        Undo::Remove(path) => remove(&path),
        Undo::Restore(path, text) => overwrite(&path, &text),
        Undo::MoveBack { from, to, text } => {
            overwrite(&from, &text)?;
            std::fs::rename(from, to)
        }
    }
}

fn renew(folders: &Folders, id: JobId, until: Timestamp) -> io::Result<()> {
    let path = folders.path(Kind::Job(State::Running), id);
    match open_to_change(&path) {
        Ok(file) => write_at(&file, &lease_line(until), 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn forget(folders: &Folders, id: JobId) -> io::Result<()> {
    State::ALL.into_iter().try_for_each(|state| folders.remove(Kind::Job(state), id))
}

fn forget_result(folders: &Folders, id: JobId) -> io::Result<()> {
    folders.remove(Kind::Result, id)?;
    folders.remove(Kind::Recorded, id)?;
    let succeeded = Kind::Job(State::Success);
    match folders.read(succeeded, id)? {
        Some(text) if result_line(&text).is_some() => {
            let record = [record_line(&text), b"\n"].concat();
            overwrite(&folders.path(succeeded, id), &record)
        }
        _ => Ok(()),
    }
}

fn result_kind(recorded: bool) -> Kind {
    if recorded { Kind::Recorded } else { Kind::Result }
}

fn file_text(line: &str) -> Vec<u8> {
    format!("{line}\n").into_bytes()
}

/// Carries out the lines of an entry, whatever was carried out of it before.
pub(crate) fn repeat(folders: &Folders, entry: u64, body: &[u8]) -> io::Result<()> {
    lines(body).try_for_each(|(word, json)| repeat_line(folders, entry, word, json))
}

fn repeat_line(folders: &Folders, entry: u64, word: &str, json: &[u8]) -> io::Result<()> {
    match word {
        word::RECORD => {
            let Some(facts) = Facts::read(json) else { return Ok(()) };
            let others = State::ALL.into_iter().filter(|state| *state != facts.state);
            others.into_iter().try_for_each(|state| folders.remove(Kind::Job(state), facts.id))?;
            let mut text = match (facts.state, facts.lease_until) {
                (State::Running, Some(until)) => lease_line(until).to_vec(),
                _ => Vec::new(),
            };
            text.extend_from_slice(json);
            text.push(b'\n');
            write(&folders.prepared(Kind::Job(facts.state), facts.id)?, &text).map(drop)
        }
        word::RENEW => match renewed(json) {
            Some((id, _, until)) if runs(folders, id)? => renew(folders, id, until),
            _ => Ok(()),
        },
        word::FORGET => id_in(json).map_or(Ok(()), |id| forget(folders, id)),
        word::SET_ASIDE => match aside(json) {
            Some((id, state, reason)) => set_aside_once(folders, entry, id, state, &reason),
            None => Ok(()),
        },
        word::WITH_RESULT => {
            let succeeded = Kind::Job(State::Success);
            let Some(id) = result_id(json) else { return Ok(()) };
            // The record stands in the line before, and was written a moment ago.
            let Some(text) = folders.read(succeeded, id)? else { return Ok(()) };
            let whole = [record_line(&text), b"\n", json, b"\n"].concat();
            overwrite(&folders.path(succeeded, id), &whole)
        }
        word::RESULT | word::RECORDED => {
            let Some(id) = result_id(json) else { return Ok(()) };
            let mut text = json.to_vec();
            text.push(b'\n');
            write(&folders.prepared(result_kind(word == word::RECORDED), id)?, &text).map(drop)
        }
        word::FORGET_RESULT => id_in(json).map_or(Ok(()), |id| forget_result(folders, id)),
        word::SCHEDULE => {
            let Ok(line) = serde_json::from_slice::<ScheduleLine<'_>>(json) else { return Ok(()) };
            let Ok(id) = ScheduleId::new(&line.id) else { return Ok(()) };
            write(&schedule_path(folders, &id), &file_text(line.schedule.get())).map(drop)
        }
        word::FORGET_SCHEDULE => {
            let id = text_in(json).and_then(|id| ScheduleId::new(id).ok());
            id.map_or(Ok(()), |id| remove(&schedule_path(folders, &id)))
        }
        word::QUEUE => match queue_in(json) {
            Some(name) => write(&queue_path(folders, &name), &queue_text(&name)).map(drop),
            None => Ok(()),
        },
        word::PAUSE_QUEUE => match queue_in(json) {
            Some(name) => write(&prepared_mark(folders, &name)?, &queue_text(&name)).map(drop),
            None => Ok(()),
        },
        word::RESUME_QUEUE => queue_in(json).map_or(Ok(()), |name| remove(&paused_path(folders, &name))),
        // A newer Nuvom wrote a line of another kind. It would have raised the number of the format if that mattered.
        _ => Ok(()),
    }
}

fn prepared_mark(folders: &Folders, name: &QueueName) -> io::Result<PathBuf> {
    create_private_subfolder(&folders.root().join(PAUSED))?;
    Ok(paused_path(folders, name))
}

fn runs(folders: &Folders, id: JobId) -> io::Result<bool> {
    Ok(folders.read(Kind::Job(State::Running), id)?.is_some_and(|text| has_lease_line(&text)))
}

/// A later end of a lease.
pub(crate) fn renewed(json: &[u8]) -> Option<(JobId, Lease, Timestamp)> {
    let line: RenewLine = serde_json::from_slice(json).ok()?;
    Some((line.id.parse().ok()?, Lease(line.lease), Timestamp::from_micros(line.until)))
}

/// A record that was set aside.
pub(crate) fn aside(json: &[u8]) -> Option<(JobId, State, String)> {
    let line: SetAsideLine = serde_json::from_slice(json).ok()?;
    Some((line.id.parse().ok()?, State::parse(&line.state)?, line.reason))
}

/// The id that a line consists of.
pub(crate) fn id_in(json: &[u8]) -> Option<JobId> {
    text_in(json)?.parse().ok()
}

/// The queue that a line names.
pub(crate) fn queue_in(json: &[u8]) -> Option<QueueName> {
    QueueName::new(text_in(json)?).ok()
}

fn text_in(json: &[u8]) -> Option<String> {
    serde_json::from_slice(json).ok()
}

fn result_id(json: &[u8]) -> Option<JobId> {
    #[derive(serde::Deserialize)]
    struct Line {
        id: String,
    }
    serde_json::from_slice::<Line>(json).ok()?.id.parse().ok()
}
