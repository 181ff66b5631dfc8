//! What `nuvom check` tells, and what it keeps quiet about.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests")]

mod project;

use nuvom_discovery::{Finding, Rule, ScanOptions, check};
use project::Project;

/// The findings in a project of these files.
fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    let project = Project::new();
    for (file, text) in files {
        project.write(file, text);
    }
    check(project.root(), &ScanOptions::default()).unwrap().findings
}

const TASKS: &str = "\
from datetime import datetime
from typing import Any, Optional
from nuvom import task

@task
def add(x: int, y: int = 2) -> int: return x + y

@task
def send(to: str, *, cc: Optional[str] = None, copies: 'int | None' = 1, weight: float = 1.0, at: datetime = None): ...

@task
def any_of(first, /, *rest: str, **more: Any): ...
";

/// The rules that one call breaks, made in another module.
fn broken_by(call: &str) -> Vec<Rule> {
    let text = format!(
        "import threading\nfrom tasks import add, send, any_of\n\ndef view(rest, more):\n    {call}\n"
    );
    let found = findings(&[("tasks.py", TASKS), ("views.py", &text)]);
    assert!(found.iter().all(|it| it.file == "views.py"), "{found:?}");
    found.into_iter().map(|finding| finding.rule).collect()
}

fn assert_broken(call: &str, rule: Rule) {
    assert_eq!(broken_by(call), [rule], "{call}");
}

fn assert_quiet(call: &str) {
    assert_eq!(broken_by(call), [], "{call}");
}

#[test]
fn calls_that_fit_are_passed_over() {
    for call in [
        "add.delay(1)",
        "add.delay(1, 2)",
        "add.delay(x=1)",
        "add.delay(*rest)",
        "add.delay(**more)",
        "add.delay(rest)",
        "add.with_options(queue='slow', priority=3, in_=5).delay(1)",
        "send.submit('a', cc=None, copies=None, weight=1)",
        "any_of.delay(1, 'a', 'b', first=2, x=3)",
        "add.map([(1,), [2, 3], {'x': 4}])",
        "add.map(rest)",
        "add.map((x, x) for x in rest)",
        "add.schedule(1, cron='0 9 * * MON', timezone_name='Europe/Berlin')",
        "add.schedule(1, in_=5)",
        "add.schedule(1, interval=0.5)",
        "add.schedule(1, **more)",
        "add(1, 2, 3)",
        "add.delay(len(rest))",
        "add.delay(1, y=True)",
    ] {
        assert_quiet(call);
    }
}

#[test]
fn a_missing_argument_is_told() {
    for call in
        ["add.delay()", "add.delay(y=1)", "send.adelay(cc='a')", "any_of.submit(x=1)", "any_of.delay(**more)"]
    {
        assert_broken(call, Rule::MissingArgument);
    }
}

#[test]
fn an_argument_too_many_is_told() {
    for call in ["add.delay(1, 2, 3)", "add.delay(1, z=3)", "send.delay('a', 'b')", "add.delay(*rest, z=1)"] {
        assert_broken(call, Rule::UnexpectedArgument);
    }
}

#[test]
fn an_argument_that_is_given_twice_is_told() {
    assert_broken("add.delay(1, x=2)", Rule::DoubledArgument);
    assert_broken("add.with_options(queue='a').delay(1, 2, y=3)", Rule::DoubledArgument);
}

#[test]
fn a_literal_that_contradicts_its_annotation_is_told() {
    for call in [
        "add.delay('1')",
        "add.delay(1.5)",
        "add.delay(None)",
        "add.delay(x=[1])",
        "send.delay(1)",
        "send.delay('a', copies='2')",
        "send.delay('a', weight='heavy')",
        "any_of.delay(1, 2)",
        "add.delay(f'{rest}')",
    ] {
        assert_broken(call, Rule::ArgumentType);
    }
}

#[test]
fn what_an_annotation_does_not_settle_is_passed_over() {
    for call in ["send.delay('a', at='2026-01-01')", "any_of.delay(1, x=[1])", "send.delay(rest)"] {
        assert_quiet(call);
    }
}

#[test]
fn what_no_job_can_carry_is_told_with_its_path() {
    for call in [
        "any_of.delay(lambda: 1)",
        "any_of.delay(x for x in rest)",
        "any_of.delay(open('f'))",
        "any_of.delay(threading.Lock())",
        "any_of.delay(view)",
        "any_of.delay({'when': [lambda: 1]})",
        "lock = threading.RLock(); any_of.delay(lock)",
        "\n    with open('f') as file: any_of.delay(file)",
    ] {
        assert_broken(call, Rule::UnsendableArgument);
    }
    let text = "from tasks import any_of\nany_of.delay({'when': [1, lambda: 1]})\n";
    let found = findings(&[("tasks.py", TASKS), ("views.py", text)]);
    assert!(found[0].message.starts_with("`args[0]['when'][1]` is a lambda"), "{}", found[0]);
}

