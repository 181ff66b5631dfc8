//! A schedule that cannot be read keeps nobody from the others.

use std::fs;

use nuvom_core::ports::{Committed, ScheduleStore};
use nuvom_core::{Clock, ErrorKind};
use nuvom_testkit::builders::{a_schedule, schedule_id, written};

use crate::support::Place;

#[test]
fn a_damaged_schedule_is_told_and_the_others_are_due_all_the_same() {
    let place = Place::new();
    let store = place.open();
    let now = place.clock.now();
    let all = ["damaged", "newer", "well"].map(|id| written(a_schedule(id, now)));
    store.commit(&all).unwrap();
    garble(&place, "damaged", |_| "{".to_owned());
    garble(&place, "newer", |text| text.replace("\"options\":{", "\"options\":{\"x\":1"));

    let agenda = store.agenda(10).unwrap();

    assert_eq!(agenda.due.iter().map(|schedule| schedule.id.as_str()).collect::<Vec<_>>(), ["well"]);
    let unreadable: Vec<_> = agenda.unreadable.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(unreadable.len(), 2);
    assert!(unreadable[0].starts_with("damaged-") && unreadable[1] == "newer", "{unreadable:?}");
    assert_eq!(store.find(&[schedule_id("damaged")]).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_damaged_schedule_can_be_written_anew() {
    let place = Place::new();
    let store = place.open();
    let schedule = a_schedule("report", place.clock.now());
    store.commit(&[written(schedule.clone())]).unwrap();
    garble(&place, "report", |_| "{".to_owned());

    let answer = store.commit(&[written(schedule.clone())]).unwrap();

    assert_eq!(answer, [Committed::Done]);
    assert_eq!(store.find(std::slice::from_ref(&schedule.id)).unwrap(), [Some(schedule)]);
}

#[test]
fn what_others_put_beside_the_schedules_is_none() {
    let place = Place::new();
    let store = place.open();
    let report = a_schedule("report", place.clock.now());
    store.commit(&[written(report.clone())]).unwrap();
    let folder = place.path().join("schedules");
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    for other in [format!("{name}~"), format!("copy-{name}"), format!("copy of {name}"), "notes.json".into()]
    {
        fs::copy(&file, folder.join(other)).unwrap();
    }
    fs::copy(&file, folder.join(format!("other-{}.json", "0".repeat(32)))).unwrap();
    fs::write(folder.join(".DS_Store"), b"x").unwrap();
    fs::create_dir(folder.join(format!("folder-{}.json", "0".repeat(32)))).unwrap();

    let agenda = store.agenda(10).unwrap();

    assert_eq!(agenda.due.len(), 1);
    assert!(agenda.unreadable.is_empty(), "{:?}", agenda.unreadable);
    assert_eq!(store.list_schedules(None, 10).unwrap(), [report]);
}

/// Writes other text into the file of a schedule.
fn garble(place: &Place, id: &str, with: impl Fn(&str) -> String) {
    let mut files = fs::read_dir(place.path().join("schedules")).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|file| file.file_name().unwrap().to_str().unwrap().starts_with(id)).unwrap();
    let text = with(&fs::read_to_string(&file).unwrap());
    fs::write(file, text).unwrap();
}
