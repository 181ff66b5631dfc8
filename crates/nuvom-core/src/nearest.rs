//! The name that was probably meant.

/// The one of `names` that differs least from `wrong`, if it is close enough to be a slip.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Two slips in a short name, more in a long one; beyond that a guess would only mislead.
    let close_enough = (wrong.chars().count() / 4).max(2);
    names
        .into_iter()
        .map(|name| (distance(&wrong.to_ascii_lowercase(), &name.to_ascii_lowercase()), name))
        .filter(|(distance, name)| *distance <= close_enough && *distance < name.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
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
    fn something_else_finds_nothing() {
        assert_eq!(nearest("kafka", NAMES), None);
        assert_eq!(nearest("", ["ab"]), None);
    }
}