#[test]
fn elements_of_map_are_calls() {
    assert_broken("add.map([(1,), 2, 3])", Rule::MapElement);
    assert_broken("add.map(5)", Rule::MapElement);
    assert_broken("add.map((1,), (2,))", Rule::MapElement);
    assert_broken("add.map([(1,), ()])", Rule::MissingArgument);
    assert_broken("add.map([{'x': 1, 'z': 2}])", Rule::UnexpectedArgument);
    assert_broken("add.map([(1,), ('a',)])", Rule::ArgumentType);
}

#[test]
fn times_of_schedules_are_checked() {
    assert_broken("add.schedule(1, cron='61 * * * *')", Rule::InvalidCron);
    assert_broken("add.schedule(1, cron='@daily', timezone_name='Europe/Berlni')", Rule::UnknownZone);
    assert_broken("add.schedule(1)", Rule::ScheduleKind);
    assert_broken("add.schedule(1, in_=5, interval=5)", Rule::ScheduleKind);
    assert_broken("add.schedule(1, interval=0)", Rule::BadInterval);
    assert_broken("add.schedule(1, interval=-1.5)", Rule::BadInterval);
    assert_broken("add.schedule(1, interval=0.05)", Rule::BadInterval);
    assert_broken("add.schedule(in_=5)", Rule::MissingArgument);
}

#[test]
fn options_of_with_options_are_checked() {
    assert_broken("add.with_options(prioritty=1)", Rule::UnknownOption);
    assert_broken("add.with_options(name='x')", Rule::UnknownOption);
    assert_broken("add.with_options(priority=10)", Rule::BadOptionValue);
    assert_broken("add.with_options(in_=1, at=rest)", Rule::BadOptionValue);
}

#[test]
fn options_of_task_are_checked_where_they_are_written() {
    let text = "\
from nuvom import task

fast = task(queue='', retries=-1)

@task(retriess=2, timeout_policy='stop', tags='a', store_result=1, priority=True)
def a(): ...

@fast
def b(): ...

@task(retries=RETRIES, tags=TAGS, retry_on=ValueError, timeout_secs=None, name=None, **more)
def c(): ...
";
    let found = findings(&[("tasks.py", text)]);

    let told: Vec<_> = found.iter().map(|it| (it.span.unwrap().line, it.rule)).collect();
    let bad = Rule::BadOptionValue;
    assert_eq!(told, [(3, bad), (3, bad), (5, Rule::UnknownOption), (5, bad), (5, bad), (5, bad), (5, bad)]);
    assert!(found[2].message.contains("did you mean `retries`?"), "{}", found[2]);
}

#[test]
fn hooks_are_called_with_what_a_worker_has() {
    let text = "\
from hooks import before, after, decorated
from nuvom import task

@task(before_job=before, after_job=lambda result: None, on_error=print)
def fine(): ...

@task(before_job=after, after_job=before, on_error=lambda: None)
def wrong(): ...

@task(before_job=decorated, on_error='log')
def other(): ...
";
    let hooks =
        "# nuvom\ndef before(): ...\ndef after(result, more=None): ...\n@wraps\ndef decorated(a, b): ...\n";
    let found = findings(&[("tasks.py", text), ("hooks.py", hooks)]);

    let told: Vec<_> = found.iter().map(|it| (it.span.unwrap().line, it.rule)).collect();
    let hook = Rule::HookParameters;
    assert_eq!(told, [(7, hook), (7, hook), (7, hook), (10, Rule::BadOptionValue)]);
}

#[test]
fn a_call_that_may_lead_elsewhere_is_passed_over() {
    for text in [
        "try:\n    from tasks import add\nexcept ImportError:\n    from other import add\nadd.delay()\n",
        "from tasks import add\nadd = wrap(add)\nadd.delay()\n",
        "from tasks import add\ndef f(add): add.delay()\n",
        "from tasks import add\nfor add in tasks: add.delay()\n",
        "from tasks import add\n[add.delay() for add in tasks]\n",
        "from tasks import add\nclass add: ...\nadd.delay()\n",
        "from tasks import add\ndef f():\n    add.delay()\nadd = None\n",
        "from tasks import add\ndef f():\n    global add\n    add = None\ndef g(): add.delay()\n",
        "from tasks import add\ndel add\nadd.delay()\n",
        "from tasks import add as add\nfrom somewhere import *\nadd.delay()\n",
        "import tasks\ntasks.other.delay()\n",
        "from tasks import add\nself.add.delay()\n",
    ] {
        assert_eq!(findings(&[("tasks.py", TASKS), ("views.py", text)]), [], "{text}");
    }
}

