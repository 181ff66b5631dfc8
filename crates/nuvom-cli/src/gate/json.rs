//! The gate as programs read it: the wire form, apart from the types inside.

use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::{Break, Gate};

impl Serialize for Gate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "jobs": self.jobs,
            "unchecked": self.unchecked,
            "broken": self.broken,
            "breaks": self.breaks.iter().map(broken).collect::<Json>(),
        })
        .serialize(serializer)
    }
}

fn broken(broken: &Break) -> Json {
    let (file, line) = broken.place.as_ref().map(|(file, line)| (file, line)).unzip();
    json!({
        "code": broken.rule.code(),
        "name": broken.rule.text().name,
        "task": broken.task,
        "detail": broken.detail,
        "count": broken.count,
        "waiting": broken.by_state.waiting,
        "scheduled": broken.by_state.scheduled,
        "running": broken.by_state.running,
        "failed": broken.by_state.failed,
        "samples": broken.samples.iter().map(ToString::to_string).collect::<Json>(),
        "signature": broken.signature.as_ref().map(|it| json!({ "before": it.before, "now": it.now })),
        "message": broken.message,
        "fix": broken.fix,
        "file": file,
        "line": line,
    })
}
