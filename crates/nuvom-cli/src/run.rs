//! From arguments to an exit code.

use std::ffi::OsString;
use std::io;

use clap::error::ErrorKind as ClapKind;
use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command, Discover, History, Inspect, List, OnJobs, Queues, Runtestworker};
use crate::commands::{
    backup, bulk, cancel, check, config, discover, doctor, explain, history, inspect, list, plugin, queue,
    retry, schedule, status, trial, version, worker, workers,
};
use crate::failure::{ERROR, Failure, OK, USAGE};
use crate::host::Host;
use crate::output::Output;
use crate::session::Session;
use crate::surroundings::Surroundings;

/// Runs a command of this process; `args` begins with the program's name. Answers with the exit code.
pub fn run(args: Vec<OsString>, host: &dyn Host) -> i32 {
    run_in(args, host, Surroundings::of_process())
}

/// Runs a command in given surroundings.
pub fn run_in(args: Vec<OsString>, host: &dyn Host, surroundings: Surroundings<'_>) -> i32 {
    let Surroundings { folder, environment, clock, input, stdout, stderr, width, cuts, colour, zone, answer } =
        surroundings;
    // Whoever can answer also looks.
    let output = Output { stdout, stderr, width, cuts, colour, is_watched: answer.is_some() };
    let mut session = Session { folder, environment, clock, zone, input, output, host, answer };
    let ended = match Arguments::try_parse_from(args) {
        Ok(arguments) => dispatch(arguments, host, &mut session),
        Err(error) => explain(&error, &mut session.output),
    };
    let ended = ended.and_then(|code| Ok(session.output.flush().map(|()| code)?));
    match ended {
        Ok(code) => code,
        Err(failure) => tell(&failure, &mut session.output),
    }
}

fn dispatch(arguments: Arguments, host: &dyn Host, session: &mut Session<'_>) -> Result<i32, Failure> {
    let Some(command) = arguments.command else { return version::show(false, host, &mut session.output) };
    match command {
        Command::Discover(Discover::Tasks(options)) => discover::tasks(&options, session),
        Command::Check(options) => check::run(&options, session),
        Command::List(List::Tasks(options)) => list::tasks(&options, session),
        Command::List(List::Workers(options)) => workers::list(options.json, session),
        Command::Runworker(options) => worker::run(options, host, session),
        Command::Runscheduler(options) => worker::run_scheduler(options, host, session),
        Command::Runtestworker(Runtestworker::Run(options)) => trial::run(&options, session),
        Command::Schedule(options) => schedule::run(options, session),
        Command::Inspect(Inspect::Job(options)) => inspect::job(&options, session),
        Command::Explain(options) => explain::job(&options, session),
        Command::Status(options) => status::show(&options.id, session),
        Command::History(History::Recent(options)) => history::recent(&options, session),
        Command::Retry(OnJobs::Job(options)) => retry::jobs(&options.ids, session),
        Command::Retry(OnJobs::Jobs(options)) => bulk::retry(&options, session),
        Command::Cancel(OnJobs::Job(options)) => cancel::jobs(&options.ids, session),
        Command::Cancel(OnJobs::Jobs(options)) => bulk::cancel(&options, session),
        Command::Queue(Queues::List(options)) => queue::list(options.json, session),
        Command::Queue(Queues::Pause(options)) => queue::pause(&options, true, session),
        Command::Queue(Queues::Resume(options)) => queue::pause(&options, false, session),
        Command::Queue(Queues::Clear(options)) => bulk::clear(&options, session),
        Command::Completions(options) => {
            let mut script = Vec::new();
            clap_complete::generate(options.shell, &mut Arguments::command(), "nuvom", &mut script);
            session.output.help(&String::from_utf8_lossy(&script))?;
            Ok(OK)
        }
        Command::Plugin(options) => plugin::run(options, session),
        Command::Backup(options) => backup::run(&options, session),
        Command::Doctor(options) => doctor::run(options.json, session),
        Command::Config(options) => config::run(options, session),
        Command::Version(options) => version::show(options.json, host, &mut session.output),
    }
}

/// Help that was asked for is data; everything else about the usage is talk.
fn explain(error: &clap::Error, output: &mut Output<'_>) -> Result<i32, Failure> {
    let text = error.render();
    match error.kind() {
        ClapKind::DisplayHelp => {
            let help = if output.colour { text.ansi().to_string() } else { text.to_string() };
            output.help(&help)?;
            Ok(OK)
        }
        ClapKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output.help_as_talk(&text.to_string())?;
            Ok(USAGE)
        }
        _ => {
            output.talk(&text.to_string())?;
            Ok(USAGE)
        }
    }
}

/// Says what went wrong. A reader that has seen enough, such as `head`, is not told anything.
fn tell(failure: &Failure, output: &mut Output<'_>) -> i32 {
    let (code, text) = match failure {
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return OK,
        Failure::Output(error) => (ERROR, format!("error: the output cannot be written: {error}")),
        Failure::Error(error) => (Failure::exit_code(error), format!("error: {error}")),
    };
    // What was found before the failure comes first. If either stream is gone, the exit code still tells.
    let _ = output.flush();
    let _ = output.talk(&text);
    code
}
