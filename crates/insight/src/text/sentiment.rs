//! The sentiment of a post by words, with negation, strengthening and irony; German, English and emoji.
//! A first look for day one: the learned classifier takes over where an operator has labels.

use std::sync::LazyLock;

use crate::lexicon;
use crate::text::phrases::{Hit, Label, Phrases};
use crate::text::units::{self, Unit, Units};

/// How far before a word its negation stands.
const NEGATION_REACH: usize = 3;
/// Weaker sums than this are neutral.
const THRESHOLD: f32 = 1.0;

/// Whether a post praises or blames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mood {
    Positive,
    Neutral,
    Negative,
}

impl Mood {
    /// Returns the name as the API and the command line write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Neutral => "neutral",
            Self::Negative => "negative",
        }
    }
}

/// The sentiment of a post with the words that decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentiment {
    /// The verdict.
    pub mood: Mood,
    /// The sum of the words: below zero is blame.
    pub score: f32,
    /// Where the words of the verdict stand, in bytes.
    pub spans: Vec<(usize, usize)>,
}

struct Labels {
    positive: Label,
    negative: Label,
    more: Label,
    irony: Label,
}

static LABELS: LazyLock<Labels> = LazyLock::new(|| {
    let label = |name: &str| {
        lexicon::phrases()
            .label(name)
            .expect("the list has this label")
    };
    Labels {
        positive: label("sentiment.positive"),
        negative: label("sentiment.negative"),
        more: label("sentiment.more"),
        irony: label("sentiment.irony"),
    }
});

/// Reads the sentiment of a post.
pub fn find(text: &str) -> Sentiment {
    let units = units::cut(text);
    judge(&units, lexicon::phrases(), &lexicon::phrases().find(&units))
}

pub(crate) fn judge(units: &Units, phrases: &Phrases, hits: &[Hit]) -> Sentiment {
    let labels = &*LABELS;
    let mut score = 0.0;
    let mut counted: Vec<(Hit, f32)> = Vec::new();
    let mut at = 0;

    while at < hits.len() {
        // Several patterns may begin at one word: the strongest speaks.
        let end = hits[at..]
            .iter()
            .position(|hit| hit.from != hits[at].from)
            .map_or(hits.len(), |len| at + len);
        let same = &hits[at..end];
        at = end;
        let strongest = same
            .iter()
            .filter(|hit| [labels.positive, labels.negative, labels.irony].contains(&hit.label))
            .max_by(|a, b| strength(a, labels).total_cmp(&strength(b, labels)));
        let Some(hit) = strongest else { continue };
        let value = value_of(hit, labels, units, phrases, hits);
        score += value;
        counted.push((*hit, value));
    }

    let mood = if score >= THRESHOLD {
        Mood::Positive
    } else if score <= -THRESHOLD {
        Mood::Negative
    } else {
        Mood::Neutral
    };
    let deciding = counted.iter().filter(|(_, value)| match mood {
        Mood::Positive => *value > 0.0,
        Mood::Negative => *value < 0.0,
        Mood::Neutral => false,
    });
    let spans = units.spans(deciding.map(|(hit, _)| hit));
    Sentiment { mood, score, spans }
}

fn strength(hit: &Hit, labels: &Labels) -> f32 {
    if hit.label == labels.irony {
        10.0
    } else {
        hit.weight
    }
}

fn value_of(hit: &Hit, labels: &Labels, units: &Units, phrases: &Phrases, hits: &[Hit]) -> f32 {
    if hit.label == labels.irony {
        return -3.0;
    }
    let first = hits.partition_point(|other| other.from + 1 < hit.from);
    let strengthened = hits[first..]
        .iter()
        .take_while(|other| other.from < hit.from)
        .any(|other| other.label == labels.more && other.to == hit.from);
    let mut value = hit.weight;
    if strengthened {
        value *= 1.3;
    }
    if units.list[hit.from].shouted {
        value *= 1.2;
    }
    let negated = is_negated(&units.list, hit.from, phrases);
    match (hit.label == labels.positive, negated) {
        (true, false) => value,
        (true, true) | (false, false) => -value,
        // "Kein Problem" is good, but not much.
        (false, true) => value * 0.3,
    }
}

fn is_negated(list: &[Unit], at: usize, phrases: &Phrases) -> bool {
    list[at.saturating_sub(NEGATION_REACH)..at]
        .iter()
        .any(|unit| unit.sentence == list[at].sentence && phrases.is_negation(&unit.plain))
}

#[cfg(test)]
mod tests {
    use super::{Mood, find};

    #[test]
    fn words_negations_and_emoji_decide() {
        for (text, expected) in [
            ("Vielen Dank, super Service!", Mood::Positive),
            ("Das war nicht gut", Mood::Negative),
            ("Kein Problem", Mood::Neutral),
            ("Unverschämt, nie wieder 😡", Mood::Negative),
            ("thanks for nothing", Mood::Negative),
            ("I love this app ❤", Mood::Positive),
            ("The train leaves at nine", Mood::Neutral),
            ("", Mood::Neutral),
        ] {
            assert_eq!(find(text).mood, expected, "{text}: {:?}", find(text));
        }
    }

    #[test]
    fn the_words_are_shown() {
        let text = "Euer Service ist wirklich miserabel";
        let spans = find(text).spans;
        let words: Vec<&str> = spans.iter().map(|(from, to)| &text[*from..*to]).collect();
        assert_eq!(words, ["miserabel"]);
    }
}
