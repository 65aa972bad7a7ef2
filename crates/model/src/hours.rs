//! When a brand's people are there: what its hours say at one moment, and as lines of a week.
//! Counts no working time and knows no holidays.

use crate::brand::{BrandDetails, Opening};
use crate::time::Timestamp;

const DAY: i64 = 24 * 60;
/// So many days are looked at: today, and the same weekday again.
const HORIZON: i64 = 8;

/// How the hours stand at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Somebody is there; without an end they always are.
    Open {
        until: Option<Turn>,
    },
    Closed {
        opens: Option<Turn>,
    },
}

/// A moment at which the hours open or close, as a person says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub days_ahead: i64,
    /// 1 is Monday, 7 is Sunday.
    pub weekday: i64,
    /// `HH:MM`, `24:00` for midnight at the end of a day.
    pub time: String,
}

/// Days in a row with the same spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekLine {
    pub first_day: i64,
    pub last_day: i64,
    pub spans: Vec<(String, String)>,
}

/// Tells how a brand's hours stand; nothing where it has none.
pub fn standing(details: &BrandDetails, now: Timestamp) -> Option<Standing> {
    let zone = jiff::tz::TimeZone::get(&details.time_zone).ok()?;
    let local = jiff::Timestamp::from_microsecond(now.0)
        .ok()?
        .to_zoned(zone);
    let today = i64::from(local.weekday().to_monday_one_offset());
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let spans = spans_from(&details.hours, today);
    if spans.is_empty() {
        return None;
    }
    let turn = |at: i64, ends: bool| {
        // Midnight at the end of a span belongs to the day that ends.
        let day = if ends { (at - 1) / DAY } else { at / DAY };
        let rest = at - day * DAY;
        Turn {
            days_ahead: day,
            weekday: (today - 1 + day) % 7 + 1,
            time: format!("{:02}:{:02}", rest / 60, rest % 60),
        }
    };
    let current = spans
        .iter()
        .find(|(open, close)| *open <= minute && minute < *close);
    Some(match current {
        Some((_, close)) => Standing::Open {
            until: (*close < HORIZON * DAY).then(|| turn(*close, true)),
        },
        None => Standing::Closed {
            opens: spans
                .iter()
                .find(|(open, _)| *open > minute)
                .map(|(open, _)| turn(*open, false)),
        },
    })
}

/// Returns the spans of the coming days in minutes from the start of today, those that touch as one.
fn spans_from(hours: &[Opening], today: i64) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = (0..HORIZON)
        .flat_map(|ahead| {
            let weekday = (today - 1 + ahead) % 7 + 1;
            hours
                .iter()
                .filter(move |opening| opening.day == weekday)
                .filter_map(Opening::minutes)
                .map(move |(open, close)| (ahead * DAY + open, ahead * DAY + close))
        })
        .collect();
    spans.sort_unstable();
    spans.dedup_by(|next, before| {
        let touches = next.0 <= before.1;
        if touches {
            before.1 = before.1.max(next.1);
        }
        touches
    });
    spans
}

