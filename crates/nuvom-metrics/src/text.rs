//! Samples as `OpenMetrics` text, version 1.0.0. The format is a page of grammar, so it is written here: a test reads
//! it with Prometheus' own parser.

use std::fmt::Write;

use crate::families::Family;
use crate::sample::{Sample, Snapshot};

/// The whole page.
pub(crate) fn page(snapshot: &Snapshot) -> String {
    let mut page = String::with_capacity(snapshot.len() * 80);
    for (family, samples) in &snapshot.families {
        head(&mut page, family);
        for sample in samples {
            line(&mut page, family, sample);
        }
    }
    page.push_str("# EOF\n");
    page
}

fn head(page: &mut String, family: &Family) {
    let (name, kind) = (family.name, family.kind.as_str());
    let _ = writeln!(page, "# TYPE {name} {kind}");
    if let Some(unit) = family.unit() {
        let _ = writeln!(page, "# UNIT {name} {unit}");
    }
    let _ = writeln!(page, "# HELP {name} {}", escaped(family.help));
}

fn line(page: &mut String, family: &Family, sample: &Sample) {
    page.push_str(family.name);
    page.push_str(sample.suffix);
    for (place, (name, value)) in sample.labels.iter().enumerate() {
        let begin = if place == 0 { '{' } else { ',' };
        let _ = write!(page, "{begin}{name}=\"{}\"", escaped(value));
    }
    if !sample.labels.is_empty() {
        page.push('}');
    }
    let _ = writeln!(page, " {}", sample.value);
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A bound as a label; the parsers of Prometheus ask for a point in it.
pub(crate) fn bound(value: f64) -> String {
    if value.is_infinite() { "+Inf".to_owned() } else { format!("{value:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{DEPTH, WAIT};

    #[test]
    fn a_family_has_its_head_and_its_samples() {
        let sample = Sample {
            suffix: "",
            labels: vec![("queue", "a\"b\\c\nd".to_owned()), ("state", "waiting".to_owned())],
            value: 3.0,
        };
        let snapshot = Snapshot { families: vec![(DEPTH, vec![sample]), (WAIT, Vec::new())] };

        let page = page(&snapshot);

        let expected = format!(
            "# TYPE nuvom_queue_jobs gauge\n# HELP nuvom_queue_jobs {}\n\
             nuvom_queue_jobs{{queue=\"a\\\"b\\\\c\\nd\",state=\"waiting\"}} 3\n\
             # TYPE nuvom_job_wait_seconds histogram\n# UNIT nuvom_job_wait_seconds seconds\n\
             # HELP nuvom_job_wait_seconds {}\n# EOF\n",
            DEPTH.help, WAIT.help
        );
        assert_eq!(page, expected);
    }

    #[test]
    fn a_bound_is_written_with_its_point() {
        assert_eq!([bound(1.0), bound(0.0025), bound(f64::INFINITY)], ["1.0", "0.0025", "+Inf"]);
    }
}
