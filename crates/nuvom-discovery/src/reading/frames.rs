//! What names mean at a point of a file: frames of modules, classes and functions, the innermost last.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::bound::Bound;
use super::facts::Meaning;

/// The names of everything that is open at a point of a file.
#[derive(Debug)]
pub(super) struct Frames<'a> {
    /// The module first.
    all: Vec<Frame<'a>>,
    stars: Vec<Arc<str>>,
    /// What functions make of the module's names by `global`, whenever that is.
    global: Globals<'a>,
    /// The same, as a reading before this one found it.
    known_global: Globals<'a>,
}

/// Names of the module that functions bind.
pub(super) type Globals<'a> = HashMap<&'a str, Vec<Meaning>>;

#[derive(Debug)]
struct Frame<'a> {
    kind: Kind<'a>,
    /// What names mean at this point: for what runs here and now.
    now: Names<'a>,
    /// All that names ever mean: for functions inside, which run later.
    ever: Names<'a>,
}

#[derive(Debug)]
enum Kind<'a> {
    Module,
    Class,
    /// Runs later than what is around it.
    Function(Bound<'a>),
    /// Runs in its place, with some names of its own: a comprehension, or the type parameters of a class.
    Inset(Bound<'a>),
}

/// The names of one frame at one point.
pub(super) type Names<'a> = HashMap<&'a str, Binding>;

#[derive(Debug, Clone)]
pub(super) struct Binding {
    meanings: Rc<[Meaning]>,
    /// So many star imports stood before it; later ones may have replaced it.
    stars: usize,
    /// Whether some way to this point does not bind it.
    is_optional: bool,
}

/// The built-in names that something here asks for.
const BUILTINS: &[&str] = &[
    "bool",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "open",
    "set",
    "str",
    "tuple",
];

impl<'a> Frames<'a> {
    pub(super) fn of_module(known_global: Globals<'a>) -> Self {
        let module = Frame { kind: Kind::Module, now: Names::new(), ever: Names::new() };
        Self { all: vec![module], stars: Vec::new(), global: Globals::new(), known_global }
    }

    pub(super) fn enter_class(&mut self) {
        self.enter(Kind::Class);
    }

    pub(super) fn enter_function(&mut self, bound: Bound<'a>) {
        self.enter(Kind::Function(bound));
    }

    pub(super) fn enter_inset(&mut self, bound: Bound<'a>) {
        self.enter(Kind::Inset(bound));
    }

    fn enter(&mut self, kind: Kind<'a>) {
        self.all.push(Frame { kind, now: Names::new(), ever: Names::new() });
    }

    pub(super) fn leave(&mut self) {
        self.all.pop();
    }

    /// What the innermost frame's names mean now.
    pub(super) fn now(&self) -> Names<'a> {
        self.all.last().map(|frame| frame.now.clone()).unwrap_or_default()
    }

    /// Goes back to what names meant.
    pub(super) fn set_now(&mut self, names: Names<'a>) {
        if let Some(frame) = self.all.last_mut() {
            frame.now = names;
        }
    }

    /// Adds the names of another way to the same point.
    pub(super) fn merge(&mut self, other: Names<'a>) {
        if let Some(frame) = self.all.last_mut() {
            merge(&mut frame.now, other);
        }
    }

    pub(super) fn import_all(&mut self, module: Arc<str>) {
        self.stars.push(module);
    }

    pub(super) fn stars(&self) -> &[Arc<str>] {
        &self.stars
    }

    pub(super) fn into_global(self) -> Globals<'a> {
        self.global
    }

    pub(super) fn bind(&mut self, name: &'a str, meanings: Vec<Meaning>) {
        let meanings: Rc<[Meaning]> = meanings.into();
        let stars = self.stars.len();
        let mut depth = self.all.len() - 1;
        // What a comprehension binds beside its targets is bound around it, and perhaps never.
        while depth > 0 && matches!(&self.all[depth].kind, Kind::Inset(own) if !own.locals.contains(name)) {
            depth -= 1;
        }
        let is_certain = depth + 1 == self.all.len();
        if let Kind::Function(bound) = &self.all[depth].kind {
            if bound.globals.contains(name) {
                let known = self.global.entry(name).or_default();
                known.extend(meanings.iter().filter(|it| !known.contains(it)).cloned().collect::<Vec<_>>());
                add(&mut self.all[0].ever, name, &meanings, stars);
                return;
            }
            if bound.nonlocals.contains(name) {
                let owns = |frame: &&mut Frame<'a>| matches!(&frame.kind, Kind::Function(bound) if bound.locals.contains(name));
                if let Some(owner) = self.all[..depth].iter_mut().rev().find(owns) {
                    add(&mut owner.ever, name, &meanings, stars);
                }
                return;
            }
        }
        let frame = &mut self.all[depth];
        add(&mut frame.ever, name, &meanings, stars);
        if is_certain {
            frame.now.insert(name, Binding { meanings, stars, is_optional: false });
        } else {
            let is_new = !frame.now.contains_key(name);
            add(&mut frame.now, name, &meanings, stars);
            if let Some(binding) = frame.now.get_mut(name).filter(|_| is_new) {
                binding.is_optional = true;
            }
        }
    }

    pub(super) fn unbind(&mut self, name: &'a str) {
        self.bind(name, vec![Meaning::Unknown]);
        if let Some(frame) = self.all.last_mut() {
            frame.now.remove(name);
        }
    }

    pub(super) fn look_up(&self, name: &str) -> Vec<Meaning> {
        let innermost = self.all.len() - 1;
        let mut in_place = true;
        let mut is_global = false;
        let mut found = Vec::new();
        for (depth, frame) in self.all.iter().enumerate().rev() {
            let names = if in_place { &frame.now } else { &frame.ever };
            match &frame.kind {
                Kind::Module => {
                    let own = self.of_module_names(name, names);
                    found.extend(own.into_iter().filter(|it| !found.contains(it)).collect::<Vec<_>>());
                }
                Kind::Class if depth == innermost => match names.get(name) {
                    Some(binding) if !binding.is_optional => return binding.meanings.to_vec(),
                    Some(binding) => found.extend(binding.meanings.iter().cloned()),
                    None => {}
                },
                Kind::Inset(own) if !is_global && own.locals.contains(name) => return vec![Meaning::Unknown],
                Kind::Class | Kind::Inset(_) => {}
                Kind::Function(bound) => {
                    if !is_global && bound.locals.contains(name) {
                        return names.get(name).map_or(vec![Meaning::Unknown], |it| it.meanings.to_vec());
                    }
                    is_global |= bound.globals.contains(name);
                    in_place = false;
                }
            }
        }
        found
    }

    fn of_module_names(&self, name: &str, names: &Names<'a>) -> Vec<Meaning> {
        let known = self.known_global.get(name).cloned().unwrap_or_default();
        let mut meanings = match names.get(name) {
            Some(binding) => self.behind_stars(name, binding.stars, binding.meanings.to_vec()),
            None if known.is_empty() => {
                let built_in = BUILTINS.contains(&name).then(|| format!("builtins:{name}"));
                let built_in = built_in.map_or(Meaning::Unknown, |path| Meaning::Path(path.into()));
                self.behind_stars(name, 0, vec![built_in])
            }
            None => self.behind_stars(name, 0, Vec::new()),
        };
        meanings.extend(known.into_iter().filter(|it| !meanings.contains(it)).collect::<Vec<_>>());
        meanings
    }

    /// What the module's names mean at its end, and whether they may not be there.
    pub(super) fn exports(&self) -> Vec<(String, Vec<Meaning>, bool)> {
        let module = &self.all[0].now;
        let own = module.iter().map(|(name, binding)| {
            ((*name).to_owned(), self.of_module_names(name, module), binding.is_optional)
        });
        let by_functions = self.known_global.keys().filter(|name| !module.contains_key(*name));
        let by_functions =
            by_functions.map(|name| ((*name).to_owned(), self.of_module_names(name, module), true));
        own.chain(by_functions).collect()
    }

    fn behind_stars(&self, name: &str, stars: usize, otherwise: Vec<Meaning>) -> Vec<Meaning> {
        match self.stars.get(stars..) {
            None | Some([]) => otherwise,
            Some(later) => {
                let modules = later.iter().rev().cloned().collect();
                vec![Meaning::Starred { modules, name: name.into(), otherwise }]
            }
        }
    }
}

/// Puts two ways to one point together: a name may mean what either makes of it.
pub(super) fn merge<'a>(names: &mut Names<'a>, other: Names<'a>) {
    for (name, binding) in names.iter_mut() {
        binding.is_optional |= other.get(name).is_none_or(|it| it.is_optional);
    }
    for (name, binding) in other {
        if names.contains_key(name) {
            add(names, name, &binding.meanings, binding.stars);
        } else {
            names.insert(name, Binding { is_optional: true, ..binding });
        }
    }
}

fn add<'a>(names: &mut Names<'a>, name: &'a str, meanings: &Rc<[Meaning]>, stars: usize) {
    let Some(binding) = names.get_mut(name) else {
        names.insert(name, Binding { meanings: Rc::clone(meanings), stars, is_optional: false });
        return;
    };
    let new: Vec<_> = meanings.iter().filter(|it| !binding.meanings.contains(it)).cloned().collect();
    if !new.is_empty() {
        binding.meanings = binding.meanings.iter().cloned().chain(new).collect();
    }
    binding.stars = binding.stars.min(stars);
}
