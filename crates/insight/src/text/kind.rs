//! The kind of a post: what its writer wants, by signs and their weights; German and English.
//! A first look for day one: it needs no training, and says how sure it is and which words decided.

use std::sync::LazyLock;

use crate::lexicon::{self, WordSet};
use crate::text::phrases::{Hit, Label};
use crate::text::sentiment::Sentiment;
use crate::text::units::{UnitKind, Units};

/// What the writer of a post wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    Request,
    Question,
    Complaint,
    Suggestion,
    Praise,
    Interest,
    Spam,
    Other,
}

impl MessageKind {
    /// All kinds, in the order of the guidelines' names.
    pub const ALL: [Self; 8] = [
        Self::Request,
        Self::Question,
        Self::Complaint,
        Self::Suggestion,
        Self::Praise,
        Self::Interest,
        Self::Spam,
        Self::Other,
    ];

    /// Returns the name as the API and the command line write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Question => "question",
            Self::Complaint => "complaint",
            Self::Suggestion => "suggestion",
            Self::Praise => "praise",
            Self::Interest => "interest",
            Self::Spam => "spam",
            Self::Other => "other",
        }
    }

    /// Tells whether a post of this kind asks for service.
    pub fn asks_for_service(self) -> bool {
        matches!(self, Self::Request | Self::Question | Self::Complaint)
    }
}

/// The kind of a post, how sure that is, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct KindVerdict {
    /// The likeliest kind.
    pub kind: MessageKind,
    /// The likelihood of every kind, in the order of `MessageKind::ALL`.
    pub shares: [f32; 8],
    /// Where the words stand that speak for the kind, in bytes.
    pub spans: Vec<(usize, usize)>,
}

impl KindVerdict {
    /// How likely the post asks for service: a request, a question or a complaint.
    pub fn service_share(&self) -> f32 {
        let shares = MessageKind::ALL.iter().zip(self.shares);
        shares
            .filter(|(kind, _)| kind.asks_for_service())
            .map(|(_, share)| share)
            .sum()
    }

    /// Tells whether the post is to be taken as one that asks for service: rather once too often than too seldom.
    pub fn asks_for_service(&self) -> bool {
        self.service_share() >= SERVICE_SHARE
    }

    /// How likely the verdict is right.
    pub fn confidence(&self) -> f32 {
        self.shares.into_iter().fold(0.0, f32::max)
    }
}

/// From this share on a post counts as one that asks for service: a missed request costs more than a look in vain.
const SERVICE_SHARE: f32 = 0.32;

/// Signs that are no phrases.
const SHAPES: [&str; 16] = [
    "always",
    "speaks_to",
    "mentions",
    "link",
    "repost",
    "reply",
    "hashtags",
    "first_person",
    "second_person",
    "exclaims",
    "shouts",
    "short",
    "long",
    "positive",
    "negative",
    "number",
];
/// Words of the writer, and words to somebody.
const FIRST_PERSON: &[&str] = &[
    "ich", "mir", "mich", "mein", "meine", "meinen", "meinem", "meiner", "wir", "uns", "unser",
    "i", "im", "ive", "id", "ill", "me", "my", "mine", "we", "our", "us",
];
const SECOND_PERSON: &[&str] = &[
    "ihr", "euch", "euer", "eure", "eurem", "euren", "eurer", "ihnen", "du", "dir", "dich", "dein",
    "deine", "you", "your", "u", "ur", "yall", "yours", "guys",
];

static PERSONS: LazyLock<(WordSet, WordSet)> = LazyLock::new(|| {
    (
        lexicon::set_of(&[FIRST_PERSON]),
        lexicon::set_of(&[SECOND_PERSON]),
    )
});

struct Signs {
    labels: Vec<(Label, &'static str)>,
    fault: Label,
    first_label: Label,
    /// Weights of every sign for every kind: first the shapes, then the phrases, then a fault.
    weights: Vec<[f32; 8]>,
}

static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    let phrases = lexicon::phrases();
    let labels = phrases.labels_of("kind.");
    let names = SHAPES
        .iter()
        .copied()
        .chain(labels.iter().map(|(_, name)| *name))
        .chain(["fault"]);
    let weights = names
        .map(|name| weights_of(name, lexicon::KIND_WEIGHTS))
        .collect();
    Signs {
        first_label: labels.first().expect("the list has labels").0,
        fault: phrases
            .label("matter.fault")
            .expect("the list has this label"),
        labels,
        weights,
    }
});

fn weights_of(sign: &str, table: &str) -> [f32; 8] {
    let mut weights = [0.0; 8];
    let row = table
        .lines()
        .find_map(|line| line.strip_prefix(sign)?.strip_prefix('\t'));
    for (weight, number) in weights.iter_mut().zip(row.unwrap_or_default().split('\t')) {
        *weight = number.parse().unwrap_or_default();
    }
    weights
}

