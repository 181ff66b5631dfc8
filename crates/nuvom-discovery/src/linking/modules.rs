//! The modules of a project by name, and what names in them lead to.

use std::collections::HashMap;

use crate::reading::{Argument, Decorator, Facts, Function, Meaning, Unsendable, attribute_of, dotted};

/// Where Nuvom's decorator lives. The module and the decorator share a name, so both spellings occur.
const DECORATOR_PATHS: &[&str] = &["nuvom.task", "nuvom.task.task"];

/// A file that was read, under the name by which it is imported.
#[derive(Debug)]
pub(crate) struct File {
    /// Relative to the project, with forward slashes.
    pub(crate) path: String,
    /// The name to import it by, else why there is none.
    pub(crate) module: Result<String, String>,
    /// The name that the project knows it by: that one, where there is one.
    pub(crate) key: String,
    pub(crate) facts: Facts,
}

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing<'f> {
    /// `@task`.
    Decorator,
    /// Anything else of Nuvom's.
    Nuvom,
    /// A function, by its file and its place there.
    Function(FileFunction<'f>),
    /// What a call of `@task` made that got a name.
    Kept(&'f File, usize),
    /// A module of the project.
    Module(&'f str),
    /// A value that no job can carry.
    Unsendable(Unsendable),
    /// Anything.
    Unknown,
}

/// A function of the project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileFunction<'f> {
    pub(crate) file: &'f File,
    pub(crate) place: usize,
}

impl PartialEq for FileFunction<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.file, other.file) && self.place == other.place
    }
}

impl Eq for FileFunction<'_> {}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for File {}

impl<'f> FileFunction<'f> {
    pub(crate) fn get(self) -> &'f Function {
        &self.file.facts.functions[self.place]
    }
}

/// A Python file of the project, read or not.
#[derive(Debug)]
pub(crate) struct KnownModule {
    pub(crate) key: String,
    pub(crate) path: String,
    /// Of two files of one name, the lower one is imported.
    pub(crate) rank: usize,
    pub(crate) is_package: bool,
}

/// The modules of a project.
#[derive(Debug, Default)]
pub(crate) struct Modules<'f> {
    read: HashMap<&'f str, &'f File>,
    /// The file that an import reads; none for a folder without `__init__.py`.
    known: HashMap<&'f str, Option<&'f KnownModule>>,
}

/// The way of a question through the project, so that it does not turn in circles.
type Trail<'t> = Vec<(&'t str, String)>;

impl<'f> Modules<'f> {
    pub(crate) fn new(files: &'f [File], all: &'f [KnownModule]) -> Self {
        let mut modules = Self::default();
        for module in all {
            let first = modules.known.entry(&module.key).or_insert(Some(module));
            if first.is_none_or(|first| module.rank < first.rank) {
                *first = Some(module);
            }
            for (end, _) in module.key.match_indices('.') {
                modules.known.entry(&module.key[..end]).or_insert(None);
            }
        }
        for file in files {
            if modules.path_of(&file.key) == Some(&*file.path) {
                modules.read.insert(&file.key, file);
            }
        }
        modules
    }

