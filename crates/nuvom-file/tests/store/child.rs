//! Other processes. Each is this test program once more, told by its environment what to do; it answers in
//! lines of a word and a value.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use nuvom_core::End;
use nuvom_core::JobId;
use nuvom_core::Retention;
use nuvom_core::ports::{Inspect, JobStore, ResultStore, StoredResult};
use nuvom_file::FileStore;
use nuvom_testkit::PATIENCE;
use nuvom_testkit::builders::{a_job, failure, payload, success, success_without_value};

use crate::support::{end, enqueue, open, wish};

const ROLE: &str = "NUVOM_TEST_ROLE";
const FOLDER: &str = "NUVOM_TEST_FOLDER";
const JOB: &str = "NUVOM_TEST_JOB";

/// What tells the lines of a role from those of the test program around it, and a word from its value.
const MARK: &str = "@";
const SPLIT: &str = ": ";

#[test]
#[ignore = "the other process of other tests; alone it does nothing"]
fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let path = std::env::var_os(FOLDER).unwrap();
    let path = Path::new(&path);
    match role.as_str() {
        "open" => drop(open(path)),
        "open together" => open_together(path),
        "claim everything" => claim_everything(path),
        "enqueue" => say("enqueued", enqueue(&open(path), new_job()).unwrap()),
        "enqueue and die" => enqueue_and_die(path),
        "tell the state" => tell_the_state(path),
        "fill the disk" => fill_the_disk(path),
        "live" => live(&open(path)),
        "enqueue three" => drop(open(path).enqueue(&three_jobs())),
        "claim three" => drop(open(path).exchange(&[], Some(&wish(3)))),
        "claim and finish three" => claim_and_finish(&open(path)),
        #[cfg(unix)]
        "show the modes" => show_the_modes(path),
        _ => panic!("no such role: {role}"),
    }
}

#[expect(clippy::print_stdout, reason = "this is how a role talks to its test")]
fn say(word: &str, value: impl std::fmt::Display) {
    println!("\n{MARK}{word}{SPLIT}{value}");
    std::io::stdout().flush().unwrap();
}

/// Says that it is ready, and waits until all are told to go on.
fn wait_for_the_others() {
    say("ready", "");
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}

/// A job whose id no other process makes: builders count from the same number in each.
fn new_job() -> nuvom_core::NewJob {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&std::process::id().to_be_bytes());
    random[4] = 1;
    a_job("add").id(JobId::from_time(nuvom_core::Timestamp::from_micros(1), random)).build()
}

fn open_together(path: &Path) {
    wait_for_the_others();
    say("enqueued", enqueue(&open(path), new_job()).unwrap());
}

/// Claims a few jobs at a time, and finishes them with the next claim, until there are no more.
fn claim_everything(path: &Path) {
    let store = open(path);
    wait_for_the_others();
    let mut ends = Vec::new();
    loop {
        let claimed = store.exchange(&ends, Some(&wish(3))).unwrap().claimed;
        if claimed.is_empty() && ends.is_empty() {
            return;
        }
        for job in &claimed {
            say("claimed", job.id);
        }
        let end =
            |job: nuvom_core::Job| End { id: job.id, lease: job.lease, outcome: success_without_value() };
        ends = claimed.into_iter().map(end).collect();
    }
}

/// Jobs of which each process knows the ids.
pub(crate) fn three_jobs() -> Vec<nuvom_core::NewJob> {
    let job = |number| {
        let id = JobId::from_time(nuvom_core::Timestamp::from_micros(1), [9, 9, 9, 9, 9, 9, 9, 9, 9, number]);
        a_job("add").id(id).build()
    };
    [1, 2, 3].map(job).into()
}

/// Something of everything that changes a file.
fn live(store: &FileStore) {
    let jobs = three_jobs();
    store.enqueue(&jobs).unwrap();
    let claimed = store.exchange(&[], Some(&wish(2))).unwrap().claimed;
    store
        .renew(
            &claimed.iter().map(nuvom_core::Job::held).collect::<Vec<_>>(),
            std::time::Duration::from_secs(1),
        )
        .unwrap();
    store.cancel(&[jobs[2].id]).unwrap();
    store
        .exchange(&[end(&claimed[0], success(b"12")), end(&claimed[1], failure("boom"))], Some(&wish(1)))
        .unwrap();
    store.retry(&[jobs[1].id, jobs[2].id]).unwrap();
    store.put(&[StoredResult::of_value(jobs[1].id, claimed[1].lease, payload(b"x"))]).unwrap();
    let at_once = Retention { done: std::time::Duration::ZERO, failed: std::time::Duration::ZERO };
    store.prune(&at_once, 1).unwrap();
    store.delete(&[jobs[1].id]).unwrap();
    say("lived", "");
}