/// How strong each sign of a post is, by its place among the weights.
fn measure(units: &Units, hits: &[Hit], sentiment: &Sentiment, signs: &Signs) -> Vec<f32> {
    let list = &units.list;
    let count = |wanted: fn(&crate::text::units::Unit) -> bool| {
        list.iter().filter(|unit| wanted(unit)).count()
    };
    let words = count(|unit| unit.kind == UnitKind::Word);
    let first = list.first();
    let is_first = |plain: &str| first.is_some_and(|unit| unit.plain == plain);
    let mentions = count(|unit| unit.kind == UnitKind::Mention);
    let speaks_to = first.is_some_and(|unit| unit.kind == UnitKind::Mention);

    let mut strengths = vec![
        1.0,
        flag(speaks_to),
        several(mentions),
        several(units.links),
        flag(is_first("rt")),
        flag(is_first("re")),
        several(count(|unit| unit.kind == UnitKind::Hashtag)),
        several(count(|unit| PERSONS.0.contains(unit.plain.as_str()))),
        several(count(|unit| PERSONS.1.contains(unit.plain.as_str()))),
        several(count(|unit| unit.plain == "!")),
        several(count(|unit| unit.shouted)),
        flag(words < 6),
        flag(words > 35),
        sentiment.score.clamp(0.0, 4.0) / 2.0,
        (-sentiment.score).clamp(0.0, 4.0) / 2.0,
        several(count(|unit| {
            unit.plain.starts_with(|c: char| c.is_ascii_digit())
        })),
    ];
    let mut counts = vec![0_usize; signs.labels.len() + 1];
    for hit in hits {
        if hit.label == signs.fault {
            counts[signs.labels.len()] += 1;
        } else if hit.label >= signs.first_label
            && let Some(count) = counts.get_mut(usize::from(hit.label - signs.first_label))
        {
            *count += 1;
        }
    }
    strengths.extend(counts.into_iter().map(several));
    strengths
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

/// The second and third say less than the first.
fn several(count: usize) -> f32 {
    match count {
        0 => 0.0,
        1 => 1.0,
        2 => 1.4,
        _ => 1.7,
    }
}

pub(crate) fn judge(units: &Units, hits: &[Hit], sentiment: &Sentiment) -> KindVerdict {
    let signs = &*SIGNS;
    let strengths = measure(units, hits, sentiment, signs);
    let mut scores = [0.0_f32; 8];
    for (strength, weights) in strengths.iter().zip(&signs.weights) {
        for (score, weight) in scores.iter_mut().zip(weights) {
            *score += strength * weight;
        }
    }

    let shares = softmax(scores);
    let best = (0..8)
        .max_by(|a, b| shares[*a].total_cmp(&shares[*b]))
        .unwrap_or(7);
    let speaking = hits.iter().filter(|hit| {
        let sign = if hit.label == signs.fault {
            signs.labels.len()
        } else {
            usize::from(hit.label.wrapping_sub(signs.first_label))
        };
        let weights = signs.weights.get(SHAPES.len() + sign);
        weights.is_some_and(|weights| weights[best] > 0.2)
    });
    KindVerdict {
        kind: MessageKind::ALL[best],
        shares,
        spans: units.spans(speaking),
    }
}

fn softmax(scores: [f32; 8]) -> [f32; 8] {
    let highest = scores.into_iter().fold(f32::MIN, f32::max);
    let mut shares = scores.map(|score| (score - highest).exp());
    let sum: f32 = shares.iter().sum();
    for share in &mut shares {
        *share /= sum;
    }
    shares
}

/// Returns the signs of a post with their names, for those who weigh them anew.
pub fn list_signs(text: &str) -> Vec<(&'static str, f32)> {
    let phrases = lexicon::phrases();
    let units = crate::text::units::cut(text);
    let hits = phrases.find(&units);
    let sentiment = crate::text::sentiment::judge(&units, phrases, &hits);
    let signs = &*SIGNS;
    let names = SHAPES
        .iter()
        .copied()
        .chain(signs.labels.iter().map(|(_, name)| *name))
        .chain(["fault"]);
    let strengths = measure(&units, &hits, &sentiment, signs);
    names
        .zip(strengths)
        .filter(|(_, strength)| *strength != 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::MessageKind;
    use crate::text::reading::read;

    #[test]
    fn plain_posts_get_their_kind_without_training() {
        for (text, expected) in [
            (
                "@lumenau mein Internet geht nicht, könnt ihr mir bitte helfen?",
                MessageKind::Request,
            ),
            (
                "@lumenau my app keeps crashing, please help",
                MessageKind::Request,
            ),
            (
                "@lumenau what time does the shop open?",
                MessageKind::Question,
            ),
            ("@lumenau thanks, you are the best!", MessageKind::Praise),
            (
                "Worst customer service ever, ridiculous @lumenau",
                MessageKind::Complaint,
            ),
        ] {
            let verdict = read(text).kind;
            assert_eq!(verdict.kind, expected, "{text}: {:?}", verdict.shares);
            assert!(!verdict.spans.is_empty(), "{text}");
            assert!((verdict.shares.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            assert_eq!(
                verdict.asks_for_service(),
                expected.asks_for_service(),
                "{text}"
            );
        }
    }
}
