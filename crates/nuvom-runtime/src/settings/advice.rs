//! What may be meant, but seldom is: values that can be used and then surprise.

use std::net::IpAddr;
use std::time::Duration;

use super::{Origin, Settings};
use crate::Project;

/// How long the built-in backends wait for a neighbour before they say that the store is busy.
const BUSY_WAIT: Duration = Duration::from_secs(30);

/// A sentence for each, without its final full stop.
pub(super) fn on(settings: &Settings, project: &Project) -> Vec<String> {
    let mut advice = Vec::new();
    if !is_loopback(settings.prometheus_host()) {
        let what = "whoever reaches that address reads the metrics; 127.0.0.1 keeps them on this machine";
        advice.push(told(settings, "NUVOM_PROMETHEUS_HOST", what));
    }
    if settings.watchdog() < BUSY_WAIT {
        let what = format!(
            "a store that is only busy may take {} s to answer, and a worker ends itself before that",
            BUSY_WAIT.as_secs()
        );
        advice.push(told(settings, "NUVOM_WATCHDOG_SECS", &what));
    }
    for root in settings.source_roots() {
        if !project.root.join(&root).is_dir() {
            let what = format!("there is no folder \"{}\" in the project", root.escape_debug());
            advice.push(told(settings, "NUVOM_SOURCE_ROOTS", &what));
        }
    }
    advice
}

/// A name other than `localhost` may lead anywhere, today or tomorrow.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// What there is to say of a setting, with its value and its place.
fn told(settings: &Settings, name: &str, what: &str) -> String {
    let value = settings.shown(name, false).unwrap_or_default();
    let place = settings.origin(name).map_or("default", Origin::as_str);
    format!("{name} = {value} ({place}): {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        assert!(["127.0.0.1", "127.8.9.1", "::1", "localhost"].into_iter().all(is_loopback));
        assert!(!["0.0.0.0", "::", "192.168.1.7", "metrics.example"].into_iter().any(is_loopback));
    }
}
