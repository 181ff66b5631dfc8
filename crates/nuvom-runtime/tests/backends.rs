//! Which stores the settings open, and how parts share them.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Committed, Line, LinePromises, Lined, Page, Receipt, StoredResult, Taken};
use nuvom_core::{ErrorKind, JobId, Lease, QueueName, Result, Schedule, ScheduleChange, Timestamp};
use nuvom_runtime::{Backends, Part, Project, Runtime, Settings};
use nuvom_testkit::FakeClock;
use nuvom_testkit::builders::{a_job, a_report, a_schedule, changed, payload, written};
use tempfile::TempDir;

fn settings(folder: &TempDir, arguments: &[(&str, &str)]) -> Settings {
    let arguments = arguments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load(&Project::at(folder.path()), arguments, []).unwrap()
}

fn open(folder: &TempDir, arguments: &[(&str, &str)]) -> Runtime {
    let settings = settings(folder, arguments);
    Runtime::with(Project::at(folder.path()), settings, &Backends::built_in(), FakeClock::new()).unwrap()
}

#[test]
fn one_file_holds_everything_by_default() {
    let folder = tempfile::tempdir().unwrap();

    let runtime = open(&folder, &[]);

    assert!(runtime.stores.joint_results);
    assert!(folder.path().join(".nuvom/nuvom.db").is_file());
}

#[test]
fn a_client_below_the_project_meets_the_worker_in_the_same_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pyproject.toml"), "").unwrap();
    let deep = folder.path().join("src/shop");
    std::fs::create_dir_all(&deep).unwrap();
    let id = JobId::from_time(Timestamp::from_micros(1), [1; 10]);

    let client = Runtime::open(&deep, [], []).unwrap();
    client.stores.jobs.enqueue(&[a_job("add").id(id).build()]).unwrap();
    let worker = Runtime::open(folder.path(), [], []).unwrap();

    assert!(worker.stores.inspect.jobs(&[id]).unwrap()[0].is_some());
}

#[test]
fn results_with_a_path_of_their_own_are_not_joint() {
    let folder = tempfile::tempdir().unwrap();

    let runtime = open(&folder, &[("sqlite_result_path", "results.db")]);
    let id = runtime.ids.next();
    let result = StoredResult::of_value(id, Lease(1), payload(b"12"));
    runtime.stores.results.put(std::slice::from_ref(&result)).unwrap();

    assert!(!runtime.stores.joint_results);
    assert_eq!(runtime.stores.results.get(&[id]).unwrap(), [Some(result)]);
    assert!(folder.path().join("results.db").is_file());
}

#[test]
fn results_in_memory_beside_a_durable_queue_are_not_joint() {
    let folder = tempfile::tempdir().unwrap();

    let runtime = open(&folder, &[("result_backend", "memory")]);

    assert!(!runtime.stores.joint_results);
    assert!(runtime.stores.jobs.capability().durable);
}

#[test]
fn the_memory_backend_is_one_store_for_all_parts() {
    let folder = tempfile::tempdir().unwrap();

    let runtime = open(&folder, &[("queue_backend", "memory")]);

    assert!(runtime.stores.joint_results);
    assert!(!runtime.stores.jobs.capability().cross_process);
    assert!(!folder.path().join(".nuvom").exists());
}

#[test]
fn a_schedule_kept_elsewhere_puts_its_jobs_into_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = open(&folder, &[("scheduler_backend", "memory")]);
    let tick = runtime.clock.now();
    let schedule = a_schedule("hourly", tick);
    let job = schedule.job_at(tick, 0);
    runtime.stores.schedules.commit(&[written(schedule.clone())]).unwrap();
    let fire = ScheduleChange { jobs: vec![job.clone()], ..changed(&schedule, schedule.clone()) };

    let answers = [(); 2].map(|()| runtime.stores.schedules.commit(std::slice::from_ref(&fire)).unwrap());

    assert_eq!(answers, [[Committed::Done], [Committed::Passed]]);
    let page = Page { before: None, limit: 10 };
    let jobs = runtime.stores.inspect.list(&nuvom_core::ports::Filter::default(), &page).unwrap();
    assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [job.id]);
}

#[test]
fn a_changed_schedule_kept_elsewhere_makes_no_job() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = open(&folder, &[("scheduler_backend", "memory")]);
    let tick = runtime.clock.now();
    let schedule = a_schedule("hourly", tick);
    let job = schedule.job_at(tick, 0);
    let paused = Schedule { is_paused: true, ..schedule.clone() };
    let store = &runtime.stores.schedules;
    store.commit(&[written(schedule.clone())]).unwrap();
    store.commit(&[changed(&schedule, paused)]).unwrap();
    let another = a_schedule("another", tick);

    let fire = ScheduleChange { jobs: vec![job.clone()], ..changed(&schedule, schedule.clone()) };
    let fired = store.commit(&[fire, written(another)]);

    assert_eq!(fired.unwrap(), [Committed::Passed, Committed::Done]);
    assert_eq!(runtime.stores.inspect.jobs(&[job.id]).unwrap().iter().flatten().count(), 0);
}

#[test]
fn an_unknown_backend_is_refused_with_those_that_exist() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder, &[("result_backend", "sqllite")]);

    let error = Backends::built_in().open(&settings, &(FakeClock::new() as _)).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "there is no backend \"sqllite\" (setting: NUVOM_RESULT_BACKEND, from: argument). \
         NUVOM_RESULT_BACKEND can be sqlite, file, memory; did you mean sqlite?"
    );
}

