//! What a command meets outside: folder, environment, clock, streams. Tests bring their own.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use nuvom_core::Clock;
use nuvom_runtime::SystemClock;

/// The width for which output is laid out when nothing says another: every terminal has it.
const WIDTH: usize = 80;
/// Below this a listing cannot be read, so the width is not believed.
const LEAST_WIDTH: usize = 40;

/// Everything outside the command.
pub struct Surroundings<'a> {
    /// The working directory.
    pub folder: PathBuf,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where data comes from that a command is to read.
    pub input: Box<dyn Read + 'a>,
    /// Where data goes.
    pub stdout: Box<dyn Write + 'a>,
    /// Where talk goes.
    pub stderr: Box<dyn Write + 'a>,
    /// Columns that a line may have.
    pub width: usize,
    /// Whether listings keep to that width, by leaving out and cutting; else they are whole, for what reads a pipe.
    pub cuts: bool,
    /// Whether data may carry colours.
    pub colour: bool,
    /// The zone in which people read times; none asks the system, once it is needed.
    pub zone: Option<TimeZone>,
    /// How a person answers a question, with a line; none where nobody is there to.
    pub answer: Option<Box<dyn FnMut() -> io::Result<String> + 'a>>,
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Surroundings<'static> {
    /// Those of this process.
    pub fn of_process() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let columns = std::env::var("COLUMNS").ok();
        Self {
            folder: std::env::current_dir().unwrap_or_default(),
            environment: std::env::vars_os().collect(),
            clock: SystemClock::new(),
            input: Box::new(io::stdin()),
            stdout: Box::new(BufWriter::new(io::stdout())),
            stderr: Box::new(io::stderr()),
            width: width(columns.as_deref(), is_terminal),
            cuts: is_terminal || columns.is_some_and(|columns| !columns.is_empty()),
            colour: colour(|name| std::env::var_os(name), is_terminal),
            zone: None,
            answer: (io::stdin().is_terminal() && io::stderr().is_terminal()).then(|| Box::new(line) as _),
        }
    }
}

fn line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line)
}

/// The user's word counts first, then what the terminal says.
fn width(columns: Option<&str>, is_terminal: bool) -> usize {
    let said = columns.and_then(|columns| columns.parse().ok());
    let seen = || {
        let size = is_terminal.then(terminal_size::terminal_size).flatten();
        size.map(|(width, _)| usize::from(width.0))
    };
    said.or_else(seen).filter(|width| *width >= LEAST_WIDTH).unwrap_or(WIDTH)
}

/// Who wants none is heard first, then who wants some everywhere; else a terminal that can show them gets them.
fn colour(variable: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    let said = |name| variable(name).filter(|value| !value.is_empty());
    let forced = |name| said(name).is_some_and(|value| value != "0");
    if said("NO_COLOR").is_some() {
        return false;
    }
    forced("FORCE_COLOR")
        || forced("CLICOLOR_FORCE")
        || (is_terminal && said("TERM").is_none_or(|term| term != "dumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coloured(variables: &[(&str, &str)], is_terminal: bool) -> bool {
        let said = |name: &str| variables.iter().find(|(known, _)| *known == name);
        colour(|name| said(name).map(|(_, value)| value.into()), is_terminal)
    }

    #[test]
    fn a_terminal_gets_colours_unless_it_cannot_show_them() {
        assert!(coloured(&[("TERM", "xterm")], true));
        assert!(!coloured(&[("TERM", "dumb")], true));
        assert!(!coloured(&[("TERM", "xterm")], false));
    }

    #[test]
    fn colours_can_be_forced_and_refused_and_the_refusal_wins() {
        assert!(coloured(&[("FORCE_COLOR", "1")], false));
        assert!(coloured(&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], false));
        assert!(!coloured(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!coloured(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true));
        assert!(coloured(&[("NO_COLOR", "")], true));
    }

    #[test]
    fn the_users_word_about_the_width_counts() {
        assert_eq!(width(Some("132"), false), 132);
    }

    #[test]
    fn a_width_that_cannot_be_is_not_believed() {
        assert_eq!(width(Some("0"), false), WIDTH);
        assert_eq!(width(Some("wide"), false), WIDTH);
        assert_eq!(width(None, false), WIDTH);
    }
}
