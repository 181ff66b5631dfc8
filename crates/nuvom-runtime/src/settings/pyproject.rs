//! `[tool.nuvom]` of the project's `pyproject.toml`.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use toml::{Table, Value};

use super::Origin;
use super::given::Text;
use super::problems::Problems;

/// The keys and values of the section; numbers become the text that a user would write.
pub(super) fn read(path: &Path, problems: &mut Problems) -> Vec<(String, Text)> {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text, problems),
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            problems.unreadable(Origin::Pyproject, format!("{} cannot be read: {error}", path.display()));
            Vec::new()
        }
    }
}

fn parse(text: &str, problems: &mut Problems) -> Vec<(String, Text)> {
    let document: Table = match toml::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            problems.unreadable(Origin::Pyproject, format!("line {line} is not TOML: {}", error.message()));
            return Vec::new();
        }
    };
    match document.get("tool").and_then(|tool| tool.get("nuvom")) {
        None => Vec::new(),
        Some(Value::Table(section)) => {
            section.iter().map(|(key, value)| (key.clone(), text_of(value))).collect()
        }
        Some(_) => {
            problems.unreadable(Origin::Pyproject, "tool.nuvom is a value; expected a table `[tool.nuvom]`");
            Vec::new()
        }
    }
}

fn text_of(value: &Value) -> Text {
    match value {
        Value::String(text) => Text::Plain(text.clone()),
        Value::Integer(number) => Text::Plain(number.to_string()),
        Value::Float(number) => Text::Plain(number.to_string()),
        Value::Boolean(flag) => Text::Plain(flag.to_string()),
        Value::Datetime(_) => Text::Unusable("a date"),
        Value::Array(_) => Text::Unusable("a list"),
        Value::Table(_) => Text::Unusable("a table"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_both_read() {
        let mut problems = Problems::default();

        let read = parse("[tool.nuvom]\nlease_secs = 10\nbeat_secs = \"2.5\"\n", &mut problems);

        assert_eq!(
            read,
            [
                ("beat_secs".to_owned(), Text::Plain("2.5".to_owned())),
                ("lease_secs".to_owned(), Text::Plain("10".to_owned()))
            ]
        );
    }

    #[test]
    fn a_file_without_our_section_says_nothing() {
        assert_eq!(parse("[tool.black]\nline-length = 1\n", &mut Problems::default()), []);
    }

    #[test]
    fn a_file_that_is_not_toml_is_a_problem_with_its_line() {
        let mut problems = Problems::default();

        parse("[project]\nname = \n", &mut problems);

        let message = problems.result().unwrap_err().to_string();
        assert!(message.contains("pyproject.toml: line 2"), "{message}");
    }
}
