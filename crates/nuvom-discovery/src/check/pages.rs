//! The page of each rule: what `--explain` prints, and what the reference is made of.

use super::rules::Rule;

impl Rule {
    /// All that is written about it, in Markdown: what is wrong, an example, and the same as it should be.
    pub const fn page(self) -> &'static str {
        match self {
            Rule::SyntaxError => include_str!("../../rules/NUV001.md"),
            Rule::UnreadableFile => include_str!("../../rules/NUV002.md"),
            Rule::NotATask => include_str!("../../rules/NUV003.md"),
            Rule::DuplicateName => include_str!("../../rules/NUV004.md"),
            Rule::BadModuleName => include_str!("../../rules/NUV005.md"),
            Rule::BadIgnoreRule => include_str!("../../rules/NUV006.md"),
            Rule::UnknownOption => include_str!("../../rules/NUV101.md"),
            Rule::BadOptionValue => include_str!("../../rules/NUV102.md"),
            Rule::HookParameters => include_str!("../../rules/NUV103.md"),
            Rule::MissingArgument => include_str!("../../rules/NUV201.md"),
            Rule::UnexpectedArgument => include_str!("../../rules/NUV202.md"),
            Rule::DoubledArgument => include_str!("../../rules/NUV203.md"),
            Rule::ArgumentType => include_str!("../../rules/NUV204.md"),
            Rule::UnsendableArgument => include_str!("../../rules/NUV205.md"),
            Rule::MapElement => include_str!("../../rules/NUV206.md"),
            Rule::InvalidCron => include_str!("../../rules/NUV301.md"),
            Rule::UnknownZone => include_str!("../../rules/NUV302.md"),
            Rule::ScheduleKind => include_str!("../../rules/NUV303.md"),
            Rule::BadInterval => include_str!("../../rules/NUV304.md"),
            Rule::TaskGone => include_str!("../../rules/NUV401.md"),
            Rule::ParameterAdded => include_str!("../../rules/NUV402.md"),
            Rule::ParameterGone => include_str!("../../rules/NUV403.md"),
            Rule::TooManyArguments => include_str!("../../rules/NUV404.md"),
            Rule::UnreadableJob => include_str!("../../rules/NUV405.md"),
            Rule::UnknownCode => include_str!("../../rules/NUV901.md"),
        }
    }
}
