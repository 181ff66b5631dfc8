//! Values counted by size.

use std::time::Duration;

/// The upper bounds of the buckets, in seconds, beyond which there is one more for all others. Jobs last from a
/// millisecond to hours, so the bounds grow by about two and a half from step to step: two quantiles that differ by
/// less do not matter to anyone, and sixteen series a task are few enough to keep. 30 s is the usual lease, 300 s the
/// usual time limit: both are bounds, since what lies beyond them is what people look for.
pub(crate) const JOB_BOUNDS: [f64; 15] =
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 60.0, 300.0, 3600.0];

/// Those for calls to stores: a commit takes from a tenth of a millisecond to seconds.
pub(crate) const CALL_BOUNDS: [f64; 15] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// How many values lie at or below each bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Histogram {
    bounds: &'static [f64; 15],
    counts: [u64; 16],
    sum: Duration,
}

impl Histogram {
    pub(crate) fn new(bounds: &'static [f64; 15]) -> Self {
        Self { bounds, counts: [0; 16], sum: Duration::ZERO }
    }

    pub(crate) fn add(&mut self, value: Duration) {
        let seconds = value.as_secs_f64();
        let bucket = self.bounds.partition_point(|bound| *bound < seconds);
        self.counts[bucket] += 1;
        self.sum = self.sum.saturating_add(value);
    }

    /// The bounds, each with the number of values up to it; the last one is infinite.
    pub(crate) fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        bounds.zip(self.counts).scan(0, |sum, (bound, count)| {
            *sum += count;
            Some((bound, *sum))
        })
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(crate) fn sum(&self) -> f64 {
        self.sum.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_grow() {
        assert!(JOB_BOUNDS.is_sorted() && CALL_BOUNDS.is_sorted());
    }

    #[test]
    fn a_value_is_counted_up_to_every_bound_that_it_does_not_exceed() {
        let mut histogram = Histogram::new(&JOB_BOUNDS);
        for millis in [5, 6, 7_200_000] {
            histogram.add(Duration::from_millis(millis));
        }

        let cumulated: Vec<_> = histogram.cumulated().collect();
        assert_eq!(cumulated[..3], [(0.001, 0), (0.005, 1), (0.01, 2)]);
        assert_eq!(cumulated[14..], [(3600.0, 2), (f64::INFINITY, 3)]);
        assert_eq!((histogram.count(), histogram.sum()), (3, 7200.011));
    }
}
