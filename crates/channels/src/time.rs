//! Reads points in time as files and networks write them: RFC 3339, unix numbers, e-mail dates,
//! the older style of X and German dates. A time without a zone is read in the zone it is given.

use jiff::civil;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use kulant_model::time::Timestamp;

/// Dates with a time as some countries and networks write them, with a zone in them.
const ZONED: [&str; 2] = ["%a %b %d %H:%M:%S %z %Y", "%Y-%m-%d %H:%M:%S %z"];
/// The same without a zone.
/// Short years stand first: a long one does not fit them, but a short one is also a year of long ago.
const CIVIL: [&str; 5] = [
    "%d.%m.%y %H:%M:%S",
    "%d.%m.%y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y-%m-%d %H:%M",
];
const DATES: [&str; 2] = ["%d.%m.%y", "%d.%m.%Y"];

/// Reads a time; one without a zone of its own is in `zone`.
pub(crate) fn parse_time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(time) = parse_unix(text).or_else(|| zoned(text)) {
        return Some(time);
    }
    let text = text
        .trim_end_matches("Uhr")
        .trim_end()
        .replace(", ", " ")
        .replace(" UTC", "Z");
    zoned(&text).or_else(|| {
        let time = civil_time(&text)?.to_zoned(zone.clone()).ok()?;
        Some(kept(time.timestamp()))
    })
}

/// Reads a number of seconds, milliseconds or microseconds since 1970, told apart by its size.
pub(crate) fn parse_unix(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(9..=16).contains(&whole.len()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let (micros_per_unit, places) = match whole.len() {
        9..=11 => (1_000_000, 6),
        12..=14 => (1_000, 3),
        _ => (1, 0),
    };
    let fraction: i64 = format!("{fraction:0<6}")[..places].parse().unwrap_or(0);
    let time = Timestamp(number * micros_per_unit + fraction);
    jiff::Timestamp::from_microsecond(time.0).ok().map(kept)
}

fn zoned(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .or_else(|| {
            ZONED.iter().find_map(|format| {
                strtime::parse(format, text)
                    .and_then(|broken_down| broken_down.to_timestamp())
                    .ok()
            })
        })
        .or_else(|| rfc2822::parse(text).ok().map(|time| time.timestamp()))
        .map(kept)
}

fn civil_time(text: &str) -> Option<civil::DateTime> {
    CIVIL
        .iter()
        .find_map(|format| {
            strtime::parse(format, text)
                .and_then(|at| at.to_datetime())
                .ok()
        })
        .or_else(|| {
            DATES.iter().find_map(|format| {
                let date = strtime::parse(format, text).and_then(|at| at.to_date());
                Some(date.ok()?.to_datetime(civil::Time::midnight()))
            })
        })
        .or_else(|| text.parse().ok())
}

fn kept(time: jiff::Timestamp) -> Timestamp {
    Timestamp(time.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_usual_style() {
        let berlin = TimeZone::get("Europe/Berlin").expect("the zone is known");
        let cases = [
            ("2017-10-31T22:10:47Z", "2017-10-31T22:10:47.000000Z"),
            ("2017-10-31T23:10:47.5+01:00", "2017-10-31T22:10:47.500000Z"),
            ("2017-10-31 22:10:47+00:00", "2017-10-31T22:10:47.000000Z"),
            ("2017-10-31 22:10:47 +0000", "2017-10-31T22:10:47.000000Z"),
            ("2017-10-31 22:10:47 UTC", "2017-10-31T22:10:47.000000Z"),
            (
                "Tue Oct 31 22:10:47 +0000 2017",
                "2017-10-31T22:10:47.000000Z",
            ),
            (
                "Tue, 31 Oct 2017 22:10:47 GMT",
                "2017-10-31T22:10:47.000000Z",
            ),
            ("1509487847", "2017-10-31T22:10:47.000000Z"),
            ("1509487847.25", "2017-10-31T22:10:47.250000Z"),
            ("1509487847250", "2017-10-31T22:10:47.250000Z"),
            ("1509487847250000", "2017-10-31T22:10:47.250000Z"),
            ("31.10.2017 23:10", "2017-10-31T22:10:00.000000Z"),
            ("31.10.2017, 23:10 Uhr", "2017-10-31T22:10:00.000000Z"),
            ("31.07.2017 23:10:47", "2017-07-31T21:10:47.000000Z"),
            ("1.7.17 08:05", "2017-07-01T06:05:00.000000Z"),
            ("31.10.2017", "2017-10-30T23:00:00.000000Z"),
            ("2017-10-31 23:10:47", "2017-10-31T22:10:47.000000Z"),
            ("2017-10-31 23:10", "2017-10-31T22:10:00.000000Z"),
            ("2017-10-31T23:10:47.123456", "2017-10-31T22:10:47.123456Z"),
            ("2017-10-31", "2017-10-30T23:00:00.000000Z"),
        ];
        for (text, expected) in cases {
            let time = parse_time(text, &berlin).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "gestern",
            "2017",
            "32.10.2017",
            "-5",
            "99999999999999999",
            "12:30",
            "1.5",
        ] {
            assert_eq!(parse_time(text, &TimeZone::UTC), None, "{text}");
        }
    }
}
