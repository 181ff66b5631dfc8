//! The reference page of the settings, made from the table.

use std::fmt::Write;

use super::table::{Fallback, TABLE};

/// Every setting as a Markdown table.
pub fn settings_reference() -> String {
    let mut page = String::from("| setting | default | accepts | meaning |\n| --- | --- | --- | --- |\n");
    for row in TABLE {
        let fallback = match row.fallback {
            Fallback::Text(text) => format!("`{text}`"),
            Fallback::Same(name) => format!("as `{name}`"),
            Fallback::Fraction { of, divisor } => format!("`{of}` / {divisor}"),
        };
        writeln!(page, "| `{}` | {fallback} | {} | {} |", row.name, row.kind, row.doc)
            .expect("a String takes all that is written to it");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_line_of_four_cells() {
        let page = settings_reference();

        assert_eq!(page.lines().count(), TABLE.len() + 2);
        assert!(page.lines().all(|line| line.matches(" | ").count() == 3), "{page}");
        assert!(page.contains("| `NUVOM_BEAT_SECS` | `NUVOM_LEASE_SECS` / 3 |"));
    }
}
