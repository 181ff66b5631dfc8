//! Gathers the facts of a project: finds the files that matter, and reads those alone. A file matters if it mentions
//! Nuvom, or a module that passes on something of Nuvom's or defines a task.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::time::SystemTime;

use nuvom_core::{Error, ErrorKind, Result};

use crate::cache::{Cache, Entries};
use crate::candidate::{Candidate, MARKER, State};
use crate::deep_pool;
use crate::interest::{Interest, Names};
use crate::linking::{File, KnownModule, Modules, Thing};
use crate::module_name::ModuleNames;
use crate::problem::Problem;
use crate::reading::{Meaning, Shape, dotted};
use crate::scan::ScanOptions;
use crate::walk;

/// What a project says.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// The files that matter, by path.
    pub(crate) files: Vec<File>,
    /// All modules.
    known: Vec<KnownModule>,
    /// What stands in the way of reading.
    pub(crate) problems: Vec<Problem>,
    /// How many Python files there are.
    pub(crate) listed: usize,
}

impl Gathered {
    pub(crate) fn modules(&self) -> Modules<'_> {
        Modules::new(&self.files, &self.known)
    }
}

/// Reads what matters below `root`.
pub(crate) fn gather(root: &Path, options: &ScanOptions) -> Result<Gathered> {
    let began = SystemTime::now();
    let names = ModuleNames::of(root, &options.roots);
    let listing = walk::python_files(root, options)?;
    let cache = options.cache.as_deref().map(|path| Cache::load(path, names.roots())).unwrap_or_default();
    let searched_for = cache.searched_for.clone();
    let known_files = cache.len();

    let interest = Interest::in_names(searched_for.clone());
    let mut gathering = Gathering { searched_for, ..Gathering::default() };
    let known_entries = Entries::new(cache);
    gathering.candidates =
        in_parallel(&listing.files, |path| Candidate::look(root, path, &names, &known_entries, &interest))?;
    gathering.take_read(&names);
    // Where all is as the last scan left it, that scan has followed everything to its end.
    let changed = known_files != gathering.candidates.len()
        || gathering.candidates.iter().any(|candidate| candidate.is_news);
    if changed {
        while gathering.follow(&names)? {}
        gathering.drop_what_does_not_matter();
    }

    if let Some(path) = options.cache.as_deref().filter(|_| changed) {
        let facts: HashMap<&str, &File> = gathering.files.iter().map(|it| (it.path.as_str(), it)).collect();
        let files = gathering.candidates.iter().filter_map(|candidate| {
            let facts = facts.get(candidate.shown.as_str()).map(|file| &file.facts);
            candidate.entry(facts).map(|entry| (candidate.shown.as_str(), entry))
        });
        Cache::save(path, names.roots(), began, &gathering.searched_for, files.collect());
    }
    let mut problems = listing.problems;
    problems.extend(gathering.candidates.iter().filter_map(|candidate| match &candidate.state {
        State::Unreadable(problem) => Some(problem.clone()),
        _ => None,
    }));
    Ok(Gathered { files: gathering.files, known: gathering.known, problems, listed: listing.files.len() })
}

#[derive(Default)]
struct Gathering {
    candidates: Vec<Candidate>,
    known: Vec<KnownModule>,
    files: Vec<File>,
    /// What matters to others, and whose importers were looked for.
    searched_for: Names,
}

