//! A file that describes one job: `{"task": "add", "args": [5, 7], "kwargs": {}}`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use nuvom_core::{Error, ErrorKind, Result, nearest};
use serde_json::{Map, Value as Json};

/// What can stand in it. The task must.
const KEYS: [&str; 5] = [TASK, "args", "kwargs", "retries", "timeout_secs"];
const TASK: &str = "task";
/// What 0.11 wrote for it.
const OLD_TASK: &str = "func_name";
/// What a name of a file means that stands for standard input.
const STDIN: &str = "-";

/// A job as a person has described it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JobFile {
    /// What messages call the file.
    pub(crate) place: String,
    /// The task that is named in it.
    pub(crate) task: String,
    /// The whole text: its numbers may be larger than those of Rust.
    pub(crate) text: String,
}

impl JobFile {
    /// Reads a file of at most `most` bytes, or `input` if it is called `-`. Whatever is wrong with it is an error of the
    /// kind `Invalid`.
    pub(crate) fn read(path: &Path, folder: &Path, input: &mut dyn Read, most: usize) -> Result<Self> {
        let mut file;
        let (place, source): (String, &mut dyn Read) = if path == Path::new(STDIN) {
            ("standard input".to_owned(), input)
        } else {
            let place = path.display().to_string();
            file = open(&folder.join(path), &place)?;
            (place, &mut file)
        };
        let mut bytes = Vec::new();
        // One byte more than can be used is enough to know that there are too many.
        source
            .take(most as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| invalid(format!("{place} cannot be read")).caused_by(error))?;
        Self::parse(place, &bytes, most)
    }

    fn parse(place: String, bytes: &[u8], most: usize) -> Result<Self> {
        if bytes.len() > most {
            let what = format!("{place} is larger than {most} bytes, the limit of a job's arguments");
            return Err(invalid(what).hint("NUVOM_MAX_ARGS_BYTES sets it; pass a reference to larger data"));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            invalid(format!("{place} is not UTF-8 text, from byte {} on", error.valid_up_to() + 1))
        })?;
        let text = text.trim_start_matches('\u{feff}');
        let document: Json = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let told = error.to_string();
            let what = told.split(" at line ").next().unwrap_or_default();
            invalid(format!("{place}, line {line}, column {column}: this is not JSON: {what}"))
        })?;
        let Json::Object(keys) = &document else {
            let what = format!("{place} holds {}, expected an object", kind(&document));
            return Err(invalid(what).hint(r#"Such as {"task": "add", "args": [5, 7]}"#));
        };
        let task = Self::task(&place, keys)?;
        Ok(Self { place, task, text: text.to_owned() })
    }

    /// The task that it names, if all the rest is as it can be.
    fn task(place: &str, keys: &Map<String, Json>) -> Result<String> {
        if let Some(unknown) = keys.keys().find(|key| *key != OLD_TASK && !KEYS.contains(&key.as_str())) {
            let next = nearest(unknown, KEYS).map_or_else(
                || format!("It can have {}", KEYS.join(", ")),
                |key| format!("Did you mean \"{key}\"?"),
            );
            let what = format!("{place} has a key \"{}\", which means nothing", unknown.escape_debug());
            return Err(invalid(what).hint(next));
        }
        let wrong = |key: &str, value: &Json, expected: &str| {
            invalid(format!("{place}: \"{key}\" is {}, expected {expected}", kind(value)))
        };
        let task = match (keys.get(TASK), keys.get(OLD_TASK)) {
            (Some(_), Some(_)) => {
                let what = format!("{place} names the task twice, as \"{TASK}\" and as \"{OLD_TASK}\"");
                return Err(invalid(what));
            }
            (None, None) => {
                return Err(invalid(format!("{place} has no \"{TASK}\", expected the name of a task")));
            }
            (Some(Json::String(task)), None) | (None, Some(Json::String(task))) => task.clone(),
            (Some(other), None) => return Err(wrong(TASK, other, "the name of a task")),
            (None, Some(other)) => return Err(wrong(OLD_TASK, other, "the name of a task")),
        };
        match (keys.get("args"), keys.get("kwargs")) {
            (Some(args), _) if !args.is_array() => Err(wrong("args", args, "a list")),
            (_, Some(kwargs)) if !kwargs.is_object() => Err(wrong("kwargs", kwargs, "an object")),
            _ => Ok(task),
        }
    }
}

