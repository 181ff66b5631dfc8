//! What a connection was told, asked of the connection itself.

use std::sync::Arc;

use nuvom_testkit::FakeClock;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{Durability, SqliteStore};

fn store(durability: Durability) -> (Arc<SqliteStore>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nuvom.db");
    (SqliteStore::open(path, durability, FakeClock::new()).unwrap(), folder)
}

fn setting(connection: &Connection, name: &str) -> String {
    connection
        .pragma_query_value(None, name, |row| row.get(0))
        .map(|value| match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        })
        .unwrap()
}

/// SQLite's numbers for the setting.
const NORMAL: &str = "1";
const FULL: &str = "2";

#[test]
fn with_full_durability_an_acknowledged_write_waits_for_the_disk() {
    let (store, _folder) = store(Durability::Full);

    let synchronous = store.acknowledged("test", |write, _| Ok(setting(write.connection, "synchronous")));

    assert_eq!(synchronous.unwrap(), FULL);
}

#[test]
fn with_full_durability_claims_and_finishes_do_not_wait_for_the_disk() {
    let (store, _folder) = store(Durability::Full);

    let synchronous = store.worked("test", |write, _| Ok(setting(write.connection, "synchronous")));

    assert_eq!(synchronous.unwrap(), NORMAL);
}

#[test]
fn with_process_durability_nothing_waits_for_the_disk() {
    let (store, _folder) = store(Durability::Process);

    let synchronous = store.acknowledged("test", |write, _| Ok(setting(write.connection, "synchronous")));

    assert_eq!(synchronous.unwrap(), NORMAL);
}

#[test]
fn every_connection_logs_ahead_and_maps_nothing_into_memory() {
    let (store, _folder) = store(Durability::Full);

    let settings = ["journal_mode", "mmap_size"];
    let of_a_reader = store.read(|link| Ok(settings.map(|name| setting(&link.connection, name))));
    let of_a_writer =
        store.worked("test", |write, _| Ok(settings.map(|name| setting(write.connection, name))));

    assert_eq!(of_a_reader.unwrap(), ["wal", "0"]);
    assert_eq!(of_a_writer.unwrap(), ["wal", "0"]);
}