/// Returns the hours of a week, days in a row with the same hours as one line.
pub fn week(hours: &[Opening]) -> Vec<WeekLine> {
    let mut lines: Vec<WeekLine> = Vec::new();
    for day in 1..=7 {
        let mut spans: Vec<(String, String)> = hours
            .iter()
            .filter(|opening| opening.day == day && opening.minutes().is_some())
            .map(|opening| (opening.open.clone(), opening.close.clone()))
            .collect();
        spans.sort_unstable();
        match lines.last_mut() {
            Some(line) if line.last_day == day - 1 && line.spans == spans => line.last_day = day,
            _ if spans.is_empty() => {}
            _ => lines.push(WeekLine {
                first_day: day,
                last_day: day,
                spans,
            }),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(hours: &[(i64, &str, &str)]) -> BrandDetails {
        BrandDetails {
            hours: hours
                .iter()
                .map(|(day, open, close)| Opening {
                    day: *day,
                    open: (*open).to_owned(),
                    close: (*close).to_owned(),
                })
                .collect(),
            ..BrandDetails::default()
        }
    }

    fn at(local: &str, details: &BrandDetails) -> Option<Standing> {
        let zoned: jiff::Zoned = format!("{local}[Europe/Berlin]").parse().expect("a time");
        standing(details, Timestamp(zoned.timestamp().as_microsecond()))
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "compared with what may be no turn at all"
    )]
    fn turn(days_ahead: i64, weekday: i64, time: &str) -> Option<Turn> {
        Some(Turn {
            days_ahead,
            weekday,
            time: time.to_owned(),
        })
    }

    #[test]
    fn hours_open_and_close_by_the_brands_own_clock() {
        // 2026-11-20 is a Friday.
        let telekom: Vec<_> = (1..=6).map(|day| (day, "08:00", "20:00")).collect();
        let telekom = details(&telekom);
        let cases = [
            (
                "2026-11-20T07:59:59",
                Standing::Closed {
                    opens: turn(0, 5, "08:00"),
                },
            ),
            (
                "2026-11-20T08:00:00",
                Standing::Open {
                    until: turn(0, 5, "20:00"),
                },
            ),
            (
                "2026-11-20T20:00:00",
                Standing::Closed {
                    opens: turn(1, 6, "08:00"),
                },
            ),
            (
                "2026-11-21T21:00:00",
                Standing::Closed {
                    opens: turn(2, 1, "08:00"),
                },
            ),
            // The night in which the clocks go back.
            (
                "2026-10-25T12:00:00",
                Standing::Closed {
                    opens: turn(1, 1, "08:00"),
                },
            ),
        ];
        for (time, expected) in cases {
            assert_eq!(at(time, &telekom), Some(expected), "{time}");
        }
    }

    #[test]
    fn spans_that_touch_at_midnight_are_one() {
        let night = details(&[(5, "18:00", "24:00"), (6, "00:00", "06:00")]);
        assert_eq!(
            at("2026-11-20T19:00:00", &night),
            Some(Standing::Open {
                until: turn(1, 6, "06:00")
            })
        );
        let evening = details(&[(5, "18:00", "24:00")]);
        assert_eq!(
            at("2026-11-20T19:00:00", &evening),
            Some(Standing::Open {
                until: turn(0, 5, "24:00")
            })
        );
        let always: Vec<_> = (1..=7).map(|day| (day, "00:00", "24:00")).collect();
        assert_eq!(
            at("2026-11-20T19:00:00", &details(&always)),
            Some(Standing::Open { until: None })
        );
    }

    #[test]
    fn once_a_week_is_seven_days_ahead_and_none_is_nothing() {
        let once = details(&[(5, "08:00", "09:00")]);
        assert_eq!(
            at("2026-11-20T10:00:00", &once),
            Some(Standing::Closed {
                opens: turn(7, 5, "08:00")
            })
        );
        assert_eq!(at("2026-11-20T10:00:00", &details(&[])), None);
        let mut nowhere = once;
        nowhere.time_zone = "Europe/Nowhere".to_owned();
        assert_eq!(at("2026-11-20T10:00:00", &nowhere), None);
    }

    #[test]
    fn a_week_is_told_in_few_lines() {
        let hours = details(&[
            (1, "08:00", "12:00"),
            (1, "13:00", "18:00"),
            (2, "13:00", "18:00"),
            (2, "08:00", "12:00"),
            (3, "08:00", "12:00"),
            (5, "08:00", "12:00"),
        ])
        .hours;
        let lines = week(&hours);
        let days: Vec<_> = lines
            .iter()
            .map(|line| (line.first_day, line.last_day, line.spans.len()))
            .collect();
        assert_eq!(days, [(1, 2, 2), (3, 3, 1), (5, 5, 1)]);
    }
}
