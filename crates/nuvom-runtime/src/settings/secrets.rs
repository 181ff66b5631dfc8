//! Keeps passwords out of what is shown.

/// The text with what may hold a password in a URL replaced: all before the last `@`, as passwords are often
/// written without escapes, and the query.
pub(crate) fn hidden(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.rsplit_once('@').map_or_else(|| rest.to_owned(), |(_, place)| format!("***@{place}"));
    match rest.split_once('?') {
        Some((place, _)) => format!("{scheme}://{place}?***"),
        None => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_of_a_url_are_hidden() {
        assert_eq!(hidden("postgres://nuvom:hunter2@db/jobs"), "postgres://***@db/jobs");
    }

    #[test]
    fn a_password_with_signs_of_its_own_is_hidden_whole() {
        assert_eq!(hidden("postgres://u:p@s/s?w@db/jobs"), "postgres://***@db/jobs");
    }

    #[test]
    fn a_password_in_the_query_is_hidden() {
        assert_eq!(hidden("postgres://db/jobs?password=hunter2"), "postgres://db/jobs?***");
    }

    #[test]
    fn what_is_no_url_stays() {
        assert_eq!(hidden("/srv/a@b.db"), "/srv/a@b.db");
    }
}
