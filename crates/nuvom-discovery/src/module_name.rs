//! The name by which Python imports a file, from its path alone; and what is such a name at all.

use std::path::Path;

use ruff_python_ast::Expr;
use ruff_python_parser::parse_expression;

/// How the paths of one project become names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ModuleNames {
    /// `src` is a place for packages, and not a package, unless it says so by an `__init__.py`.
    strips_src: bool,
}

impl ModuleNames {
    pub(crate) fn of(root: &Path) -> Self {
        Self { strips_src: !root.join("src").join("__init__.py").exists() }
    }

    /// The name to import for a file, given as a relative path with forward slashes; else the reason why
    /// there is none.
    pub(crate) fn name_of(self, file: &str) -> Result<String, String> {
        let path = if self.strips_src { file.strip_prefix("src/").unwrap_or(file) } else { file };
        let path = path.strip_suffix(".py").unwrap_or(path);
        let path = match path.strip_suffix("__init__") {
            Some("") => {
                return Err("the project's own folder is a package here, so nothing can import it by \
                            name; move its tasks into a module beside this file"
                    .to_owned());
            }
            Some(package) => package.trim_end_matches('/'),
            None => path,
        };
        match path.split('/').find(|part| !is_name(part)) {
            Some(part) => Err(format!(
                "holds tasks, but cannot be imported, because `{part}` is not a Python name; rename it"
            )),
            None => Ok(path.replace('/', ".")),
        }
    }
}

/// Whether Python takes this for the name of a module: names, joined by dots.
pub(crate) fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(is_name)
}

/// Whether Python takes this for a name. Its own parser decides, as Unicode and keywords have their say.
pub(crate) fn is_name(text: &str) -> bool {
    // No operator and no bracket passes, so what is parsed has no depth.
    let is_word = |letter: char| letter == '_' || letter.is_ascii_alphanumeric() || !letter.is_ascii();
    if text.is_empty() || !text.chars().all(is_word) {
        return false;
    }
    parse_expression(text).is_ok_and(|parsed| match parsed.expr() {
        Expr::Name(name) => name.range.len().to_usize() == text.len(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: ModuleNames = ModuleNames { strips_src: true };

    #[test]
    fn a_module_is_named_by_its_path() {
        assert_eq!(PLAIN.name_of("shop/mail.py").unwrap(), "shop.mail");
        assert_eq!(PLAIN.name_of("tasks.py").unwrap(), "tasks");
    }

    #[test]
    fn a_package_is_named_by_its_folder() {
        assert_eq!(PLAIN.name_of("shop/mail/__init__.py").unwrap(), "shop.mail");
    }

    #[test]
    fn the_src_folder_is_no_part_of_the_name_unless_it_is_a_package() {
        assert_eq!(PLAIN.name_of("src/shop/mail.py").unwrap(), "shop.mail");

        let package = ModuleNames { strips_src: false };
        assert_eq!(package.name_of("src/shop/mail.py").unwrap(), "src.shop.mail");
        assert_eq!(package.name_of("src/__init__.py").unwrap(), "src");
    }

    #[test]
    fn a_path_that_no_import_can_spell_has_no_name() {
        assert!(PLAIN.name_of("my-tasks.py").unwrap_err().contains("`my-tasks`"));
        assert!(PLAIN.name_of("2fast/mail.py").unwrap_err().contains("`2fast`"));
        assert!(PLAIN.name_of("shop/class.py").unwrap_err().contains("`class`"));
        assert!(PLAIN.name_of("a.b/mail.py").unwrap_err().contains("`a.b`"));
        assert!(PLAIN.name_of("__init__.py").is_err());
    }

    #[test]
    fn names_are_what_python_says_they_are() {
        assert!(is_name("match") && is_name("_x1") && is_name("größe"));
        assert!(!is_name("") && !is_name("None") && !is_name("a b") && !is_name("(a)") && !is_name("a\n"));
        assert!(is_dotted_name("shop.mail"));
        assert!(!is_dotted_name("shop..mail") && !is_dotted_name("../shop") && !is_dotted_name(""));
    }
}
