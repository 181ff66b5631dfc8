//! Who can read the store, and where its files cannot be led.

use std::fs;
use std::os::unix::fs::symlink;

use nuvom_core::ErrorKind;
use nuvom_core::ports::{Inspect, JobStore, Topic};
use nuvom_testkit::Probe;
use nuvom_testkit::builders::a_job;

use crate::child::Other;
use crate::support::{Place, enqueue};

#[test]
fn nobody_but_its_owner_can_read_a_store_whatever_the_umask() {
    let place = Place::new();
    let path = place.folder().join("project").join(".nuvom").join("files");

    let (well, lines) = Other::start_after("umask 000", "show the modes", &path).end();

    assert!(well, "{lines:?}");
    let modes: Vec<&str> =
        lines.iter().filter(|(word, _)| word == "mode").map(|(_, value)| value.as_str()).collect();
    assert!(modes.len() > 20, "{modes:?}");
    let loose: Vec<&&str> =
        modes.iter().filter(|mode| !mode.starts_with("600 ") && !mode.starts_with("700 ")).collect();
    assert!(loose.is_empty(), "{loose:?}");
    assert!(modes.contains(&"700 .nuvom") && modes.contains(&"600 store.json"));
}

#[test]
fn a_path_that_cannot_be_written_is_named_with_the_way_out() {
    let place = Place::new();
    let file = place.folder().join("file");
    fs::write(&file, b"not a folder").unwrap();

    let opened = nuvom_file::FileStore::open(
        file.join("files"),
        nuvom_file::Options::default(),
        nuvom_testkit::FakeClock::new(),
    );

    let error = opened.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission);
    assert!(
        error.to_string().contains("file/files") && error.to_string().contains("NUVOM_FILE_DIR"),
        "{error}"
    );
}

#[test]
fn a_link_in_the_place_of_a_folder_is_not_followed() {
    let place = Place::new();
    let store = place.open();
    let job = a_job("add").build();
    let outside = place.folder().join("outside");
    fs::create_dir(&outside).unwrap();
    let leaf = place.file("waiting", job.id).parent().unwrap().to_owned();
    fs::create_dir_all(leaf.parent().unwrap()).unwrap();
    symlink(&outside, &leaf).unwrap();

    let error = store.enqueue(std::slice::from_ref(&job)).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn a_link_in_the_place_of_a_record_is_not_followed() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    let outside = place.folder().join("outside.json");
    let file = place.file("waiting", id);
    fs::rename(&file, &outside).unwrap();
    symlink(&outside, &file).unwrap();
    let before = fs::read(&outside).unwrap();

    let answers = [store.jobs(&[id]).map(drop), store.cancel(&[id]).map(drop)];

    assert!(answers.into_iter().all(|answer| answer.unwrap_err().kind() == ErrorKind::Corrupt));
    assert_eq!(fs::read(&outside).unwrap(), before);
}

#[test]
fn a_link_where_a_new_record_goes_is_not_followed() {
    let place = Place::new();
    let store = place.open();
    let id = enqueue(&store, a_job("add")).unwrap();
    let outside = place.folder().join("outside.json");
    fs::write(&outside, b"of somebody else").unwrap();
    let target = place.file("ended/cancelled", id);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    symlink(&outside, &target).unwrap();

    // A rename puts the file in the place of the link.
    store.cancel(&[id]).unwrap();

    assert_eq!(fs::read(&outside).unwrap(), b"of somebody else");
    assert!(!fs::symlink_metadata(target).unwrap().is_symlink());
}

#[test]
fn a_store_with_a_link_in_the_place_of_one_of_its_folders_is_refused() {
    for folder in ["waiting", "running", "ended", "journal", "schedules", "queues", "damaged", "wake"] {
        let place = Place::new();
        drop(place.open());
        let outside = place.folder().join("outside");
        fs::rename(place.path().join(folder), &outside).unwrap();
        symlink(&outside, place.path().join(folder)).unwrap();
        let before = fs::read_dir(&outside).unwrap().count();

        let error = place.try_open().map(drop).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Corrupt, "{folder}");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), before, "{folder}");
    }
}

#[test]
fn a_link_in_the_place_of_a_doorbell_is_not_followed() {
    let place = Place::new();
    let store = place.open();
    let outside = place.folder().join("outside");
    fs::write(&outside, b"of somebody else").unwrap();
    symlink(&outside, place.path().join("wake/ready")).unwrap();

    enqueue(&store, a_job("add")).unwrap();

    assert_eq!(fs::read(&outside).unwrap(), b"of somebody else");
    assert!(store.subscribe(Topic::Ready, Probe::new().waker()).is_err());
}

#[test]
fn a_link_in_the_place_of_the_doorbells_is_not_followed() {
    let place = Place::new();
    let store = place.open();
    let outside = place.folder().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::remove_dir_all(place.path().join("wake")).unwrap();
    symlink(&outside, place.path().join("wake")).unwrap();

    enqueue(&store, a_job("add")).unwrap();

    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}
