//! The name that was probably meant.

/// The one of `names` that differs least from `wrong`, if it is close enough to be a slip; else the only one whose last
/// part does, such as `mail.send` for `send` and `task/report` for `report`.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let names: Vec<&str> = names.into_iter().collect();
    closest(wrong, names.iter().map(|name| (*name, *name))).next().or_else(|| {
        let mut found = closest(wrong, names.iter().filter_map(|name| Some((last_part(name)?, *name))));
        found.next().filter(|_| found.next().is_none())
    })
}

/// The names whose part is closest to `wrong`, all equally.
fn closest<'a>(
    wrong: &str,
    parts: impl Iterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = &'a str> {
    // Two slips in a short name, more in a long one; beyond that a guess would only mislead.
    let close_enough = (wrong.chars().count() / 4).max(2);
    let wrong = wrong.to_ascii_lowercase();
    let mut close: Vec<(usize, &str)> = parts
        .map(|(part, name)| (distance(&wrong, &part.to_ascii_lowercase()), part, name))
        .filter(|(distance, part, _)| *distance <= close_enough && *distance < part.chars().count())
        .map(|(distance, _, name)| (distance, name))
        .collect();
    let least = close.iter().map(|(distance, _)| *distance).min();
    close.retain(|(distance, _)| Some(*distance) == least);
    close.into_iter().map(|(_, name)| name)
}

/// What stands behind the last dot or stroke, where there is one.
fn last_part(name: &str) -> Option<&str> {
    name.rsplit_once(['.', '/', ':']).map(|(_, last)| last)
}

/// How many characters must be added, dropped or replaced to turn one text into the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, left) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["NUVOM_LEASE_SECS", "NUVOM_BEAT_SECS", "sqlite"];

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        assert_eq!(nearest("NUVOM_LEASE_SEC", NAMES), Some("NUVOM_LEASE_SECS"));
        assert_eq!(nearest("sqllite", NAMES), Some("sqlite"));
    }

    #[test]
    fn the_case_of_letters_is_no_difference() {
        assert_eq!(nearest("SQLite", NAMES), Some("sqlite"));
    }

    #[test]
    fn a_name_without_its_front_is_found_if_only_one_ends_so() {
        let names = ["mail.send", "task/report", "alpha.sum", "gamma.sum"];

        assert_eq!(nearest("send", names), Some("mail.send"));
        assert_eq!(nearest("repotr", names), Some("task/report"));
        assert_eq!(nearest("sum", names), None);
    }

    #[test]
    fn something_else_finds_nothing() {
        assert_eq!(nearest("kafka", NAMES), None);
        assert_eq!(nearest("", ["ab"]), None);
    }
}
