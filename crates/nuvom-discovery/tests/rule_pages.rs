//! What the page of a rule shows is what the rule does.
//!
//! Each section of a page is a whole project. A block whose first line is `# name` is that file; another one is
//! `tasks.py`. Rules about jobs in a store (`NUV4xx`) need a store; here their pages are held to their form, and to calls
//! that fit the code of one time and not of the other.

#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod project;

use nuvom_discovery::{Finding, Rule, ScanOptions, check};
use project::{Project, only_task};

/// The rules whose findings depend on source alone.
fn rules_of_source() -> impl Iterator<Item = Rule> {
    Rule::ALL.into_iter().filter(|rule| !rule.code().starts_with("NUV4"))
}

/// The text below a heading, up to the next one.
fn section(rule: Rule, heading: &str) -> &'static str {
    let headed = format!("\n## {heading}\n");
    let rest = rule.page().split_once(&headed).map_or("", |(_, rest)| rest);
    rest.split("\n## ").next().unwrap_or_default()
}

/// The texts of the fenced blocks, in order.
fn blocks(section: &str) -> Vec<&str> {
    let inside = section.split("```").skip(1).step_by(2);
    inside.map(|block| block.split_once('\n').map_or("", |(_, text)| text)).collect()
}

fn file_of(block: &str) -> &str {
    let named = block.lines().next().and_then(|line| line.strip_prefix("# "));
    named.filter(|name| name.contains('.') && !name.contains(' ')).unwrap_or("tasks.py")
}

/// What is found in a project of these blocks.
fn found(blocks: &[&str]) -> Vec<Finding> {
    let project = Project::new();
    for block in blocks {
        project.write(file_of(block), block);
    }
    check(project.root(), &ScanOptions::default()).unwrap().findings
}

#[test]
fn a_page_begins_with_the_code_the_name_and_the_summary() {
    for rule in Rule::ALL {
        let text = rule.text();
        let start = format!("# {}: {}\n\n{}\n\n## What is wrong\n", text.code, text.name, text.summary);

        assert!(rule.page().starts_with(&start), "the page of {} does not begin with\n{start}", text.code);
    }
}

#[test]
fn a_page_has_the_same_sections_as_the_others() {
    const HEADINGS: [&str; 4] = ["What is wrong", "Example", "Instead", "To silence it"];

    for rule in Rule::ALL {
        let headings: Vec<_> = rule.page().lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let expected = &HEADINGS[..headings.len().clamp(3, 4)];

        assert_eq!(headings, expected, "{}", rule.code());
        assert!(rule.page().ends_with('\n') && !rule.page().ends_with("\n\n"), "{}", rule.code());
    }
}

#[test]
fn the_example_of_a_page_breaks_its_rule_and_no_other() {
    for rule in rules_of_source() {
        let findings = found(&blocks(section(rule, "Example")));

        assert!(!findings.is_empty(), "nothing is found in the example of {}", rule.code());
        assert!(findings.iter().all(|it| it.rule == rule), "{}: {findings:?}", rule.code());
    }
}

#[test]
fn nothing_is_found_in_what_a_page_recommends() {
    for rule in rules_of_source() {
        let blocks = blocks(section(rule, "Instead"));

        assert!(!blocks.is_empty(), "{} recommends nothing", rule.code());
        assert_eq!(found(&blocks), [], "{}", rule.code());
    }
}

#[test]
fn a_page_about_parameters_shows_a_call_that_fits_before_and_instead_and_not_now() {
    for rule in [Rule::ParameterAdded, Rule::ParameterGone, Rule::TooManyArguments] {
        let [before, now] = blocks(section(rule, "Example"))[..] else { panic!("{}", rule.code()) };
        let [instead] = blocks(section(rule, "Instead"))[..] else { panic!("{}", rule.code()) };
        let call = before.lines().last().unwrap();
        let is_refused = |code: &str| !found(&[&*format!("{code}\n\n{call}\n")]).is_empty();

        assert!(call.contains(".delay("), "{}: {call}", rule.code());
        assert_eq!([before, now, instead].map(is_refused), [false, true, false], "{}", rule.code());
    }
}

#[test]
fn the_page_about_tasks_that_are_gone_shows_an_alias_for_the_old_name() {
    let names = |block: &str| {
        let task = only_task(Project::with("tasks.py", block).scan());
        [vec![task.name], task.aliases].concat()
    };
    let [before, now] = blocks(section(Rule::TaskGone, "Example"))[..] else { panic!("two blocks") };
    let [instead] = blocks(section(Rule::TaskGone, "Instead"))[..] else { panic!("one block") };

    assert!(!names(now).contains(&names(before)[0]));
    assert_eq!(names(instead), [&*names(now), &*names(before)].concat());
}

#[test]
fn a_comment_that_a_page_recommends_names_its_rule() {
    for rule in Rule::ALL {
        let silencing = section(rule, "To silence it");
        let own = format!("ignore[{}]", rule.code());

        assert_eq!(silencing.matches("ignore[").count(), silencing.matches(&own).count(), "{}", rule.code());
    }
}
