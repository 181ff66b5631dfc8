//! The result port. Results that come with a finish are written by the queue port, in the same commit.

use std::sync::Arc;

use nuvom_core::ports::{Page, ResultStore, StoredResult};
use nuvom_core::{JobId, Lease, Payload, Result};
use nuvom_record::{record_from_bytes, record_to_bytes};
use rusqlite::{OptionalExtension, Row, params};

use crate::rows::Reader;
use crate::statements::{FORGET_RECORD, FORGET_RESULT, PUT_RECORD, PUT_RESULT, RECORD, RECORDS, RESULT};
use crate::store::SqliteStore;

impl ResultStore for SqliteStore {
    fn put(&self, results: &[StoredResult]) -> Result<()> {
        if results.is_empty() {
            return Ok(());
        }
        let reader = self.reader("put result");
        self.worked("put result", |write, _| {
            for StoredResult { id, lease, value, record } in results {
                let put = match (record, value) {
                    (Some(record), value) => write.prepare(PUT_RECORD).and_then(|mut put| {
                        let text = record_to_bytes(&record.job, &record.attempts);
                        put.execute(params![id.as_bytes(), lease.0, value.as_deref(), text])
                    }),
                    (None, Some(value)) => write
                        .prepare(PUT_RESULT)
                        .and_then(|mut put| put.execute(params![id.as_bytes(), lease.0, &**value])),
                    (None, None) => Ok(0),
                };
                put.map_err(|e| reader.failed(e))?;
            }
            Ok(())
        })
    }

    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>> {
        let reader = self.reader("get result");
        self.read(|link| {
            let mut value = link.connection.prepare_cached(RESULT).map_err(|e| reader.failed(e))?;
            let mut record = link.connection.prepare_cached(RECORD).map_err(|e| reader.failed(e))?;
            let mut kept = |id: &JobId| {
                let value = value.query_row([id.as_bytes()], |row| {
                    let value = Payload::from(row.get_ref(1)?.as_blob()?);
                    Ok(StoredResult::of_value(*id, Lease(row.get(0)?), value))
                });
                if let Some(value) = value.optional().map_err(|e| reader.failed(e))? {
                    return Ok(Some(value));
                }
                let row = record.query_row([id.as_bytes()], |row| Ok(stored(&reader, row)));
                row.optional().map_err(|e| reader.failed(e))?.transpose()
            };
            ids.iter().map(&mut kept).collect()
        })
    }

    fn list_results(&self, page: &Page) -> Result<Vec<StoredResult>> {
        let reader = self.reader("list results");
        let before = page.before.unwrap_or(JobId::from_bytes([0xff; 16]));
        self.read(|link| {
            let mut records = link.connection.prepare_cached(RECORDS).map_err(|e| reader.failed(e))?;
            let rows = records
                .query_map(params![before.as_bytes(), page.limit], |row| Ok(stored(&reader, row)))
                .map_err(|e| reader.failed(e))?;
            rows.map(|row| row.map_err(|e| reader.failed(e))?).collect()
        })
    }

    fn delete(&self, ids: &[JobId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let reader = self.reader("delete result");
        self.worked("delete result", |write, _| {
            for statement in [FORGET_RESULT, FORGET_RECORD] {
                let mut forget = write.prepare(statement).map_err(|e| reader.failed(e))?;
                for id in ids {
                    forget.execute([id.as_bytes()]).map_err(|e| reader.failed(e))?;
                }
            }
            Ok(())
        })
    }
}

/// A row of the table of records.
fn stored(reader: &Reader<'_>, row: &Row<'_>) -> Result<StoredResult> {
    let failed = |error| reader.failed(error);
    let bytes = row.get_ref(3).map_err(failed)?.as_blob().map_err(|error| failed(error.into()))?;
    let record = record_from_bytes(bytes)?;
    let value: Option<Vec<u8>> = row.get(2).map_err(failed)?;
    Ok(StoredResult {
        id: record.job.id,
        lease: Lease(row.get(1).map_err(failed)?),
        value: value.map(Payload::from),
        record: Some(Arc::new(record)),
    })
}
