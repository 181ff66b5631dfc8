//! The page of the documentation on commands, from their definitions.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory};

use super::{AFTER_HELP, Arguments};

/// Every command with its usage, arguments and options, as Markdown.
pub fn commands_reference() -> String {
    let mut root = Arguments::command();
    root.build();
    let mut page = format!("```text\n{AFTER_HELP}\n```\n");
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        group(command, &mut page);
    }
    page
}

/// A command with those under it.
fn group(command: &Command, page: &mut String) {
    let _ = write!(page, "\n## {}\n\n{}.\n", command.get_name(), about(command));
    let below: Vec<&Command> = command.get_subcommands().filter(|below| below.get_name() != "help").collect();
    if below.is_empty() || !command.is_subcommand_required_set() {
        definition(command, page);
    }
    for command in below {
        let name = command.get_bin_name().unwrap_or_default().trim_start_matches("nuvom ");
        let _ = write!(page, "\n### {name}\n\n{}.\n", about(command));
        definition(command, page);
    }
}

/// How it is called, and with what.
fn definition(command: &Command, page: &mut String) {
    let usage = command.clone().render_usage().to_string();
    let _ = write!(page, "\n```text\n{}\n```\n", usage.trim_start_matches("Usage: "));
    let arguments: Vec<&Arg> =
        command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_id() != "help").collect();
    if arguments.is_empty() {
        return;
    }
    page.push_str("\n| | meaning |\n| --- | --- |\n");
    for arg in arguments {
        let _ = writeln!(page, "| {} | {}{} |", name(arg), cell(&meaning(arg)), default(arg));
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn name(arg: &Arg) -> String {
    let long = cell(&arg.to_string());
    match arg.get_short() {
        Some(short) if !arg.is_positional() => format!("`-{short}`, `{long}`"),
        _ => format!("`{long}`"),
    }
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values = arg.get_possible_values();
    let values: Vec<&str> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
    if values.is_empty() || !arg.get_action().takes_values() {
        return help;
    }
    format!("{help}: `{}`", values.join("`, `"))
}

fn default(arg: &Arg) -> String {
    let values: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if values.is_empty() || !arg.get_action().takes_values() {
        return String::new();
    }
    format!(" [default: {}]", values.join(" "))
}

fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_usage() {
        let page = commands_reference();

        for usage in [
            "nuvom runworker [OPTIONS]",
            "nuvom history recent [OPTIONS]",
            "nuvom config get [OPTIONS] <NAME>",
        ] {
            assert!(page.contains(&format!("```text\n{usage}\n```")), "{usage}:\n{page}");
        }
    }

    #[test]
    fn every_argument_says_what_it_is_for() {
        let page = commands_reference();
        let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();

        assert!(rows.len() > 50, "{rows:#?}");
        assert!(rows.iter().all(|row| !row.ends_with("|  |")), "{rows:#?}");
    }

    #[test]
    fn every_command_that_lists_or_shows_can_write_json() {
        let mut all = Arguments::command();
        all.build();
        let (mut without, mut left) = (Vec::new(), vec![&all]);
        while let Some(command) = left.pop() {
            left.extend(command.get_subcommands().filter(|below| below.get_name() != "help"));
            if !command.has_subcommands() && !command.get_arguments().any(|arg| arg.get_id() == "json") {
                without.push(command.get_bin_name().unwrap_or_default().trim_start_matches("nuvom "));
            }
        }
        without.sort_unstable();

        // These run, write a script, files or one value, change jobs and say so, or answer with one word.
        let expected = "cancel job, cancel jobs, completions, config get, plugin scaffold, queue clear, retry job, retry jobs, \
                        runscheduler, runworker, status";
        assert_eq!(without.join(", "), expected);
    }
}
