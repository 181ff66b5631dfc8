//! What holds of all ticks, whatever the expression, the zone and the moment.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use jiff::tz::TimeZone;
use nuvom_core::Timestamp;
use nuvom_cron::{Cron, Kind, Place, transitions_around, zone};
use proptest::prelude::*;

const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Havana",
    "America/Santiago",
    "America/St_Johns",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kwajalein",
];

/// Seconds since the Unix epoch: 1970 to 2069.
const MOMENTS: std::ops::Range<i64> = 0..3_140_000_000;

fn number(low: u32, high: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (low..=high).prop_map(|value| value.to_string()),
        2 => Just("*".to_owned()),
        1 => (2..=high.min(30)).prop_map(|step| format!("*/{step}")),
        1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{a},{b}")),
        1 => (low..=high, low..=high, 1..=high).prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let second = prop_oneof![3 => Just(String::new()), 1 => number(0, 59).prop_map(|it| it + " ")];
    let day = prop_oneof![4 => Just("*".to_owned()), 2 => number(1, 31), 1 => Just("L".to_owned())];
    let month = prop_oneof![4 => Just("*".to_owned()), 1 => number(1, 12)];
    let week = prop_oneof![4 => Just("*".to_owned()), 1 => number(0, 7), 1 => Just("FRI#2".to_owned())];
    (second, number(0, 59), number(0, 23), day, month, week).prop_map(
        |(second, minute, hour, day, month, week)| format!("{second}{minute} {hour} {day} {month} {week}"),
    )
}

/// A moment, half of the time within two days of a change of the zone's clocks.
fn moment(zone: &'static str) -> impl Strategy<Value = Timestamp> {
    (MOMENTS, any::<bool>(), -172_800_i64..172_800, 0..1_000_000_i64).prop_map(
        move |(second, is_close, distance, micros)| {
            let tz = TimeZone::get(zone).unwrap();
            let from = jiff::Timestamp::from_second(second).unwrap();
            let change = tz.following(from).next().map(|change| change.timestamp().as_second());
            let second = change.filter(|_| is_close).map_or(second, |change| change + distance);
            Timestamp::from_micros(second * 1_000_000 + micros)
        },
    )
}

fn zoned_moment() -> impl Strategy<Value = (&'static str, Timestamp)> {
    proptest::sample::select(ZONES).prop_flat_map(|zone| (Just(zone), moment(zone)))
}

/// What the local clock shows, as if it were UTC.
fn shown(zone: &TimeZone, at: Timestamp) -> Timestamp {
    let moment = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap();
    Timestamp::from_micros(at.as_micros() + i64::from(zone.to_offset(moment).seconds()) * 1_000_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn ticks_only_go_forward_and_each_has_its_reason(text in expression(), (name, after) in zoned_moment()) {
        let Ok(cron) = Cron::parse(&text) else { return Ok(()) };
        let (zone, utc) = (zone(name).unwrap(), TimeZone::UTC);
        let mut last = after;
        for _ in 0..8 {
            let Some(tick) = cron.next(&zone, last) else { break };

            prop_assert!(tick > last);
            prop_assert_eq!(tick.as_micros() % 1_000_000, 0);
            let (place, kind) = (cron.place(&zone, tick), cron.kind());
            if place == Place::AfterGap {
                prop_assert_eq!(kind, Kind::FixedTimes);
                prop_assert!(transitions_around(&zone, tick, 0)[0].by_secs > 0);
                prop_assert_eq!(transitions_around(&zone, tick, 0)[0].at, tick);
            } else {
                // What the local clock shows is a tick where there are no zones.
                let shown = shown(&zone, tick);
                let before = Timestamp::from_micros(shown.as_micros() - 1);
                prop_assert_eq!(cron.next(&utc, before), Some(shown));
            }
            prop_assert!(place != Place::SecondPass || kind == Kind::Elapsed);
            last = tick;
        }
    }

    #[test]
    fn whoever_asks_before_a_tick_gets_that_tick(
        text in expression(),
        (name, after) in zoned_moment(),
        share in 0.0..1.0_f64,
    ) {
        let Ok(cron) = Cron::parse(&text) else { return Ok(()) };
        let zone = zone(name).unwrap();
        let Some(tick) = cron.next(&zone, after) else { return Ok(()) };

        let distance = tick.as_micros() - after.as_micros();
        let between = after.as_micros() + ((distance as f64 * share) as i64).min(distance - 1);

        prop_assert_eq!(cron.next(&zone, Timestamp::from_micros(between)), Some(tick));
    }

    #[test]
    fn no_text_brings_the_parser_down(text in "[0-9*/,?LW#A-Z@ -]{0,40}|.{0,40}") {
        if let Ok(cron) = Cron::parse(&text) {
            prop_assert!(cron.next(&zone("UTC").unwrap(), Timestamp::from_micros(0)).is_some());
        }
    }
}
