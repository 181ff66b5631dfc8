//! What a task's function can be called with: enough to say whether a call fits it, without Python.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{Error, ErrorKind, Result};

/// How a parameter takes its argument. The names are those of Python's `inspect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParameterKind {
    /// By position alone: left of a `/`.
    PositionalOnly,
    /// By position or by name.
    PositionalOrKeyword,
    /// All further positions: `*args`.
    VarPositional,
    /// By name alone: right of a `*`.
    KeywordOnly,
    /// All further names: `**kwargs`.
    VarKeyword,
}

/// One parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without stars.
    pub name: String,
    /// How it takes its argument.
    pub kind: ParameterKind,
    /// Whether a call may leave it out.
    pub has_default: bool,
}

/// The parameters of a function, in Python's order of kinds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signature(Vec<Parameter>);

/// What a call gives, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'a> {
    /// So many arguments by position.
    pub positional: usize,
    /// These by name.
    pub keywords: &'a [&'a str],
    /// And perhaps more by position: `*rest`.
    pub open_positional: bool,
    /// And perhaps more by name: `**rest`.
    pub open_keywords: bool,
}

/// One reason why a call does not fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misfit {
    /// The parameter has no default and gets nothing.
    Missing(String),
    /// No parameter takes this name.
    Unknown(String),
    /// The parameter gets two values, one by position and one by name.
    Doubled(String),
    /// The parameter is given by name, and takes its argument by position alone.
    PositionalOnly(String),
    /// More arguments by position than there are parameters for them.
    TooMany {
        /// So many are given, at least.
        given: usize,
        /// So many can be.
        taken: usize,
    },
}

impl Signature {
    /// A signature of these parameters. Those of one kind keep their order.
    pub fn new(mut parameters: Vec<Parameter>) -> Self {
        parameters.sort_by_key(|parameter| parameter.kind);
        Self(parameters)
    }

    /// Its parameters.
    pub fn parameters(&self) -> &[Parameter] {
        &self.0
    }

    /// Whether the call fits: all of it is known, and there is no misfit. Stops at the first.
    pub fn accepts(&self, positional: usize, keywords: &[&str]) -> bool {
        let call = Call { positional, keywords, open_positional: false, open_keywords: false };
        self.misfits_of(&call).next().is_none()
    }

    /// Why the call does not fit, as far as it is certain: what an open end of the call may hold is not held
    /// against it.
    pub fn misfits(&self, call: &Call<'_>) -> Vec<Misfit> {
        self.misfits_of(call).collect()
    }

    /// What tells two signatures apart for calls: names, kinds, and which have a default; not annotations, and not
    /// the values of defaults. Code that runs and code that is only read come to the same hash.
    pub fn hash(&self) -> SignatureHash {
        let mut text = String::from("nuvom:signature:");
        for parameter in &self.0 {
            text.push(match parameter.kind {
                ParameterKind::PositionalOnly => '/',
                ParameterKind::PositionalOrKeyword => '.',
                ParameterKind::VarPositional => '*',
                ParameterKind::KeywordOnly => '=',
                ParameterKind::VarKeyword => '&',
            });
            text.push_str(&parameter.name);
            text.push(if parameter.has_default { '?' } else { ',' });
        }
        let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes());
        let (high, _) = digest.as_u64_pair();
        SignatureHash(high)
    }

    fn misfits_of<'a>(&'a self, call: &'a Call<'a>) -> impl Iterator<Item = Misfit> + 'a {
        let by_position = self.0.iter().filter(|parameter| parameter.takes_a_position()).count();
        let is_open = self.0.iter().any(|parameter| parameter.kind == ParameterKind::VarPositional);
        let too_many = (call.positional > by_position && !is_open)
            .then_some(Misfit::TooMany { given: call.positional, taken: by_position });
        let keywords = call.keywords.iter().filter_map(|keyword| self.misfit_of_keyword(keyword, call));
        let missing = self.0.iter().enumerate().filter(|(place, parameter)| parameter.lacks(*place, call));
        let missing = missing.map(|(_, parameter)| Misfit::Missing(parameter.name.clone()));
        too_many.into_iter().chain(keywords).chain(missing)
    }

    fn misfit_of_keyword(&self, keyword: &str, call: &Call<'_>) -> Option<Misfit> {
        let open = self.0.iter().any(|parameter| parameter.kind == ParameterKind::VarKeyword);
        let mut named = self.0.iter().enumerate().filter(|(_, parameter)| parameter.name == keyword);
        let place = named.find(|(_, parameter)| parameter.kind.is_of_one());
        match place {
            Some((place, parameter)) if parameter.kind == ParameterKind::PositionalOrKeyword => {
                (place < call.positional).then(|| Misfit::Doubled(keyword.to_owned()))
            }
            Some((_, parameter)) if parameter.kind == ParameterKind::KeywordOnly => None,
            _ if open => None,
            Some(_) => Some(Misfit::PositionalOnly(keyword.to_owned())),
            None => Some(Misfit::Unknown(keyword.to_owned())),
        }
    }
}

impl Parameter {
    fn takes_a_position(&self) -> bool {
        matches!(self.kind, ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword)
    }

    /// Whether it must be given, and certainly is not.
    fn lacks(&self, place: usize, call: &Call<'_>) -> bool {
        let by_position = self.takes_a_position() && (place < call.positional || call.open_positional);
        let by_name = self.kind != ParameterKind::PositionalOnly
            && (call.open_keywords || call.keywords.contains(&self.name.as_str()));
        self.kind.is_of_one() && !self.has_default && !by_position && !by_name
    }
}

