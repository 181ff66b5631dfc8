//! `version`.

use serde_json::{Map, Value as Json};

use crate::failure::{Failure, OK};
use crate::host::Host;
use crate::output::Output;

/// Shows the version of Nuvom, then of what it runs on.
pub(crate) fn show(json: bool, host: &dyn Host, output: &mut Output<'_>) -> Result<i32, Failure> {
    let mut parts = vec![("nuvom".to_owned(), host.version())];
    parts.extend(host.components());
    if json {
        let parts: Map<String, Json> =
            parts.into_iter().map(|(name, version)| (name, Json::String(version))).collect();
        output.json(&parts)?;
    } else {
        for (name, version) in parts {
            output.line(&format!("{name} {version}"))?;
        }
    }
    Ok(OK)
}
