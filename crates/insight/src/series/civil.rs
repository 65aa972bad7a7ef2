//! Wall-clock time as a number of seconds since 1 January 1970, read from and written as text.
//! Knows no zone: a series of local slots counts what the clock on the wall says.

use std::fmt::Write as _;

/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// Seconds of a week.
pub const WEEK: i64 = 7 * DAY;
const HOUR: i64 = 3_600;

/// A day of the calendar, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// Returns the day of a date; nothing where the calendar has none such.
    pub fn of(year: i64, month: i64, day: i64) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        if day < 1 || day > month_length(year, month) {
            return None;
        }
        Some(Self(days_before(year, month) + day - 1))
    }

    /// Returns year, month and day of the month.
    pub fn date(self) -> (i64, i64, i64) {
        // Count from 1 March of year 0, so that a leap day is the last of its year.
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let part = (5 * of_year + 2) / 153;
        let day = of_year - (153 * part + 2) / 5 + 1;
        let month = if part < 10 { part + 3 } else { part - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, day)
    }

    /// Returns the day of the week; 1 is Monday, 7 is Sunday.
    pub fn weekday(self) -> i64 {
        (self.0 + 3).rem_euclid(7) + 1
    }

    /// Returns the day so many days later.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// How a time was written, so that an answer can be written alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// A date alone.
    Date,
    /// A date and a time; the letter between them and whether seconds follow.
    Time { letter: char, seconds: bool },
    /// A whole number: the n-th hour.
    Number,
}

/// Returns the day on which a time falls.
pub fn day_of(at: i64) -> Day {
    Day(at.div_euclid(DAY))
}

/// Reads `2026-04-03`, `2026-04-03 17:30`, with seconds, with `T`, or a whole number of hours.
///
/// A zone at the end (`Z`, `+02:00`) is passed over: the time on the wall counts.
pub fn read(text: &str) -> Option<(i64, Writing)> {
    let text = text.trim();
    if !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((text.parse::<i64>().ok()? * HOUR, Writing::Number));
    }
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let day = Day::of(
        number(&bytes[0..4])?,
        number(&bytes[5..7])?,
        number(&bytes[8..10])?,
    )?;
    if bytes.len() == 10 {
        return Some((day.0 * DAY, Writing::Date));
    }
    let letter = match bytes[10] {
        b' ' => ' ',
        b'T' | b't' => 'T',
        _ => return None,
    };
    if bytes.len() < 16 || bytes[13] != b':' {
        return None;
    }
    let hour = number(&bytes[11..13])?;
    let minute = number(&bytes[14..16])?;
    let mut rest = &bytes[16..];
    let mut second = 0;
    let seconds = rest.first() == Some(&b':');
    if seconds {
        if rest.len() < 3 {
            return None;
        }
        second = number(&rest[1..3])?;
        rest = &rest[3..];
        if rest.first() == Some(&b'.') {
            let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit());
            rest = &rest[1 + digits.count()..];
        }
    }
    if hour > 24 || minute > 59 || second > 60 || (hour == 24 && minute + second > 0) {
        return None;
    }
    if !is_zone(rest) {
        return None;
    }
    let at = day.0 * DAY + hour * HOUR + minute * 60 + second;
    Some((at, Writing::Time { letter, seconds }))
}

/// Writes a time as the others of its series were written.
pub fn write(at: i64, writing: Writing) -> String {
    let day = day_of(at);
    let of_day = at.rem_euclid(DAY);
    let mut text = match writing {
        Writing::Number => return at.div_euclid(HOUR).to_string(),
        Writing::Date | Writing::Time { .. } => day.to_string(),
    };
    if let Writing::Time { letter, seconds } = writing {
        let (hour, minute) = (of_day / HOUR, of_day / 60 % 60);
        // Writing to a String cannot fail.
        let _ = write!(text, "{letter}{hour:02}:{minute:02}");
        if seconds {
            let _ = write!(text, ":{:02}", of_day % 60);
        }
    }
    text
}

/// Reads a length of time such as `5min`, `1h`, `30s` or `1d` as seconds.
pub fn read_length(text: &str) -> Option<i64> {
    let text = text.trim();
    let split = text.find(|letter: char| !letter.is_ascii_digit())?;
    let count: i64 = text[..split].parse().ok()?;
    let unit = match text[split..].trim() {
        "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" => HOUR,
        "d" => DAY,
        _ => return None,
    };
    let length = count.checked_mul(unit)?;
    (1..=WEEK).contains(&length).then_some(length)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

fn is_zone(rest: &[u8]) -> bool {
    match rest {
        [] | [b'Z' | b'z'] => true,
        [b'+' | b'-', digits @ ..] => {
            matches!(digits.len(), 2 | 4 | 5)
                && digits
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || *byte == b':')
        }
        _ => false,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_before(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let part = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * part + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}
