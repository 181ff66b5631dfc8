//! What discovery knows about one task, as it stands in the source and in the manifest.

use nuvom_core::Signature;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::reading::{Kind, ParameterFacts};

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
    /// The parameters, in order.
    pub parameters: Vec<FoundParameter>,
    /// The return annotation as written.
    pub returns: Option<String>,
    /// What jobs carry of the signature: 16 hexadecimal digits over names, kinds and which parameters have a default.
    /// None if another decorator may have changed how the task is called.
    pub signature_hash: Option<String>,
    /// The first line of the docstring.
    pub doc: Option<String>,
}

/// A parameter of a task's function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundParameter {
    /// Its name, without stars.
    pub name: String,
    /// How it takes its argument.
    pub kind: Kind,
    /// Whether a call may leave it out.
    pub has_default: bool,
    /// The annotation as written.
    pub annotation: Option<String>,
}

impl FoundTask {
    /// How it can be called; none if another decorator may have changed that.
    pub fn call_signature(&self) -> Option<Signature> {
        self.signature_hash.as_ref()?;
        let all = self.parameters.iter();
        Some(Signature::new(all.map(|it| it.kind.parameter(&it.name, it.has_default)).collect()))
    }
}

impl From<&ParameterFacts> for FoundParameter {
    fn from(facts: &ParameterFacts) -> Self {
        let ParameterFacts { name, kind, has_default, annotation, .. } = facts.clone();
        Self { name, kind, has_default, annotation }
    }
}
