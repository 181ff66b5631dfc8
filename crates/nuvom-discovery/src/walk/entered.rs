//! The folders that a walk has entered, shared by its threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::entry::Entry;
use super::folder::Folder;
use super::rules::Rules;

/// Every folder that was entered, by its path. The walk tells of an entry without what is known of its folder.
#[derive(Debug)]
pub(super) struct Entered {
    rules: Rules,
    folders: RwLock<HashMap<PathBuf, Arc<Folder>>>,
}

impl Entered {
    /// Enters the root.
    pub(super) fn new(root: &Path, rules: Rules) -> Self {
        let folder = Arc::new(rules.enter_root());
        Self { rules, folders: RwLock::new(HashMap::from([(root.to_owned(), folder)])) }
    }

    /// Whether a file is taken; whether a folder is entered, which this then does.
    pub(super) fn takes(&self, entry: &Entry<'_>) -> bool {
        // A folder is entered before its entries are met, so its parent is never missing.
        let Some(parent) = entry.path.parent().and_then(|path| self.folder(path)) else {
            return false;
        };
        let verdict = self.rules.judge(&parent, entry);
        if !entry.is_folder() {
            return verdict.reason.is_in();
        }
        let entered = self.rules.enter(&parent, entry, &verdict).map(Arc::new);
        if let Some(folder) = &entered {
            let mut folders = self.folders.write().unwrap_or_else(PoisonError::into_inner);
            folders.insert(folder.path.clone(), Arc::clone(folder));
        }
        entered.is_some()
    }

    fn folder(&self, path: &Path) -> Option<Arc<Folder>> {
        self.folders.read().unwrap_or_else(PoisonError::into_inner).get(path).map(Arc::clone)
    }

    /// All of them, by path.
    pub(super) fn folders(&self) -> Vec<Arc<Folder>> {
        let folders = self.folders.read().unwrap_or_else(PoisonError::into_inner);
        let mut folders: Vec<_> = folders.values().map(Arc::clone).collect();
        folders.sort_by(|one, other| one.path.cmp(&other.path));
        folders
    }
}
