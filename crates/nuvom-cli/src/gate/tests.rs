//! The gate over a real store and real source: jobs made for the code before, held against the code now.

use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Claim, Stores};
use nuvom_core::{Clock, End, Job, JobId};
use nuvom_discovery::{FoundTask, Manifest, ScanOptions, scan};
use nuvom_runtime::{Backends, Project, Runtime, Settings};
use nuvom_testkit::FakeClock;
use nuvom_testkit::builders::{JobBuilder, a_job, final_failure, worker};
use rmpv::Value;
use serde_json::json;

use super::{Gate, against, render, summary};
use crate::output::Output;

struct Queue {
    stores: Stores,
    clock: Arc<FakeClock>,
    before: Manifest,
}

impl Queue {
    /// A queue that is fed by this code.
    fn of(source: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::new();
        let project = Project::at(folder.path());
        let arguments = [("NUVOM_QUEUE_BACKEND", "memory"), ("NUVOM_RESULT_BACKEND", "memory")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::load(&project, arguments, []).unwrap();
        let backends = Backends::built_in();
        let runtime = Runtime::with(project, settings, &backends, Arc::clone(&clock) as _).unwrap();
        Self { stores: runtime.stores, clock, before: Manifest::new(tasks(source)) }
    }

    /// A job that `delay` of that code makes.
    fn job(&self, task: &str, args: &[i64], kwargs: &[&str]) -> JobBuilder {
        let hash = self.before.tasks().iter().find(|it| it.name == task).unwrap().signature_hash.as_ref();
        let job = a_job(task).payload(&payload(args, kwargs));
        match hash {
            Some(hash) => job.signature(u64::from_str_radix(hash, 16).unwrap()),
            None => job,
        }
    }

    fn enqueue(&self, job: JobBuilder) -> JobId {
        let job = job.build();
        self.stores.jobs.enqueue(std::slice::from_ref(&job)).unwrap();
        job.id
    }

    fn claim(&self) -> Job {
        let claim = Claim {
            worker: worker("w1"),
            queues: vec![],
            limit: 1,
            shares: vec![],
            lease_for: Duration::from_secs(30),
        };
        self.stores.jobs.exchange(&[], Some(&claim)).unwrap().claimed.pop().unwrap()
    }

    fn fail(&self, job: JobBuilder) -> JobId {
        let id = self.enqueue(job);
        let end = End { id, lease: self.claim().lease, outcome: final_failure("no such user") };
        self.stores.jobs.exchange(&[end], None).unwrap();
        id
    }

    fn against(&self, source: &str) -> Gate {
        let now = self.clock.now();
        against(&*self.stores.inspect, &tasks(source), Some(&self.before), now, &mut |_| {}).unwrap()
    }
}

fn tasks(source: &str) -> Vec<FoundTask> {
    let folder = tempfile::tempdir().unwrap();
    let source = format!("import functools\nfrom nuvom import task\n\n{source}\n");
    std::fs::write(folder.path().join("tasks.py"), source).unwrap();
    let found = scan(folder.path(), &ScanOptions::default()).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    found.tasks
}

fn payload(args: &[i64], kwargs: &[&str]) -> Vec<u8> {
    let args = args.iter().map(|arg| Value::from(*arg)).collect();
    let kwargs = kwargs.iter().map(|name| (Value::from(*name), Value::from(1))).collect();
    let mut bytes = vec![1];
    rmpv::encode::write_value(&mut bytes, &Value::Array(vec![Value::Array(args), Value::Map(kwargs)]))
        .unwrap();
    bytes
}

/// Code, detail, count and message of each break.
fn told(gate: &Gate) -> Vec<(&str, Option<&str>, u64, &str)> {
    let breaks = gate.breaks.iter();
    breaks.map(|it| (it.rule.code(), it.detail.as_deref(), it.count, it.message.as_str())).collect()
}

fn rendered(gate: &Gate) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = Output {
        stdout: Box::new(&mut out),
        stderr: Box::new(&mut err),
        width: 80,
        cuts: true,
        colour: false,
        is_watched: false,
    };
    render(gate, &mut output).unwrap();
    drop(output);
    String::from_utf8(out).unwrap()
}

