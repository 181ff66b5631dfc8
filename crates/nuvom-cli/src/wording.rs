//! Sentences for people: numbers with their noun, and lines that fit a width.

use nuvom_core::QueueName;
use unicode_width::UnicodeWidthStr;

use crate::safe::visible;

/// `1 job` or `2 jobs`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `900 bytes`, `68.0 KiB`, or a larger unit.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return counted(bytes, "byte");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    // Below what would be written as 1024.0 of this unit.
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// The command that resumes these queues, for a shell.
pub(crate) fn to_resume<'a>(queues: impl IntoIterator<Item = &'a QueueName>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let word = |name: &QueueName| match name.as_str() {
        name if name.chars().all(is_plain) => name.to_owned(),
        name => format!("'{}'", name.replace('\'', r"'\''")),
    };
    let words: Vec<String> = queues.into_iter().map(word).collect();
    format!("nuvom queue resume {}", words.join(" "))
}

/// The text in lines of at most `width`, broken between words; a word that is wider stands alone, and what stands in
/// backticks, such as a command to copy, is one word unless it is long. It is made safe first, so that it is measured
/// as it will be seen.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(&visible(text), width / 2) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn words(text: &str, longest: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let is_open = |word: &String| word.matches('`').count() % 2 == 1;
        match words.last_mut() {
            Some(last) if is_open(last) && last.width() + 1 + word.width() <= longest => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "job")), ["0 jobs", "1 job", "2 jobs"]);
    }

    #[test]
    fn a_name_that_a_shell_would_take_apart_is_quoted() {
        let names = ["mail", "night shift", "it's"].map(|name| QueueName::new(name).unwrap());

        assert_eq!(to_resume(&names), r"nuvom queue resume mail 'night shift' 'it'\''s'");
    }

    #[test]
    fn lines_break_between_words_and_never_inside() {
        assert_eq!(
            wrapped("a text of words and an-unbreakable-one", 11),
            ["a text of", "words and", "an-unbreakable-one"]
        );
        assert!(wrapped("", 11).is_empty());
    }

    #[test]
    fn a_command_stays_whole_unless_it_is_long() {
        assert_eq!(wrapped("run it all by `ls -l x` now", 20), ["run it all by", "`ls -l x` now"]);
        assert_eq!(
            wrapped("run it by `ls -l and more of it` now", 20),
            ["run it by `ls -l and", "more of it` now"]
        );
    }

    #[test]
    fn a_text_is_measured_as_it_will_be_seen() {
        assert_eq!(wrapped("\u{1b} \u{1b} \u{1b}", 9), ["\\x1b \\x1b", "\\x1b"]);
    }

    #[test]
    fn a_size_has_the_unit_that_suits_it() {
        let sizes = [1, 1023, 1024, 69_632, (1 << 20) - 1, 5 << 30].map(size);

        assert_eq!(sizes, ["1 byte", "1023 bytes", "1.0 KiB", "68.0 KiB", "1.0 MiB", "5.0 GiB"]);
    }
}
