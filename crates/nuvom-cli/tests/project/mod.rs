//! A project in a folder of its own, with a clock that stands still, and the command line run in it.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several test binaries; a panic is the report")]

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use nuvom_cli::{Host, SchedulerRequest, Surroundings, Trial, TrialRequest, WorkerRequest, run_in};
use nuvom_core::ports::{Claim, Ended, Stores};
use nuvom_core::{End, JobError, JobId, NewJob, Outcome};
use nuvom_runtime::{Backends, Runtime, Settings};
use nuvom_testkit::FakeClock;
use nuvom_testkit::builders::{JobBuilder, a_job, payload, worker};
use rmpv::Value;
use tempfile::TempDir;

/// The lease of every claim.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

pub(crate) struct Project {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) width: usize,
    /// Whether listings keep to it, as on a terminal.
    pub(crate) cuts: bool,
    pub(crate) colour: bool,
    pub(crate) zone: TimeZone,
    /// What comes by standard input.
    pub(crate) input: String,
    /// What a person answers to questions, if one is there.
    pub(crate) answer: Option<&'static str>,
    pub(crate) host: TestHost,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) args: Vec<OsString>,
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The same without the styles that we set ourselves: an escape of data is none of these.
    pub(crate) fn without_our_styles(mut self) -> Self {
        for code in ["0", "1", "2", "31", "32", "36"] {
            self.out = self.out.replace(&format!("\u{1b}[{code}m"), "");
        }
        self
    }
}