fn claim_and_finish(store: &FileStore) {
    let claimed = store.exchange(&[], Some(&wish(3))).unwrap().claimed;
    let ends: Vec<End> = claimed.iter().map(|job| end(job, success(b"12"))).collect();
    let _ = store.exchange(&ends, None);
}

fn enqueue_and_die(path: &Path) {
    let store = open(path);
    say("enqueued", enqueue(&store, new_job()).unwrap());
    std::process::abort();
}

fn tell_the_state(path: &Path) {
    let id: JobId = std::env::var(JOB).unwrap().parse().unwrap();
    let state = open(path).states(&[id]).unwrap().remove(0);
    say("state", state.map_or("unknown", nuvom_core::State::as_str));
}

fn fill_the_disk(path: &Path) {
    let store = open(path);
    let accepted = |store: &FileStore| enqueue(store, a_job("add").payload(&[7; 4096]));
    let refused = loop {
        match accepted(&store) {
            Ok(id) => say("accepted", id),
            Err(error) => break error,
        }
    };
    say("refused", format_args!("{:?} {refused}", refused.kind()));
    say("still readable", store.jobs(&[]).is_ok());
    say("refused again", accepted(&store).is_err());
}

#[cfg(unix)]
fn show_the_modes(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let store = open(path);
    let heard = store.subscribe(nuvom_core::ports::Topic::Ready, std::sync::Arc::new(|| {})).unwrap();
    enqueue(&store, new_job()).unwrap();
    let mut shown = vec![path.parent().unwrap().to_owned()];
    while let Some(at) = shown.pop() {
        let mode = std::fs::metadata(&at).unwrap().permissions().mode() & 0o777;
        say("mode", format_args!("{mode:o} {}", at.file_name().unwrap().display()));
        if at.is_dir() {
            shown.extend(std::fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    drop(heard);
}

/// Another process and what it says.
pub(crate) struct Other {
    child: Child,
    lines: Receiver<(String, String)>,
    reader: JoinHandle<()>,
}

impl Other {
    /// Starts a process in this role.
    pub(crate) fn start(role: &str, path: &Path) -> Self {
        Self::spawn(command(role, path))
    }

    /// Has a process in this role die at a place; at which passing, a rule of the place can say.
    pub(crate) fn die_at(failpoint: &str, role: &str, path: &Path) {
        let mut command = command(role, path);
        let action =
            if failpoint.contains('=') { failpoint.to_owned() } else { format!("{failpoint}=return") };
        command.env("FAILPOINTS", action).stderr(Stdio::null());
        let (well, _) = Self::spawn(command).end();
        assert!(!well, "the process should have died at {failpoint}");
    }

    /// The same, if the process gets there; answers whether it did.
    pub(crate) fn may_die_at(action: &str, role: &str, path: &Path) -> bool {
        let mut command = command(role, path);
        command.env("FAILPOINTS", action).stderr(Stdio::null());
        let (well, said) = Self::spawn(command).end();
        assert_eq!(well, said.iter().any(|(word, _)| word == "lived"));
        !well
    }

    /// Starts a process in this role from a shell that has run `first`.
    #[cfg(unix)]
    pub(crate) fn start_after(first: &str, role: &str, path: &Path) -> Self {
        let plain = command(role, path);
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{first}; exec \"$0\" \"$@\"")).arg(plain.get_program());
        shell.args(plain.get_args());
        shell.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self::spawn(shell)
    }

    /// Asks another process for the state of a job.
    pub(crate) fn state_of(id: JobId, path: &Path) -> String {
        let mut command = command("tell the state", path);
        command.env(JOB, id.to_string());
        Self::spawn(command).wait_for("state")
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (said, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Some((word, value)) = line.strip_prefix(MARK).and_then(|line| line.split_once(SPLIT)) {
                    let _ = said.send((word.to_owned(), value.to_owned()));
                }
            }
        });
        Self { child, lines, reader }
    }

    /// The next value said with this word.
    pub(crate) fn wait_for(&self, word: &str) -> String {
        loop {
            let (said, value) = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {word}"));
            if said == word {
                return value;
            }
        }
    }

    /// Tells it to go on.
    pub(crate) fn go_on(&mut self) {
        self.child.stdin.take().unwrap().write_all(b"\n").unwrap();
    }

    /// Waits for its end; answers whether it went well and all that it said and was not asked for.
    pub(crate) fn end(mut self) -> (bool, Vec<(String, String)>) {
        let well = self.child.wait().unwrap().success();
        self.reader.join().unwrap();
        (well, self.lines.try_iter().collect())
    }
}

fn command(role: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child::role", "--exact", "--ignored", "--nocapture"]);
    command.env(ROLE, role).env(FOLDER, path);
    command
}