#[test]
fn a_task_under_other_decorators_is_passed_over() {
    let text = "\
from nuvom import task

@task
@inject
def below(x): ...

@traced
@task
def above(x): ...

below.delay()
above.delay()
";
    assert_eq!(findings(&[("tasks.py", text)]), []);
}

#[test]
fn calls_inside_functions_methods_and_comprehensions_are_followed() {
    let text = "\
import tasks

class View:
    def get(self):
        return [tasks.add.delay() for _ in range(3)]

def nested():
    from tasks import add as plus
    def inner():
        return lambda: plus.delay(1, 2, 3)
";
    let found = findings(&[("tasks.py", TASKS), ("views.py", text)]);

    let told: Vec<_> = found.iter().map(|it| (it.span.unwrap().line, it.rule)).collect();
    assert_eq!(told, [(5, Rule::MissingArgument), (10, Rule::UnexpectedArgument)]);
}

#[test]
fn a_finding_says_where_it_is_and_what_the_task_takes() {
    let found = findings(&[("tasks.py", TASKS), ("views.py", "from tasks import add\nadd.delay(1, z=3)\n")]);

    assert_eq!(
        found[0].to_string(),
        "views.py:2:14: NUV202 it has no parameter `z`; the task is `add(x: int, y: int = 2) -> int`"
    );
    let span = found[0].span.unwrap();
    assert_eq!((span.end_line, span.end_column), (2, 17));
}

#[test]
fn a_comment_silences_its_line() {
    let text = "\
from tasks import add
add.delay()  # nuvom: ignore
add.delay()  # nuvom: ignore[NUV201]
add.delay()  # nuvom: ignore[NUV202]
add.delay(
    1, 2, 3
)  # nuvom: ignore[NUV201, NUV202]
";
    let found = findings(&[("tasks.py", TASKS), ("views.py", text)]);

    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].span.unwrap().line, found[0].rule), (4, Rule::MissingArgument));
}

#[test]
fn a_comment_that_names_no_rule_is_told() {
    let text = "from tasks import add\nadd.delay()  # nuvom: ignore[NUV999]\n";
    let found = findings(&[("tasks.py", TASKS), ("views.py", text)]);

    assert_eq!(
        found.iter().map(|it| it.rule).collect::<Vec<_>>(),
        [Rule::MissingArgument, Rule::UnknownCode]
    );
}

#[test]
fn problems_of_discovery_are_findings() {
    let text = "from nuvom import task\nclass A:\n    @task\n    def method(self): ...\n";
    let found = findings(&[("a.py", text), ("b.py", "import nuvom\ndef (:\n")]);

    assert_eq!(found.iter().map(|it| it.rule).collect::<Vec<_>>(), [Rule::NotATask, Rule::SyntaxError]);
}

/// The rules that a task with this schedule in its code breaks, and what is said.
fn broken_by_rule(rule: &str) -> Vec<(Rule, String)> {
    let text = format!(
        "from datetime import timedelta\nimport nuvom\nfrom nuvom import cron, every, task\nSPAN = 3\n\n@task(schedule={rule})\ndef beat(x=1): ...\n"
    );
    findings(&[("tasks.py", &text)]).into_iter().map(|finding| (finding.rule, finding.message)).collect()
}

#[test]
fn schedules_in_the_code_are_checked() {
    for good in [
        "every(minutes=5)",
        "every(30)",
        "nuvom.every(timedelta(hours=1))",
        "every(seconds=SPAN)",
        "cron('0 9 * * MON', timezone_name='Europe/Berlin')",
        "nuvom.cron('@daily', 'UTC')",
        "cron(expression)",
        "made_elsewhere",
        "None",
    ] {
        assert_eq!(broken_by_rule(good), [], "{good}");
    }
    let rule = |text| broken_by_rule(text).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
    assert_eq!(rule("cron('61 * * * *')"), [Rule::InvalidCron]);
    assert_eq!(rule("nuvom.cron('@daily', 'Europe/Berln')"), [Rule::UnknownZone]);
    assert_eq!(rule("cron('61 * * * *', timezone_name='X')"), [Rule::InvalidCron, Rule::UnknownZone]);
    assert_eq!(rule("every(0)"), [Rule::BadInterval]);
    assert_eq!(rule("every(interval='5 min')"), [Rule::BadInterval]);
    assert_eq!(rule("'0 9 * * *'"), [Rule::BadOptionValue]);
    assert_eq!(rule("5"), [Rule::BadOptionValue]);
}

#[test]
fn a_schedule_in_the_code_calls_its_task_without_arguments() {
    let text = "from nuvom import every, task\n\n@task(schedule=every(minutes=5))\ndef beat(day): ...\n";

    let found = findings(&[("tasks.py", text)]);

    assert_eq!(found.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [Rule::MissingArgument]);
    assert_eq!(found[0].span.unwrap().line, 3);
}
