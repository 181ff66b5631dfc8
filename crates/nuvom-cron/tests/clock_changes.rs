//! Ticks where the clocks of a zone are changed, as tables: expression, zone, from when, and the ticks in UTC.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use nuvom_core::Timestamp;
use nuvom_cron::{Cron, Place, transitions_around, zone};

fn utc(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = format!("{text}Z").parse().expect(text);
    Timestamp::from_micros(moment.as_microsecond())
}

fn shown(tick: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(tick.as_micros()).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The ticks after a moment, each with its place.
fn placed(expression: &str, name: &str, after: &str, count: usize) -> Vec<(String, Place)> {
    let (cron, zone) = (Cron::parse(expression).unwrap(), zone(name).unwrap());
    let mut last = utc(after);
    let mut found = Vec::new();
    for _ in 0..count {
        last = cron.next(&zone, last).unwrap();
        found.push((shown(last), cron.place(&zone, last)));
    }
    found
}

#[track_caller]
fn expect(expression: &str, name: &str, after: &str, ticks: &[&str]) {
    let found: Vec<String> =
        placed(expression, name, after, ticks.len()).into_iter().map(|(tick, _)| tick).collect();
    assert_eq!(found, ticks, "{expression} in {name}");
}

#[test]
fn a_fixed_time_in_a_gap_is_due_at_the_first_valid_moment_after_it() {
    let daily = "30 2 * * *";
    expect(daily, "Europe/Berlin", "2026-03-28T12:00:00", &["2026-03-29T01:00:00", "2026-03-30T00:30:00"]);
    expect(daily, "America/New_York", "2026-03-07T12:00:00", &["2026-03-08T07:00:00", "2026-03-09T06:30:00"]);
    // Half an hour: 02:00 becomes 02:30.
    let lord_howe = ["2026-10-03T15:30:00", "2026-10-04T15:15:00"];
    expect("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00", &lord_howe);
    // Two hours: 01:00 becomes 03:00.
    expect(daily, "Antarctica/Troll", "2026-03-28T12:00:00", &["2026-03-29T01:00:00", "2026-03-30T00:30:00"]);
    // Winter is the time that is turned, as the law of Ireland sees it.
    expect(
        "30 1 * * *",
        "Europe/Dublin",
        "2026-03-28T12:00:00",
        &["2026-03-29T01:00:00", "2026-03-30T00:30:00"],
    );
    // The clock goes back for Ramadan, and forward in a night of the summer half.
    expect(
        daily,
        "Africa/Casablanca",
        "2026-03-21T12:00:00",
        &["2026-03-22T02:00:00", "2026-03-23T01:30:00"],
    );
}

#[test]
fn midnight_that_a_clock_skips_is_due_when_the_day_begins() {
    let midnight = "0 0 * * *";
    expect(
        midnight,
        "America/Havana",
        "2026-03-07T12:00:00",
        &["2026-03-08T05:00:00", "2026-03-09T04:00:00"],
    );
    expect(midnight, "Asia/Beirut", "2026-03-28T12:00:00", &["2026-03-28T22:00:00", "2026-03-29T21:00:00"]);
    expect(midnight, "Africa/Cairo", "2026-04-23T12:00:00", &["2026-04-23T22:00:00", "2026-04-24T21:00:00"]);
    expect(
        midnight,
        "America/Santiago",
        "2026-09-05T12:00:00",
        &["2026-09-06T04:00:00", "2026-09-07T03:00:00"],
    );
}

#[test]
fn a_day_that_a_zone_skips_is_due_when_the_next_one_begins() {
    // Samoa went from the evening of the 29th to the morning of the 31st.
    let apia = ["2011-12-29T19:00:00", "2011-12-30T10:00:00", "2011-12-30T19:00:00"];
    expect("0 9 * * *", "Pacific/Apia", "2011-12-29T00:00:00", &apia);
    expect(
        "0 9 30 12 *",
        "Pacific/Apia",
        "2011-12-01T00:00:00",
        &["2011-12-30T10:00:00", "2012-12-29T19:00:00"],
    );
    // Elapsed time knows no such day.
    expect("0 */12 30 * *", "Pacific/Apia", "2011-12-01T00:00:00", &["2012-01-29T10:00:00"]);
}

#[test]
fn several_fixed_times_in_one_gap_are_one_tick() {
    let berlin = ["2026-03-29T01:00:00", "2026-03-29T02:00:00", "2026-03-30T00:00:00", "2026-03-30T00:30:00"];
    expect("0,30 2,4 * * *", "Europe/Berlin", "2026-03-29T00:30:00", &berlin[..2]);
    expect(
        "0,30 2 * * *",
        "Europe/Berlin",
        "2026-03-29T00:30:00",
        &["2026-03-29T01:00:00", berlin[2], berlin[3]],
    );
    // And the time at which the gap ends is the same tick.
    expect(
        "0 2,3 * * *",
        "Europe/Berlin",
        "2026-03-29T00:30:00",
        &["2026-03-29T01:00:00", "2026-03-30T00:00:00"],
    );
}

#[test]
fn a_fixed_time_in_an_overlap_is_due_in_the_first_pass_only() {
    let daily = "30 2 * * *";
    expect(daily, "Europe/Berlin", "2026-10-24T12:00:00", &["2026-10-25T00:30:00", "2026-10-26T01:30:00"]);
    expect(
        "30 1 * * *",
        "America/New_York",
        "2026-10-31T12:00:00",
        &["2026-11-01T05:30:00", "2026-11-02T06:30:00"],
    );
    expect(
        "30 1 * * *",
        "Europe/Dublin",
        "2026-10-24T12:00:00",
        &["2026-10-25T00:30:00", "2026-10-26T01:30:00"],
    );
    expect(
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T00:00:00",
        &["2026-04-04T14:45:00", "2026-04-05T15:15:00"],
    );
    // The clock of Havana goes back from 01:00 to midnight, that of Beirut from midnight into the day before.
    expect(
        "0 0 * * *",
        "America/Havana",
        "2025-11-01T12:00:00",
        &["2025-11-02T04:00:00", "2025-11-03T05:00:00"],
    );
    expect(
        "30 23 * * *",
        "Asia/Beirut",
        "2026-10-24T12:00:00",
        &["2026-10-24T20:30:00", "2026-10-25T21:30:00"],
    );
}

#[test]
fn who_asks_within_the_second_pass_gets_no_fixed_time_of_it() {
    expect("0,15,30,45 2 * * *", "Europe/Berlin", "2026-10-25T01:20:00", &["2026-10-26T01:00:00"]);
    expect("0-59 2-3 * * *", "Europe/Berlin", "2026-10-25T01:20:00", &["2026-10-25T02:00:00"]);
}

#[test]
fn patterns_keep_their_distance_through_both_passes_and_over_a_gap() {
    let quarters = "*/15 * * * *";
    let autumn = [
        "2026-10-25T00:45:00",
        "2026-10-25T01:00:00",
        "2026-10-25T01:15:00",
        "2026-10-25T01:30:00",
        "2026-10-25T01:45:00",
        "2026-10-25T02:00:00",
    ];
    expect(quarters, "Europe/Berlin", "2026-10-25T00:30:00", &autumn);
    expect(quarters, "Europe/Berlin", "2026-03-29T00:45:00", &["2026-03-29T01:00:00", "2026-03-29T01:15:00"]);
    let half = ["2026-04-04T15:00:00", "2026-04-04T15:15:00", "2026-04-04T15:30:00", "2026-04-04T15:45:00"];
    expect(quarters, "Australia/Lord_Howe", "2026-04-04T14:45:00", &half);
    // 02:30 local becomes what follows 01:59.
    expect("*/20 * * * *", "Australia/Lord_Howe", "2026-10-03T15:20:00", &["2026-10-03T15:40:00"]);
}

#[test]
fn patterns_are_due_in_both_passes_and_not_in_a_gap() {
    let both = ["2026-10-25T00:00:00", "2026-10-25T00:30:00", "2026-10-25T01:00:00", "2026-10-25T01:30:00"];
    expect("*/30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00", &both);
    expect("*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00", &["2026-03-30T00:00:00"]);
    expect("0 2 25 10 *", "Europe/Berlin", "2026-10-25T00:00:00", &["2027-10-25T00:00:00"]);
    expect("*/20 0 2 25 10 *", "Europe/Berlin", "2026-10-25T00:00:40", &["2026-10-25T01:00:00"]);
}

#[test]
fn the_calendar_is_followed() {
    expect("0 0 29 2 *", "UTC", "2024-02-29T00:00:00", &["2028-02-29T00:00:00", "2032-02-29T00:00:00"]);
    expect("0 0 29 2 *", "UTC", "2096-02-29T00:00:00", &["2104-02-29T00:00:00"]);
    expect(
        "0 0 29 2 */7",
        "Europe/Berlin",
        "2032-03-01T00:00:00",
        &["2060-02-28T23:00:00", "2088-02-28T23:00:00"],
    );
    expect("0 0 31 * *", "UTC", "2026-01-31T00:00:00", &["2026-03-31T00:00:00", "2026-05-31T00:00:00"]);
    expect("59 59 23 31 12 *", "UTC", "2026-12-31T23:59:58", &["2026-12-31T23:59:59", "2027-12-31T23:59:59"]);
    expect("0 0 1 1 *", "Pacific/Kiritimati", "2026-06-01T00:00:00", &["2026-12-31T10:00:00"]);
    expect("0 0 1 1 *", "Pacific/Pago_Pago", "2026-06-01T00:00:00", &["2027-01-01T11:00:00"]);
    expect("14 3 * * *", "UTC", "2038-01-19T03:13:59", &["2038-01-19T03:14:00", "2038-01-20T03:14:00"]);
    expect("* * * * * *", "UTC", "2038-01-19T03:14:07", &["2038-01-19T03:14:08"]);
    expect("*/15 * * * *", "Asia/Kathmandu", "2026-01-01T00:00:00", &["2026-01-01T00:15:00"]);
    expect("* * * * *", "UTC", "1969-12-31T23:59:30", &["1970-01-01T00:00:00"]);
}

#[test]
fn rules_of_the_far_future_are_those_of_today() {
    expect(
        "30 2 * * *",
        "Europe/Berlin",
        "2099-03-28T12:00:00",
        &["2099-03-29T01:00:00", "2099-03-30T00:30:00"],
    );
    expect(
        "30 2 * * *",
        "Europe/Berlin",
        "2099-10-24T12:00:00",
        &["2099-10-25T00:30:00", "2099-10-26T01:30:00"],
    );
}

#[test]
fn a_tick_at_exactly_now_is_not_repeated() {
    let (cron, zone) = (Cron::parse("*/5 * * * *").unwrap(), zone("Europe/Berlin").unwrap());
    let tick = utc("2026-06-01T12:00:00");
    let beside = |micros| Timestamp::from_micros(tick.as_micros() + micros);

    assert_eq!(cron.next(&zone, beside(-1)), Some(tick));
    assert_eq!(cron.next(&zone, tick), Some(utc("2026-06-01T12:05:00")));
    assert_eq!(cron.next(&zone, beside(1)), Some(utc("2026-06-01T12:05:00")));
    assert_eq!(cron.next(&zone, beside(999_999)), Some(utc("2026-06-01T12:05:00")));
}

#[test]
fn times_that_nobody_can_mean_are_answered_and_do_no_harm() {
    let zone = zone("Europe/Berlin").unwrap();
    for expression in ["* * * * *", "0 0 29 2 *", "30 2 * * *"] {
        let cron = Cron::parse(expression).unwrap();

        assert!(cron.next(&zone, Timestamp::from_micros(i64::MIN)).is_some(), "{expression}");
        assert_eq!(cron.next(&zone, Timestamp::from_micros(i64::MAX)), None, "{expression}");
        assert_eq!(cron.next(&zone, utc("4999-12-31T23:59:59")), None, "{expression}");
        assert_eq!(cron.place(&zone, Timestamp::from_micros(i64::MIN)), Place::Plain);
    }
}

#[test]
fn each_tick_can_be_explained() {
    let places = |expression, name, after, count| -> Vec<Place> {
        placed(expression, name, after, count).into_iter().map(|(_, place)| place).collect()
    };
    let (spring, autumn) = ("2026-03-28T12:00:00", "2026-10-24T12:00:00");
    let (first, second) = (Place::FirstPass, Place::SecondPass);

    assert_eq!(places("30 2 * * *", "Europe/Berlin", spring, 2), [Place::AfterGap, Place::Plain]);
    assert_eq!(places("30 2 * * *", "Europe/Berlin", autumn, 2), [first, Place::Plain]);
    let pattern = places("*/30 2 * * *", "Europe/Berlin", autumn, 5);
    assert_eq!(pattern, [first, first, second, second, Place::Plain]);
    // The end of a gap that is itself a time of the expression was not moved.
    assert_eq!(places("0 2,3 * * *", "Europe/Berlin", spring, 1), [Place::Plain]);
    // The last moment before clocks go back, and the first after the second pass.
    assert_eq!(places("0 3 * * *", "Europe/Berlin", autumn, 1), [Place::Plain]);
    assert_eq!(places("59 59 1 * * *", "Europe/Berlin", autumn, 1), [Place::Plain]);
    assert_eq!(places("59 59 2 * * *", "Europe/Berlin", autumn, 1), [first]);
    assert_eq!(
        places("0 9 * * *", "Pacific/Apia", "2011-12-29T20:00:00", 2),
        [Place::AfterGap, Place::Plain]
    );
}

#[test]
fn the_changes_around_a_moment_are_found() {
    let changes = |name, near| transitions_around(&zone(name).unwrap(), utc(near), 2);

    let berlin = changes("Europe/Berlin", "2026-06-01T00:00:00");
    let found: Vec<_> = berlin.iter().map(|change| (change.at, change.by_secs)).collect();
    let (spring, autumn) = (utc("2026-03-29T01:00:00"), utc("2026-10-25T01:00:00"));
    assert_eq!(found, [(spring, 3_600), (autumn, -3_600), (utc("2027-03-28T01:00:00"), 3_600)]);
    // A change at the very moment is the last one.
    assert_eq!(changes("Europe/Berlin", "2026-03-29T01:00:00")[0].at, spring);
    assert!(changes("UTC", "2026-06-01T00:00:00").is_empty());
    // Tokyo has turned its clocks, but not for a long time.
    let tokyo = changes("Asia/Tokyo", "2026-06-01T00:00:00");
    assert_eq!(tokyo.len(), 1);
    assert!(tokyo[0].at < utc("1952-01-01T00:00:00"));
    // Alaska became American with the same clocks, 24 hours back.
    assert_eq!(changes("America/Sitka", "1867-10-10T00:00:00")[0].by_secs, -86_400);
}
