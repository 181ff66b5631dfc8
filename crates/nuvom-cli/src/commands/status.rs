//! `status`.

use crate::failure::{Failure, OK};
use crate::session::Session;
use crate::short_id::ShortId;
use crate::styled::Styled;

/// Shows the state of a job, in one word.
pub(crate) fn show(id: &ShortId, session: &mut Session<'_>) -> Result<i32, Failure> {
    let opened = session.open()?;
    let id = opened.job_id(id)?;
    let state = opened.runtime.stores.inspect.states(&[id])?.pop().flatten();
    let state = state.ok_or_else(|| opened.no_such_job(id))?;
    session.output.pieces(&[Styled::state(state)])?;
    Ok(OK)
}