#[test]
fn an_unknown_backend_that_is_a_url_hides_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder, &[("queue_backend", "redis://:hunter2@host")]);

    let error = Backends::built_in().open(&settings, &(FakeClock::new() as _)).unwrap_err();

    assert!(!error.to_string().contains("hunter2"), "{error}");
}

/// What a review says of these backends, with a plugin's queue among them: problems, and warnings.
fn reviewed(environment: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let mut review = Settings::review(&Project::at(folder.path()), environment);
    let mut backends = Backends::built_in();
    backends.add_line("mine", Box::new(|_| panic!("a review opens nothing")));
    backends.review(&mut review);
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "a review writes nothing");
    (review.problems().iter().map(ToString::to_string).collect(), review.warnings)
}

#[test]
fn a_review_tells_an_unknown_backend_once_for_all_that_follow_it() {
    let (problems, warnings) = reviewed(&[("NUVOM_QUEUE_BACKEND", "sqlit")]);

    assert_eq!(
        problems,
        [
            "NUVOM_QUEUE_BACKEND = \"sqlit\" (environment): expected one that keeps jobs: sqlite, file, memory, mine; \
             did you mean sqlite?"
        ]
    );
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn a_review_tells_of_a_queue_beside_which_results_have_no_place() {
    let (alone, _) = reviewed(&[("NUVOM_QUEUE_BACKEND", "mine")]);
    let (beside, _) = reviewed(&[("NUVOM_QUEUE_BACKEND", "mine"), ("NUVOM_RESULT_BACKEND", "sqlite")]);

    assert_eq!(
        alone,
        ["NUVOM_RESULT_BACKEND = \"mine\" (default): expected one that keeps results: sqlite, file, memory"]
    );
    assert_eq!(beside, [""; 0]);
}

#[test]
fn a_review_warns_of_parts_that_other_processes_cannot_see() {
    let (problems, all) = reviewed(&[("NUVOM_QUEUE_BACKEND", "memory")]);
    let (_, results) = reviewed(&[("NUVOM_RESULT_BACKEND", "memory")]);

    assert_eq!(problems, [""; 0]);
    assert!(matches!(&*all, [told] if told.contains("`nuvom runworker` will not start")), "{all:?}");
    assert!(
        matches!(&*results, [told] if told.starts_with("NUVOM_RESULT_BACKEND = memory (environment): each"))
    );
}

#[test]
fn a_backend_can_be_added_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder, &[("queue_backend", "mine")]);
    let mut backends = Backends::built_in();
    backends.add(
        "mine",
        Box::new(|_, _| String::new()),
        Box::new(|_, _, clock| Ok(nuvom_memory::MemoryStore::new(clock).stores())),
    );

    let stores = backends.open(&settings, &(FakeClock::new() as _)).unwrap();

    assert!(Arc::strong_count(&stores.jobs) > 0);
    assert_eq!(backends.place(&settings, Part::Queue).unwrap(), "mine");
}

/// A queue that processes share, in which nothing ever stands.
struct SharedLine;

impl Line for SharedLine {
    fn promises(&self) -> LinePromises {
        LinePromises { cross_process: true, ..LinePromises::default() }
    }

    fn put(&self, _jobs: &[Lined]) -> Result<()> {
        Ok(())
    }

    fn take(&self, _limit: usize, _queues: &[QueueName], _wait: Duration) -> Result<Vec<Taken>> {
        Ok(Vec::new())
    }

    fn acknowledge(&self, taken: &[Receipt]) -> Result<Vec<bool>> {
        Ok(vec![false; taken.len()])
    }

    fn extend(&self, taken: &[Receipt], _lease_for: Duration) -> Result<Vec<bool>> {
        Ok(vec![false; taken.len()])
    }

    fn release(&self, _taken: &[(Receipt, Duration)]) -> Result<()> {
        Ok(())
    }

    fn length(&self) -> Result<u64> {
        Ok(0)
    }

    fn clear(&self) -> Result<u64> {
        Ok(0)
    }
}

/// A queue that keeps no roster, with results and schedules in these.
fn line_beside(folder: &TempDir, results: &str, schedules: &str) -> Runtime {
    let mut backends = Backends::built_in();
    backends.add_line("shared", Box::new(|_| Ok(Arc::new(SharedLine))));
    let parts = [("queue_backend", "shared"), ("result_backend", results), ("scheduler_backend", schedules)];
    let project = Project::at(folder.path());
    Runtime::with(project, settings(folder, &parts), &backends, FakeClock::new()).unwrap()
}

#[test]
fn the_workers_of_a_queue_without_a_roster_are_listed_by_the_first_part_that_has_one() {
    let folder = tempfile::tempdir().unwrap();

    let with_results = line_beside(&folder, "sqlite", "shared").stores;
    with_results.roster.report(&[a_report("worker-1")]).unwrap();
    let with_schedules = line_beside(&folder, "memory", "sqlite").stores;

    assert!(with_results.jobs.capability().roster && with_schedules.jobs.capability().roster);
    assert_eq!(with_schedules.roster.list_workers().unwrap().workers.len(), 1);
}

#[test]
fn what_lives_in_one_process_is_no_roster_for_a_queue_that_processes_share() {
    let folder = tempfile::tempdir().unwrap();

    let stores = line_beside(&folder, "memory", "shared").stores;
    stores.roster.report(&[a_report("worker-1")]).unwrap();

    assert!(!stores.jobs.capability().roster);
    assert!(stores.roster.list_workers().unwrap().workers.is_empty());
}
