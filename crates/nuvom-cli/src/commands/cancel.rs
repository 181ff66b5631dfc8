//! `cancel job`.

use nuvom_core::ports::Cancelled;

use crate::failure::{ERROR, Failure, OK};
use crate::session::Session;
use crate::short_id::ShortId;

/// Asks for the end of jobs and says, for each, what came of it.
pub(crate) fn jobs(ids: &[ShortId], session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let ids = opened.job_ids(ids)?;
    let answers = opened.runtime.stores.jobs.cancel(&ids)?;
    let mut code = OK;
    for (id, answer) in ids.iter().zip(answers) {
        match answer {
            Cancelled::Done => session.output.line(&format!("{id}  cancelled"))?,
            Cancelled::Requested => {
                session.output.line(&format!("{id}  runs; its worker was asked to end it"))?;
            }
            Cancelled::Ended(state) => {
                code = ERROR;
                session.output.talk(&format!("error: job {id} had already ended: {}", state.as_str()))?;
            }
            Cancelled::Unknown => {
                code = ERROR;
                session.output.talk(&format!("error: {}", opened.no_such_job(*id)))?;
            }
        }
    }
    Ok(code)
}
