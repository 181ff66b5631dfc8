//! The result port. Results that come with a finish are written by the queue port, in the same batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use nuvom_core::ports::{Page, ResultStore, StoredResult};
use nuvom_core::{JobId, Lease, Payload, Result, State};
use nuvom_record::{record_from_bytes, record_to_bytes};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::batch::Batch;
use crate::change::Change;
use crate::folders::Kind;
use crate::record_text::result_line;
use crate::store::FileStore;

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    nuvom: u32,
    id: String,
    lease: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    record: Option<&'a RawValue>,
}

impl ResultStore for FileStore {
    fn put(&self, results: &[StoredResult]) -> Result<()> {
        if results.is_empty() {
            return Ok(());
        }
        self.change("put result", |batch| {
            // Of several for one job, the one with the highest lease stands, and of these the last.
            let mut puts: BTreeMap<(JobId, bool), &StoredResult> = BTreeMap::new();
            for result in results.iter().filter(|result| result.value.is_some() || result.record.is_some()) {
                let kept = puts.entry((result.id, result.record.is_some())).or_insert(result);
                if kept.lease <= result.lease {
                    *kept = result;
                }
            }
            for ((id, recorded), result) in puts {
                let kept = read(batch, id, recorded)?;
                if kept.is_none_or(|kept| kept.lease <= result.lease) {
                    batch.push(result_change(result));
                }
            }
            Ok(())
        })
    }

    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>> {
        self.ask("get result", |batch| {
            ids.iter()
                .map(|id| match read(batch, *id, false)? {
                    Some(value) => Ok(Some(value)),
                    None => read(batch, *id, true),
                })
                .collect()
        })
    }

    fn list_results(&self, page: &Page) -> Result<Vec<StoredResult>> {
        self.ask("list results", |batch| {
            let mut ids = batch.folders.ids(Kind::Recorded).map_err(|e| batch.failed(e))?;
            ids.retain(|id| page.before.is_none_or(|before| *id < before));
            ids.sort_unstable_by(|one, other| other.cmp(one));
            let kept = ids.into_iter().filter_map(|id| read(batch, id, true).transpose());
            kept.take(page.limit).collect()
        })
    }

    fn delete(&self, ids: &[JobId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.change("delete result", |batch| {
            for id in ids {
                batch.push(Change::ForgetResult { id: *id });
            }
            Ok(())
        })
    }
}

/// What is kept of a job. A file that cannot be read counts as none: there is no attempt that could be repeated for
/// it, and whoever waits is told that there is no value.
fn read(batch: &Batch<'_>, id: JobId, recorded: bool) -> Result<Option<StoredResult>> {
    let kind = if recorded { Kind::Recorded } else { Kind::Result };
    let failed = |error| batch.failed(error);
    let mut kept = batch.folders.read(kind, id).map_err(failed)?.and_then(|text| parse(&text));
    if kept.is_none() && !recorded {
        let job = batch.folders.read(Kind::Job(State::Success), id).map_err(failed)?;
        kept = job.as_deref().and_then(result_line).and_then(parse);
    }
    Ok(kept.filter(|kept| kept.id == id))
}

fn parse(text: &[u8]) -> Option<StoredResult> {
    let stored: Stored<'_> = serde_json::from_slice(text).ok()?;
    let value = stored.value.map(|value| BASE64.decode(value).map(Payload::from)).transpose().ok()?;
    let record = stored.record.map(|record| record_from_bytes(record.get().as_bytes()).map(Arc::new));
    let id = stored.id.parse().ok()?;
    Some(StoredResult { id, lease: Lease(stored.lease), value, record: record.transpose().ok()? })
}

/// Values up to this size lie in the file of their job. A larger one has a file of its own, so that whoever lists jobs
/// does not read it.
const BESIDE: usize = 16 << 10;

/// Keeps the value that came with the end of a job.
pub(crate) fn keep_value(batch: &mut Batch<'_>, result: &StoredResult) {
    if result.value.as_ref().is_some_and(|value| value.len() > BESIDE) {
        batch.push(result_change(result));
    } else {
        batch.add_result(result.id, result_text(result));
    }
}

/// The change that keeps this in a file of its own.
fn result_change(result: &StoredResult) -> Change {
    let mut text = result_text(result);
    text.push(b'\n');
    Change::PutResult { id: result.id, recorded: result.record.is_some(), text }
}

fn result_text(result: &StoredResult) -> Vec<u8> {
    let record = result.record.as_ref().map(|record| record_to_bytes(&record.job, &record.attempts));
    let record = record.as_deref().and_then(|text| serde_json::from_slice::<&RawValue>(text).ok());
    let stored = Stored {
        nuvom: crate::FORMAT,
        id: result.id.to_string(),
        lease: result.lease.0,
        value: result.value.as_ref().map(|value| BASE64.encode(value)),
        record,
    };
    // A struct of text and numbers has no way to fail.
    serde_json::to_vec(&stored).unwrap_or_default()
}
