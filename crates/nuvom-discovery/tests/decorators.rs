//! What counts as a task: the decorator followed to its import, on a function that a worker can import.

mod project;

use nuvom_discovery::{ProblemKind, Scan};
use project::{Project, kinds, names, only_task};
use serde_json::{Map, json};

fn scan(source: &str) -> Scan {
    Project::with("tasks.py", source).scan()
}

fn assert_one_problem(scan: &Scan, kind: ProblemKind, line: u32, words: &str) {
    assert_eq!(names(scan), [] as [&str; 0]);
    assert_eq!(kinds(scan), [kind]);
    assert_eq!(scan.problems[0].line, Some(line));
    assert!(scan.problems[0].message.contains(words), "{}", scan.problems[0]);
}

#[test]
fn a_task_is_told_with_its_place_options_signature_and_doc() {
    let project = Project::with(
        "shop/sums.py",
        r#"
from nuvom import task

LIMIT = 3

@task(retries=2, timeout_secs=1.5, tags=["math", "fast"], priority=LIMIT, retry_on=(), aliases=["plus"])
async def add(
    x: int,
    y: int = 2,  # the second
) -> int:
    """
    Add two numbers.

    Slowly.
    """
    return x + y
"#,
    );

    let task = only_task(project.scan());

    assert_eq!(task.name, "add");
    assert_eq!(task.aliases, ["plus"]);
    assert_eq!(task.module, "shop.sums");
    assert_eq!(task.function, "add");
    assert_eq!(task.file, "shop/sums.py");
    assert_eq!(task.line, 7);
    assert!(task.is_async);
    let expected = json!({"retries": 2, "timeout_secs": 1.5, "tags": ["math", "fast"], "retry_on": []});
    assert_eq!(serde_json::Value::Object(task.options), expected);
    assert_eq!(task.signature, "(x: int, y: int = 2) -> int");
    assert_eq!(task.doc.as_deref(), Some("Add two numbers."));
}

#[test]
fn a_bare_decorator_makes_a_task_without_options() {
    let task = only_task(scan("from nuvom import task\n@task\ndef add(x): return x\n"));

    assert_eq!((task.name.as_str(), task.line, task.is_async), ("add", 3, false));
    assert_eq!(task.options, Map::new());
    assert_eq!(task.signature, "(x)");
    assert_eq!(task.doc, None);
}

#[test]
fn a_given_name_is_the_tasks_name() {
    let task = only_task(scan("from nuvom import task\n@task(name='math.add')\ndef add(): ...\n"));

    assert_eq!((task.name.as_str(), task.function.as_str()), ("math.add", "add"));
}

#[test]
fn a_name_that_is_computed_is_reported() {
    let found = scan("from nuvom import task\n@task(name=PREFIX + 'add')\ndef add(): ...\n");

    assert_one_problem(&found, ProblemKind::NotATask, 3, "computed");
}

#[test]
fn a_name_that_is_no_text_is_reported() {
    let found = scan("from nuvom import task\n@task(name=7)\ndef add(): ...\n");

    assert_one_problem(&found, ProblemKind::NotATask, 3, "has 7 as its name");
}

#[test]
fn every_way_to_import_the_decorator_is_followed() {
    let found = scan(
        r"
import nuvom
import nuvom as nv
import nuvom.task
import nuvom.task as module
from nuvom import task
from nuvom import task as job
from nuvom.task import task as unit, other
from nuvom import sdk, task as last

@nuvom.task
def a(): ...
@nv.task(retries=1)
def b(): ...
@nuvom.task.task
def c(): ...
@module.task()
def d(): ...
@task
def e(): ...
@job
def f(): ...
@unit
def g(): ...
@last
def h(): ...
",
    );

    assert_eq!(names(&found), ["a", "b", "c", "d", "e", "f", "g", "h"]);
    assert_eq!(found.problems, []);
}

#[test]
fn a_star_import_brings_the_decorator() {
    assert_eq!(only_task(scan("from nuvom import *\n@task\ndef add(): ...\n")).name, "add");
}

#[test]
fn another_name_for_the_decorator_is_followed() {
    let found = scan(
        r"
import nuvom
job = nuvom.task
fast: object = nuvom.task(queue='fast', retries=3)
@job
def a(): ...
@fast
def b(): ...
",
    );

    assert_eq!(names(&found), ["a", "b"]);
    assert_eq!(found.tasks[1].options["queue"], "fast");
}

