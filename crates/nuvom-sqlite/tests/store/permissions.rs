//! Who can read the store.

use std::collections::BTreeMap;

use nuvom_core::ErrorKind;
use nuvom_sqlite::{Durability, SqliteStore};
use nuvom_testkit::FakeClock;

use crate::child::Other;
use crate::support::Place;

#[test]
fn nobody_but_its_owner_can_read_a_store_whatever_the_umask() {
    let place = Place::new();
    let path = place.folder().join("project").join(".nuvom").join("nuvom.db");

    let (well, lines) = Other::start_after("umask 000", "show the modes", &path).end();

    assert!(well, "{lines:?}");
    let modes: BTreeMap<&str, &str> = lines
        .iter()
        .map(|(_, value)| value.split_once(' ').unwrap())
        .map(|(mode, name)| (name, mode))
        .collect();
    let expected = [
        (".nuvom", "700"),
        ("cancel-requested", "600"),
        ("ended", "600"),
        ("nuvom.db", "600"),
        ("nuvom.db-shm", "600"),
        ("nuvom.db-wake", "700"),
        ("nuvom.db-wal", "600"),
        ("ready", "600"),
        ("schedules", "600"),
    ];
    assert_eq!(modes, BTreeMap::from(expected));
}

#[test]
fn a_path_that_cannot_be_written_is_named_with_the_way_out() {
    let place = Place::new();
    let file = place.folder().join("file");
    std::fs::write(&file, b"not a folder").unwrap();

    let error = SqliteStore::open(file.join("nuvom.db"), Durability::Full, FakeClock::new()).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Permission);
    let text = error.to_string();
    assert!(text.contains("file/nuvom.db") && text.contains("NUVOM_SQLITE_PATH"), "{text}");
}

#[test]
fn a_folder_in_the_place_of_the_database_is_refused() {
    let place = Place::new();
    std::fs::create_dir(place.path()).unwrap();

    let error = place.try_open().unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Permission);
}
