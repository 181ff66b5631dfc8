//! Which files are read, how their bytes become text, and what a file that cannot be read costs.

mod project;

use nuvom_core::ErrorKind;
use nuvom_discovery::{ProblemKind, ScanOptions, scan};
use project::{Project, kinds, names, only_task, task};

#[test]
fn tasks_and_problems_come_in_one_order_whatever_the_threads_do() {
    let project = Project::new();
    (0..200).for_each(|number| project.write(&format!("m{number:03}.py"), task(&format!("t{number:03}"))));
    project.write("z.py", "import nuvom\ndef (");
    project.write("a.py", "import nuvom\ndef (");

    let found = project.scan();

    assert!(found.tasks.is_sorted_by_key(|task| &task.file));
    assert_eq!((found.tasks.len(), found.files), (200, 202));
    assert_eq!(
        found.problems.iter().map(|problem| problem.file.as_str()).collect::<Vec<_>>(),
        ["a.py", "z.py"]
    );
    assert_eq!(found, project.scan());
}

#[test]
fn an_empty_project_has_no_tasks() {
    let found = Project::new().scan();

    assert_eq!((found.files, found.tasks.len(), found.problems.len()), (0, 0, 0));
}

#[test]
fn source_with_effects_is_read_and_not_run() {
    let project = Project::new();
    let witness = project.path("witness");
    project.write("tasks.py", format!("open({witness:?}, 'w')\nimport missing\n{}", task("add")));

    let found = project.scan();

    assert_eq!(names(&found), ["add"]);
    assert!(!witness.exists());
}

#[test]
fn a_syntax_error_is_told_with_its_place_and_the_rest_is_found() {
    let project = Project::with("bad.py", "from nuvom import task\n\nx = é +\n");
    project.write("good.py", task("add"));

    let found = project.scan();

    assert_eq!(names(&found), ["add"]);
    assert_eq!(kinds(&found), [ProblemKind::SyntaxError]);
    let problem = &found.problems[0];
    assert_eq!((problem.file.as_str(), problem.line, problem.column), ("bad.py", Some(3), Some(8)));
    assert!(problem.to_string().starts_with("bad.py:3:8: syntax error: "), "{problem}");
}

#[test]
fn a_file_that_does_not_mention_nuvom_is_not_parsed() {
    let found = Project::with("other.py", "def (").scan();

    assert_eq!((found.files, found.problems.len()), (1, 0));
}

#[test]
fn a_byte_order_mark_is_no_obstacle() {
    let task = only_task(Project::with("tasks.py", format!("\u{feff}{}", task("add"))).scan());

    assert_eq!((task.name.as_str(), task.line), ("add", 4));
}

#[test]
fn line_ends_of_every_system_count_alike() {
    let windows = Project::with("tasks.py", task("add").replace('\n', "\r\n"));
    let old_mac = Project::with("tasks.py", task("add").replace('\n', "\r"));

    assert_eq!(only_task(windows.scan()).line, 4);
    assert_eq!(only_task(old_mac.scan()).line, 4);
}

#[test]
fn a_latin_1_file_is_read_as_it_says() {
    let mut source = b"# -*- coding: latin-1 -*-\n".to_vec();
    source.extend(b"from nuvom import task\n@task(description='caf\xe9')\ndef add(): ...\n");

    let task = only_task(Project::with("tasks.py", source).scan());

    assert_eq!(task.options["description"], "café");
}

#[test]
fn a_file_in_no_known_encoding_is_reported_and_the_rest_is_found() {
    let project = Project::with("bad.py", b"import nuvom\n# \xff\n");
    project.write("alien.py", "# coding: utf-7\nimport nuvom\n");
    project.write("good.py", task("add"));

    let found = project.scan();

    assert_eq!(names(&found), ["add"]);
    assert_eq!(kinds(&found), [ProblemKind::Unreadable, ProblemKind::Unreadable]);
    assert!(found.problems[0].to_string().starts_with("alien.py:1: is written in `utf-7`"));
    assert!(found.problems[1].to_string().starts_with("bad.py:2: is not valid UTF-8"));
}

#[test]
fn a_file_of_ten_megabytes_is_read() {
    let source = format!("{}\nDATA = [\n{}]\n", task("add"), "    'aaaaaaaaaaaaaaaa',\n".repeat(450_000));
    assert!(source.len() > 10_000_000);

    assert_eq!(only_task(Project::with("tasks.py", source).scan()).name, "add");
}

