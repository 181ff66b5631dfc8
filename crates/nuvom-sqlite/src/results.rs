//! The result port. Results that come with a finish are written by the queue port, in the same commit.

use nuvom_core::ports::{ResultStore, StoredResult};
use nuvom_core::{JobId, Lease, Payload, Result};
use rusqlite::{OptionalExtension, params};

use crate::statements::{FORGET_RESULT, PUT_RESULT, RESULT};
use crate::store::SqliteStore;

impl ResultStore for SqliteStore {
    fn put(&self, results: &[StoredResult]) -> Result<()> {
        if results.is_empty() {
            return Ok(());
        }
        let reader = self.reader("put result");
        self.worked("put result", |write, _| {
            let mut put = write.prepare(PUT_RESULT).map_err(|e| reader.failed(e))?;
            for result in results {
                put.execute(params![result.id.as_bytes(), result.lease.0, &*result.value])
                    .map_err(|e| reader.failed(e))?;
            }
            Ok(())
        })
    }

    fn get(&self, ids: &[JobId]) -> Result<Vec<Option<StoredResult>>> {
        let reader = self.reader("get result");
        self.read(|link| {
            let mut get = link.connection.prepare_cached(RESULT).map_err(|e| reader.failed(e))?;
            ids.iter()
                .map(|id| {
                    get.query_row([id.as_bytes()], |row| {
                        let value = Payload::from(row.get_ref(1)?.as_blob()?);
                        Ok(StoredResult { id: *id, lease: Lease(row.get(0)?), value })
                    })
                    .optional()
                    .map_err(|e| reader.failed(e))
                })
                .collect()
        })
    }

    fn delete(&self, ids: &[JobId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let reader = self.reader("delete result");
        self.worked("delete result", |write, _| {
            let mut forget = write.prepare(FORGET_RESULT).map_err(|e| reader.failed(e))?;
            for id in ids {
                forget.execute([id.as_bytes()]).map_err(|e| reader.failed(e))?;
            }
            Ok(())
        })
    }
}
