//! By what a contact is recognised in raw deliveries and in other people's words: the network's ids
//! of them and of what they wrote, their names and handles, and when their words were received.

use std::collections::BTreeSet;

use kulant_model::ids::InboxId;
use kulant_model::time::Timestamp;
use kulant_store::contacts::{Contact, Identity};
use kulant_store::erasing::{Delivery, Trace};
use serde_json::Value as Json;

/// Shorter words stand in everybody's texts.
const SHORTEST_WORD: usize = 3;
/// A word this long means the contact wherever it stands.
const STRONG_WORD: usize = 6;
/// An id this long means the contact even as a part of something longer, such as an address.
const STRONG_ID: usize = 8;
/// What stands in the place of a name.
const COVER: &str = "…";

pub(super) struct Needles {
    /// Ids at the network, compared as wholes.
    pub ids: BTreeSet<String>,
    /// Names and handles, longest first, without the `@`.
    words: Vec<String>,
    /// Handles with their `@`, by which people call each other.
    calls: Vec<String>,
    /// When something of theirs was received, and where: the same delivery brought it.
    pub received: BTreeSet<(InboxId, Timestamp)>,
}

impl Needles {
    pub(super) fn new<'t>(
        contact: &Contact,
        identities: &[Identity],
        emptied: impl Iterator<Item = &'t Trace>,
    ) -> Self {
        let mut ids = BTreeSet::new();
        let mut words = BTreeSet::new();
        let mut received = BTreeSet::new();
        words.extend(contact.name.clone());
        for identity in identities {
            ids.insert(identity.network_id.clone());
            words.extend(identity.name.clone());
            words.extend(
                identity
                    .handle
                    .as_deref()
                    .map(|handle| handle.trim_start_matches('@').to_owned()),
            );
        }
        for trace in emptied {
            ids.extend(trace.network_id.clone());
            if trace.private {
                ids.extend(trace.thread.clone());
            }
            if !trace.ours {
                received.insert((trace.inbox, trace.received_at));
            }
        }
        ids.retain(|id| !id.is_empty());
        let mut calls: Vec<String> = identities
            .iter()
            .filter_map(|identity| identity.handle.as_deref())
            .map(|handle| handle.trim().trim_start_matches('@'))
            .filter(|handle| handle.chars().count() >= SHORTEST_WORD)
            .map(|handle| format!("@{handle}"))
            .collect();
        calls.sort_by_key(|call| std::cmp::Reverse(call.len()));
        let mut words: Vec<String> = words
            .into_iter()
            .map(|word| word.trim().to_owned())
            .filter(|word| word.chars().count() >= SHORTEST_WORD && !is_common(word))
            .collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Self {
            ids,
            words,
            calls,
            received,
        }
    }

    /// Returns whether a delivery speaks of the contact. One that somebody still wants to read must
    /// do so beyond doubt.
    pub(super) fn is_in_delivery(&self, delivery: &Delivery) -> bool {
        let doubt_counts = !delivery.wanted;
        if self.is_in_text(&delivery.key, doubt_counts)
            || self.is_in_text(&delivery.headers, doubt_counts)
        {
            return true;
        }
        if let Ok(json) = serde_json::from_slice::<Json>(&delivery.body) {
            self.is_in_json(&json, doubt_counts)
        } else {
            let text = unescaped(&String::from_utf8_lossy(&delivery.body));
            self.is_in_text(&text, doubt_counts)
        }
    }

    /// Puts a sign in the place of the contact's names and handles.
    pub(super) fn cover(&self, text: &str) -> String {
        self.calls
            .iter()
            .chain(self.words.iter().filter(|word| is_strong(word)))
            .fold(text.to_owned(), |text, word| text.replace(word, COVER))
    }

    fn is_in_json(&self, json: &Json, doubt_counts: bool) -> bool {
        match json {
            Json::String(text) => self.is_in_text(text, doubt_counts),
            Json::Number(number) => self.ids.contains(&number.to_string()),
            Json::Array(items) => items.iter().any(|item| self.is_in_json(item, doubt_counts)),
            Json::Object(fields) => fields.iter().any(|(name, value)| {
                self.is_in_text(name, doubt_counts) || self.is_in_json(value, doubt_counts)
            }),
            Json::Null | Json::Bool(_) => false,
        }
    }

    fn is_in_text(&self, text: &str, doubt_counts: bool) -> bool {
        self.ids.contains(text)
            || self
                .ids
                .iter()
                .any(|id| id.len() >= STRONG_ID && text.contains(id.as_str()))
            || self
                .words
                .iter()
                .any(|word| (doubt_counts || is_strong(word)) && text.contains(word.as_str()))
    }
}

fn is_strong(word: &str) -> bool {
    word.chars().count() >= STRONG_WORD
}

/// What channels call people whose name they do not know.
fn is_common(word: &str) -> bool {
    ["unknown", "unbekannt", "anonymous", "anonym"].contains(&word.to_lowercase().as_str())
}

/// Undoes what XML does to a few signs.
fn unescaped(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (coded, sign)| {
        text.replace(coded, sign)
    })
}

#[cfg(test)]
mod tests {
    use kulant_model::ids::{ContactId, IdentityId, IntakeId};
    use serde_json::json;

    use super::*;

    fn needles() -> Needles {
        let contact = Contact {
            id: ContactId(1),
            version: 1,
            name: None,
            note: None,
            created_at: Timestamp(0),
            erased_at: None,
        };
        let identity = Identity {
            id: IdentityId(1),
            contact: ContactId(1),
            inbox: InboxId(1),
            network_id: "7".to_owned(),
            name: Some("Jörg Öhlmann".to_owned()),
            handle: Some("@joerg".to_owned()),
            named_at: Timestamp(0),
            refuses_since: None,
        };
        Needles::new(&contact, &[identity], std::iter::empty())
    }

    fn delivery(body: &str, wanted: bool) -> Delivery {
        Delivery {
            id: IntakeId(1),
            inbox: InboxId(1),
            key: "k".to_owned(),
            headers: "[]".to_owned(),
            body: body.as_bytes().to_vec(),
            received_at: Timestamp(0),
            wanted,
        }
    }

    #[test]
    fn a_contact_is_found_however_the_delivery_is_written() {
        let needles = needles();
        for (body, wanted, found) in [
            (json!({"author": {"id": "7"}}).to_string(), true, true),
            (json!({"author": {"id": 7}}).to_string(), true, true),
            (json!({"author": {"id": "77"}}).to_string(), false, false),
            (
                r#"{"name":"J\u00f6rg \u00d6hlmann"}"#.to_owned(),
                true,
                true,
            ),
            (json!({"text": "hallo joerg"}).to_string(), false, true),
            (json!({"text": "hallo joerg"}).to_string(), true, false),
            ("<a>Jörg Öhlmann</a>".to_owned(), true, true),
            ("<a>Anna</a>".to_owned(), false, false),
        ] {
            let delivery = delivery(&body, wanted);
            assert_eq!(needles.is_in_delivery(&delivery), found, "{body} {wanted}");
        }
    }

    #[test]
    fn names_in_other_peoples_words_are_covered() {
        assert_eq!(
            needles().cover("Jörg Öhlmann hat recht, @joerg!"),
            "… hat recht, …!"
        );
    }
}
