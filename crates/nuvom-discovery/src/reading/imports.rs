//! What imports bind.

use ruff_python_ast::{Identifier, StmtImport, StmtImportFrom};

use super::facts::Meaning;
use super::reader::Reader;
use crate::module_name::absolute;

impl<'a> Reader<'a> {
    pub(super) fn import(&mut self, import: &'a StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            let first = module.split('.').next().unwrap_or(module);
            self.bind_submodule(module);
            // `import a.b as c` takes what `a` has under the name `b`.
            let inside = module.strip_prefix(first).map_or("", |rest| rest.trim_start_matches('.'));
            let (bound, path) = match &alias.asname {
                Some(name) => (name.as_str(), format!("{first}:{inside}")),
                None => (first, format!("{first}:")),
            };
            self.frames.bind(bound, vec![Meaning::Path(path.into())]);
        }
    }

    pub(super) fn import_from(&mut self, import: &'a StmtImportFrom) {
        let named = import.module.as_ref().map_or("", Identifier::as_str);
        let module = absolute(named, import.level as usize, self.source.package);
        match (&import.module, import.level) {
            (Some(named), 0) => self.bind_submodule(named.as_str()),
            (Some(named), 1) if self.source.is_package => self.bind_first(named.as_str()),
            _ => {}
        }
        for alias in &import.names {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            match (&module, bound) {
                (Some(module), "*") => self.frames.import_all(module.as_str().into()),
                (None, "*") => self.frames.import_all("".into()),
                (Some(module), _) => {
                    let path = format!("{module}:{}", alias.name);
                    self.frames.bind(bound, vec![Meaning::Path(path.into())]);
                }
                (None, _) => self.frames.bind(bound, vec![Meaning::Unknown]),
            }
        }
    }

    /// A package gets a name for each module inside it that is imported, whoever imports it.
    fn bind_submodule(&mut self, module: &'a str) {
        let inside = module.strip_prefix(self.source.package).and_then(|rest| rest.strip_prefix('.'));
        if let Some(inside) = inside.filter(|_| self.source.is_package) {
            self.bind_first(inside);
        }
    }

    fn bind_first(&mut self, inside: &'a str) {
        let first = inside.split('.').next().unwrap_or(inside);
        if !self.submodules.insert(first) {
            return; // Only the first import of a module does that.
        }
        self.frames.bind(first, vec![Meaning::Path(format!("{}.{first}:", self.source.package).into())]);
    }
}