    /// The path of the file that an import of this name reads.
    pub(crate) fn path_of(&self, name: &str) -> Option<&'f str> {
        self.known.get(name).copied().flatten().map(|module| &*module.path)
    }

    /// The module's own name, if it can be imported: everything above it must be a package, and must not fail.
    fn importable(&self, name: &str) -> Option<&'f str> {
        let above = name.match_indices('.').map(|(end, _)| &name[..end]);
        let is_sound = |name: &str| self.read.get(name).is_none_or(|file| file.facts.syntax_error.is_none());
        let is_package = |name: &str| match self.known.get(name) {
            Some(Some(module)) => module.is_package,
            Some(None) => true,
            None => false,
        };
        let mut above = above.map(|package| is_package(package) && is_sound(package));
        let (own, _) = self.known.get_key_value(name)?;
        (above.all(|good| good) && is_sound(name)).then_some(*own)
    }

    /// The file that an import of this name reads, if its facts are known.
    pub(crate) fn file(&self, name: &str) -> Option<&'f File> {
        self.read.get(name).copied()
    }

    /// The module of the project that a path begins with.
    pub(crate) fn module_of(&self, path: &str) -> Option<&'f str> {
        let ends = [path.len()].into_iter().chain(path.rmatch_indices('.').map(|(at, _)| at));
        ends.into_iter().find_map(|end| self.known.get_key_value(&path[..end]).map(|(name, _)| *name))
    }

    /// What a meaning of this file leads to: one thing or, where it is not certain, several.
    pub(crate) fn resolve(&self, file: &'f File, meanings: &[Meaning]) -> Vec<Thing<'f>> {
        self.resolve_all(file, meanings, &mut Vec::new())
    }

    /// The options of Nuvom's decorator, if this one is it, and where they are written: at the decorator, or where it was
    /// kept.
    pub(crate) fn task_options(
        &self,
        file: &'f File,
        decorator: &'f Decorator,
    ) -> Option<(&'f File, &'f [Argument])> {
        self.resolve(file, &decorator.meanings).into_iter().find_map(|thing| match thing {
            Thing::Decorator => Some((file, &*decorator.arguments)),
            Thing::Kept(file, place) if !decorator.is_called => {
                self.is_kept_decorator(file, place).then(|| (file, &*file.facts.kept[place].arguments))
            }
            _ => None,
        })
    }

    pub(crate) fn is_kept_decorator(&self, file: &'f File, place: usize) -> bool {
        self.resolve(file, &file.facts.kept[place].called).contains(&Thing::Decorator)
    }

    fn resolve_all<'t>(&self, file: &'f File, meanings: &[Meaning], trail: &mut Trail<'t>) -> Vec<Thing<'f>>
    where
        'f: 't,
    {
        let mut things = Vec::new();
        for meaning in meanings {
            for thing in self.resolve_one(file, meaning, trail) {
                if !things.contains(&thing) {
                    things.push(thing);
                }
            }
        }
        things
    }

    fn resolve_one<'t>(&self, file: &'f File, meaning: &Meaning, trail: &mut Trail<'t>) -> Vec<Thing<'f>>
    where
        'f: 't,
    {
        match meaning {
            Meaning::Path(path) => self.resolve_path(path, trail),
            Meaning::Starred { modules, name, otherwise } => {
                let first = name.split('.').next().unwrap_or(name);
                let mut things = Vec::new();
                for module in modules {
                    match self.exports(module, first, &mut Vec::new()) {
                        Exports::Surely => {
                            things.extend(self.resolve_path(&format!("{module}:{name}"), trail));
                            return things;
                        }
                        Exports::Perhaps => {
                            things.extend(self.resolve_path(&format!("{module}:{name}"), trail));
                        }
                        Exports::Not => {}
                        Exports::Unknown => things.push(Thing::Unknown),
                    }
                }
                things.extend(self.resolve_all(file, otherwise, trail));
                things
            }
            Meaning::Function(place) => vec![Thing::Function(FileFunction { file, place: *place })],
            Meaning::Kept(place) => vec![Thing::Kept(file, *place)],
            Meaning::Copy(of) => {
                let things = self.resolve_one(file, of, trail).into_iter();
                things.map(|it| if matches!(it, Thing::Function(_)) { it } else { Thing::Unknown }).collect()
            }
            Meaning::Unsendable(what) => vec![Thing::Unsendable(*what)],
            Meaning::Unknown => vec![Thing::Unknown],
        }
    }

    /// Follows a path as Python would: in a module, a name of its own comes before a module inside it.
    fn resolve_path<'t>(&self, path: &str, trail: &mut Trail<'t>) -> Vec<Thing<'f>>
    where
        'f: 't,
    {
        let (module, mut rest) = path.split_once(':').unwrap_or((path, ""));
        if module == "nuvom" || module.starts_with("nuvom.") {
            let is_decorator = DECORATOR_PATHS.contains(&dotted(path).as_str());
            return vec![if is_decorator { Thing::Decorator } else { Thing::Nuvom }];
        }
        let Some(mut module) = self.importable(module) else { return vec![Thing::Unknown] };
        while !rest.is_empty() {
            let (name, attributes) =
                rest.split_once('.').map_or((rest, None), |(name, rest)| (name, Some(rest)));
            if let Some(things) = self.resolve_name(module, name, attributes, trail) {
                return things;
            }
            match self.importable(&format!("{module}.{name}")) {
                Some(inner) => module = inner,
                None => return vec![Thing::Unknown],
            }
            rest = attributes.unwrap_or_default();
        }
        vec![Thing::Module(module)]
    }

    /// What a module's own name leads to; none if it has no such name.
    fn resolve_name<'t>(
        &self,
        module: &'f str,
        name: &str,
        attributes: Option<&str>,
        trail: &mut Trail<'t>,
    ) -> Option<Vec<Thing<'f>>>
    where
        'f: 't,
    {
        let file = self.read.get(module).copied()?;
        let step = (module, name.to_owned());
        if trail.contains(&step) {
            // Round in a circle; or a package that names the module inside it, which is looked at next.
            return None;
        }
        trail.push(step);
        let found = if let Some(meanings) = file.facts.names.get(name) {
            let meanings: Vec<Meaning> = meanings
                .iter()
                .map(|meaning| attributes.map_or(meaning.clone(), |it| attribute_of(meaning.clone(), it)))
                .collect();
            Some(self.resolve_all(file, &meanings, trail))
        } else {
            let mut stars = file.facts.stars.iter().rev();
            let star = stars.find(|star| {
                matches!(self.exports(star, name, &mut Vec::new()), Exports::Surely | Exports::Perhaps)
            });
            star.map(|star| {
                let path = match attributes {
                    Some(attributes) => format!("{star}:{name}.{attributes}"),
                    None => format!("{star}:{name}"),
                };
                self.resolve_path(&path, trail)
            })
        };
        trail.pop();
        found
    }

    /// Whether `from module import *` brings this name.
    fn exports(&self, module: &str, name: &str, asked: &mut Vec<String>) -> Exports {
        let certainly = |brings: bool| if brings { Exports::Surely } else { Exports::Not };
        if DECORATOR_PATHS.contains(&module) || module == "nuvom" {
            return certainly(name == "task");
        }
        let Some(file) = self.read.get(module).filter(|_| self.importable(module).is_some()) else {
            return Exports::Unknown;
        };
        if let Some(all) = &file.facts.all {
            return certainly(all.iter().any(|it| it == name));
        }
        if name.starts_with('_') || asked.iter().any(|it| it == module) {
            return Exports::Not;
        }
        if file.facts.names.contains_key(name) {
            return if file.facts.optional.contains(name) { Exports::Perhaps } else { Exports::Surely };
        }
        asked.push(module.to_owned());
        let mut inner = file.facts.stars.iter().map(|star| self.exports(star, name, asked));
        inner.find(|exports| matches!(exports, Exports::Surely | Exports::Perhaps)).unwrap_or(Exports::Not)
    }
}

/// Whether a module passes on a name to those who import all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exports {
    Surely,
    Perhaps,
    Not,
    Unknown,
}
