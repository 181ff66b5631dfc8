//! Text with a meaning that colour can show. The text never depends on the colour.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Heading,
    Dim,
    Good,
    Bad,
    Busy,
}

impl Style {
    /// The SGR parameters that start it; none for plain text.
    pub(crate) fn code(self) -> Option<&'static str> {
        match self {
            Style::Plain => None,
            Style::Heading => Some("1"),
            Style::Dim => Some("2"),
            Style::Good => Some("32"),
            Style::Bad => Some("31"),
            Style::Busy => Some("36"),
        }
    }
}

/// A piece of text of one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Styled {
    pub(crate) style: Style,
    pub(crate) text: String,
}

impl Styled {
    pub(crate) fn new(style: Style, text: impl Into<String>) -> Self {
        Self { style, text: text.into() }
    }

    /// The word of a state.
    pub(crate) fn state(state: nuvom_core::State) -> Self {
        use nuvom_core::State;
        let style = match state {
            State::Pending => Style::Plain,
            State::Running => Style::Busy,
            State::Success => Style::Good,
            State::Failed => Style::Bad,
            State::Cancelled => Style::Dim,
        };
        Self::new(style, state.as_str())
    }
}

impl From<String> for Styled {
    fn from(text: String) -> Self {
        Self::new(Style::Plain, text)
    }
}

impl From<&str> for Styled {
    fn from(text: &str) -> Self {
        Self::new(Style::Plain, text)
    }
}
