//! `retry job`.

use nuvom_core::ports::Revived;

use crate::failure::{ERROR, Failure, OK};
use crate::session::Session;
use crate::short_id::ShortId;

/// Gives jobs a fresh budget and says, for each, what came of it.
pub(crate) fn jobs(ids: &[ShortId], session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let ids = opened.job_ids(ids)?;
    let answers = opened.runtime.stores.jobs.retry(&ids)?;
    let mut code = OK;
    for (id, answer) in ids.iter().zip(answers) {
        match answer {
            Revived::Done => session.output.line(&format!("{id}  waits to run again"))?,
            Revived::Refused(state) => {
                code = ERROR;
                session.output.talk(&format!(
                    "error: job {id} is {}; only one that failed or was cancelled can be run again",
                    state.as_str()
                ))?;
            }
            Revived::Unknown => {
                code = ERROR;
                session.output.talk(&format!("error: {}", opened.no_such_job(*id)))?;
            }
        }
    }
    Ok(code)
}
