//! Times, hours and sizes as people say them, in the brand's own zone.

use std::time::Duration;

use jiff::tz::TimeZone;
use kulant_model::brand::BrandDetails;
use kulant_model::hours::{self, Standing, Turn};
use kulant_model::time::Timestamp;

use super::words::Speech;
use crate::locale::Language;

/// Says a moment: `Sonntag, 22. November, 14:05 Uhr`. The year only where it is another one.
pub fn moment(speech: Speech, details: &BrandDetails, at: Timestamp, now: Timestamp) -> String {
    let (Some(at), Some(now)) = (local(details, at), local(details, now)) else {
        return at.to_string();
    };
    let weekday = weekday(speech, i64::from(at.weekday().to_monday_one_offset()));
    let month = speech.say(&format!("site.month.m{}", at.month()), &[]);
    let day = at.day().to_string();
    let time = match speech.language {
        Language::German => format!("{}:{:02}", at.hour(), at.minute()),
        Language::English => format!("{:02}:{:02}", at.hour(), at.minute()),
    };
    let year = at.year().to_string();
    let facts = [
        ("weekday", weekday.as_str()),
        ("day", &day),
        ("month", &month),
        ("year", &year),
        ("time", &time),
    ];
    if at.date() == now.date() {
        speech.say("site.moment.today", &facts)
    } else if at.year() == now.year() {
        speech.say("site.moment.this_year", &facts)
    } else {
        speech.say("site.moment.other_year", &facts)
    }
}

/// Says how the hours stand now, and whether somebody is there; nothing where a brand has none.
pub fn hours_line(
    speech: Speech,
    details: &BrandDetails,
    now: Timestamp,
) -> Option<(bool, String)> {
    let turned = |turn: &Turn, keys: [&str; 3]| {
        let time = clock(speech, &turn.time);
        let day = weekday(speech, turn.weekday);
        let key = keys[usize::try_from(turn.days_ahead.clamp(0, 2)).unwrap_or(2)];
        speech.say(key, &[("time", &time), ("day", &day)])
    };
    Some(match hours::standing(details, now)? {
        Standing::Open { until: None } => (true, speech.say("site.hours.open_always", &[])),
        Standing::Open { until: Some(turn) } => {
            let keys = [
                "site.hours.open_until",
                "site.hours.open_until_tomorrow",
                "site.hours.open_until_day",
            ];
            (true, turned(&turn, keys))
        }
        Standing::Closed { opens: Some(turn) } => {
            let keys = [
                "site.hours.opens_today",
                "site.hours.opens_tomorrow",
                "site.hours.opens_day",
            ];
            (false, turned(&turn, keys))
        }
        Standing::Closed { opens: None } => (false, speech.say("site.hours.closed", &[])),
    })
}

/// Says the hours of a week, days in a row with the same hours in one line.
pub fn week(speech: Speech, details: &BrandDetails) -> Vec<(String, String)> {
    hours::week(&details.hours)
        .into_iter()
        .map(|line| {
            let first = weekday(speech, line.first_day);
            let last = weekday(speech, line.last_day);
            let days = match line.last_day - line.first_day {
                0 => first,
                1 => speech.say("site.hours.two_days", &[("first", &first), ("last", &last)]),
                _ => speech.say("site.hours.days", &[("first", &first), ("last", &last)]),
            };
            let spans: Vec<String> = line
                .spans
                .iter()
                .map(|(open, close)| {
                    let facts = [
                        ("open", short(speech, open)),
                        ("close", clock(speech, close)),
                    ];
                    let facts = facts.each_ref().map(|(name, text)| (*name, text.as_str()));
                    speech.say("site.hours.span", &facts)
                })
                .collect();
            (days, spans.join(&speech.say("site.hours.and", &[])))
        })
        .collect()
}

/// Says how soon answers usually come: in minutes, hours or days, rounded up.
pub fn usual_wait(speech: Speech, wait: Duration) -> String {
    let minutes = wait.as_secs().div_ceil(60).max(1);
    let (key, count) = if minutes <= 90 {
        ("site.wait.minutes", minutes.div_ceil(5) * 5)
    } else if minutes <= 36 * 60 {
        ("site.wait.hours", minutes.div_ceil(60))
    } else {
        ("site.wait.days", minutes.div_ceil(24 * 60))
    };
    speech.say(key, &[("count", &count.to_string())])
}