const SEND: &str = "@task\ndef send(to: str, copies: int = 1) -> bool: ...";

#[test]
fn jobs_that_the_code_takes_are_let_through() {
    let queue = Queue::of(SEND);
    queue.enqueue(queue.job("send", &[1], &[]));
    queue.enqueue(queue.job("send", &[], &["to", "copies"]));
    queue.fail(queue.job("send", &[1, 2], &[]));

    let same = queue.against(SEND);
    let wider = queue.against("@task\ndef send(to, copies=1, *, urgent=False): ...");

    assert_eq!(same, Gate { jobs: 3, ..Gate::default() });
    assert_eq!(wider, same);
    assert_eq!(summary(&same), "No misfit in 3 jobs.");
}

#[test]
fn an_empty_queue_fits_anything() {
    let gate = Queue::of(SEND).against("");

    assert_eq!(gate, Gate::default());
    assert_eq!(summary(&gate), "There are no jobs that could meet the code.");
    assert_eq!(rendered(&gate), "");
}

#[test]
fn a_job_of_the_same_signature_is_not_opened() {
    let queue = Queue::of(SEND);
    queue.enqueue(queue.job("send", &[], &[]).payload(b"not arguments"));

    assert_eq!(queue.against(SEND).broken, 0);
    assert_eq!(queue.against("@task\ndef send(to): ...").breaks[0].rule.code(), "NUV405");
}

#[test]
fn a_parameter_that_was_added_without_a_default_is_told_with_both_signatures() {
    let queue = Queue::of(SEND);
    let ids = [(); 4].map(|()| queue.enqueue(queue.job("send", &[1], &[])));
    queue.enqueue(queue.job("send", &[1], &[]).due_in(Duration::from_secs(9)));

    let gate = queue.against("@task\ndef send(to: str, subject: str, copies: int = 1) -> bool: ...");

    assert_eq!(
        told(&gate),
        [(
            "NUV402",
            Some("subject"),
            5,
            "5 jobs of `send` lack `subject`, which was added without a default"
        )]
    );
    let first = &gate.breaks[0];
    let changed = first.signature.as_ref().unwrap();
    assert_eq!(changed.before, "(to: str, copies: int = 1)");
    assert_eq!(changed.now, "(to: str, subject: str, copies: int = 1)");
    assert_eq!((first.by_state.waiting, first.by_state.scheduled), (4, 1));
    assert_eq!(first.place, Some(("tasks.py".to_owned(), 5)));
    assert_eq!(first.samples.len(), 3);
    assert!(first.samples[1..].iter().all(|id| ids.contains(id)));
}

#[test]
fn what_happened_to_a_parameter_is_only_told_where_it_is_known() {
    let queue = Queue::of(SEND);
    queue.enqueue(queue.job("send", &[1], &[]));
    let required = "@task\ndef send(to, copies): ...";

    let known = queue.against(required);
    queue.enqueue(queue.job("send", &[1], &[]).signature(7));
    let other = queue.against(required);

    assert_eq!(told(&known)[0].3, "1 job of `send` lacks `copies`, which has no default any more");
    assert_eq!(told(&other)[0].3, "2 jobs of `send` lack `copies`, which has no default");
    assert_eq!(other.breaks[0].signature, None);
}