impl ParameterKind {
    /// Whether it stands for one argument, not for any number.
    fn is_of_one(self) -> bool {
        !matches!(self, ParameterKind::VarPositional | ParameterKind::VarKeyword)
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Missing(name) => write!(f, "the argument `{name}` is missing"),
            Misfit::Unknown(name) => write!(f, "it has no parameter `{name}`"),
            Misfit::Doubled(name) => write!(f, "`{name}` is given twice, by position and by name"),
            Misfit::PositionalOnly(name) => write!(f, "`{name}` can be given by position only"),
            Misfit::TooMany { given, taken } => {
                let plural = if *taken == 1 { "" } else { "s" };
                write!(f, "it takes {taken} argument{plural} by position, and gets {given}")
            }
        }
    }
}

/// A signature in eight bytes, shown as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureHash(u64);

impl SignatureHash {
    /// The number, as stores keep it.
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// From the number that a store kept.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl fmt::Display for SignatureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for SignatureHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(
                ErrorKind::Invalid,
                "this is not the hash of a signature: expected 16 hexadecimal digits",
            )
        };
        if text.len() != 16 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong());
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::ParameterKind::{KeywordOnly, PositionalOnly, PositionalOrKeyword, VarKeyword, VarPositional};
    use super::*;

    fn parameter(name: &str, kind: ParameterKind, has_default: bool) -> Parameter {
        Parameter { name: name.to_owned(), kind, has_default }
    }

    /// `def f(a, /, b, c=1, *, d, e=2)`
    fn closed() -> Signature {
        Signature::new(vec![
            parameter("a", PositionalOnly, false),
            parameter("b", PositionalOrKeyword, false),
            parameter("c", PositionalOrKeyword, true),
            parameter("d", KeywordOnly, false),
            parameter("e", KeywordOnly, true),
        ])
    }

    /// `def f(a, /, *rest, **more)`
    fn open() -> Signature {
        Signature::new(vec![
            parameter("a", PositionalOnly, false),
            parameter("rest", VarPositional, false),
            parameter("more", VarKeyword, false),
        ])
    }

    fn call<'a>(positional: usize, keywords: &'a [&'a str]) -> Call<'a> {
        Call { positional, keywords, ..Call::default() }
    }

    #[test]
    fn a_call_that_python_would_make_is_accepted() {
        assert!(closed().accepts(2, &["d"]));
        assert!(closed().accepts(1, &["d", "b", "e"]));
        assert!(closed().accepts(3, &["d"]));
        assert!(open().accepts(1, &[]));
        assert!(open().accepts(9, &["x", "a", "rest", "more"]));
        assert!(Signature::default().accepts(0, &[]));
    }

    #[test]
    fn each_way_not_to_fit_is_told() {
        let misfits = |positional, keywords: &[&str]| closed().misfits(&call(positional, keywords));

        assert_eq!(misfits(2, &[]), [Misfit::Missing("d".into())]);
        assert_eq!(misfits(1, &["d"]), [Misfit::Missing("b".into())]);
        assert_eq!(misfits(2, &["d", "x"]), [Misfit::Unknown("x".into())]);
        assert_eq!(misfits(2, &["d", "b"]), [Misfit::Doubled("b".into())]);
        assert_eq!(misfits(4, &["d"]), [Misfit::TooMany { given: 4, taken: 3 }]);
        assert_eq!(
            misfits(0, &["a", "b", "d"]),
            [Misfit::PositionalOnly("a".into()), Misfit::Missing("a".into())]
        );
        assert_eq!(open().misfits(&call(0, &["a"])), [Misfit::Missing("a".into())]);
    }

    #[test]
    fn what_an_open_end_may_hold_is_not_held_against_a_call() {
        let stars = Call { open_positional: true, ..call(0, &["d"]) };
        let double_stars = Call { open_keywords: true, ..call(0, &[]) };
        let both_and_wrong = Call { open_positional: true, open_keywords: true, ..call(4, &["c", "x"]) };

        assert_eq!(closed().misfits(&stars), []);
        assert_eq!(closed().misfits(&double_stars), [Misfit::Missing("a".into())]);
        assert_eq!(
            closed().misfits(&both_and_wrong),
            [
                Misfit::TooMany { given: 4, taken: 3 },
                Misfit::Doubled("c".into()),
                Misfit::Unknown("x".into())
            ]
        );
    }

    #[test]
    fn the_hash_tells_apart_what_calls_can_tell_apart() {
        let of =
            |name: &str, kind, has_default| Signature::new(vec![parameter(name, kind, has_default)]).hash();
        let hashes = [
            of("x", PositionalOrKeyword, false),
            of("y", PositionalOrKeyword, false),
            of("x", PositionalOrKeyword, true),
            of("x", KeywordOnly, false),
            Signature::default().hash(),
        ];

        for (place, hash) in hashes.iter().enumerate() {
            assert!(!hashes[place + 1..].contains(hash));
        }
        assert_eq!(closed().hash(), closed().hash());
    }

    #[test]
    fn the_hash_is_of_the_format_that_stores_hold() {
        // Jobs in stores carry these numbers: if this fails, every stored job would look like another version's.
        assert_eq!(Signature::default().hash().to_string(), "d5989ff2b6f757e8");
        assert_eq!(closed().hash().to_string(), "2c2e79fa7f4052d3");
    }

    #[test]
    fn a_hash_is_read_back_from_its_text() {
        let hash = SignatureHash::from_bits(0xab);

        assert_eq!(hash.to_string(), "00000000000000ab");
        assert_eq!("00000000000000ab".parse::<SignatureHash>().unwrap(), hash);
        assert!("ab".parse::<SignatureHash>().is_err());
        assert!("+0000000000000ab".parse::<SignatureHash>().is_err());
    }
}
