//! Static discovery: finds the tasks of a project by reading its Python source, and keeps what was found
//! in the manifest. It imports and runs nothing, and knows no backend.

mod deep_pool;
mod duplicates;
mod encoding;
mod finder;
mod literal;
mod manifest;
mod manifest_file;
mod module_name;
mod private_file;
mod problem;
mod scan;
mod scope;
mod signature;
mod source;
mod task;
mod walk;
mod yields;

pub use manifest::{Changes, MANIFEST_VERSION, Manifest};
pub use problem::{Problem, ProblemKind};
pub use scan::{Scan, ScanOptions, scan};
pub use task::FoundTask;
