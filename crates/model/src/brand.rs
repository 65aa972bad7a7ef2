//! What a brand is: the name we speak under, with its voice, hours and addresses.

use serde::{Deserialize, Serialize};

use crate::words;

words! {
    /// How a brand speaks to people in German.
    Voice { Sie => "sie", Du => "du" }
}

/// Everything of a brand but its name and the place of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BrandDetails {
    pub voice: Voice,
    /// The languages it answers in, the main one first.
    pub languages: Vec<String>,
    /// `#rrggbb`, absent where the installation's own colour serves.
    pub colour: Option<String>,
    pub signature: Option<String>,
    pub imprint_url: Option<String>,
    pub privacy_url: Option<String>,
    pub hours: Vec<Opening>,
    /// The IANA zone in which the hours are meant.
    pub time_zone: String,
    pub hours_note: Option<String>,
}

/// One span of a weekday in which somebody is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// 1 is Monday, 7 is Sunday.
    pub day: i64,
    /// `HH:MM`.
    pub open: String,
    /// `HH:MM`, `24:00` for midnight.
    pub close: String,
}

impl Default for BrandDetails {
    fn default() -> Self {
        Self {
            voice: Voice::Sie,
            languages: vec!["de".to_owned()],
            colour: None,
            signature: None,
            imprint_url: None,
            privacy_url: None,
            hours: Vec::new(),
            time_zone: "Europe/Berlin".to_owned(),
            hours_note: None,
        }
    }
}

impl Opening {
    /// Returns the span in minutes of its day, if it is one.
    pub fn minutes(&self) -> Option<(i64, i64)> {
        let (open, close) = (minutes(&self.open)?, minutes(&self.close)?);
        ((1..=7).contains(&self.day) && open < close).then_some((open, close))
    }
}

fn minutes(time: &str) -> Option<i64> {
    let (hours, minutes) = time.split_once(':')?;
    let two_digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= 24 * 60).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_within_one_day_and_not_empty() {
        let span = |day, open: &str, close: &str| Opening {
            day,
            open: open.to_owned(),
            close: close.to_owned(),
        };
        assert_eq!(span(1, "08:00", "20:00").minutes(), Some((480, 1_200)));
        assert_eq!(span(7, "00:00", "24:00").minutes(), Some((0, 1_440)));
        for bad in [
            span(0, "08:00", "20:00"),
            span(8, "08:00", "20:00"),
            span(1, "20:00", "08:00"),
            span(1, "08:00", "08:00"),
            span(1, "8:00", "20:00"),
            span(1, "08:60", "20:00"),
            span(1, "08:00", "24:01"),
            span(1, "+8:00", "20:00"),
            span(1, "", "20:00"),
        ] {
            assert_eq!(bad.minutes(), None, "{bad:?}");
        }
    }

    #[test]
    fn details_that_are_missing_have_defaults() {
        let details: BrandDetails = serde_json::from_str(r#"{"voice":"du"}"#).expect("details");
        assert_eq!(details.voice, Voice::Du);
        assert_eq!(details.languages, ["de"]);
    }
}
