//! The urgency of a post: a sum of documented points, each with its reason and its words (formulas.md 9).
//! Outage 2, security or fraud 3, health 3, deadline 2, repeated contact 2, paused contract 2, money 1;
//! on top of them a threat or self-harm 5.

use std::sync::LazyLock;

use crate::lexicon;
use crate::text::matters::{Matter, MatterFound};
use crate::text::phrases::{Hit, Label};
use crate::text::units::Units;

/// Points for somebody in danger.
const DANGER: u32 = 5;

/// One reason for hurry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its name: `outage`, `security`, `health`, `deadline`, `third_contact`, `contract_paused`, `payment` or `danger`.
    pub name: &'static str,
    /// What it adds.
    pub points: u32,
    /// Where its words stand, in bytes.
    pub spans: Vec<(usize, usize)>,
}

/// How urgent a post is, with every point visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urgency {
    /// The sum of the reasons.
    pub points: u32,
    /// The reasons, the heaviest first.
    pub reasons: Vec<Reason>,
}

static LABELS: LazyLock<Vec<(Label, &'static str)>> =
    LazyLock::new(|| lexicon::phrases().labels_of("urgency."));

pub(crate) fn judge(units: &Units, hits: &[Hit], matters: &[MatterFound]) -> Urgency {
    let mut reasons = Vec::new();
    for (label, name) in LABELS.iter() {
        let mut of_label = hits.iter().filter(|hit| hit.label == *label).peekable();
        let Some(first) = of_label.peek() else {
            continue;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "weights of the list are small whole numbers"
        )]
        let points = first.weight as u32;
        reasons.push(Reason {
            name,
            points,
            spans: units.spans(of_label),
        });
    }
    let danger = matters
        .iter()
        .filter(|found| matches!(found.matter, Matter::Threat | Matter::SelfHarm));
    let spans: Vec<(usize, usize)> = danger.flat_map(|found| found.spans.clone()).collect();
    if !spans.is_empty() {
        reasons.push(Reason {
            name: "danger",
            points: DANGER,
            spans,
        });
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.points));
    Urgency {
        points: reasons.iter().map(|reason| reason.points).sum(),
        reasons,
    }
}

#[cfg(test)]
mod tests {
    use crate::text::reading::read;

    #[test]
    fn each_reason_counts_once_and_is_named() {
        for (text, points, names) in [
            ("Wann öffnet ihr?", 0, vec![]),
            ("Internet weg, alles weg, Totalausfall", 2, vec!["outage"]),
            (
                "Schon dreimal angerufen! Ich brauche das dringend.",
                4,
                vec!["deadline", "third_contact"],
            ),
            ("Jemand hat mein Konto gehackt", 3, vec!["security"]),
            ("I am stuck in the elevator", 3, vec!["health"]),
            ("ich bring mich um", 5, vec!["danger"]),
        ] {
            let urgency = read(text).urgency;
            let found: Vec<&str> = urgency.reasons.iter().map(|reason| reason.name).collect();
            assert_eq!((urgency.points, found), (points, names), "{text}");
            assert!(
                urgency
                    .reasons
                    .iter()
                    .all(|reason| !reason.spans.is_empty())
            );
        }
    }
}
