//! What of a Python traceback a person looks at first: frames of the project stand out, those of libraries step back.
//! Only styles are chosen here; the text stays as it was stored.

use crate::styled::Style;

/// The style of each line. A path that is not known to be a library's counts as the project's.
pub(crate) fn styles<'a>(lines: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (Style, &'a str)> {
    let mut frame = Style::Plain;
    lines.map(move |line| {
        if let Some(place) = line.strip_prefix("  File \"") {
            frame = if is_library(place) { Style::Dim } else { Style::Heading };
        } else if !line.starts_with("    ") {
            frame = Style::Plain;
        }
        (frame, line)
    })
}

fn is_library(place: &str) -> bool {
    let path = place.split('"').next().unwrap_or(place).replace('\\', "/");
    path.starts_with("<frozen ")
        || ["/site-packages/", "/dist-packages/", "/lib/python3"].iter().any(|part| path.contains(part))
}

#[cfg(test)]
mod tests {
    use Style::{Dim, Heading, Plain};

    use super::*;

    #[test]
    fn frames_of_the_project_stand_out_and_those_of_libraries_step_back() {
        let traceback = "Traceback (most recent call last):\n\
            \x20 File \"/srv/app/mail.py\", line 7, in send\n    post(letter)\n\
            \x20 File \"/srv/app/.venv/lib/python3.13/site-packages/http/api.py\", line 9, in post\n    ~~^^\n\
            OSError: no route";

        let shown: Vec<Style> = styles(traceback.lines()).map(|(style, _)| style).collect();

        assert_eq!(shown, [Plain, Heading, Heading, Dim, Dim, Plain]);
    }

    #[test]
    fn libraries_are_known_by_their_folders() {
        assert!(is_library("/usr/lib/python3.13/json/decoder.py\", line 1"));
        assert!(is_library("C:\\app\\Lib\\site-packages\\x.py\", line 1"));
        assert!(is_library("<frozen importlib._bootstrap>\", line 1"));
        assert!(!is_library("/srv/app/site.py\", line 1"));
    }
}
