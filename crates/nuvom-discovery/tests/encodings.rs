//! Source that is not UTF-8, or is laid out in ways that few still use, holds tasks like any other.

mod project;

use nuvom_discovery::ProblemKind;
use project::{Project, kinds, names, only_task, task};

/// A task whose description is written in an encoding.
fn described(encoding: &str, description: &[u8]) -> Vec<u8> {
    let head = format!("# -*- coding: {encoding} -*-\nfrom nuvom import task\n@task(description='");
    [head.as_bytes(), description, b"')\ndef add(): ...\n"].concat()
}

#[test]
fn a_task_is_read_in_the_encoding_of_its_file() {
    for (encoding, bytes, text) in [
        ("cp1252", &b"caf\xe9 \x80"[..], "café €"),
        ("KOI8-R", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
        // Its second byte is a backslash elsewhere, which would escape the quote that ends the text.
        ("shift_jis", b"\x95\\", "表"),
        ("gb18030", b"\xd6\xd0\xce\xc4", "中文"),
    ] {
        let task = only_task(Project::with("tasks.py", described(encoding, bytes)).scan());

        assert_eq!((task.options["description"].as_str(), task.line), (Some(text), 4), "{encoding}");
    }
}

#[test]
fn files_that_cannot_be_decoded_are_reported_with_their_line_and_the_rest_is_found() {
    let project = Project::with("bytes.py", described("cp1252", b"\x81"));
    project.write("unknown.py", described("klingon", b""));
    project.write("wide.py", described("utf-16", b""));
    project.write("good.py", task("add"));

    let found = project.scan();

    assert_eq!(names(&found), ["add"]);
    assert_eq!(kinds(&found), [ProblemKind::Unreadable; 3]);
    let places: Vec<_> = found.problems.iter().map(|problem| (problem.file.as_str(), problem.line)).collect();
    assert_eq!(places, [("bytes.py", Some(3)), ("unknown.py", Some(1)), ("wide.py", Some(1))]);
}

#[test]
fn form_feeds_and_carriage_returns_alone_do_not_hide_a_task() {
    let source =
        "# coding: cp1252\r\x0c\rfrom nuvom import task\r\x0c\r@task\r\x0cdef add():\r    pass\r\x0c";

    let task = only_task(Project::with("tasks.py", source).scan());

    assert_eq!(task.name, "add");
}