#[test]
fn a_file_too_large_to_be_source_is_reported() {
    let project = Project::with("tasks.py", task("add"));
    let file = std::fs::OpenOptions::new().write(true).open(project.path("tasks.py")).unwrap();
    file.set_len(65 * 1024 * 1024).unwrap();

    let found = project.scan();

    assert_eq!(kinds(&found), [ProblemKind::Unreadable]);
    assert!(found.problems[0].message.contains("larger than 64 MiB"));
}

#[test]
fn source_that_is_nested_very_deep_does_not_bring_the_process_down() {
    let project = Project::with("sum.py", format!("{}\nx = {}1\n", task("add"), "1 + ".repeat(100_000)));
    project.write("brackets.py", format!("{}\nx = {}{}\n", task("sub"), "(".repeat(5000), ")".repeat(5000)));
    project.write("lists.py", format!("{}\nx = {}{}\n", task("mul"), "[".repeat(5000), "]".repeat(5000)));

    project.write("path.py", format!("import nuvom\n@nuvom{}\ndef div(): ...\n", ".task".repeat(50_000)));

    assert_eq!(names(&project.scan()), ["sub", "mul", "add"]);
}

#[test]
fn folders_of_tools_and_of_others_are_skipped() {
    let project = Project::with("tasks.py", task("mine"));
    project.write(".git/hooks/x.py", task("x"));
    project.write(".hidden/x.py", task("x"));
    project.write(".hidden.py", task("x"));
    project.write("__pycache__/x.py", task("x"));
    project.write("web/node_modules/x.py", task("x"));
    project.write("lib/site-packages/x.py", task("x"));
    project.write("build/lib/x.py", task("x"));
    project.write("dist/x.py", task("x"));
    project.write("target/x.py", task("x"));
    project.write("my-env/pyvenv.cfg", "");
    project.write("my-env/x.py", task("x"));

    let found = project.scan();

    assert_eq!((names(&found), found.files), (vec!["mine"], 1));
}

#[test]
fn a_folder_that_only_sounds_like_an_environment_or_a_build_is_searched() {
    let project = Project::with("env/tasks.py", task("a"));
    project.write("build/__init__.py", "");
    project.write("build/tasks.py", task("b"));

    assert_eq!(names(&project.scan()), ["b", "a"]);
}

#[test]
fn hidden_folders_are_searched_on_request() {
    let project = Project::with(".hidden/tasks.py", task("a"));
    project.write(".venv/tasks.py", task("b"));

    let found =
        scan(project.root(), &ScanOptions { include_hidden: true, ..ScanOptions::default() }).unwrap();

    assert_eq!(found.files, 1);
    assert_eq!(kinds(&found), [ProblemKind::BadModuleName]);
}

#[test]
fn a_project_below_a_hidden_folder_is_searched() {
    let project = Project::with(".work/tasks.py", task("add"));

    assert_eq!(names(&scan(&project.path(".work"), &ScanOptions::default()).unwrap()), ["add"]);
}

#[test]
fn nuvomignore_takes_files_out_and_a_negation_takes_them_back() {
    let project = Project::with(".nuvomignore", "# old code\nlegacy/*\n!legacy/kept.py\n/top.py\n");
    project.write("legacy/old.py", task("old"));
    project.write("legacy/kept.py", task("kept"));
    project.write("top.py", task("top"));
    project.write("deep/top.py", task("deep_top"));

    assert_eq!(names(&project.scan()), ["deep_top", "kept"]);
}

#[test]
fn a_nested_nuvomignore_speaks_for_its_folder_and_outweighs_the_upper_one() {
    let project = Project::with(".nuvomignore", "draft_*.py\n");
    project.write("a/draft_x.py", task("a_draft"));
    project.write("b/.nuvomignore", "!draft_*.py\nonly_here.py\n");
    project.write("b/draft_x.py", task("b_draft"));
    project.write("b/only_here.py", task("b_only"));
    project.write("c/only_here.py", task("c_only"));

    assert_eq!(names(&project.scan()), ["b_draft", "c_only"]);
}

#[test]
fn gitignore_is_not_asked() {
    let project = Project::with(".gitignore", "*.py\n");
    project.write("tasks.py", task("add"));

    assert_eq!(names(&project.scan()), ["add"]);
}

