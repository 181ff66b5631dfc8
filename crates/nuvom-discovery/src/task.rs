//! What discovery knows about one task, as it stands in the source and in the manifest.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A task found in the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundTask {
    /// The name that jobs carry: `name=` if it is given, else the function's name.
    pub name: String,
    /// Other names that lead to this task, for jobs enqueued before a rename.
    pub aliases: Vec<String>,
    /// The name to import, such as `shop.mail`.
    pub module: String,
    /// The function's name inside its module.
    pub function: String,
    /// The file, relative to the project, with forward slashes.
    pub file: String,
    /// The line of the `def`, counted from 1.
    pub line: u32,
    /// Whether it is an `async def`.
    pub is_async: bool,
    /// The decorator's other keyword options, as far as they are literals. A computed option is absent: its
    /// value is known only to the process that runs the code.
    pub options: Map<String, Value>,
    /// Parameters and return annotation as written, on one line: `(x: int, y: int = 2) -> int`.
    pub signature: String,
    /// The first line of the docstring.
    pub doc: Option<String>,
}
