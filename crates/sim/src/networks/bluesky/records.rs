//! Records: written, changed and taken away, with everything that others are told of it, and how the
//! view of the network shows them.

use std::borrow::Cow;

use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Bluesky, LIKE, Notification, POST, REPOST, Record};
use crate::item::rfc3339;
use crate::networks::kit::{FileKind, Kit, Misfit};

/// Returns why a record cannot be written, in the server's words.
pub(super) fn objection(collection: &str, record: &Value) -> Option<String> {
    if collection != POST {
        return None;
    }
    let Some(text) = record["text"].as_str() else {
        return Some(format!(
            "Invalid {POST} record: Record must have the property \"text\""
        ));
    };
    let graphemes = text.graphemes(true).count();
    if text.len() > 3_000 {
        let length = text.len();
        return Some(format!(
            "Invalid {POST} record: string too big (maximum 3000, got {length}) at $.record.text"
        ));
    }
    if graphemes > 300 {
        return Some(format!(
            "Invalid {POST} record: grapheme too big (maximum 300, got {graphemes}) at $.record.text"
        ));
    }
    if record["createdAt"].as_str().is_none() {
        return Some(format!(
            "Invalid {POST} record: Record must have the property \"createdAt\""
        ));
    }
    None
}

/// The pictures of a post.
const PICTURES: &[FileKind] = &[FileKind {
    types: &["image/"],
    most: 1_000_000,
}];

/// Returns why the pictures of a post cannot stand there: what may be kept may be too large for a post.
pub(super) fn pictures_objection(record: &Value, kit: &Kit) -> Option<(&'static str, String)> {
    let pictures = record["embed"]["images"].as_array()?;
    if pictures.len() > 4 {
        let words = format!(
            "Invalid {POST} record: array too big (maximum 4, got {}) at $.record.embed.images",
            pictures.len()
        );
        return Some(("InvalidRequest", words));
    }
    pictures.iter().find_map(|picture| {
        let blob = &picture["image"];
        let kind = blob["mimeType"].as_str().unwrap_or_default();
        let size = blob["size"].as_u64().unwrap_or_default();
        match kit.limits.misfit(PICTURES, kind, size as usize)? {
            Misfit::Type => Some((
                "InvalidMimeType",
                format!("Wrong mimetype of file. It is {kind} but it must match any of image/*."),
            )),
            Misfit::Size(most) => Some((
                "BlobTooLarge",
                format!("This file is too large. It is {size} bytes but the maximum size is {most} bytes."),
            )),
        }
    })
}

/// Marks the names and links of a text, by bytes.
pub(super) fn facets(net: &Bluesky, text: &str) -> Vec<Value> {
    let mut facets = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end_matches(|sign: char| {
            sign.is_whitespace() || matches!(sign, '.' | ',' | '!' | '?' | ':' | ')')
        });
        let feature = if let Some(handle) = bare.strip_prefix('@') {
            let person = net.by_handle(handle);
            person.map(
                |person| json!({"$type": "app.bsky.richtext.facet#mention", "did": person.did}),
            )
        } else if bare.starts_with("https://") || bare.starts_with("http://") {
            Some(json!({"$type": "app.bsky.richtext.facet#link", "uri": bare}))
        } else {
            let tag = bare.strip_prefix('#').filter(|tag| !tag.is_empty());
            tag.map(|tag| json!({"$type": "app.bsky.richtext.facet#tag", "tag": tag}))
        };
        if let Some(feature) = feature {
            facets.push(json!({
                "index": {"byteStart": at, "byteEnd": at + bare.len()},
                "features": [feature],
            }));
        }
        at += word.len();
    }
    facets
}