fn open(path: &Path, place: &str) -> Result<File> {
    let unreadable = |error: io::Error| invalid(format!("{place} cannot be read")).caused_by(error);
    // Looked at before it is opened: to open a pipe waits for whoever writes to it.
    let found = std::fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        let what = if found.is_dir() { "a folder" } else { "no regular file" };
        return Err(invalid(format!("{place} is {what}, expected a file of JSON, or - for standard input")));
    }
    File::open(path).map_err(unreadable)
}

fn invalid(what: String) -> Error {
    Error::new(ErrorKind::Invalid, what)
}

/// What a value is, in words.
fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<JobFile> {
        JobFile::read(Path::new("-"), Path::new("/"), &mut text.as_bytes(), 100)
    }

    fn refusal(text: &str) -> String {
        let error = read(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        error.to_string()
    }

    #[test]
    fn a_task_is_named_as_today_or_as_0_11_named_it() {
        assert_eq!(read(r#"{"task": "add", "args": [1]}"#).unwrap().task, "add");
        assert_eq!(read(r#"{"func_name": "add", "kwargs": {}, "retries": 1}"#).unwrap().task, "add");
        assert_eq!(
            refusal(r#"{"task": "add", "func_name": "add"}"#),
            "standard input names the task twice, as \"task\" and as \"func_name\""
        );
    }

    #[test]
    fn what_is_not_json_is_told_with_its_place() {
        assert_eq!(
            refusal("{\"task\": \"add\",\n  args: []}"),
            "standard input, line 2, column 3: this is not JSON: key must be a string"
        );
        assert!(refusal("").contains("line 1, column 0: this is not JSON: EOF"), "{}", refusal(""));
        assert!(refusal(&"[".repeat(99)).contains("this is not JSON"));
    }

    #[test]
    fn what_is_json_and_no_job_is_told_with_what_was_expected() {
        let cases = [
            ("[]", "holds a list, expected an object. Such as"),
            ("{}", "has no \"task\", expected the name of a task"),
            (r#"{"task": 3}"#, "\"task\" is a number, expected the name of a task"),
            (r#"{"func_name": null}"#, "\"func_name\" is null, expected the name of a task"),
            (r#"{"task": "add", "args": {}}"#, "\"args\" is an object, expected a list"),
            (r#"{"task": "add", "kwargs": []}"#, "\"kwargs\" is a list, expected an object"),
            (r#"{"task": "add", "kwarg": {}}"#, "which means nothing. Did you mean \"kwargs\"?"),
            (r#"{"task": "add", "colour": 1}"#, "It can have task, args, kwargs, retries, timeout_secs"),
        ];

        for (text, told) in cases {
            assert!(refusal(text).contains(told), "{text}: {}", refusal(text));
        }
    }

    #[test]
    fn no_more_is_read_than_a_job_may_have() {
        let endless = &mut io::repeat(b' ');

        let error = JobFile::read(Path::new("-"), Path::new("/"), endless, 100).unwrap_err();

        assert!(error.to_string().starts_with("standard input is larger than 100 bytes"), "{error}");
    }

    #[test]
    fn a_folder_and_a_file_that_is_not_there_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| JobFile::read(Path::new(name), folder.path(), &mut io::empty(), 100);

        assert_eq!(
            read(".").unwrap_err().to_string(),
            ". is a folder, expected a file of JSON, or - for standard input"
        );
        assert!(
            read("job.json").unwrap_err().to_string().starts_with("job.json cannot be read: No such file")
        );
    }
}
