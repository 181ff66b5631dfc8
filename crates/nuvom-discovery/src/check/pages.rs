//! The page of each rule.

use super::rules::Rule;

impl Rule {
    /// Its page.
    pub fn page(self) -> &'static str {
        self.text().summary
    }
}