#[test]
fn a_task_of_celery_is_not_ours() {
    let found = scan("import nuvom\nfrom celery import task\n@task\ndef add(): ...\n");

    assert_eq!(found.tasks, []);
    assert_eq!(found.problems, []);
}

#[test]
fn a_task_of_this_project_is_not_ours() {
    let found = scan(
        r"
from nuvom import job
from .nuvom import task
from nuvom_tools import task as t
def local(f): return f
task2 = local
@task
def a(): ...
@t
def b(): ...
@local
def c(): ...
@job
def d(): ...
",
    );

    assert_eq!(found.tasks, []);
}

#[test]
fn a_later_definition_takes_the_name_away() {
    let found = scan(
        r"
from nuvom import task
@task
def a(): ...
from celery import task
@task
def b(): ...
from nuvom import task
def task(f): return f
@task
def c(): ...
from nuvom import task
task, x = 1, 2
@task
def d(): ...
",
    );

    assert_eq!(names(&found), ["a"]);
}

#[test]
fn tasks_in_branches_of_the_module_are_found() {
    let found = scan(
        r"
import contextlib
try:
    from nuvom import task
except ImportError:
    def task(f): return f
if contextlib:
    @task
    def a(): ...
elif 1:
    @task
    def b(): ...
else:
    @task
    def c(): ...
with contextlib.suppress():
    @task
    def d(): ...
try:
    @task
    def e(): ...
except Exception:
    @task
    def f(): ...
else:
    @task
    def g(): ...
finally:
    @task
    def h(): ...
match contextlib:
    case 1:
        @task
        def i(): ...
",
    );

    assert_eq!(names(&found), ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    assert_eq!(found.problems, []);
}

#[test]
fn one_task_in_two_branches_is_one_task() {
    let found = scan(
        r"
import sys
from nuvom import task
if sys.platform == 'win32':
    @task
    def add(): ...
else:
    @task
    def add(): ...
",
    );

    assert_eq!(only_task(found).line, 6);
}

#[test]
fn a_method_is_reported() {
    let found = scan("from nuvom import task\nclass Mail:\n    @task\n    def send(self): ...\n");

    assert_one_problem(&found, ProblemKind::NotATask, 4, "`Mail.send` is a method");
    assert_eq!(found.problems[0].column, Some(9));
}

#[test]
fn a_nested_function_is_reported() {
    let found = scan(
        "from nuvom import task\ndef outer():\n    for i in []:\n        @task\n        def inner(): ...\n",
    );

    assert_one_problem(&found, ProblemKind::NotATask, 5, "inside the function `outer`");
}

#[test]
fn an_import_inside_a_function_is_followed_there() {
    let found = scan("def outer():\n    import nuvom\n    @nuvom.task\n    def inner(): ...\n");

    assert_one_problem(&found, ProblemKind::NotATask, 4, "`inner`");
}

#[test]
fn a_parameter_hides_the_decorator() {
    let found = scan("from nuvom import task\ndef outer(task):\n    @task\n    def inner(): ...\n");

    assert_eq!(found, Scan { files: 1, ..Scan::default() });
}

#[test]
fn a_function_inside_a_loop_is_reported() {
    let found = scan("from nuvom import task\nwhile True:\n    @task\n    def add(): ...\n");

    assert_one_problem(&found, ProblemKind::NotATask, 4, "inside a loop");
}

#[test]
fn a_class_is_reported() {
    let found = scan("from nuvom import task\n@task\nclass Add: ...\n");

    assert_one_problem(&found, ProblemKind::NotATask, 3, "`Add` is a class");
}

#[test]
fn a_lambda_is_reported() {
    let found = scan("from nuvom import task\nadd = task(lambda x: x)\n");

    assert_one_problem(&found, ProblemKind::NotATask, 2, "lambda");
}

#[test]
fn a_function_made_a_task_by_a_call_is_reported() {
    let found = scan("from nuvom import task\ndef add(): ...\nadd_task = task(retries=1)(add)\n");

    assert_one_problem(&found, ProblemKind::NotATask, 3, "`add` is made a task by a call");
}

#[test]
fn a_generator_function_is_reported() {
    let found =
        scan("from nuvom import task\n@task\ndef rows(n):\n    for row in range(n):\n        yield row\n");

    assert_one_problem(&found, ProblemKind::NotATask, 3, "`rows` yields");
}

#[test]
fn a_function_that_only_holds_a_generator_is_a_task() {
    let found = scan(
        "from nuvom import task\n@task\ndef total(n):\n    def rows():\n        yield n\n    return sum(rows())\n",
    );

    assert_eq!(names(&found), ["total"]);
}
