//! The one error type that crosses crates. It knows what went wrong, during which operation and with
//! which identifiers; how it looks to a user is decided at the edge.

use std::error::Error as StdError;
use std::fmt;

/// What sort of trouble it is, which decides what a caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The caller passed something that can never be right.
    Invalid,
    /// The named thing does not exist.
    NotFound,
    /// The named thing exists in a state that does not allow this.
    Conflict,
    /// A limit set by the user was reached, such as a queue's greatest length.
    Full,
    /// The store cannot be reached or is busy; the same call may succeed later.
    Unavailable,
    /// Stored data is damaged.
    Corrupt,
    /// Stored data belongs to another program or another version.
    Foreign,
    /// The operating system refuses access.
    Permission,
    /// The backend does not promise this.
    Unsupported,
    /// A defect in Nuvom.
    Internal,
}

impl ErrorKind {
    /// Whether the same call, unchanged, may succeed later.
    pub fn is_transient(self) -> bool {
        matches!(self, ErrorKind::Unavailable | ErrorKind::Full)
    }
}

/// An error with its context: operation, identifiers, cause and the next step for a person.
#[derive(Debug)]
pub struct Error(Box<Details>);

/// Boxed, so that what succeeds does not pay for the size of what may fail.
#[derive(Debug)]
struct Details {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    context: Vec<(&'static str, String)>,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of everything that can fail across crates.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A new error; the message is a sentence without its final full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            operation: None,
            context: Vec::new(),
            hint: None,
            source: None,
        }))
    }

    /// Names the operation that failed, such as `enqueue`.
    #[must_use]
    pub fn during(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Adds an identifier, such as the path or the job.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((key, value.to_string()));
        self
    }

    /// Says what the user can do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What sort of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence alone, without context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the user can do next, if anything is known.
    pub fn next_step(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut details: Vec<String> =
            self.0.context.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        if let Some(operation) = self.0.operation {
            details.insert(0, format!("during {operation}"));
        }
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, ". {hint}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_as_what_where_why_and_what_to_do() {
        let cause = std::io::Error::other("permission denied");

        let error = Error::new(ErrorKind::Permission, "cannot open the database")
            .during("open")
            .with("path", "/srv/nuvom.db")
            .caused_by(cause)
            .hint("Make the folder writable for this user");

        assert_eq!(
            error.to_string(),
            "cannot open the database (during open, path: /srv/nuvom.db): permission denied. \
             Make the folder writable for this user"
        );
    }

    #[test]
    fn the_innermost_operation_is_kept() {
        let error = Error::new(ErrorKind::Unavailable, "busy").during("claim").during("worker");

        assert_eq!(error.to_string(), "busy (during claim)");
    }

    #[test]
    fn only_a_store_that_may_come_back_is_transient() {
        assert!(ErrorKind::Unavailable.is_transient());
        assert!(!ErrorKind::Corrupt.is_transient());
    }
}
