//! Static discovery: finds the tasks of a project by reading its Python source, and keeps what was found
//! in the manifest. It imports and runs nothing, and knows no backend.

mod cache;
mod candidate;
mod check;
mod deep_pool;
mod encoding;
mod gathering;
mod imports;
mod interest;
mod linking;
mod manifest;
mod manifest_file;
mod module_name;
mod private_file;
mod problem;
mod reading;
mod scan;
mod source;
mod task;
mod walk;
mod watch;
mod whole_file;

pub use check::{Checked, Finding, Rule, RuleText, check};
pub use manifest::{ChangedSignature, ChangedTask, Changes, MANIFEST_VERSION, Manifest};
pub use problem::{Problem, ProblemKind};
pub use reading::{Kind, Span};
pub use scan::{Scan, ScanOptions, scan};
pub use task::{FoundParameter, FoundTask};
pub use walk::{Explanation, FolderSort, IgnoreRule, Reason, explain};
pub use watch::SourceWatch;
