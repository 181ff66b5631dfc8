//! Which expressions are understood, and what is said about others.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

use std::time::{Duration, Instant};

use nuvom_core::{ErrorKind, Timestamp};
use nuvom_cron::{Cron, Kind, zone};

fn refusal(expression: &str) -> String {
    let error = Cron::parse(expression).expect_err(expression);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    error.to_string()
}

/// The first days and times that an expression says, in 2026 and UTC.
fn first(expression: &str, count: usize) -> Vec<String> {
    let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let (cron, utc) = (Cron::parse(expression).unwrap(), zone("UTC").unwrap());
    let mut after = Timestamp::from_micros(start.as_microsecond() - 1);
    let mut found = Vec::new();
    for _ in 0..count {
        after = cron.next(&utc, after).unwrap();
        let tick = jiff::Timestamp::from_microsecond(after.as_micros()).unwrap();
        found.push(tick.strftime("%m-%d %H:%M:%S").to_string());
    }
    found
}

#[test]
fn what_people_write_is_understood() {
    for good in [
        "* * * * *",
        "*/5 9-17 * * MON-FRI",
        "0 0 1,15 * *",
        "0 9 * JAN,JUL MON",
        "30 0 9 * * *",
        "0 0 L * *",
        "0 0 LW * *",
        "0 0 15W * *",
        "0 0 * * FRI#2",
        "0 0 * * fri#1,FRI#3",
        "0 0 * * FRIL",
        "0 0 ? * MON",
        "0 0 1 * ?",
        "0 0 * * FRI-SUN",
        "0 0 * * 7",
        "*/10,5 * * * *",
        "  0\t0 * *   * ",
        "@daily",
        "@hourly",
        "@Midnight",
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
    ] {
        assert!(Cron::parse(good).is_ok(), "{good}: {}", Cron::parse(good).unwrap_err());
    }
}

#[test]
fn the_field_to_blame_is_named() {
    assert!(refusal("61 * * * *").contains("the minute `61`"));
    assert!(refusal("* 25 * * *").contains("the hour `25`"));
    assert!(refusal("0 0 32 * *").contains("the day of the month `32`"));
    assert!(refusal("0 0 * 13 *").contains("the month `13`"));
    assert!(refusal("0 0 * * XXX").contains("the day of the week `XXX`"));
    assert!(refusal("*/0 * * * *").contains("the minute `*/0`"));
    assert!(refusal("99 0 0 * * *").contains("the second `99`"));
    assert!(refusal("0 0 * *").contains("has 4"));
    assert!(refusal("").contains("has 0"));
}

#[test]
fn a_refusal_says_where_and_what_to_write() {
    assert_eq!(
        refusal("0 25 * * MON"),
        "the hour `25` of the cron expression cannot be understood (columns: 3-4). It is a number from 0 to 23"
    );
    assert_eq!(
        refusal("0 0 * * 8"),
        "the day of the week `8` of the cron expression cannot be understood (column: 9). It is a number from 0 \
         to 7, or a name such as `MON`"
    );
    assert!(refusal("0 22-2 * * *").contains("one over the end is two: `22-23,0-2`"));
    assert!(refusal("5/10 * * * *").contains("`*/10` or `0-59/10`"));
    assert!(refusal("*/90 * * * *").contains("A step is a number from 1 to 60"));
    assert!(refusal("0 0 * * L").contains("`FRIL`"));
    assert!(refusal("0 0 * * 1 2 2030").contains("There is no field for years"));
    assert!(refusal("@reboot").contains("Schedules know times only"));
    assert!(refusal("@every 5m").contains("`interval`"));
    assert!(refusal("@dayly").contains("Did you mean `@daily`?"));
}

#[test]
fn what_is_probably_a_slip_is_refused() {
    for slip in [
        "1,,2 * * * *",
        "1, * * * *",
        ", * * * *",
        "JAN * * * *",
        "0 0 * MON *",
        "0 0 1MON * *",
        "0 0 * * MONTUE",
        "0 0 * * MONDAY",
        "0 0 * * +MON",
        "0 0 * * 0SUN",
        "? 0 * * *",
        "*,5 * * * *",
        "+5 * * * *",
        "-5 * * * *",
        "5- * * * *",
        "1-2-3 * * * *",
        "*/5/5 * * * *",
        "*/+5 * * * *",
        "0 0 L-3 * *",
        "0 0 L,LW * *",
        "0 0 1-5W * *",
        "0 0 * * MON-FRI#2",
        "0 0 * * FRI#6",
        "0 0 * * FRI#L",
        "0 0 0 * *",
        "0 0 * 0 *",
        "0 0 * * ſUN",
        "0 ٣ * * *",
        "@daily @daily",
        "99999999999 * * * *",
        "*/99999999999 * * * *",
    ] {
        assert!(Cron::parse(slip).is_err(), "{slip}");
    }
}

#[test]
fn what_never_comes_due_is_refused() {
    for never in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30-31 FEB *", "0 0 31 2 ?"] {
        assert!(refusal(never).contains("is never due"), "{never}");
    }
    for rare in ["0 0 29 2 *", "0 0 29 2 */7", "0 0 30 2 MON", "0 0 31 * *"] {
        assert!(Cron::parse(rare).is_ok(), "{rare}");
    }
}

