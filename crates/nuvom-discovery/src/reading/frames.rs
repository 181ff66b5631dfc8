//! What names mean at a point of a file: frames of modules, classes and functions, the innermost last.

use std::collections::{HashMap, HashSet};
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
    /// What names were bound to before they were bound anew, the latest last; kept while there are marks.
    journal: Vec<(&'a str, Option<Binding>)>,
    marks: usize,
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
type Names<'a> = HashMap<&'a str, Binding>;

/// A point of a frame to which one can go back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(usize);

/// What a way through a frame made of the names that it touched; none for a name that it leaves unbound.
#[derive(Debug, Default, Clone)]
pub(super) struct Way<'a>(HashMap<&'a str, Option<Binding>>);

#[derive(Debug, Clone)]
struct Binding {
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
        Self { all: vec![Frame::new(Kind::Module)], stars: Vec::new(), global: Globals::new(), known_global }
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
        self.all.push(Frame::new(kind));
    }

    pub(super) fn leave(&mut self) {
        self.all.pop();
    }

    /// Marks this point of the innermost frame.
    pub(super) fn mark(&mut self) -> Mark {
        let frame = self.innermost();
        frame.marks += 1;
        Mark(frame.journal.len())
    }

    /// Forgets a mark.
    pub(super) fn pass(&mut self, _: Mark) {
        let frame = self.innermost();
        frame.marks -= 1;
        if frame.marks == 0 {
            frame.journal.clear();
        }
    }

    /// Goes back to a mark; answers the way that was taken from there.
    pub(super) fn go_back(&mut self, mark: Mark) -> Way<'a> {
        let frame = self.innermost();
        let mut way = Way::default();
        while frame.journal.len() > mark.0
            && let Some((name, before)) = frame.journal.pop()
        {
            let now = match before {
                Some(before) => frame.now.insert(name, before),
                None => frame.now.remove(name),
            };
            way.0.entry(name).or_insert(now);
        }
        self.pass(mark);
        way
    }

    /// What names may mean if the way from the mark to here ends anywhere.
    pub(super) fn interrupted_since(&mut self, mark: Mark) -> Way<'a> {
        let frame = self.innermost();
        let mut states: HashMap<&'a str, Vec<Option<Binding>>> = HashMap::new();
        for (name, before) in &frame.journal[mark.0..] {
            states.entry(name).or_default().push(before.clone());
        }
        let joined = states.into_iter().map(|(name, mut states)| {
            states.push(frame.now.get(name).cloned());
            (name, joined(states))
        });
        Way(joined.collect())
    }

    /// Takes a way from here.
    pub(super) fn take(&mut self, way: Way<'a>) {
        let frame = self.innermost();
        way.0.into_iter().for_each(|(name, state)| frame.set(name, state));
    }

    /// Goes on where several ways from here meet, and perhaps the one that changes nothing: a name may mean what any
    /// of them made of it.
    pub(super) fn join(&mut self, ways: &[Way<'a>], or_none: bool) {
        let frame = self.innermost();
        let touched: HashSet<&'a str> = ways.iter().flat_map(|way| way.0.keys().copied()).collect();
        for name in touched {
            let before = frame.now.get(name).cloned();
            let states = ways.iter().map(|way| way.0.get(name).unwrap_or(&before).clone());
            let joined = joined(or_none.then(|| before.clone()).into_iter().chain(states));
            frame.set(name, joined);
        }
    }

    fn innermost(&mut self) -> &mut Frame<'a> {
        let last = self.all.len() - 1;
        &mut self.all[last]
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
            frame.set(name, Some(Binding { meanings, stars, is_optional: false }));
        } else {
            let perhaps = Binding { meanings, stars, is_optional: false };
            let joined = joined([frame.now.get(name).cloned(), Some(perhaps)]);
            frame.set(name, joined);
        }
    }

    pub(super) fn unbind(&mut self, name: &'a str) {
        self.bind(name, vec![Meaning::Unknown]);
        self.innermost().set(name, None);
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

impl<'a> Frame<'a> {
    fn new(kind: Kind<'a>) -> Self {
        Self { kind, now: Names::new(), ever: Names::new(), journal: Vec::new(), marks: 0 }
    }

    fn set(&mut self, name: &'a str, state: Option<Binding>) {
        let before = match state {
            Some(binding) => self.now.insert(name, binding),
            None => self.now.remove(name),
        };
        if self.marks > 0 {
            self.journal.push((name, before));
        }
    }
}

/// What a name may be bound to, if it is any of these.
fn joined(states: impl IntoIterator<Item = Option<Binding>>) -> Option<Binding> {
    let mut may_be_unbound = false;
    let mut joined: Option<Binding> = None;
    for state in states {
        match (state, &mut joined) {
            (None, _) => may_be_unbound = true,
            (Some(state), None) => joined = Some(state),
            (Some(state), Some(all)) => {
                all.is_optional |= state.is_optional;
                all.stars = all.stars.min(state.stars);
                all.add(&state.meanings);
            }
        }
    }
    joined.map(|all| Binding { is_optional: all.is_optional || may_be_unbound, ..all })
}

impl Binding {
    fn add(&mut self, meanings: &Rc<[Meaning]>) {
        let new: Vec<_> = meanings.iter().filter(|it| !self.meanings.contains(it)).cloned().collect();
        if !new.is_empty() {
            self.meanings = self.meanings.iter().cloned().chain(new).collect();
        }
    }
}

fn add<'a>(names: &mut Names<'a>, name: &'a str, meanings: &Rc<[Meaning]>, stars: usize) {
    let Some(binding) = names.get_mut(name) else {
        names.insert(name, Binding { meanings: Rc::clone(meanings), stars, is_optional: false });
        return;
    };
    binding.add(meanings);
    binding.stars = binding.stars.min(stars);
}
