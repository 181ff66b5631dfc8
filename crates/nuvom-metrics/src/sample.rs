//! Numbers with their names, as they were at one moment.

use crate::families::Family;

/// One number.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What is appended to the family's name, such as `_total`.
    pub suffix: &'static str,
    /// The values of the family's labels, in their order; and for a bucket its bound, by the name `le`.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub value: f64,
}

impl Sample {
    /// Whether it has these labels.
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.labels.iter().any(|(n, v)| n == name && v == value))
    }
}

/// All metrics at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Each family with its samples.
    pub families: Vec<(Family, Vec<Sample>)>,
}

impl Snapshot {
    /// The sum of the samples of this name with these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let all = self.families.iter().flat_map(|(family, samples)| {
            samples.iter().map(move |sample| (format!("{}{}", family.name, sample.suffix), sample))
        });
        all.filter(|(full, sample)| full == name && sample.has(labels)).map(|(_, sample)| sample.value).sum()
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.families.iter().map(|(_, samples)| samples.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