/// No byte of data reaches the terminal as anything but itself; lines are ours.
pub(crate) fn assert_harmless(ran: &Ran) {
    let is_hostile = |sign: char| {
        (sign.is_control() && sign != '\n')
            || matches!(sign, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    for text in [&ran.out, &ran.err] {
        assert!(!text.contains(is_hostile), "{ran:?}");
        assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{ran:?}");
    }
}

/// A host that remembers what it was asked.
#[derive(Debug, Default)]
pub(crate) struct TestHost {
    pub(crate) asked: RefCell<Option<WorkerRequest>>,
    pub(crate) tried: RefCell<Option<TrialRequest>>,
}

impl Host for TestHost {
    fn run_worker(&self, request: WorkerRequest) -> i32 {
        *self.asked.borrow_mut() = Some(request);
        nuvom_cli::HANDED_BACK
    }

    fn run_scheduler(&self, _request: SchedulerRequest) -> i32 {
        0
    }

    /// The job fails, and all that is told of it is the text in its arguments, or else what described it.
    fn try_job(&self, request: TrialRequest) -> nuvom_core::Result<Trial> {
        let project = nuvom_runtime::Project::at(Path::new("/"));
        let settings = request.settings.clone();
        let stores = Runtime::with(project, settings, &Backends::built_in(), FakeClock::new())?.stores;
        let described: serde_json::Value = serde_json::from_str(&request.description).unwrap();
        let text = described["args"][0].as_str().unwrap_or(&request.description).to_owned();
        let arguments =
            encoded(&Value::Array(vec![Value::Array(vec![text.as_str().into()]), Value::Map(vec![])]));
        let new: NewJob = a_job(&request.task).payload(&arguments).into();
        stores.jobs.enqueue(std::slice::from_ref(&new))?;
        let claim =
            Claim { worker: worker("w1"), queues: vec![], limit: 1, shares: vec![], lease_for: LEASE };
        let held = stores.jobs.exchange(&[], Some(&claim))?.claimed.remove(0).held();
        let error = JobError { kind: text.clone(), message: text.clone(), traceback: text };
        let outcome = Outcome::Failed { error, retryable: false };
        stores.jobs.exchange(&[End { id: new.id, lease: held.lease, outcome }], None)?;
        *self.tried.borrow_mut() = Some(request);
        let job = stores.inspect.jobs(&[new.id])?.remove(0).unwrap();
        Ok(Trial { job, attempts: stores.inspect.attempts(new.id)?, result: None, enqueued: 1 })
    }

    fn sync_schedules(
        &self,
        _project: &nuvom_runtime::Project,
        is_dry: bool,
    ) -> nuvom_core::Result<serde_json::Value> {
        let done = if is_dry { "added" } else { "changed" };
        Ok(serde_json::json!([{ "id": "task/report", "done": done }]))
    }

    fn version(&self) -> String {
        "1.2.3".into()
    }

    fn components(&self) -> Vec<(String, String)> {
        vec![("python".into(), "3.14.0".into())]
    }
}

impl Project {
    pub(crate) fn new() -> Self {
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: FakeClock::new(),
            environment: Vec::new(),
            width: 80,
            cuts: true,
            colour: false,
            zone: TimeZone::UTC,
            input: String::new(),
            answer: None,
            host: TestHost::default(),
        };
        project.write("pyproject.toml", "");
        project
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.into(), value.into()));
    }

    /// Runs `nuvom` with these arguments.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args.iter().map(OsString::from).collect())
    }

    /// The same with arguments that may be no text.
    pub(crate) fn run_with(&self, args: Vec<OsString>) -> Ran {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let surroundings = Surroundings {
            folder: self.root().to_owned(),
            environment: self.environment.clone(),
            clock: Arc::clone(&self.clock) as _,
            input: Box::new(self.input.as_bytes()),
            stdout: Box::new(&mut out),
            stderr: Box::new(&mut err),
            width: self.width,
            cuts: self.cuts,
            colour: self.colour,
            zone: Some(self.zone.clone()),
            answer: self.answer.map(|word| Box::new(move || Ok(format!("{word}\n"))) as _),
        };
        let called = std::iter::once(OsString::from("nuvom")).chain(args.iter().cloned()).collect();
        let code = run_in(called, &self.host, surroundings);
        let text =
            |bytes| String::from_utf8(bytes).unwrap().replace(&self.root().display().to_string(), "ROOT");
        Ran { args, code, out: text(out), err: text(err) }
    }

    /// The JSON that this command writes.
    pub(crate) fn json(&self, args: &[&str]) -> serde_json::Value {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    }

    pub(crate) fn stores(&self) -> Stores {
        let project = nuvom_runtime::Project::at(self.root());
        let settings = Settings::load(&project, [], self.environment.clone()).unwrap();
        let clock = Arc::clone(&self.clock) as _;
        Runtime::with(project, settings, &Backends::built_in(), clock).unwrap().stores
    }

    pub(crate) fn enqueue(&self, job: impl Into<NewJob>) -> JobId {
        let job = job.into();
        self.stores().jobs.enqueue(std::slice::from_ref(&job)).unwrap();
        job.id
    }

    /// Lets the worker `w1` claim the one job that is due.
    pub(crate) fn claim(&self) -> nuvom_core::Job {
        let claim =
            Claim { worker: worker("w1"), queues: vec![], limit: 1, shares: vec![], lease_for: LEASE };
        self.stores().jobs.exchange(&[], Some(&claim)).unwrap().claimed.pop().unwrap()
    }

    /// Enqueues a job, lets it run for two seconds and end like this.
    pub(crate) fn ended(&self, job: impl Into<NewJob>, outcome: Outcome) -> JobId {
        let id = self.enqueue(job);
        let held = self.claim().held();
        self.clock.advance(Duration::from_secs(2));
        let end = End { id, lease: held.lease, outcome };
        let ended = self.stores().jobs.exchange(&[end], None).unwrap().ended;
        assert!(matches!(ended[..], [Ended::Applied(_)]));
        id
    }
}

/// A job made at the time of the test's clock, with these positional arguments; `number` sets ids apart.
pub(crate) fn job(project: &Project, number: u8, task: &str, args: Vec<Value>) -> JobBuilder {
    let now = nuvom_core::Clock::now(&*project.clock);
    let arguments = Value::Array(vec![Value::Array(args), Value::Map(vec![])]);
    a_job(task).id(JobId::from_time(now, [number; 10])).payload(&encoded(&arguments))
}

/// The task returned this.
pub(crate) fn returned(value: &Value) -> Outcome {
    Outcome::Succeeded { result: Some(payload(&encoded(value))) }
}

/// A value as a payload.
pub(crate) fn encoded(value: &Value) -> Vec<u8> {
    let mut bytes = vec![1];
    rmpv::encode::write_value(&mut bytes, value).unwrap();
    bytes
}

/// An extension that holds a value.
pub(crate) fn extension(code: i8, value: &Value) -> Value {
    Value::Ext(code, encoded(value)[1..].to_vec())
}
