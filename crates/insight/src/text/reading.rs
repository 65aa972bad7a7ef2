//! Reads a post once: language, kind, sentiment, urgency, dangerous matters, personal data and keywords together.
//! Every verdict comes with the words that decided; nothing here learns or remembers.

use std::io::{BufWriter, Read, Write};

use crate::classify::{Form, RowError};
use crate::lexicon;
use crate::text::kind::{self, KindVerdict};
use crate::text::matters::{self, MatterFound};
use crate::text::personal::{self, OwnPatterns, Personal};
use crate::text::sentiment::{self, Sentiment};
use crate::text::urgency::{self, Urgency};
use crate::text::{keywords, language, units};

/// All verdicts on one post.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// `de`, `en` or `other`.
    pub language: &'static str,
    /// What the writer wants.
    pub kind: KindVerdict,
    /// Praise or blame.
    pub sentiment: Sentiment,
    /// How soon somebody should look, with the reasons.
    pub urgency: Urgency,
    /// Dangerous matters, the most pressing first.
    pub matters: Vec<MatterFound>,
    /// Personal data in the order of the text.
    pub personal_data: Vec<Personal>,
    /// What the post is about, as its writer wrote it.
    pub keywords: Vec<String>,
}

/// Reads a post without number patterns of the operator's own.
pub fn read(text: &str) -> Reading {
    read_with(text, &OwnPatterns::default())
}

/// Reads a post.
pub fn read_with(text: &str, own: &OwnPatterns) -> Reading {
    let phrases = lexicon::phrases();
    let units = units::cut(text);
    let hits = phrases.find(&units);
    let sentiment = sentiment::judge(&units, phrases, &hits);
    let matters = matters::judge(&units, &hits);
    let personal_data = personal::find(text, own);

    Reading {
        language: language::judge(text, &units),
        kind: kind::judge(&units, &hits, &sentiment),
        urgency: urgency::judge(&units, &hits, &matters),
        sentiment,
        matters,
        keywords: keywords::of_post(text, &units, &personal_data),
        personal_data,
    }
}

impl Reading {
    /// Returns the reading as one line of JSON; places are counted in characters.
    pub fn to_json(&self, text: &str) -> String {
        let mut counter = Characters::of(text);
        let personal: Vec<String> = self
            .personal_data
            .iter()
            .map(|one| {
                let (start, end) = (counter.place(one.from), counter.place(one.to));
                let kind = serde_json::Value::from(one.kind.name());
                format!("{{\"kind\":{kind},\"start\":{start},\"end\":{end}}}")
            })
            .collect();
        let matters: Vec<&str> = self
            .matters
            .iter()
            .map(|found| found.matter.name())
            .collect();
        let value = |name: &str| serde_json::Value::from(name).to_string();
        format!(
            "{{\"language\":{},\"kind\":{},\"sentiment\":{},\"urgency\":{},\"matters\":{},\"personal_data\":[{}],\"keywords\":{}}}",
            value(self.language),
            value(self.kind.kind.name()),
            value(self.sentiment.mood.name()),
            self.urgency.points,
            serde_json::Value::from(matters),
            personal.join(","),
            serde_json::Value::from(self.keywords.clone()),
        )
    }
}

/// Counts characters up to places that come in order, going through the text once.
struct Characters<'t> {
    text: &'t str,
    at: usize,
    count: usize,
}

impl<'t> Characters<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            count: 0,
        }
    }

    fn place(&mut self, byte: usize) -> usize {
        self.count += self.text[self.at..byte].chars().count();
        self.at = byte;
        self.count
    }
}

/// Reads the text of every row and writes one line of JSON for each, in their order; returns how many there were.
pub fn read_rows_as_json(
    input: impl Read,
    form: Option<Form>,
    text: &str,
    output: impl Write,
) -> Result<u64, RowError> {
    let mut output = BufWriter::with_capacity(1 << 16, output);
    let mut rows = 0;
    let done = crate::classify::read_rows(input, form, &[text], |_, fields| {
        rows += 1;
        writeln!(output, "{}", read(&fields[0]).to_json(&fields[0]))?;
        Ok(())
    });
    // What was read before a bad row is still written.
    output.flush()?;
    done.map(|()| rows)
}

#[cfg(test)]
mod tests {
    use super::{read, read_rows_as_json};

    #[test]
    fn a_reading_is_one_line_with_places_in_characters() {
        let text = "Störung! Ich kündige, IBAN DE89 3704 0044 0532 0130 00 😡";
        assert_eq!(
            read(text).to_json(text),
            "{\"language\":\"de\",\"kind\":\"complaint\",\"sentiment\":\"negative\",\"urgency\":2,\
             \"matters\":[\"cancellation\",\"fault\"],\
             \"personal_data\":[{\"kind\":\"iban\",\"start\":27,\"end\":54}],\"keywords\":[\"Störung\",\"kündige\"]}"
        );
    }

    #[test]
    fn rows_are_read_in_order_and_a_bad_one_is_named() {
        let mut written = Vec::new();
        let input = "{\"t\":\"Danke!\"}\n{\"t\":\"Internet weg\"}\n{\"x\":1}\n";
        let error = read_rows_as_json(input.as_bytes(), None, "t", &mut written).unwrap_err();
        assert_eq!(error.to_string(), "row 3, field \"t\": is missing");
        let lines: Vec<serde_json::Value> = String::from_utf8(written)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["sentiment"], "positive");
        assert_eq!(lines[1]["matters"][0], "fault");
    }

    #[test]
    fn nothing_that_can_be_written_breaks_it() {
        let emoji = "👨‍👩‍👧‍👦🏳️‍🌈😡".repeat(2_000);
        let marks = "a\u{300}".repeat(5_000) + "?!?!.;...:((";
        for text in [
            "",
            " ",
            "\0\u{feff}\u{202e}",
            "@",
            "#",
            "http://",
            "www.",
            "://",
            "ß",
            "é!",
            &emoji,
            &marks,
        ] {
            let reading = read(text);
            let json: serde_json::Value = serde_json::from_str(&reading.to_json(text)).unwrap();
            assert!(json["kind"].is_string());
        }
        // A megabyte of each is read in time that grows with it: a quadratic part would take hours.
        for seed in [
            "ich kündige nicht! ",
            "x@y.",
            "DE89 3704 ",
            "😡a\u{300}http://0 ",
        ] {
            let text = seed.repeat(1_000_000 / seed.len());
            assert!(!read(&text).to_json(&text).is_empty());
        }
        // Bytes of a fixed sequence, as far as they are text.
        let mut state = 1_u32;
        for length in 0..400 {
            let bytes: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::try_from(state >> 24).unwrap()
                })
                .collect();
            let text = String::from_utf8_lossy(&bytes);
            read(&text).to_json(&text);
        }
    }
}
