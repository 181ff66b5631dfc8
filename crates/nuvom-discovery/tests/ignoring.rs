//! What is left out and what is brought back, and whether discovery can tell why.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use std::path::Path;

use nuvom_core::{Error, ErrorKind};
use nuvom_discovery::{Explanation, FolderSort, IgnoreRule, ProblemKind, Reason, ScanOptions, explain, scan};
use project::{Project, kinds, names, task};

fn exclude(patterns: &[&str]) -> ScanOptions {
    ScanOptions { exclude: owned(patterns), ..ScanOptions::default() }
}

fn include(patterns: &[&str]) -> ScanOptions {
    ScanOptions { include: owned(patterns), ..ScanOptions::default() }
}

fn owned(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
}

/// A project with a task in every file, named after it: `build/a.py` holds the task `build_a`.
fn project(files: &[&str]) -> Project {
    let project = Project::new();
    for file in files {
        let name = file.trim_end_matches(".py").replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
        project.write(file, task(name.trim_start_matches('_')));
    }
    project
}

/// The files that hold tasks, also those that no import could name.
fn files(project: &Project, options: &ScanOptions) -> Vec<String> {
    let found = scan(project.root(), options).unwrap();
    let unnamed = found.problems.iter().filter(|problem| problem.kind == ProblemKind::BadModuleName);
    let mut files: Vec<String> = unnamed.map(|problem| problem.file.clone()).collect();
    files.extend(found.tasks.into_iter().map(|task| task.file));
    files.sort();
    files
}

fn told(project: &Project, path: &str) -> Explanation {
    told_with(project, &ScanOptions::default(), path)
}

fn told_with(project: &Project, options: &ScanOptions, path: &str) -> Explanation {
    explain(project.root(), options, Path::new(path)).unwrap()
}

fn refusal(project: &Project, path: &Path) -> Error {
    explain(project.root(), &ScanOptions::default(), path).unwrap_err()
}

fn rule(pattern: &str, file: &str, line: u32) -> IgnoreRule {
    IgnoreRule { pattern: pattern.to_owned(), file: file.to_owned(), line }
}

// What is in and out.

#[test]
fn an_excluded_file_or_folder_is_left_out() {
    let project = project(&["a.py", "old/a.py", "deep/old/a.py", "deep/b.py"]);

    assert_eq!(files(&project, &exclude(&["old/", "/a.py"])), ["deep/b.py"]);
    assert_eq!(files(&project, &exclude(&["/old", "!b.py"])), ["a.py", "deep/b.py", "deep/old/a.py"]);
}

#[test]
fn what_is_excluded_and_included_is_out() {
    let project = project(&["a.py", "build/a.py", "build/b.py"]);
    let options = ScanOptions { exclude: owned(&["a.py"]), ..include(&["build/*.py", "a.py"]) };

    assert_eq!(files(&project, &options), ["build/b.py"]);

    let options = ScanOptions { exclude: owned(&["build"]), ..include(&["build/b.py"]) };

    assert_eq!(files(&project, &options), ["a.py"]);
}

#[test]
fn the_caller_outweighs_a_nuvomignore() {
    let project = project(&["kept.py", "old.py", "new.py"]);
    project.write(".nuvomignore", "old.py\n!kept.py\n");

    let options = ScanOptions { exclude: owned(&["kept.py"]), ..include(&["old.py"]) };

    assert_eq!(files(&project, &options), ["new.py", "old.py"]);
}

#[test]
fn an_included_path_is_reached_below_folders_that_are_left_out() {
    let project = project(&[
        "build/tasks.py",
        "build/other.py",
        "build/deep/tasks.py",
        ".venv/x/a.py",
        ".venv/x/__pycache__/a.py",
        ".venv/y/a.py",
        "ignored/a/b/c.py",
        "ignored/a/d.py",
    ]);
    project.write(".nuvomignore", "ignored/\n");

    assert_eq!(files(&project, &ScanOptions::default()), [""; 0]);
    assert_eq!(files(&project, &include(&["build/tasks.py"])), ["build/tasks.py"]);
    assert_eq!(files(&project, &include(&["/build/tasks.py"])), ["build/tasks.py"]);
    assert_eq!(files(&project, &include(&[".venv/x/"])), [".venv/x/a.py"]);
    assert_eq!(files(&project, &include(&["ignored/a/b/"])), ["ignored/a/b/c.py"]);
    assert_eq!(files(&project, &include(&["build/**/tasks.py"])), ["build/deep/tasks.py", "build/tasks.py"]);
    assert_eq!(files(&project, &include(&["build/*/tasks.py"])), ["build/deep/tasks.py"]);
    assert_eq!(files(&project, &include(&["build/*.py"])), ["build/other.py", "build/tasks.py"]);
}

