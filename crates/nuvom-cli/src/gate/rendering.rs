//! The gate as people read it.

use std::io;

use super::{Break, ByState, Gate};
use crate::output::Output;
use crate::styled::{Style, Styled};
use crate::wording::{counted, wrapped};

/// Each task with its place, and a block for each of its breaks.
pub(crate) fn render(gate: &Gate, output: &mut Output<'_>) -> io::Result<()> {
    let mut task = None;
    for it in &gate.breaks {
        if task != Some(&it.task) {
            if task.is_some() {
                output.line("")?;
            }
            task = Some(&it.task);
            let place = it.place.as_ref().map_or_else(String::new, |(file, line)| format!("  {file}:{line}"));
            output.pieces(&[Styled::new(Style::Heading, &*it.task), Styled::new(Style::Dim, place)])?;
        }
        block(it, output)?;
    }
    Ok(())
}

/// The whole in a sentence or two: `2 of 9 jobs do not fit the code, for 3 reasons.`
pub(crate) fn summary(gate: &Gate) -> String {
    let checked = counted(gate.jobs - gate.unchecked, "job");
    let fit = match gate.broken {
        0 if gate.jobs == 0 => "There are no jobs that could meet the code.".to_owned(),
        0 => format!("No misfit in {checked}."),
        broken => {
            let does = if broken == 1 { "does" } else { "do" };
            let reasons = counted(gate.breaks.len() as u64, "reason");
            format!("{broken} of {checked} {does} not fit the code, for {reasons}.")
        }
    };
    match gate.unchecked {
        0 => fit,
        unchecked => format!(
            "{fit} {} cannot be checked: another decorator wraps the task, or the arguments are too large.",
            counted(unchecked, "job")
        ),
    }
}

fn block(it: &Break, output: &mut Output<'_>) -> io::Result<()> {
    let count = format!("  {}", states(it.by_state));
    let style = if it.is_pressing() { Style::Bad } else { Style::Busy };
    output.pieces(&[Styled::new(style, format!("  {}", it.rule.code())), Styled::new(Style::Dim, count)])?;
    hanging("", &it.message, output)?;
    if let Some(signature) = &it.signature {
        hanging("was: ", &signature.before, output)?;
        hanging("now: ", &signature.now, output)?;
    }
    hanging("fix: ", &it.fix, output)?;
    let ids: Vec<String> = it.samples.iter().map(ToString::to_string).collect();
    let more = it.count.saturating_sub(ids.len() as u64);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    hanging(if it.count == 1 { "job: " } else { "jobs: " }, &format!("{}{more}", ids.join(" ")), output)
}

/// `2 waiting, 1 failed`.
fn states(by_state: ByState) -> String {
    let ByState { waiting, scheduled, running, failed } = by_state;
    let named = [(waiting, "waiting"), (scheduled, "scheduled"), (running, "running"), (failed, "failed")];
    let some = named.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}"));
    some.collect::<Vec<_>>().join(", ")
}

fn hanging(title: &str, text: &str, output: &mut Output<'_>) -> io::Result<()> {
    const INDENT: usize = 4;
    let width = output.width.saturating_sub(INDENT + title.len());
    for (number, line) in wrapped(text, width).into_iter().enumerate() {
        let title = if number == 0 { title.to_owned() } else { " ".repeat(title.len()) };
        output.pieces(&[" ".repeat(INDENT).into(), Styled::new(Style::Dim, title), line.into()])?;
    }
    Ok(())
}
