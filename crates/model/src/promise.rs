//! The next word's time as a holding reply says it, in the brand's language and zone: "morgen um
//! 09:30 Uhr". Keeps no promise and knows no clock.

use crate::brand::BrandDetails;
use crate::time::Timestamp;

/// Where a text names the next word's time.
pub const PLACEHOLDER: &str = "{next_word}";

const DAYS: [[&str; 7]; 2] = [
    [
        "Montag",
        "Dienstag",
        "Mittwoch",
        "Donnerstag",
        "Freitag",
        "Samstag",
        "Sonntag",
    ],
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
];

/// Fills the next word's time into a text, as seen from the moment at which the text is read.
pub fn fill(text: &str, details: &BrandDetails, next_word_at: Timestamp, now: Timestamp) -> String {
    text.replace(PLACEHOLDER, &said(details, next_word_at, now))
}

/// Returns whether a text may be a filled form of a template.
pub fn is_filled(text: &str, template: &str) -> bool {
    match template.split_once(PLACEHOLDER) {
        Some((before, after)) => {
            let after = after.rsplit(PLACEHOLDER).next().unwrap_or(after);
            text.len() >= before.len() + after.len()
                && text.starts_with(before)
                && text.ends_with(after)
        }
        None => text == template,
    }
}

/// Says a moment ahead.
fn said(details: &BrandDetails, at: Timestamp, now: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get(&details.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let local = |at: Timestamp| {
        jiff::Timestamp::from_microsecond(at.0)
            .unwrap_or_default()
            .to_zoned(zone.clone())
    };
    let (at, now) = (local(at), local(now));
    let days = (at.date() - now.date()).get_days();
    let german = details
        .languages
        .first()
        .is_none_or(|language| language.starts_with("de"));
    let weekday = usize::from(at.weekday().to_monday_zero_offset().unsigned_abs());
    let time = format!("{:02}:{:02}", at.hour(), at.minute());
    match (days, german) {
        (0, true) => format!("heute um {time} Uhr"),
        (0, false) => format!("today at {time}"),
        (1, true) => format!("morgen um {time} Uhr"),
        (1, false) => format!("tomorrow at {time}"),
        (_, true) => {
            let day = DAYS[0][weekday];
            format!("am {day}, {}.{}., um {time} Uhr", at.day(), at.month())
        }
        (_, false) => {
            let day = DAYS[1][weekday];
            format!("on {day} {}, {time}", at.strftime("%-d %B"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        let parsed: jiff::Timestamp = text.parse().expect("a time");
        Timestamp(parsed.as_microsecond())
    }

    #[test]
    fn a_moment_is_said_in_the_brands_language_and_zone() {
        let german = BrandDetails::default();
        let english = BrandDetails {
            languages: vec!["en".to_owned()],
            ..german.clone()
        };
        let now = at("2026-11-22T21:30:00Z");
        for (when, de, en) in [
            (
                "2026-11-22T22:15:00Z",
                "heute um 23:15 Uhr",
                "today at 23:15",
            ),
            // Past midnight in Berlin, still the same day in UTC.
            (
                "2026-11-22T23:30:00Z",
                "morgen um 00:30 Uhr",
                "tomorrow at 00:30",
            ),
            (
                "2026-11-25T08:05:00Z",
                "am Mittwoch, 25.11., um 09:05 Uhr",
                "on Wednesday 25 November, 09:05",
            ),
        ] {
            assert_eq!(said(&german, at(when), now), de);
            assert_eq!(said(&english, at(when), now), en);
        }
        let text = fill(
            "Wir melden uns {next_word}.",
            &german,
            at("2026-11-22T22:15:00Z"),
            now,
        );
        assert_eq!(text, "Wir melden uns heute um 23:15 Uhr.");
    }

    #[test]
    fn a_filled_text_is_known_by_its_template() {
        assert!(is_filled("Neues heute um 23:15 Uhr.", "Neues {next_word}."));
        assert!(!is_filled("Neues heute um 23:15 Uhr.", "Mehr {next_word}."));
        assert!(is_filled("Gleich.", "Gleich."));
        assert!(!is_filled("Neues.", "Neues.{next_word}Neues."));
    }
}
