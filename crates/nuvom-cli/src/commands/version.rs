//! `version`.

use serde_json::{Map, Value as Json};

use crate::failure::{Failure, OK};
use crate::host::Host;
use crate::output::Output;

/// Shows the version of Nuvom, then of what it runs on.
pub(crate) fn show(json: bool, host: &dyn Host, output: &mut Output<'_>) -> Result<i32, Failure> {
    if json {
        output.json(&parts(host))?;
    } else {
        for (name, version) in named(host) {
            output.line(&format!("{name} {version}"))?;
        }
    }
    Ok(OK)
}

/// The same for programs.
pub(super) fn parts(host: &dyn Host) -> Json {
    named(host).into_iter().map(|(name, version)| (name, Json::String(version))).collect::<Map<_, _>>().into()
}

fn named(host: &dyn Host) -> Vec<(String, String)> {
    let mut parts = vec![("nuvom".to_owned(), host.version())];
    parts.extend(host.components());
    parts
}
