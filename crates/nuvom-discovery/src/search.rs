//! Finds the files that may import certain modules, from their bytes alone. It may find too many, never too few:
//! whoever imports a module names the last part of its name, or imports relatively from inside its package.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use nuvom_core::{Error, ErrorKind, Result};

use crate::source;

/// A search for some modules.
pub(crate) struct Search {
    words: AhoCorasick,
    /// With a dot at the end.
    packages: BTreeSet<String>,
}

impl Search {
    /// A search for modules by their names.
    pub(crate) fn for_modules<'m>(modules: impl Iterator<Item = &'m str> + Clone) -> Result<Self> {
        let words: BTreeSet<&str> =
            modules.clone().map(|module| module.rsplit_once('.').map_or(module, |(_, last)| last)).collect();
        let words = AhoCorasick::new(words).map_err(|cause| {
            Error::new(ErrorKind::Unavailable, "the project has too many modules with tasks to search for")
                .caused_by(cause)
        })?;
        Ok(Self { words, packages: modules.map(|module| format!("{module}.")).collect() })
    }

    /// Whether a file of this name, with these bytes, may import one of them.
    pub(crate) fn finds(&self, module: &str, bytes: &[u8]) -> bool {
        let mut words = self.words.find_overlapping_iter(bytes);
        words.any(|found| source::is_whole_word(bytes, found.range()))
            || (self.is_inside(module) && source::imports_relatively(bytes))
    }

    fn is_inside(&self, module: &str) -> bool {
        module.char_indices().any(|(at, letter)| letter == '.' && self.packages.contains(&module[..=at]))
    }
}
