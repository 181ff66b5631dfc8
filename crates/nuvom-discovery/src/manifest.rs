//! The manifest: what the last discovery found, in one stable order, with a checksum over it. How it gets to
//! disk and back is the matter of `manifest_file`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::task::FoundTask;

/// The version of the format that this build writes and reads.
pub const MANIFEST_VERSION: u64 = 2;

/// The tasks of a project, sorted by name; every name occurs once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    version: u64,
    generated_by: String,
    checksum: String,
    tasks: Vec<FoundTask>,
}

/// What differs between two manifests, by task name in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Tasks that are new.
    pub added: Vec<String>,
    /// Tasks that are gone.
    pub removed: Vec<String>,
    /// Tasks of which anything but the line is different: a task that only moved within its file is the same.
    pub changed: Vec<ChangedTask>,
}

/// How a task differs from what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedTask {
    /// The task.
    pub name: String,
    /// The parts that differ, by the names that they have in the manifest.
    pub fields: Vec<&'static str>,
    /// The signature before and now, if it differs.
    pub signature: Option<ChangedSignature>,
}

/// A signature before and now, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedSignature {
    /// As it was.
    pub before: String,
    /// As it is.
    pub now: String,
    /// Whether calls are affected: names, kinds or defaults of parameters, not annotations alone.
    pub affects_calls: bool,
}

impl Manifest {
    /// A manifest of these tasks. Of several with one name it keeps the first by file and line.
    pub fn new(mut tasks: Vec<FoundTask>) -> Self {
        tasks.sort_by(|a, b| (&a.name, &a.file, a.line).cmp(&(&b.name, &b.file, b.line)));
        tasks.dedup_by(|later, earlier| later.name == earlier.name);
        for task in &mut tasks {
            task.options.sort_keys();
            task.options.values_mut().for_each(Value::sort_all_objects);
        }
        Self {
            version: MANIFEST_VERSION,
            generated_by: format!("nuvom {}", env!("CARGO_PKG_VERSION")),
            checksum: checksum_of(&tasks),
            tasks,
        }
    }

    /// Puts back together what was read and found good.
    pub(crate) fn restored(generated_by: String, checksum: String, tasks: Vec<FoundTask>) -> Self {
        Self { version: MANIFEST_VERSION, generated_by, checksum, tasks }
    }

    /// The version of the format.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The program that wrote it, such as `nuvom 1.0.0`.
    pub fn generated_by(&self) -> &str {
        &self.generated_by
    }

    /// The checksum over the tasks, such as `sha256:9f86…`. Equal checksums mean equal tasks.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// The tasks, sorted by name.
    pub fn tasks(&self) -> &[FoundTask] {
        &self.tasks
    }

    /// The tasks, as the caller's own.
    pub fn into_tasks(self) -> Vec<FoundTask> {
        self.tasks
    }

    /// What this manifest changes, seen from an older one.
    pub fn diff(&self, old: &Manifest) -> Changes {
        let before: BTreeMap<&str, &FoundTask> = by_name(&old.tasks);
        let after: BTreeMap<&str, &FoundTask> = by_name(&self.tasks);
        let mut changes = Changes::default();
        for (name, task) in &after {
            match before.get(name) {
                None => changes.added.push((*name).to_owned()),
                Some(earlier) => changes.changed.extend(difference(task, earlier)),
            }
        }
        changes.removed =
            before.keys().filter(|name| !after.contains_key(*name)).map(|name| (*name).to_owned()).collect();
        changes
    }
}

impl Changes {
    /// Whether both manifests hold the same tasks.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// The checksum over tasks, or over the JSON they were read as: compact, with sorted keys, so that neither
/// layout nor the order of keys counts.
pub(crate) fn checksum_of(tasks: &(impl Serialize + ?Sized)) -> String {
    let mut canonical =
        serde_json::to_value(tasks).expect("tasks hold text, numbers and maps by text, which JSON can hold");
    canonical.sort_all_objects();
    let digest = Sha256::digest(canonical.to_string());
    format!("sha256:{digest:x}")
}

fn by_name(tasks: &[FoundTask]) -> BTreeMap<&str, &FoundTask> {
    tasks.iter().map(|task| (task.name.as_str(), task)).collect()
}

/// How a task differs from what it was, if it does.
fn difference(task: &FoundTask, earlier: &FoundTask) -> Option<ChangedTask> {
    let differs = [
        ("aliases", task.aliases != earlier.aliases),
        ("module", task.module != earlier.module),
        ("function", task.function != earlier.function),
        ("file", task.file != earlier.file),
        ("is_async", task.is_async != earlier.is_async),
        ("options", task.options != earlier.options),
        ("signature", task.signature != earlier.signature || task.signature_hash != earlier.signature_hash),
        ("doc", task.doc != earlier.doc),
    ];
    let fields: Vec<_> = differs.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    let signature = fields.contains(&"signature").then(|| ChangedSignature {
        before: earlier.signature.clone(),
        now: task.signature.clone(),
        affects_calls: task.signature_hash != earlier.signature_hash,
    });
    (!fields.is_empty()).then(|| ChangedTask { name: task.name.clone(), fields, signature })
}