#[test]
fn a_broken_rule_is_reported_and_the_others_hold() {
    let project = Project::with("shop/.nuvomignore", "x[z-a]\nold.py\n");
    project.write("shop/old.py", task("old"));
    project.write("shop/new.py", task("new"));

    let found = project.scan();

    assert_eq!(names(&found), ["new"]);
    assert_eq!(kinds(&found), [ProblemKind::BadIgnoreRule]);
    assert_eq!((found.problems[0].file.as_str(), found.problems[0].line), ("shop/.nuvomignore", Some(1)));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_so_a_loop_ends() {
    let outside = Project::with("far.py", task("far"));
    let project = Project::with("shop/tasks.py", task("add"));
    std::os::unix::fs::symlink(project.root(), project.path("shop/loop")).unwrap();
    std::os::unix::fs::symlink(outside.root(), project.path("outside")).unwrap();
    std::os::unix::fs::symlink(outside.path("far.py"), project.path("far.py")).unwrap();

    let found = project.scan();

    assert_eq!((names(&found), found.files), (vec!["add"], 1));
    assert_eq!(found.problems, []);
}

#[cfg(unix)]
#[test]
fn a_root_that_is_a_link_is_searched() {
    let project = Project::with("real/tasks.py", task("add"));
    std::os::unix::fs::symlink(project.path("real"), project.path("link")).unwrap();

    assert_eq!(names(&scan(&project.path("link"), &ScanOptions::default()).unwrap()), ["add"]);
}

#[test]
fn a_root_that_is_missing_or_a_file_is_an_error() {
    let project = Project::with("tasks.py", "");

    let missing = scan(&project.path("nowhere"), &ScanOptions::default()).unwrap_err();
    let file = scan(&project.path("tasks.py"), &ScanOptions::default()).unwrap_err();

    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert_eq!(file.kind(), ErrorKind::Invalid);
    assert!(file.to_string().contains("tasks.py"));
}

#[test]
fn modules_are_named_as_python_imports_them() {
    let project = Project::with("src/shop/mail.py", task("a"));
    project.write("src/shop/__init__.py", task("b"));
    project.write("scripts/run.py", task("c"));

    let found = project.scan();

    let modules: Vec<_> = found.tasks.iter().map(|task| (task.name.as_str(), task.module.as_str())).collect();
    assert_eq!(modules, [("c", "scripts.run"), ("b", "shop"), ("a", "shop.mail")]);
}

#[test]
fn src_that_is_a_package_stays_in_the_name() {
    let project = Project::with("src/__init__.py", "");
    project.write("src/mail.py", task("add"));

    assert_eq!(only_task(project.scan()).module, "src.mail");
}

#[test]
fn a_file_that_cannot_be_imported_is_reported_only_if_it_holds_tasks() {
    let project = Project::with("my-tasks.py", task("add"));
    project.write("my-script.py", "import nuvom\n");

    let found = project.scan();

    assert_eq!(found.tasks, []);
    assert_eq!(kinds(&found), [ProblemKind::BadModuleName]);
    assert!(found.problems[0].message.contains("`my-tasks` is not a Python name"));
}

#[test]
fn the_first_of_two_tasks_with_one_name_is_kept_and_the_other_shows_both_places() {
    let project = Project::with("a.py", task("add"));
    project.write("b.py", task("add"));

    let found = project.scan();

    assert_eq!(found.tasks.iter().map(|task| task.file.as_str()).collect::<Vec<_>>(), ["a.py"]);
    assert_eq!(kinds(&found), [ProblemKind::DuplicateName]);
    assert_eq!((found.problems[0].file.as_str(), found.problems[0].line), ("b.py", Some(4)));
    assert!(found.problems[0].message.contains("b.py:4") && found.problems[0].message.contains("a.py:4"));
}

#[test]
fn an_alias_that_another_task_holds_is_taken_out() {
    let project = Project::with(
        "a.py",
        "from nuvom import task\n@task(aliases=['add', 'old'])\ndef first(): ...\n\
         @task(aliases=('old', 'older'))\ndef second(): ...\n",
    );
    project.write("b.py", task("add"));

    let found = project.scan();

    assert_eq!(names(&found), ["first", "second", "add"]);
    assert_eq!(
        (&found.tasks[0].aliases, &found.tasks[1].aliases),
        (&vec!["old".into()], &vec!["older".into()])
    );
    assert_eq!(kinds(&found), [ProblemKind::DuplicateName, ProblemKind::DuplicateName]);
}