#[test]
fn each_way_not_to_fit_has_its_words() {
    let queue = Queue::of("@task\ndef f(a, b=1, c=2): ...\n\n@task\ndef g(a=1, b=2): ...");
    queue.enqueue(queue.job("f", &[1, 2, 3], &[]));
    queue.enqueue(queue.job("f", &[1, 2], &["c"]));
    queue.enqueue(queue.job("g", &[], &["a"]));
    queue.enqueue(queue.job("g", &[1], &["b"]));

    let gate = queue.against("@task\ndef f(a, b=1): ...\n\n@task\ndef g(b=2, a=1, /): ...");
    let reordered = queue.against("@task\ndef f(a, b=1, c=1, d=1): ...\n\n@task\ndef g(b=2, a=1): ...");

    assert_eq!(
        told(&gate),
        [
            ("NUV403", Some("c"), 1, "1 job of `f` gives `c`, and it has no such parameter any more"),
            ("NUV404", None, 1, "1 job of `f` gives 3 arguments by position, and it takes 2"),
            ("NUV403", Some("a"), 1, "1 job of `g` gives `a` by name, and it takes that by position only"),
            ("NUV403", Some("b"), 1, "1 job of `g` gives `b` by name, and it takes that by position only"),
        ]
    );
    assert_eq!(
        told(&reordered),
        [(
            "NUV403",
            Some("b"),
            1,
            "1 job of `g` gives `b` twice, by position and by name, as its parameters stand in another order"
        )]
    );
}

#[test]
fn a_renamed_task_is_found_by_its_function() {
    let queue = Queue::of("@task(name='mail')\ndef send(): ...");
    queue.enqueue(queue.job("mail", &[], &[]));

    let gate = queue.against("@task(name='letters')\ndef send(): ...");
    let served = queue.against("@task(name='letters', aliases=['mail'])\ndef send(): ...");

    let gone = &gate.breaks[0];
    assert_eq!(gone.rule.code(), "NUV401");
    assert_eq!(
        gone.message,
        "1 job waits for `mail`, and the code has no such task; its function is the task `letters` now"
    );
    assert_eq!(gone.fix, "Let `letters` serve its old name, too: `@task(aliases=['mail'])`");
    assert_eq!(gone.place, Some(("tasks.py".to_owned(), 5)));
    assert_eq!(served.broken, 0);
}

#[test]
fn for_a_task_that_is_gone_the_nearest_name_is_a_guess_only() {
    let queue = Queue::of("@task\ndef send_mail(): ...\n\n@task\ndef report(): ...");
    queue.enqueue(queue.job("send_mail", &[], &[]));
    queue.enqueue(queue.job("report", &[], &[]));

    let gate = queue.against("@task\ndef send_mails(): ...");

    let [report, mail] = &gate.breaks[..] else { panic!("{gate:?}") };
    assert_eq!(report.message, "1 job waits for `report`, and the code has no such task");
    assert!(mail.message.ends_with("; did you mean `send_mails`?"), "{}", mail.message);
    assert_eq!((&report.place, &mail.place), (&None, &None));
}

#[test]
fn jobs_under_an_alias_count_for_their_task() {
    let queue = Queue::of("@task\ndef old(x): ...\n\n@task\ndef new(x): ...");
    queue.enqueue(queue.job("old", &[1], &[]));
    queue.enqueue(queue.job("new", &[1], &[]));

    let gate = queue.against("@task(aliases=['old'])\ndef new(x, y): ...");

    assert_eq!((gate.breaks[0].task.as_str(), gate.breaks[0].count), ("new", 2));
}

#[test]
fn what_cannot_be_known_is_counted() {
    let queue = Queue::of("@task\n@functools.cache\ndef wrapped(x): ...");
    queue.enqueue(queue.job("wrapped", &[1, 2, 3], &[]));

    let gate = queue.against("@task\n@functools.cache\ndef wrapped(): ...");

    assert_eq!((gate.jobs, gate.unchecked, gate.broken), (1, 1, 0));
    assert_eq!(
        summary(&gate),
        "No misfit in 0 jobs. 1 job cannot be checked: another decorator wraps the task, or the arguments are too \
         large."
    );
}

#[test]
fn jobs_that_run_may_come_back_and_failed_ones_only_on_request() {
    let queue = Queue::of(SEND);
    let failed = queue.fail(queue.job("send", &[1], &[]));
    let only_failed = queue.against("@task\ndef send(): ...");
    queue.enqueue(queue.job("send", &[1], &[]));
    queue.claim();

    let gate = queue.against("@task\ndef send(): ...");

    assert!(!only_failed.breaks[0].is_pressing());
    assert_eq!(only_failed.breaks[0].samples, [failed]);
    assert!(only_failed.breaks[0].message.ends_with("matters only if they are run again"));
    assert!(gate.breaks[0].is_pressing());
    assert_eq!((gate.breaks[0].by_state.running, gate.breaks[0].by_state.failed), (1, 1));
    assert!(!gate.breaks[0].message.contains("run again"));
}

