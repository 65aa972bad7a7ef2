//! Between what is kept of a search and those who look: networks, and our own listener. Here stands too
//! how a delivery says which search asked for it.

use kulant_channels::Channel;
use kulant_channels::delivery::{Account, RawDelivery, Search as Question};
use kulant_channels::inbound::Inbound;
use kulant_insight::text::listen::{Listener, Wording};
use kulant_model::ids::SearchId;
use kulant_model::listening::{TakeUp, Terms};
use serde_json::Value as Json;

/// The header under which a stored delivery says which search asked for it.
const SEARCH_HEADER: &str = ":search";

/// How a search finds something on an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The network is asked.
    Network,
    /// What the inbox receives anyway is looked through.
    Incoming,
    /// Nothing in public is ever said there.
    Closed,
}

pub(crate) fn way_of(channel: &dyn Channel) -> Way {
    let capabilities = channel.capabilities();
    if capabilities.search {
        Way::Network
    } else if capabilities.public.is_some() {
        Way::Incoming
    } else {
        Way::Closed
    }
}

pub(crate) fn terms_of(kept: &Json) -> Terms {
    serde_json::from_value(kept.clone()).unwrap_or_default()
}

pub(crate) fn rule_of(kept: &Json) -> Option<TakeUp> {
    (!kept.is_null())
        .then(|| serde_json::from_value(kept.clone()).ok())
        .flatten()
}

/// Returns what a network is asked, for so many posts at most; who is spoken to is a word there.
pub(crate) fn question_of(terms: &Terms, most: i64) -> Question {
    let mentions = terms
        .mentions
        .iter()
        .map(|name| format!("@{}", name.trim_start_matches('@')));
    Question {
        any: terms.words.iter().cloned().chain(mentions).collect(),
        hashtags: terms.hashtags.clone(),
        without: terms.without.clone(),
        languages: terms.languages.clone(),
        most: usize::try_from(most).unwrap_or_default(),
    }
}

pub(crate) fn listener_of(terms: &Terms) -> Listener {
    Listener::new(&Wording {
        words: terms.words.clone(),
        hashtags: terms.hashtags.clone(),
        mentions: terms.mentions.clone(),
        without: terms.without.clone(),
        slips: terms.slips,
        languages: terms.languages.clone(),
    })
}

/// A rule made ready for many texts.
pub(crate) struct Rule {
    question: bool,
    words: Option<Listener>,
}

impl Rule {
    pub(crate) fn of(rule: &TakeUp) -> Self {
        let words = Terms {
            words: rule.words.clone(),
            ..Terms::default()
        };
        Self {
            question: rule.question,
            words: (!words.is_empty()).then(|| listener_of(&words)),
        }
    }

    /// Returns whether a hit becomes somebody's matter by itself.
    pub(crate) fn takes_up(&self, text: &str) -> bool {
        (!self.question || text.contains(['?', '？']))
            && self.words.as_ref().is_none_or(|words| words.hears(text))
    }
}

/// Marks a delivery as an answer to a search, so that two searches may fetch the same page.
pub(crate) fn mark(raw: &mut RawDelivery, search: SearchId) {
    raw.key = format!("{search}/{}", raw.key);
    raw.headers
        .push((SEARCH_HEADER.to_owned(), search.to_string()));
}

/// Reads a delivery as the intake does, where it can be read at all: nothing that a network gives
/// stops a search.
pub(crate) fn read_safely(
    channel: &dyn Channel,
    account: &Account,
    raw: &RawDelivery,
) -> Option<Vec<Inbound>> {
    let reading = std::panic::AssertUnwindSafe(|| channel.translate(account, raw));
    let translation = std::panic::catch_unwind(reading).ok()?.ok()?;
    Some(translation.taken)
}

/// Reads which search asked for a delivery; none where it came by itself.
pub(crate) fn search_of(raw: &RawDelivery) -> Option<SearchId> {
    let (_, id) = raw.headers.iter().find(|(name, _)| name == SEARCH_HEADER)?;
    id.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_needs_all_its_conditions() {
        let rule = |question, words: &[&str]| {
            Rule::of(&TakeUp {
                question,
                words: words.iter().map(|word| (*word).to_owned()).collect(),
            })
        };
        for (rule, text, expected) in [
            (rule(false, &[]), "Schön hier", true),
            (rule(true, &[]), "Schön hier", false),
            (rule(true, &[]), "Wann geht es weiter?", true),
            (rule(true, &["kaputt", "hilfe"]), "Router kaputt?", true),
            (rule(true, &["kaputt", "hilfe"]), "Router kaputt.", false),
            (rule(false, &["kaputt", "hilfe"]), "Brauche Hilfe", true),
            (rule(false, &["kaputt", "hilfe"]), "Alles gut", false),
        ] {
            assert_eq!(rule.takes_up(text), expected, "{text}");
        }
    }

    #[test]
    fn a_delivery_keeps_which_search_asked_for_it() {
        let mut raw = RawDelivery {
            kind: "found".to_owned(),
            key: "k".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            received_at: kulant_model::time::Timestamp(1),
        };
        assert_eq!(search_of(&raw), None);
        mark(&mut raw, SearchId(7));
        assert_eq!(search_of(&raw), Some(SearchId(7)));
        assert_eq!(raw.key, "7/k");
    }
}
