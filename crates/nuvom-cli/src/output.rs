//! The way out. Everything that is printed passes through here, and through the sanitiser on its way.

use std::io::{self, Write};

use serde::Serialize;

use crate::safe::{to_json, visible};
use crate::styled::Styled;
use crate::table::Table;

/// The streams of a command.
pub(crate) struct Output<'a> {
    pub(crate) stdout: Box<dyn Write + 'a>,
    pub(crate) stderr: Box<dyn Write + 'a>,
    pub(crate) width: usize,
    /// Whether listings keep to that width.
    pub(crate) cuts: bool,
    pub(crate) colour: bool,
    /// Whether a person looks at what is said while it is said.
    pub(crate) is_watched: bool,
}

impl Output<'_> {
    /// A line of data.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.pieces(&[text.into()])
    }

    /// A line of data, in pieces.
    pub(crate) fn pieces(&mut self, pieces: &[Styled]) -> io::Result<()> {
        for piece in pieces {
            let text = visible(&piece.text);
            match piece.style.code().filter(|_| self.colour && !text.trim().is_empty()) {
                Some(code) => write!(self.stdout, "\u{1b}[{code}m{text}\u{1b}[0m")?,
                None => self.stdout.write_all(text.as_bytes())?,
            }
        }
        self.stdout.write_all(b"\n")
    }

    /// A table, laid out for the width.
    pub(crate) fn table(&mut self, table: &Table) -> io::Result<()> {
        table
            .lines(if self.cuts { self.width } else { usize::MAX })
            .iter()
            .try_for_each(|line| self.pieces(line))
    }

    /// A value for programs.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        writeln!(self.stdout, "{}", to_json(value)?)
    }

    /// Help, which holds no data: it may come with its own colours.
    pub(crate) fn help(&mut self, help: &str) -> io::Result<()> {
        self.stdout.write_all(help.as_bytes())
    }

    /// Help that nobody asked for.
    pub(crate) fn help_as_talk(&mut self, help: &str) -> io::Result<()> {
        self.stderr.write_all(help.as_bytes())
    }

    /// Talk: what a person should know beside the data. A text of several lines keeps them, further ones
    /// indented, so that no data in it can pass for a message of its own.
    pub(crate) fn talk(&mut self, text: &str) -> io::Result<()> {
        // Where both go to one place, they come in the order in which they were said. What cannot be written is
        // still held, and the last flush tells of it; talk must get through all the same.
        let _ = self.stdout.flush();
        for (number, line) in text.lines().enumerate() {
            let indent = if number == 0 || line.starts_with("  ") || line.is_empty() { "" } else { "  " };
            writeln!(self.stderr, "{indent}{}", visible(line))?;
        }
        Ok(())
    }

    /// How far something has come, on one line that the next one takes the place of.
    pub(crate) fn progress(&mut self, done: usize, of: usize, what: &str) -> io::Result<()> {
        const BAR: usize = 30;
        if !self.is_watched {
            return Ok(());
        }
        let full = BAR * done / of.max(1);
        let bar = format!("{}{}", "#".repeat(full), ".".repeat(BAR - full));
        write!(self.stderr, "\r[{bar}] {done} of {of} {what}")?;
        if done >= of {
            writeln!(self.stderr)?;
        }
        self.stderr.flush()
    }

    /// Sends out what is still held.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}