#[test]
fn names_beyond_number_become_one_break() {
    let queue = Queue::of("@task\ndef log(**fields): ...");
    for number in 0..30 {
        queue.enqueue(queue.job("log", &[], &[&format!("field_{number}")]));
    }

    let gate = queue.against("@task\ndef log(): ...");

    assert_eq!((gate.broken, gate.breaks.len()), (30, 21));
    let more = gate.breaks.iter().find(|it| it.detail.is_none()).unwrap();
    assert_eq!(more.message, "10 jobs of `log` give other arguments that it does not take");
}

#[test]
fn pages_hide_nothing() {
    let queue = Queue::of(SEND);
    let jobs: Vec<_> = (0..12_345).map(|_| queue.job("send", &[1], &[]).build()).collect();
    queue.stores.jobs.enqueue(&jobs).unwrap();
    let mut heard = Vec::new();

    let code = tasks("@task\ndef send(): ...");
    let now = queue.clock.now();
    let gate = against(&*queue.stores.inspect, &code, None, now, &mut |jobs| heard.push(jobs)).unwrap();

    assert_eq!((gate.jobs, gate.broken, gate.breaks[0].count), (12_345, 12_345, 12_345));
    assert_eq!(heard, [10_000]);
}

#[test]
fn people_read_blocks_of_eighty_columns() {
    let queue = Queue::of(&format!("{SEND}\n\n@task\ndef gone(): ..."));
    let ids = [(); 4].map(|()| queue.enqueue(queue.job("send", &[1], &[])));
    let gone = queue.enqueue(queue.job("gone", &[], &[]));

    let gate = queue.against("@task\ndef send(to: str, subject: str) -> bool: ...");
    let shown = rendered(&gate);

    assert_eq!(
        shown,
        format!(
            "gone\n\
             \x20 NUV401  1 waiting\n\
             \x20   1 job waits for `gone`, and the code has no such task\n\
             \x20   fix: Let the task that took its place serve this name, too:\n\
             \x20        `@task(aliases=['gone'])`; else keep the task until these jobs are\n\
             \x20        done, or end them by `nuvom cancel job`\n\
             \x20   job: {gone}\n\
             \n\
             send  tasks.py:5\n\
             \x20 NUV402  4 waiting\n\
             \x20   4 jobs of `send` lack `subject`, which was added without a default\n\
             \x20   was: (to: str, copies: int = 1)\n\
             \x20   now: (to: str, subject: str)\n\
             \x20   fix: Give `subject` a default until these jobs are done\n\
             \x20   jobs: {}\n\
             \x20         {}\n\
             \x20         {} and 1 more\n",
            ids[3], ids[2], ids[1]
        )
    );
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert_eq!(summary(&gate), "5 of 5 jobs do not fit the code, for 2 reasons.");
}

#[test]
fn programs_read_one_shape() {
    let queue = Queue::of(SEND);
    let id = queue.enqueue(queue.job("send", &[1], &[]));

    let gate = queue.against("@task\ndef send(to: str, subject: str) -> bool: ...");

    assert_eq!(
        serde_json::to_value(&gate).unwrap(),
        json!({
            "jobs": 1,
            "unchecked": 0,
            "broken": 1,
            "breaks": [{
                "code": "NUV402",
                "name": "parameter-added",
                "task": "send",
                "detail": "subject",
                "count": 1,
                "waiting": 1,
                "scheduled": 0,
                "running": 0,
                "failed": 0,
                "samples": [id.to_string()],
                "signature": {"before": "(to: str, copies: int = 1)", "now": "(to: str, subject: str)"},
                "message": "1 job of `send` lacks `subject`, which was added without a default",
                "fix": "Give `subject` a default until these jobs are done",
                "file": "tasks.py",
                "line": 5,
            }],
        })
    );
}
