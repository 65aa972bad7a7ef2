//! Dangerous matters of a post: fixed phrases, never learned, so that a verdict can be read in a list and does not drift.
//! Cancellation and withdrawal, data protection, lawyer or regulator, press, threat, self-harm, fault report.

use std::sync::LazyLock;

use crate::lexicon;
use crate::text::phrases::{Hit, Label};
use crate::text::units::{self, Units};

/// Posts of at most so many words and marks, without a link, are no news.
const SHORT_POST: usize = 18;
/// How many words away somebody who speaks or is spoken to may stand.
const PERSON_REACH: usize = 10;

/// A matter that has a fixed route and clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Matter {
    /// A contract or order is ended or withdrawn from, or somebody asks how.
    Cancellation,
    /// Somebody asks for, objects to or complains about the use of personal data.
    DataProtection,
    /// A lawyer, a court, the police or a regulator is named.
    Legal,
    /// Somebody writes for the press or says that they will go there.
    Press,
    /// Somebody threatens people or property.
    Threat,
    /// Somebody may harm themselves, or sees another about to.
    SelfHarm,
    /// Something does not work.
    Fault,
}

impl Matter {
    /// All matters, the most pressing first.
    pub const ALL: [Self; 7] = [
        Self::SelfHarm,
        Self::Threat,
        Self::Legal,
        Self::Press,
        Self::DataProtection,
        Self::Cancellation,
        Self::Fault,
    ];

    /// Returns the name as the API and the command line write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancellation => "cancellation",
            Self::DataProtection => "data_protection",
            Self::Legal => "legal",
            Self::Press => "press",
            Self::Threat => "threat",
            Self::SelfHarm => "self_harm",
            Self::Fault => "fault",
        }
    }

    /// Finds a matter by its name.
    pub fn find_by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|matter| matter.name() == name)
    }
}

/// A matter with the words of the post that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatterFound {
    /// Which matter.
    pub matter: Matter,
    /// Where the words stand, in bytes, in order and without overlap.
    pub spans: Vec<(usize, usize)>,
}

/// Finds the dangerous matters of a post, the most pressing first.
pub fn find(text: &str) -> Vec<MatterFound> {
    let units = units::cut(text);
    judge(&units, &lexicon::phrases().find(&units))
}

pub(crate) fn judge(units: &Units, hits: &[Hit]) -> Vec<MatterFound> {
    let mut found = Vec::new();
    let may_be_news = units.links > 0 || units.list.len() > SHORT_POST;
    for (matter, label) in Matter::ALL.into_iter().zip(*LABELS) {
        let needs_person = may_be_news && matches!(matter, Matter::Legal | Matter::Press);
        let of_matter: Vec<&Hit> = hits
            .iter()
            .filter(|hit| hit.label == label && (!needs_person || is_person_near(hits, hit)))
            .collect();
        if !of_matter.is_empty() {
            let spans = units.spans(of_matter.into_iter());
            found.push(MatterFound { matter, spans });
        }
    }
    found
}

/// News name courts and the press, too: only there somebody does not speak for themselves or to us.
fn is_person_near(hits: &[Hit], hit: &Hit) -> bool {
    let (from, to) = (hit.from.saturating_sub(PERSON_REACH), hit.to + PERSON_REACH);
    // Hits stand in the order of their beginnings.
    hits[hits.partition_point(|other| other.from < from)..]
        .iter()
        .take_while(|other| other.from < to)
        .any(|other| other.label == *PERSON)
}

static PERSON: LazyLock<Label> = LazyLock::new(|| {
    let label = lexicon::phrases().label("matter.person");
    label.expect("the lists say who a person is")
});

/// The labels of all matters, in their order.
static LABELS: LazyLock<[Label; 7]> = LazyLock::new(|| {
    Matter::ALL.map(|matter| {
        let label = lexicon::phrases().label(matter.list_name());
        label.expect("every matter has its phrases")
    })
});

impl Matter {
    fn list_name(self) -> &'static str {
        match self {
            Self::Cancellation => "matter.cancellation",
            Self::DataProtection => "matter.data_protection",
            Self::Legal => "matter.legal",
            Self::Press => "matter.press",
            Self::Threat => "matter.threat",
            Self::SelfHarm => "matter.self_harm",
            Self::Fault => "matter.fault",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Matter, find};

    #[test]
    fn a_matter_comes_with_its_words() {
        let text = "Jetzt reicht's: Ich kündige, und mein Anwalt schreibt euch.";
        let found = find(text);
        let shown: Vec<(Matter, Vec<&str>)> = found
            .iter()
            .map(|one| {
                let words = one.spans.iter().map(|(from, to)| &text[*from..*to]);
                (one.matter, words.collect())
            })
            .collect();
        assert_eq!(
            shown,
            [
                (Matter::Legal, vec!["Anwalt"]),
                (Matter::Cancellation, vec!["Ich kündige"]),
            ]
        );
        for matter in Matter::ALL {
            assert_eq!(Matter::find_by_name(matter.name()), Some(matter));
        }
    }
}