/// Says a size: `1,4 MB`.
pub fn size(speech: Speech, bytes: u64) -> String {
    let (amount, unit) = if bytes < 1_000_000 {
        (format!("{}", bytes.div_ceil(1_000)), "kB")
    } else {
        let tenths = bytes.div_ceil(100_000);
        let amount = match tenths % 10 {
            0 => format!("{}", tenths / 10),
            rest => format!("{}.{rest}", tenths / 10),
        };
        (amount, "MB")
    };
    let amount = match speech.language {
        Language::German => amount.replace('.', ","),
        Language::English => amount,
    };
    format!("{amount}\u{a0}{unit}")
}

/// `08:00` as a time of the day: `8 Uhr`, `8:30 Uhr`, `08:00`.
fn clock(speech: Speech, time: &str) -> String {
    speech.say("site.hours.time", &[("time", &short(speech, time))])
}

fn short(speech: Speech, time: &str) -> String {
    match speech.language {
        Language::German => {
            let time = time.strip_suffix(":00").unwrap_or(time);
            match time.strip_prefix('0') {
                Some(rest) if !rest.is_empty() => rest.to_owned(),
                _ => time.to_owned(),
            }
        }
        Language::English => time.replace("24:00", "midnight"),
    }
}

fn weekday(speech: Speech, day: i64) -> String {
    speech.say(&format!("site.weekday.d{day}"), &[])
}

fn local(details: &BrandDetails, at: Timestamp) -> Option<jiff::Zoned> {
    let zone = TimeZone::get(&details.time_zone).unwrap_or(TimeZone::UTC);
    Some(jiff::Timestamp::from_microsecond(at.0).ok()?.to_zoned(zone))
}

#[cfg(test)]
mod tests {
    use kulant_model::brand::{Opening, Voice};

    use super::*;

    const GERMAN: Speech = Speech {
        language: Language::German,
        voice: Voice::Sie,
    };
    const ENGLISH: Speech = Speech {
        language: Language::English,
        voice: Voice::Sie,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn moments_are_said_in_the_brands_zone() {
        let details = BrandDetails::default();
        let then = at("2026-11-22T04:34:57Z");
        let cases = [
            (GERMAN, "2026-11-22T20:00:00Z", "heute, 5:34 Uhr"),
            (
                GERMAN,
                "2026-11-23T20:00:00Z",
                "Sonntag, 22. November, 5:34 Uhr",
            ),
            (
                GERMAN,
                "2027-01-02T20:00:00Z",
                "22. November 2026, 5:34 Uhr",
            ),
            (
                ENGLISH,
                "2026-11-23T20:00:00Z",
                "Sunday, 22 November, 05:34",
            ),
        ];
        for (speech, now, expected) in cases {
            let said = moment(speech, &details, then, at(now));
            assert_eq!(said.replace('\u{a0}', " "), expected);
        }
    }

    #[test]
    fn hours_are_said_as_one_says_them() {
        let day = |day, open: &str, close: &str| Opening {
            day,
            open: open.to_owned(),
            close: close.to_owned(),
        };
        let details = BrandDetails {
            hours: (1..=5)
                .map(|weekday| day(weekday, "08:00", "17:30"))
                .collect(),
            ..BrandDetails::default()
        };
        let friday = at("2026-11-20T10:00:00Z");
        let line = |speech, now| hours_line(speech, &details, now);
        assert_eq!(
            line(GERMAN, friday),
            Some((
                true,
                "Wir sind gerade da, heute bis 17:30\u{a0}Uhr.".to_owned()
            ))
        );
        let evening = at("2026-11-20T20:00:00Z");
        let (open, words) = line(GERMAN, evening).expect("hours");
        assert!(!open && words.contains("Montag ab 8\u{a0}Uhr"), "{words}");
        let week = week(ENGLISH, &details);
        assert_eq!(
            week,
            [("Monday to Friday".to_owned(), "08:00 to 17:30".to_owned())]
        );
        assert_eq!(
            line(GERMAN, at("2026-11-21T20:00:00Z")).map(|(open, _)| open),
            Some(false)
        );
        assert_eq!(hours_line(GERMAN, &BrandDetails::default(), friday), None);
    }

    #[test]
    fn sizes_and_waits_are_rounded_up() {
        assert_eq!(size(GERMAN, 1_340_000), "1,4\u{a0}MB");
        assert_eq!(size(ENGLISH, 10 << 20), "10.5\u{a0}MB");
        assert_eq!(size(GERMAN, 12), "1\u{a0}kB");
        let said = |minutes: u64| usual_wait(GERMAN, Duration::from_secs(minutes * 60));
        assert!(said(18).contains("20 Minuten"), "{}", said(18));
        assert!(said(91).contains("2 Stunden"), "{}", said(91));
        assert!(said(40 * 60).contains("2 Tagen"), "{}", said(40 * 60));
    }
}