#[test]
fn hostile_expressions_are_refused_at_once() {
    let hostile = [
        "*".repeat(10_000),
        "1,".repeat(5_000),
        "* ".repeat(5_000),
        " ".repeat(10_000),
        "@".repeat(10_000),
        format!("{} 0 30 2 *", "0,".repeat(400) + "0"),
        "0 0 30 2 *".to_owned(),
        "é".repeat(500),
        "\u{1b}[31m * * * *".to_owned(),
    ];
    for expression in &hostile {
        let refused = refusal(expression);

        // The best of some: whatever else the machine does is not the question.
        let took = (0..5).map(|_| {
            let start = Instant::now();
            drop(Cron::parse(expression));
            start.elapsed()
        });
        assert!(took.min() < Some(Duration::from_millis(10)), "{refused}");
        assert!(refused.chars().count() < 500, "{refused}");
    }
}

#[test]
fn a_step_of_days_beside_a_day_of_the_week_narrows_it_as_in_the_cron_of_debian() {
    assert_eq!(first("0 0 */2 * MON", 3), ["01-05 00:00:00", "01-19 00:00:00", "02-09 00:00:00"]);
    assert_eq!(first("0 0 1-31/2 * MON", 3), ["01-01 00:00:00", "01-03 00:00:00", "01-05 00:00:00"]);
    assert_eq!(first("0 0 13 * FRI", 3), ["01-02 00:00:00", "01-09 00:00:00", "01-13 00:00:00"]);
}

#[test]
fn days_that_depend_on_the_month_are_those_of_the_calendar() {
    assert_eq!(first("0 0 L * *", 3), ["01-31 00:00:00", "02-28 00:00:00", "03-31 00:00:00"]);
    assert_eq!(first("0 0 LW * *", 3), ["01-30 00:00:00", "02-27 00:00:00", "03-31 00:00:00"]);
    assert_eq!(first("0 0 1W * *", 3), ["01-01 00:00:00", "02-02 00:00:00", "03-02 00:00:00"]);
    assert_eq!(first("0 0 * * FRIL", 2), ["01-30 00:00:00", "02-27 00:00:00"]);
    assert_eq!(first("0 0 * * FRI#5", 2), ["01-30 00:00:00", "05-29 00:00:00"]);
    assert_eq!(first("0 0 * * SUNL", 2), ["01-25 00:00:00", "02-22 00:00:00"]);
    assert_eq!(first("0 0 * * FRI-SUN", 3), ["01-02 00:00:00", "01-03 00:00:00", "01-04 00:00:00"]);
}

#[test]
fn nicknames_mean_what_they_say() {
    assert_eq!(first("@hourly", 2), ["01-01 00:00:00", "01-01 01:00:00"]);
    assert_eq!(first("@daily", 2), ["01-01 00:00:00", "01-02 00:00:00"]);
    assert_eq!(first("@weekly", 2), ["01-04 00:00:00", "01-11 00:00:00"]);
    assert_eq!(first("@monthly", 2), ["01-01 00:00:00", "02-01 00:00:00"]);
    assert_eq!(first("@yearly", 2), ["01-01 00:00:00", "01-01 00:00:00"]);
}

#[test]
fn times_of_day_are_told_from_patterns_by_wildcards_and_steps() {
    let kind = |expression| Cron::parse(expression).unwrap().kind();

    for fixed in ["30 2 * * *", "0,30 2 */2 * *", "0 9-17 * * *", "15 30 2 * * *", "0-59 2 * * *", "@daily"] {
        assert_eq!(kind(fixed), Kind::FixedTimes, "{fixed}");
    }
    for elapsed in ["* 2 * * *", "30 * * * *", "0-59/5 2 * * *", "0 9-17/2 * * *", "* 0 0 * * *", "@hourly"] {
        assert_eq!(kind(elapsed), Kind::Elapsed, "{elapsed}");
    }
}

#[test]
fn an_unknown_zone_is_refused_with_the_nearest() {
    let refusal = |name: &str| zone(name).unwrap_err().to_string();

    assert_eq!(
        refusal("Europe/Berlni"),
        "there is no time zone `Europe/Berlni`. Did you mean Europe/Berlin?"
    );
    assert!(refusal("europe/berlin").contains("Did you mean Europe/Berlin?"));
    for bad in ["", " UTC", "Mars/Base", "../../etc/passwd", "Etc/Unknown", "\0", &"A".repeat(10_000)] {
        assert!(zone(bad).is_err(), "{bad}");
    }
}

#[test]
fn every_zone_of_the_database_has_a_next_day() {
    let midnight = Cron::parse("@daily").unwrap();
    let mut count = 0;
    for name in jiff::tz::TimeZoneDatabase::bundled().available() {
        let zone = zone(name.as_str()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(midnight.next(&zone, Timestamp::from_micros(0)).is_some(), "{name}");
        count += 1;
    }
    assert!(count > 400, "{count}");
}