impl Bluesky {
    /// Writes a record and tells everybody whom it concerns.
    pub(super) fn write(
        &mut self,
        did: &str,
        collection: &str,
        rkey: &str,
        value: Value,
        kit: &Kit,
    ) -> Record {
        let uri = format!("at://{did}/{collection}/{rkey}");
        let known = self.records.contains_key(&uri);
        let letters = b"abcdefghijklmnopqrstuvwxyz234567";
        let record = Record {
            uri: uri.clone(),
            did: did.to_owned(),
            collection: collection.to_owned(),
            rkey: rkey.to_owned(),
            cid: format!("bafyrei{}", kit.ids.signs("cid", 52, letters)),
            value,
            at: kit.now(),
        };
        self.records.insert(uri, record.clone());
        if !known {
            self.tell_concerned(&record);
        }
        let operation = if known { "update" } else { "create" };
        self.commit(&record, operation, kit);
        record
    }

    pub(super) fn erase(&mut self, uri: &str, kit: &Kit) -> bool {
        let Some(record) = self.records.remove(uri) else {
            return false;
        };
        self.notifications.retain(|told| told.uri != uri);
        self.commit(&record, "delete", kit);
        true
    }

    fn tell_concerned(&mut self, record: &Record) {
        let uri_of = |place: &str| {
            let uri = record.value.pointer(place)?.as_str()?;
            Some(uri.to_owned())
        };
        let mut told: Vec<(String, &'static str, Option<String>)> = Vec::new();
        let author = |uri: &str| uri.split('/').nth(2).unwrap_or_default().to_owned();
        match record.collection.as_str() {
            POST => {
                for place in ["/reply/parent/uri", "/reply/root/uri"] {
                    if let Some(uri) = uri_of(place) {
                        told.push((author(&uri), "reply", Some(uri)));
                    }
                }
                for place in ["/embed/record/uri", "/embed/record/record/uri"] {
                    if let Some(uri) = uri_of(place) {
                        told.push((author(&uri), "quote", Some(uri)));
                    }
                }
                let facets = record.value["facets"].as_array();
                let features = facets
                    .into_iter()
                    .flatten()
                    .filter_map(|facet| facet["features"].as_array())
                    .flatten();
                for did in features.filter_map(|feature| feature["did"].as_str()) {
                    told.push((did.to_owned(), "mention", None));
                }
            }
            LIKE | REPOST => {
                let reason = if record.collection == LIKE {
                    "like"
                } else {
                    "repost"
                };
                if let Some(uri) = uri_of("/subject/uri") {
                    told.push((author(&uri), reason, Some(uri)));
                }
            }
            _ => {}
        }
        let mut reached: Vec<String> = vec![record.did.clone()];
        for (to, reason, subject) in told {
            let blocked = self
                .people
                .get(&to)
                .is_none_or(|person| !person.ours || person.blocks.contains(&record.did));
            if blocked || reached.contains(&to) {
                continue;
            }
            reached.push(to.clone());
            self.notifications.push(Notification {
                to,
                uri: record.uri.clone(),
                reason: Cow::Borrowed(reason),
                subject,
                at: record.at,
            });
        }
    }

    pub(super) fn show_post(&self, record: &Record) -> Value {
        let count = |collection: &str, place: &str| {
            self.records
                .values()
                .filter(|other| other.collection == collection)
                .filter(|other| {
                    other.value.pointer(place).and_then(Value::as_str) == Some(&record.uri)
                })
                .count()
        };
        json!({
            "uri": record.uri,
            "cid": record.cid,
            "author": self.show_person(&record.did),
            "record": record.value,
            "replyCount": count(POST, "/reply/parent/uri"),
            "repostCount": count(REPOST, "/subject/uri"),
            "likeCount": count(LIKE, "/subject/uri"),
            "quoteCount": count(POST, "/embed/record/uri"),
            "indexedAt": rfc3339(record.at),
            "labels": [],
        })
    }

    pub(super) fn show_notification(&self, told: &Notification) -> Value {
        let record = self.records.get(&told.uri);
        json!({
            "uri": told.uri,
            "cid": record.map(|record| &record.cid),
            "author": self.show_person(record.map_or("", |record| &record.did)),
            "reason": told.reason,
            "reasonSubject": told.subject,
            "record": record.map(|record| &record.value),
            "isRead": false,
            "indexedAt": rfc3339(told.at),
            "labels": [],
        })
    }
}