impl Gathering {
    /// Takes over what was read.
    fn take_read(&mut self, names: &ModuleNames) {
        if self.known.is_empty() {
            let known = self.candidates.iter().map(|candidate| KnownModule {
                key: candidate.key.clone(),
                path: candidate.shown.clone(),
                rank: candidate.rank,
                is_package: candidate.is_package(),
            });
            self.known = known.collect();
        }
        self.files.extend(self.candidates.iter_mut().filter_map(|candidate| candidate.take_file(names)));
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// Reads the files that may import what matters in those that were read; answers whether there were any.
    fn follow(&mut self, names: &ModuleNames) -> Result<bool> {
        let modules = Modules::new(&self.files, &self.known);
        let mut found = Names::new();
        for file in &self.files {
            let known = self.searched_for.get(&file.key);
            let new = passed_on(file, &modules, &self.searched_for);
            let new: BTreeSet<String> =
                new.into_iter().filter(|name| known.is_none_or(|known| !known.contains(name))).collect();
            if !new.is_empty() {
                found.insert(file.key.clone(), new);
            }
        }
        let wanted = self.files.iter().flat_map(|file| wanted_by(file, &modules));
        let wanted: HashSet<&str> = wanted.filter(|it| modules.file(it).is_none()).collect();
        for (module, names) in &found {
            self.searched_for.entry(module.clone()).or_default().extend(names.iter().cloned());
        }
        let is_over = found.is_empty();
        let interest = Interest::in_names(found);
        let wanted: HashSet<&str> = wanted.into_iter().chain(interest.packages()).collect();

        let mut passed: Vec<&mut Candidate> =
            self.candidates.iter_mut().filter(|it| matches!(it.state, State::Passed(_))).collect();
        if is_over {
            passed.retain(|candidate| wanted.contains(candidate.key.as_str()));
        }
        let looked = in_parallel(&passed, |candidate| {
            candidate.look_again(&interest, wanted.contains(candidate.key.as_str()))
        })?;
        let mut any = false;
        for (candidate, state) in passed.into_iter().zip(looked) {
            if let Some(state) = state {
                any |= !matches!(state, State::Passed(_));
                candidate.is_news |= !matches!(state, State::Passed(_));
                candidate.state = state;
            }
        }
        self.take_read(names);
        Ok(any || !is_over)
    }

    /// Of the files that were read, many only mention a word.
    fn drop_what_does_not_matter(&mut self) {
        let modules = Modules::new(&self.files, &self.known);
        let mut keep: HashSet<&str> = self
            .files
            .iter()
            .filter(|file| matters(file, &modules, &self.searched_for))
            .map(|file| file.path.as_str())
            .collect();
        loop {
            let kept = self.files.iter().filter(|file| keep.contains(file.path.as_str()));
            let wanted = kept.flat_map(|file| wanted_by(file, &modules)).filter_map(|it| modules.file(it));
            let kept = self.files.iter().filter(|file| keep.contains(file.path.as_str()));
            let above = kept.flat_map(|file| file.key.match_indices('.').map(|(end, _)| &file.key[..end]));
            let wanted: Vec<&str> = wanted
                .chain(above.filter_map(|package| modules.file(package)))
                .map(|file| file.path.as_str())
                .collect();
            let before = keep.len();
            keep.extend(wanted);
            if keep.len() == before {
                break;
            }
        }
        let keep: HashSet<String> = keep.into_iter().map(str::to_owned).collect();
        self.files.retain(|file| keep.contains(&file.path));
    }
}

/// The names by which others could get something of Nuvom's, or a task, from this module.
fn passed_on(file: &File, modules: &Modules<'_>, others: &Names) -> BTreeSet<String> {
    let leads_to_us = |thing: &Thing<'_>| match thing {
        Thing::Nuvom => true,
        Thing::Module(name) => modules.file(name).is_some_and(|it| !std::ptr::eq(it, file)),
        other => is_ours(other, modules),
    };
    let own = file
        .facts
        .names
        .iter()
        .filter(|(_, meanings)| modules.resolve(file, meanings).iter().any(leads_to_us));
    let own = own.map(|(name, _)| name.clone());
    let brought = file.facts.stars.iter().flat_map(|star| match &**star {
        MARKER => vec!["task".to_owned()],
        star => others.get(star).into_iter().flatten().cloned().collect(),
    });
    own.chain(brought).collect()
}

/// Whether it is Nuvom's decorator, or a task.
fn is_ours(thing: &Thing<'_>, modules: &Modules<'_>) -> bool {
    match thing {
        Thing::Decorator => true,
        Thing::Kept(file, place) => modules.is_kept_decorator(file, *place),
        Thing::Function(function) => {
            let decorators = &function.get().decorators;
            decorators.iter().any(|it| modules.task_options(function.file, it).is_some())
        }
        Thing::Nuvom | Thing::Module(_) | Thing::Unsendable(_) | Thing::Unknown => false,
    }
}

/// Modules whose facts decide over this one: what a star brings, or hides, and how a hook can be called.
fn wanted_by<'f>(file: &'f File, modules: &Modules<'f>) -> Vec<&'f str> {
    let stars = file.facts.stars.iter().map(|star| &**star);
    let decorators = file.facts.functions.iter().flat_map(|function| &function.decorators);
    let options = decorators.filter_map(|decorator| modules.task_options(file, decorator));
    let named = options.flat_map(|(_, options)| options).filter_map(|argument| match &argument.shape {
        Shape::Named(meanings) => Some(meanings),
        _ => None,
    });
    let hooks = named.flatten().filter_map(|meaning| match meaning {
        Meaning::Path(path) => modules.module_of(&dotted(path)),
        _ => None,
    });
    stars.chain(hooks).collect()
}

/// Whether this file says anything about tasks.
fn matters(file: &File, modules: &Modules<'_>, others: &Names) -> bool {
    let facts = &file.facts;
    let functions = facts.functions.iter().flat_map(|it| &it.decorators);
    let mut decorators = functions.chain(facts.classes.iter().flat_map(|it| &it.decorators));
    let leads = |meanings: &[Meaning]| modules.resolve(file, meanings).iter().any(|it| is_ours(it, modules));
    facts.syntax_error.is_some()
        || decorators.any(|it| modules.task_options(file, it).is_some())
        || facts.applied.iter().any(|it| leads(&it.called))
        || facts.requests.iter().any(|it| leads(&it.target))
        || !passed_on(file, modules, others).is_empty()
}

fn in_parallel<T: Sync, R: Send>(items: &[T], apply: impl Fn(&T) -> R + Sync) -> Result<Vec<R>> {
    deep_pool::map(items, apply).map_err(|cause| {
        Error::new(ErrorKind::Unavailable, "cannot start the threads that read the source")
            .during("discover")
            .caused_by(cause)
    })
}