#[test]
fn an_included_name_opens_no_folder_that_is_left_out() {
    let project = project(&["build/tasks.py", "node_modules/tasks.py", "tasks.py"]);

    assert_eq!(files(&project, &include(&["tasks.py", "*/tasks.py", "!build/tasks.py"])), ["tasks.py"]);
}

#[test]
fn an_included_folder_is_read_by_the_usual_rules() {
    let project = project(&["build/a.py", "build/b.py", "build/node_modules/c.py", "web/build/d.py"]);
    project.write("build/.nuvomignore", "b.py\n");

    assert_eq!(files(&project, &include(&["build/"])), ["build/a.py", "web/build/d.py"]);
    assert_eq!(files(&project, &include(&["/build/"])), ["build/a.py"]);
}

#[test]
fn an_included_pattern_that_matches_nothing_is_no_error() {
    assert_eq!(files(&project(&["a.py"]), &include(&["nowhere/*.py"])), ["a.py"]);
}

#[test]
fn an_included_file_that_is_no_python_or_a_link_stays_out() {
    let project = project(&["a.py", "notes.txt"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(project.path("a.py"), project.path("link.py")).unwrap();

    assert_eq!(scan(project.root(), &include(&["notes.txt", "link.py"])).unwrap().files, 1);
}

#[test]
fn a_pattern_of_the_caller_that_is_none_is_an_error_that_names_it() {
    let project = project(&["a.py"]);
    for bad in ["x[z-a]", "{a", "", "  ", "# old", "!", "/", "./a.py", "../a.py", "a/./b"] {
        for options in [exclude(&["ok", bad]), include(&["ok", bad])] {
            let error = scan(project.root(), &options).unwrap_err();

            assert_eq!(error.kind(), ErrorKind::Invalid, "{bad:?}");
            assert!(error.message().contains(&format!("`{bad}`")), "{error}");
            let error = explain(project.root(), &options, Path::new("a.py")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{bad:?}");
        }
    }
}

#[test]
fn a_negated_rule_brings_back_what_a_default_leaves_out() {
    let project = project(&[
        "build/a.py",
        "build/__pycache__/a.py",
        "web/node_modules/b.py",
        ".tools/c.py",
        ".d.py",
        "my-env/e.py",
        "dist/f.py",
    ]);
    project.write("my-env/pyvenv.cfg", "");
    project.write(".nuvomignore", "!build/\n!.tools\n!.d.py\n!/my-env/\n");
    project.write("web/.nuvomignore", "!node_modules\n");

    let found = files(&project, &ScanOptions::default());

    assert_eq!(found, [".d.py", ".tools/c.py", "build/a.py", "my-env/e.py", "web/node_modules/b.py"]);
}

#[test]
fn a_nuvomignore_brings_nothing_back_from_inside_a_folder_that_is_left_out() {
    let project = project(&["build/a.py", "old/b.py", "c.py"]);
    project.write(".nuvomignore", "old/\n");
    project.write("build/.nuvomignore", "!a.py\n!*\n");
    project.write("old/.nuvomignore", "!b.py\n");

    assert_eq!(files(&project, &ScanOptions::default()), ["c.py"]);
    assert_eq!(files(&project, &include(&["old/x.py", "build/x.py"])), ["c.py"]);
}

// What goes wrong.

#[test]
fn every_broken_rule_is_reported_with_its_line_and_the_others_hold() {
    let project = project(&["old.py", "new.py"]);
    project.write(".nuvomignore", b"\xef\xbb\xbfold.py\r\n\r\nx[z-a]\r\n\xff\r\n{a\n".as_slice());

    let found = project.scan();

    assert_eq!(names(&found), ["new"]);
    assert_eq!(kinds(&found), [ProblemKind::BadIgnoreRule; 3]);
    assert_eq!(
        found.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(),
        [Some(3), Some(4), Some(5)]
    );
    assert!(found.problems[0].message.contains("`x[z-a]`"), "{}", found.problems[0]);
}

#[test]
fn a_nuvomignore_that_cannot_be_read_is_reported_and_the_rest_is_found() {
    let project = project(&["a.py", "b/c.py"]);
    std::fs::create_dir(project.path(".nuvomignore")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", project.path("b/.nuvomignore")).unwrap();

    let found = project.scan();

    assert_eq!(names(&found), ["a", "b_c"]);
    let places: Vec<_> = found.problems.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(
        places,
        if cfg!(unix) { vec![".nuvomignore", "b/.nuvomignore"] } else { vec![".nuvomignore"] }
    );
    assert!(found.problems.iter().all(|problem| problem.kind == ProblemKind::Unreadable));
    assert!(found.problems[0].message.contains("its rules do not hold"));
}

/// Permissions do not stop a test that runs as root, but a path that is too long for the system does.
#[cfg(target_os = "linux")]
#[test]
fn a_file_and_a_folder_that_cannot_be_opened_are_reported_and_the_rest_is_found() {
    let project = project(&["a.py"]);
    let chain = |letter: &str| [letter; 10].map(|letter| letter.repeat(200)).join("/");
    let (folder, file) = ("e".repeat(200), "f".repeat(200) + ".py");
    project.write(&format!("{}/{folder}/lost.py", chain("l")), task("lost"));
    project.write(&format!("{}/{file}", chain("l")), task("lost_too"));
    std::fs::create_dir_all(project.path(&chain("u"))).unwrap();
    // Each half is short enough to be made; together they are not short enough to be opened.
    let lower = format!("{}/{}", chain("u"), "l".repeat(200));
    std::fs::rename(project.path(&"l".repeat(200)), project.path(&lower)).unwrap();

    let found = project.scan();

    assert_eq!((names(&found), found.files), (vec!["a"], 2));
    assert_eq!(kinds(&found), [ProblemKind::Unreadable; 2]);
    assert!(
        found.problems[0].file.ends_with(&folder) && found.problems[0].message.contains("cannot be listed")
    );
    assert!(found.problems[1].file.ends_with(&file) && found.problems[1].message.contains("cannot be read"));
}

#[cfg(unix)]
#[test]
fn what_is_neither_file_nor_folder_is_not_opened() {
    let project = project(&["a.py"]);
    let _socket = std::os::unix::net::UnixListener::bind(project.path("socket.py")).unwrap();

    let found = project.scan();

    assert_eq!((found.files, found.problems.len()), (1, 0));
    assert_eq!(told(&project, "socket.py").reason, Reason::NotAFile);
}

// Why.

#[test]
fn a_file_that_nothing_speaks_against_is_in() {
    let told = told(&project(&["shop/mail.py"]), "shop/mail.py");

    assert_eq!((&told.reason, &told.folder, told.is_folder), (&Reason::Plain, &None, false));
    assert_eq!(told.path, "shop/mail.py");
    assert_eq!(told.to_string(), "in: nothing says otherwise");
}

#[test]
fn a_path_is_given_relative_or_absolute_and_may_be_a_folder_or_the_root() {
    let project = project(&["shop/mail.py"]);
    let absolute = project.path("shop/mail.py");

    assert_eq!(told(&project, "shop/../shop/./mail.py"), told(&project, absolute.to_str().unwrap()));
    assert!(told(&project, "shop").is_folder && told(&project, "shop/").is_in());
    assert!(told(&project, ".").is_in() && told(&project, project.root().to_str().unwrap()).is_in());
}

#[cfg(unix)]
#[test]
fn a_root_that_is_a_link_may_spell_the_path_in_either_way() {
    let project = project(&["real/build/a.py"]);
    let link = project.path("link");
    std::os::unix::fs::symlink(project.path("real"), &link).unwrap();
    let options = ScanOptions::default();
    let expected = explain(&link, &options, Path::new("build/a.py")).unwrap();

    assert_eq!(expected.folder.as_deref(), Some("build"));
    for (root, path) in [("link", "link"), ("link", "real"), ("real", "link"), ("real", "real")] {
        let path = project.path(path).join("build/a.py");
        assert_eq!(explain(&project.path(root), &options, &path).unwrap(), expected);
    }

    std::os::unix::fs::symlink("build", project.path("real/other")).unwrap();
    let told = explain(&link, &options, &link.join("other/a.py")).unwrap();
    assert_eq!((told.path.as_str(), told.reason), ("other/a.py", Reason::Link));
}

#[test]
fn a_path_that_is_not_there_or_outside_is_an_error() {
    let project = project(&["a.py", "build/a.py"]);
    let other = Project::with("b.py", "");

    for missing in ["nowhere.py", "a.py/b.py", "build/nowhere.py", "no/where.py"] {
        let error = refusal(&project, Path::new(missing));
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains(missing), "{error}");
    }
    for outside in [&other.path("b.py"), Path::new("../b.py"), Path::new("a/../../b.py"), Path::new("/")] {
        let error = refusal(&project, outside);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains("outside the project"), "{error}");
    }
    let error = explain(&project.path("nowhere"), &ScanOptions::default(), Path::new("a.py")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn what_the_caller_says_is_told_with_the_pattern() {
    let project = project(&["a.py", "old/b.py", "build/c.py"]);
    let options = ScanOptions { exclude: owned(&["x", "old/"]), ..include(&["/build/", "a.py"]) };

    let excluded = told_with(&project, &options, "old/b.py");
    let included = told_with(&project, &options, "a.py");

    assert_eq!(excluded.reason, Reason::Excluded { pattern: "old/".to_owned() });
    assert_eq!(
        excluded.to_string(),
        "out: its folder `old/` is excluded by the pattern `old/`; do not give that pattern to read it"
    );
    assert_eq!(included.reason, Reason::Included { pattern: "a.py".to_owned() });
    assert_eq!(included.to_string(), "in: it is included by the pattern `a.py`");
    assert_eq!(
        told_with(&project, &options, "build").reason,
        Reason::Included { pattern: "/build/".to_owned() }
    );
}

#[test]
fn a_rule_is_told_with_its_file_and_line() {
    let project = project(&["shop/old.py", "shop/kept.py", "shop/legacy/a/b.py", "spaced.py"]);
    project.write("shop/.nuvomignore", "# comment\nold.py\n\n*.py\r\nold.py  \nx[z-a]\n!kept.py\nlegacy\n");
    project.write(".nuvomignore", "kept.py\nspaced.py   \n");

    let ignored = told(&project, "shop/old.py");
    let kept = told(&project, "shop/kept.py");
    let below = told(&project, "shop/legacy/a/b.py");

    assert_eq!(ignored.reason, Reason::Ignored(rule("old.py", "shop/.nuvomignore", 5)));
    assert_eq!(
        ignored.to_string(),
        "out: it is ignored by `old.py` in shop/.nuvomignore line 5; change that rule to read it"
    );
    assert_eq!(kept.reason, Reason::Kept(rule("!kept.py", "shop/.nuvomignore", 7)));
    assert_eq!(kept.to_string(), "in: it is kept by `!kept.py` in shop/.nuvomignore line 7");
    assert_eq!(below.reason, Reason::Ignored(rule("legacy", "shop/.nuvomignore", 8)));
    assert_eq!(below.folder.as_deref(), Some("shop/legacy"));
    assert_eq!(told(&project, "spaced.py").reason, Reason::Ignored(rule("spaced.py", ".nuvomignore", 2)));
}

#[test]
fn a_default_is_told_with_its_sort_and_its_folder() {
    for (path, folder, sort) in [
        (".git/hooks/a.py", ".git", FolderSort::VersionControl),
        ("shop/__pycache__/a.py", "shop/__pycache__", FolderSort::Cache),
        (".venv/lib/site-packages/a.py", ".venv", FolderSort::Environment),
        ("web/node_modules/b/build/a.py", "web/node_modules", FolderSort::Dependencies),
        ("build/lib/a.py", "build", FolderSort::BuildOutput),
        (".nuvom/a.py", ".nuvom", FolderSort::OwnFiles),
    ] {
        let told = told(&project(&[path]), path);

        assert_eq!((&told.reason, told.folder.as_deref()), (&Reason::DefaultFolder { sort }, Some(folder)));
    }
}

#[test]
fn what_is_hidden_or_an_environment_or_no_python_is_told() {
    let project = project(&[".tools/a.py", ".a.py", "my-env/lib/a.py", "notes.txt"]);
    project.write("my-env/pyvenv.cfg", "");

    assert_eq!(told(&project, ".a.py").reason, Reason::Hidden);
    assert_eq!(told(&project, ".tools/a.py").folder.as_deref(), Some(".tools"));
    assert_eq!(told(&project, "my-env/lib/a.py").reason, Reason::VirtualEnvironment);
    assert_eq!(told(&project, "my-env/lib/a.py").folder.as_deref(), Some("my-env"));
    assert_eq!(told(&project, "notes.txt").reason, Reason::NotPython);

    let all = ScanOptions { include_hidden: true, ..ScanOptions::default() };
    assert!(told_with(&project, &all, ".tools/a.py").is_in());
}

#[cfg(unix)]
#[test]
fn a_link_is_told_also_where_the_path_goes_through_it() {
    let project = project(&["real/a.py"]);
    std::os::unix::fs::symlink(project.path("real"), project.path("folder")).unwrap();
    std::os::unix::fs::symlink("real/a.py", project.path("file.py")).unwrap();
    std::os::unix::fs::symlink("nowhere", project.path("dangling.py")).unwrap();

    for (path, folder) in
        [("file.py", None), ("folder", None), ("dangling.py", None), ("folder/a.py", Some("folder"))]
    {
        let told = told(&project, path);

        assert_eq!((&told.reason, told.folder.as_deref()), (&Reason::Link, folder), "{path}");
        assert!(told.to_string().contains("links are not followed"), "{told}");
    }
}

#[test]
fn an_entry_of_a_folder_that_is_only_passed_is_out_with_that_folder() {
    let project = project(&[".venv/x/a.py", ".venv/x/b.py"]);
    let options = include(&[".venv/x/a.py"]);

    let told = told_with(&project, &options, ".venv/x/b.py");

    assert_eq!(told.reason, Reason::DefaultFolder { sort: FolderSort::Environment });
    assert_eq!(told.folder.as_deref(), Some(".venv"));
    assert!(!told_with(&project, &options, ".venv/x").is_in());
    assert!(told_with(&project, &options, ".venv/x/a.py").is_in());
}

#[test]
fn the_rule_that_the_sentence_advises_brings_it_back() {
    for path in
        ["build/a.py", "a[1]{x}/build/a.py", "we?rd*/__pycache__/a.py", ".hid den/a.py", "b\\c/.x!#.py"]
    {
        if cfg!(windows) && path.contains(['?', '*', '\\']) {
            continue;
        }
        let project = project(&[path]);
        let told = told(&project, path);
        let sentence = told.to_string();
        let advised = sentence.split('`').find(|part| part.starts_with('!')).unwrap();
        project.write(".nuvomignore", format!("{advised}\n"));

        assert!(!told.is_in() && told_with(&project, &ScanOptions::default(), path).is_in(), "{sentence}");
        assert_eq!(files(&project, &ScanOptions::default()), [path], "{sentence}");
    }
    assert_eq!(
        told(&project(&["build/a.py"]), "build/a.py").to_string(),
        "out: its folder `build/` holds build output; write `!build/` into .nuvomignore to read it"
    );
}

#[test]
fn a_list_of_what_to_keep_does_not_open_what_is_left_out_by_default() {
    let project = Project::new();
    project.write(".nuvomignore", "*\n!*/\n!kept.py\n");
    project.write("shop/kept.py", task("a"));
    project.write("shop/other.py", task("b"));
    project.write("node_modules/kept.py", task("c"));
    project.write(".venv/kept.py", task("d"));

    assert_eq!(names(&project.scan()), ["a"]);
}
