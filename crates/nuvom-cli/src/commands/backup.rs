//! `backup`: a copy of the project's stores while they are in use.

use std::sync::Arc;

use nuvom_runtime::BackedUp;
use serde_json::{Value as Json, json};

use crate::arguments::BackUp;
use crate::failure::{Failure, OK};
use crate::session::{Configured, Session};
use crate::wording::{counted, size};

/// Copies, reads the copy back, and tells what is in it.
pub(crate) fn run(options: &BackUp, session: &mut Session<'_>) -> Result<i32, Failure> {
    let Configured { project, settings } = session.configure(Vec::new())?;
    let backends = session.backends(&project, &settings);
    let (to, clock) = (session.folder.join(&options.file), Arc::clone(&session.clock));
    let output = &mut session.output;
    let mut unseen = Ok(());
    let made = backends.back_up(&settings, &clock, &to, &mut |done, of| {
        let number = |count| usize::try_from(count).unwrap_or(usize::MAX);
        // That nobody can see how far it is, is told when the copy is there.
        if let Err(error) = output.progress(number(done), number(of), "parts") {
            unseen = Err(error);
        }
    })?;
    unseen?;
    if options.listing.json {
        session.output.json(&made.iter().map(as_json).collect::<Json>())?;
        return Ok(OK);
    }
    for copy in &made {
        let (jobs, bytes) = (counted(copy.copied.jobs, "job"), size(copy.copied.bytes));
        session.output.line(&format!("{}: {jobs}, {bytes}, from {}", copy.to.display(), copy.from))?;
        if copy.copied.damaged > 0 {
            let damaged = counted(copy.copied.damaged, "record");
            session.output.talk(&format!(
                "warning: {damaged} in it cannot be read, nor can they in the store; `nuvom doctor` shows them"
            ))?;
        }
    }
    Ok(OK)
}

fn as_json(copy: &BackedUp) -> Json {
    json!({
        "from": copy.from,
        "to": copy.to.display().to_string(),
        "jobs": copy.copied.jobs,
        "bytes": copy.copied.bytes,
        "damaged": copy.copied.damaged,
    })
}
