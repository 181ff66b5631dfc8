//! What others may import that matters: for each module, the names that lead to Nuvom or to a task.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::imports::Import;

/// Names by module.
pub(crate) type Names = BTreeMap<String, BTreeSet<String>>;

/// What is looked for among the imports of files.
#[derive(Debug, Default)]
pub(crate) struct Interest {
    names: Names,
    /// Packages above those modules: who has one gets at what is inside it.
    above: HashSet<String>,
}

impl Interest {
    pub(crate) fn in_names(names: Names) -> Self {
        let ends = |module: &String| -> Vec<String> {
            module.match_indices('.').map(|(end, _)| module[..end].to_owned()).collect()
        };
        let above = names.keys().flat_map(ends).collect();
        Self { names, above }
    }

    /// The packages above those modules, which may hide what is inside them.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &str> {
        self.above.iter().map(String::as_str)
    }

    /// Whether a file with these imports may get at any of it.
    pub(crate) fn is_met_by(&self, imports: &[Import]) -> bool {
        imports.iter().any(|import| match &import.names {
            None => {
                let first = import.module.split('.').next().unwrap_or(&import.module);
                self.leads_to(&import.module) || self.leads_to(first)
            }
            Some(names) => {
                let wanted = self.names.get(&import.module);
                names.iter().any(|name| {
                    (name == "*" && self.leads_to(&import.module))
                        || wanted.is_some_and(|wanted| wanted.contains(name))
                        || self.leads_to(&format!("{}.{name}", import.module))
                })
            }
        })
    }

    fn leads_to(&self, module: &str) -> bool {
        self.names.contains_key(module) || self.above.contains(module)
    }
}
