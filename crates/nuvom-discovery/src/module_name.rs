//! The name by which Python imports a file, from its path alone; and what is such a name at all.

use std::path::Path;

use ruff_python_ast::Expr;
use ruff_python_parser::parse_expression;

/// How the paths of one project become names.
#[derive(Debug, Clone)]
pub(crate) struct ModuleNames {
    /// Folders from which modules are imported, with a slash at their end, in the order in which Python looks.
    roots: Vec<String>,
}

impl ModuleNames {
    /// Imports start from the project's folder, and from `src` in it: that is a place for packages, and not a package,
    /// unless it says so by an `__init__.py`. Given `roots` replace both.
    pub(crate) fn of(project: &Path, roots: &[String]) -> Self {
        if !roots.is_empty() {
            return Self { roots: roots.iter().map(|root| as_prefix(root)).collect() };
        }
        let src = !project.join("src").join("__init__.py").exists();
        let all = [Some(String::new()), src.then(|| "src/".to_owned())];
        Self { roots: all.into_iter().flatten().collect() }
    }

    /// What decides over names.
    pub(crate) fn roots(&self) -> &[String] {
        &self.roots
    }

    /// The name to import for a file, given as a relative path with forward slashes; else the reason why
    /// there is none.
    pub(crate) fn name_of(&self, file: &str) -> Result<String, String> {
        let Some(root) = self.root_of(file) else {
            return Err(
                "holds tasks, but lies in none of the folders that NUVOM_SOURCE_ROOTS names, so no worker \
                        can import it"
                    .to_owned(),
            );
        };
        let path = &file[self.roots[root].len()..];
        let path = path.strip_suffix(".py").unwrap_or(path);
        let path = match path.strip_suffix("__init__") {
            Some("") => {
                return Err("the project's own folder is a package here, so nothing can import it by \
                            name; move its tasks into a module beside this file"
                    .to_owned());
            }
            Some(package) if package.ends_with('/') => package.trim_end_matches('/'),
            _ => path,
        };
        match path.split('/').find(|part| !is_name(part)) {
            Some(part) => Err(format!(
                "holds tasks, but cannot be imported, because `{part}` is not a Python name; rename it"
            )),
            None => Ok(path.replace('/', ".")),
        }
    }

    /// The name to know a file by inside the project: the one to import it by, where there is one.
    pub(crate) fn key_of(&self, file: &str) -> String {
        let path = &file[self.root_of(file).map_or(0, |root| self.roots[root].len())..];
        let path = path.strip_suffix(".py").unwrap_or(path);
        path.strip_suffix("/__init__").unwrap_or(path).replace('/', ".")
    }

    /// Of two files of one name, Python imports the one with the lower rank: from the earlier root, and there a package
    /// before a module.
    pub(crate) fn rank_of(&self, file: &str) -> usize {
        let root = self.root_of(file).unwrap_or(self.roots.len());
        2 * root + usize::from(!file.ends_with("/__init__.py"))
    }

    /// The innermost root that the file lies in.
    fn root_of(&self, file: &str) -> Option<usize> {
        let all = self.roots.iter().enumerate().filter(|(_, root)| file.starts_with(root.as_str()));
        all.max_by_key(|(_, root)| root.len()).map(|(place, _)| place)
    }
}

/// The module that an import means, by its full name: `named` itself, or as seen from `package` with so many dots before
/// it. None if the dots lead out of the project.
pub(crate) fn absolute(named: &str, dots: usize, package: &str) -> Option<String> {
    if dots == 0 {
        return Some(named.to_owned());
    }
    let mut base = package;
    for _ in 1..dots {
        base = base.rsplit_once('.').map(|(outer, _)| outer)?;
    }
    match (base.is_empty(), named.is_empty()) {
        (true, _) => None,
        (false, true) => Some(base.to_owned()),
        (false, false) => Some(format!("{base}.{named}")),
    }
}

/// A folder as paths in it begin.
fn as_prefix(folder: &str) -> String {
    let parts = folder.split(['/', '\\']).filter(|part| !matches!(*part, "" | "."));
    parts.flat_map(|part| [part, "/"]).collect()
}

/// Whether Python takes this for the name of a module: names, joined by dots.
pub(crate) fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(is_name)
}

/// The words of ASCII that look like names and are none.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Whether Python takes this for a name. Where letters beyond ASCII have their say, its parser decides.
pub(crate) fn is_name(text: &str) -> bool {
    // No operator and no bracket passes, so what is parsed has no depth.
    let is_word = |letter: char| letter == '_' || letter.is_ascii_alphanumeric() || !letter.is_ascii();
    if text.is_empty() || !text.chars().all(is_word) {
        return false;
    }
    if text.is_ascii() && !KEYWORDS.contains(&text) {
        return !text.starts_with(|letter: char| letter.is_ascii_digit());
    }
    parse_expression(text).is_ok_and(|parsed| match parsed.expr() {
        Expr::Name(name) => name.range.len().to_usize() == text.len(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> ModuleNames {
        ModuleNames { roots: vec![String::new(), "src/".to_owned()] }
    }

    #[test]
    fn a_module_is_named_by_its_path() {
        assert_eq!(plain().name_of("shop/mail.py").unwrap(), "shop.mail");
        assert_eq!(plain().name_of("tasks.py").unwrap(), "tasks");
    }

    #[test]
    fn a_package_is_named_by_its_folder() {
        assert_eq!(plain().name_of("shop/mail/__init__.py").unwrap(), "shop.mail");
    }

    #[test]
    fn the_src_folder_is_no_part_of_the_name_unless_it_is_a_package() {
        assert_eq!(plain().name_of("src/shop/mail.py").unwrap(), "shop.mail");

        let package = ModuleNames { roots: vec![String::new()] };
        assert_eq!(package.name_of("src/shop/mail.py").unwrap(), "src.shop.mail");
        assert_eq!(package.name_of("src/__init__.py").unwrap(), "src");
    }

    #[test]
    fn given_roots_replace_the_usual_ones() {
        let names = ModuleNames::of(Path::new("."), &["services/api/src".into(), "./libs/".into()]);

        assert_eq!(names.name_of("services/api/src/shop/mail.py").unwrap(), "shop.mail");
        assert_eq!(names.name_of("libs/mail.py").unwrap(), "mail");
        assert!(names.name_of("services/mail.py").unwrap_err().contains("NUVOM_SOURCE_ROOTS"));
        assert!(names.rank_of("services/api/src/a.py") < names.rank_of("libs/a.py"));
        assert!(names.rank_of("libs/a/__init__.py") < names.rank_of("libs/a.py"));
    }

    #[test]
    fn a_path_that_no_import_can_spell_has_no_name() {
        assert!(plain().name_of("my-tasks.py").unwrap_err().contains("`my-tasks`"));
        assert!(plain().name_of("2fast/mail.py").unwrap_err().contains("`2fast`"));
        assert!(plain().name_of("shop/class.py").unwrap_err().contains("`class`"));
        assert!(plain().name_of("a.b/mail.py").unwrap_err().contains("`a.b`"));
        assert!(plain().name_of("__init__.py").is_err());
    }

    #[test]
    fn names_are_what_python_says_they_are() {
        assert!(is_name("match") && is_name("_x1") && is_name("größe"));
        assert!(!is_name("") && !is_name("None") && !is_name("a b") && !is_name("(a)") && !is_name("a\n"));
        assert!(is_dotted_name("shop.mail"));
        assert!(!is_dotted_name("shop..mail") && !is_dotted_name("../shop") && !is_dotted_name(""));
    }
}
