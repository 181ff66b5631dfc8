//! The project's `.env`, read as data: the environment of the process stays as it is.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::Origin;
use super::problems::Problems;
use super::table::PREFIX;
use crate::permissions::is_world_writable;

/// The names and values of the file, each name once, with the value of its last line. A file that is not
/// there says nothing, and neither does a folder of that name, which is how some call a virtual environment.
pub(super) fn read(
    path: &Path,
    warnings: &mut Vec<String>,
    problems: &mut Problems,
) -> Vec<(String, String)> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Vec::new(),
        Ok(metadata) if is_world_writable(&metadata) => {
            warnings.push(format!(
                "{} is ignored, because any user of this machine may write it; run `chmod o-w .env`",
                path.display()
            ));
            return Vec::new();
        }
        _ => {}
    }
    match fs::read_to_string(path) {
        Ok(text) => parse(text.trim_start_matches('\u{feff}'), warnings, problems),
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            problems.unreadable(Origin::DotEnv, format!("{} cannot be read: {error}", path.display()));
            Vec::new()
        }
    }
}

fn parse(text: &str, warnings: &mut Vec<String>, problems: &mut Problems) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut unreadable = 0;
    for line in dotenvy::from_read_iter(text.as_bytes()) {
        match line {
            Ok((name, value)) => {
                lines.retain(|(earlier, _)| *earlier != name);
                lines.push((name, value));
            }
            // The error holds a part of the line, which may be a secret, and not always the name.
            Err(dotenvy::Error::LineParse(..)) => unreadable += 1,
            Err(error) => {
                problems.unreadable(Origin::DotEnv, format!("it cannot be read to its end: {error}"));
                break;
            }
        }
    }
    if unreadable > 0 {
        tell_unreadable(text, unreadable, &lines, warnings, problems);
    }
    lines
}

/// A setting of ours that cannot be read is a problem; what cannot be read of others is only told.
fn tell_unreadable(
    text: &str,
    unreadable: usize,
    lines: &[(String, String)],
    warnings: &mut Vec<String>,
    problems: &mut Problems,
) {
    let is_read = |name: &String| lines.iter().any(|(read, _)| read == name);
    let ours: Vec<String> = text.lines().filter_map(our_name).filter(|name| !is_read(name)).collect();
    for name in &ours {
        let fault = format!("the line of {name} cannot be read; put its value in quotes");
        problems.unreadable(Origin::DotEnv, fault);
    }
    if unreadable > ours.len() {
        warnings.push(".env has lines that cannot be read; they were passed over".to_owned());
    }
}

/// The name of the setting that a line seems to mean.
fn our_name(line: &str) -> Option<String> {
    let line = line.trim_start().trim_start_matches("export ").trim_start();
    let is_of_name = |sign: &char| sign.is_ascii_alphanumeric() || *sign == '_';
    line.starts_with(PREFIX).then(|| line.chars().take_while(is_of_name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Vec<(String, String)>, Vec<String>, bool) {
        let (mut warnings, mut problems) = (Vec::new(), Problems::default());
        let lines = parse(text, &mut warnings, &mut problems);
        (lines, warnings, problems.result().is_err())
    }

    #[test]
    fn the_last_line_of_a_name_counts() {
        let (lines, ..) = read_text("NUVOM_A=1\nexport NUVOM_A='2'\n");

        assert_eq!(lines, [("NUVOM_A".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn a_bad_line_of_another_program_is_a_warning_that_does_not_repeat_it() {
        let (lines, warnings, failed) = read_text("SECRET=hunter2 hunter3\nNUVOM_A=1\n");

        assert_eq!(lines, [("NUVOM_A".to_owned(), "1".to_owned())]);
        assert!(!failed);
        assert!(!warnings.concat().contains("hunter"), "{warnings:?}");
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn a_bad_line_of_ours_is_a_problem() {
        let (_, warnings, failed) = read_text("NUVOM_A=1 2\n");

        assert!(failed);
        assert!(warnings.is_empty());
    }
}
