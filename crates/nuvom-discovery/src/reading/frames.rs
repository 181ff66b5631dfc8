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
}

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
    Function(Bound<'a>),
}

/// The names of one frame at one point.
pub(super) type Names<'a> = HashMap<&'a str, Binding>;

#[derive(Debug, Clone)]
pub(super) struct Binding {
    meanings: Rc<[Meaning]>,
    /// So many star imports stood before it; later ones may have replaced it.
    stars: usize,
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
    pub(super) fn of_module() -> Self {
        let module = Frame { kind: Kind::Module, now: Names::new(), ever: Names::new() };
        Self { all: vec![module], stars: Vec::new() }
    }

    pub(super) fn enter_class(&mut self) {
        self.all.push(Frame { kind: Kind::Class, now: Names::new(), ever: Names::new() });
    }

    pub(super) fn enter_function(&mut self, bound: Bound<'a>) {
        self.all.push(Frame { kind: Kind::Function(bound), now: Names::new(), ever: Names::new() });
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

    /// Adds the names of another way to the same point: a name may mean what any way makes of it.
    pub(super) fn merge(&mut self, other: Names<'a>) {
        let Some(frame) = self.all.last_mut() else { return };
        for (name, binding) in other {
            add(&mut frame.now, name, &binding.meanings, binding.stars);
        }
    }

    pub(super) fn import_all(&mut self, module: Arc<str>) {
        self.stars.push(module);
    }

    pub(super) fn stars(&self) -> &[Arc<str>] {
        &self.stars
    }

    pub(super) fn bind(&mut self, name: &'a str, meanings: Vec<Meaning>) {
        let meanings: Rc<[Meaning]> = meanings.into();
        let stars = self.stars.len();
        let Some(frame) = self.all.last_mut() else { return };
        if matches!(&frame.kind, Kind::Function(bound) if bound.elsewhere.contains(name)) {
            // Nobody knows when the function runs.
            let module = &mut self.all[0];
            add(&mut module.now, name, &meanings, stars);
            add(&mut module.ever, name, &meanings, stars);
            return;
        }
        add(&mut frame.ever, name, &meanings, stars);
        frame.now.insert(name, Binding { meanings, stars });
    }

    pub(super) fn unbind(&mut self, name: &'a str) {
        self.bind(name, vec![Meaning::Unknown]);
        if let Some(frame) = self.all.last_mut() {
            frame.now.remove(name);
        }
    }

    pub(super) fn look_up(&self, name: &str) -> Vec<Meaning> {
        let innermost = self.all.len() - 1;
        for (depth, frame) in self.all.iter().enumerate().rev() {
            let names = if depth == innermost { &frame.now } else { &frame.ever };
            let found = match &frame.kind {
                Kind::Class if depth != innermost => continue,
                Kind::Function(bound) if bound.locals.contains(name) => {
                    return names.get(name).map_or(vec![Meaning::Unknown], |it| it.meanings.to_vec());
                }
                Kind::Function(_) => continue,
                Kind::Class | Kind::Module => names.get(name),
            };
            match found {
                Some(binding) => return self.behind_stars(name, binding.stars, binding.meanings.to_vec()),
                None if matches!(frame.kind, Kind::Class) => {}
                None => break,
            }
        }
        let built_in = if BUILTINS.contains(&name) {
            Meaning::Path(format!("builtins.{name}").into())
        } else {
            Meaning::Unknown
        };
        self.behind_stars(name, 0, vec![built_in])
    }

    /// What the module's names mean at its end.
    pub(super) fn exports(&self) -> impl Iterator<Item = (String, Vec<Meaning>)> + '_ {
        self.all[0].now.iter().map(|(name, binding)| {
            ((*name).to_owned(), self.behind_stars(name, binding.stars, binding.meanings.to_vec()))
        })
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

fn add<'a>(names: &mut Names<'a>, name: &'a str, meanings: &Rc<[Meaning]>, stars: usize) {
    let Some(binding) = names.get_mut(name) else {
        names.insert(name, Binding { meanings: Rc::clone(meanings), stars });
        return;
    };
    let new: Vec<_> = meanings.iter().filter(|it| !binding.meanings.contains(it)).cloned().collect();
    if !new.is_empty() {
        binding.meanings = binding.meanings.iter().cloned().chain(new).collect();
    }
    binding.stars = binding.stars.min(stars);
}
