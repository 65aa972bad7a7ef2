//! Theirs → ours: notifications, our own records, the log of direct messages, Jetstream.
//! A post is known by its at-uri, a direct message by `<conversation>/<message>`; which account is
//! ours stands in a header that `poll` and `listen` put beside the payload.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::key;
use super::wire::{
    ChatMessage, Event, Facet, LogLine, Notification, Person, PostView, Record, Stored,
};
use super::{CHAT, CHECKED, FOUND, IMAGES, JETSTREAM, NOTIFICATIONS, OWN_ACCOUNT, POST, RECORDS};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{
    AttachmentSource, Author, Delete, Departure, Edit, Inbound, InboundAttachment, LONGEST_ID,
    Post, Reaction, TranslateError, Translation, Unread, described,
};

type Item = Result<Option<Inbound>, TranslateError>;

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let reader = Reader {
        account,
        raw,
        own: raw.header(OWN_ACCOUNT).unwrap_or_default(),
    };
    let body: Value = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    match raw.kind.as_str() {
        NOTIFICATIONS => each(&body, "notifications", |value| reader.notification(value)),
        RECORDS => each(&body, "records", |value| reader.own_record(value)),
        FOUND => each(&body, "posts", |value| reader.found(value)),
        CHAT => {
            let people: Vec<Person> = body
                .get("profiles")
                .map_or(Ok(Vec::new()), read)
                .unwrap_or_default();
            each(&body, "logs", |value| reader.log_line(value, &people))
        }
        JETSTREAM => Ok(reader
            .event(&body)?
            .map(Translation::of)
            .unwrap_or_default()),
        CHECKED => each(&body, "uris", |value| {
            let uri: String = read(value)?;
            Ok(Some(Inbound::Delete(Delete {
                network_id: id(&uri)?,
                deleted_at: raw.received_at,
            })))
        }),
        _ => Err(TranslateError::NotOffered),
    }
}

/// Returns whether a record speaks to the account: names it, answers it or quotes it.
pub(super) fn concerns(record: &Record, did: &str) -> bool {
    let ours = format!("at://{did}/");
    let answers = record.reply.as_ref().is_some_and(|reply| {
        reply.parent.uri.starts_with(&ours) || reply.root.uri.starts_with(&ours)
    });
    answers || names(record, did) || quoted(record).is_some_and(|uri| uri.starts_with(&ours))
}

pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, TranslateError> {
    serde_json::from_value(value.clone())
        .map_err(|error| TranslateError::Unreadable(error.to_string()))
}

fn each(
    body: &Value,
    list: &str,
    read: impl Fn(&Value) -> Item,
) -> Result<Translation, TranslateError> {
    let items = body
        .get(list)
        .and_then(Value::as_array)
        .ok_or_else(|| TranslateError::missing(list))?;
    let mut translation = Translation::default();
    for (index, value) in items.iter().enumerate() {
        match read(value) {
            Ok(Some(inbound)) => translation.take(inbound),
            Ok(None) => {}
            Err(error) => {
                let mut alone = body.clone();
                alone[list] = Value::Array(vec![value.clone()]);
                translation.unread.push(Unread {
                    index,
                    error,
                    body: alone.to_string().into_bytes(),
                });
            }
        }
    }
    Ok(translation)
}

struct Reader<'a> {
    account: &'a Account,
    raw: &'a RawDelivery,
    own: &'a str,
}

impl Reader<'_> {
    fn notification(&self, value: &Value) -> Item {
        let told: Notification = read(value)?;
        match told.reason.as_str() {
            "mention" | "reply" | "quote" => {
                let record = read(&told.record)?;
                let mut post = self.post(&told.uri, &told.author, &record, told.indexed_at)?;
                post.mentions_us |= told.reason != "reply";
                Ok(Some(Inbound::Post(post)))
            }
            "like" | "repost" => {
                let of = told
                    .reason_subject
                    .ok_or_else(|| TranslateError::missing("reasonSubject"))?;
                Ok(Some(Inbound::Reaction(Reaction {
                    of: id(&of)?,
                    author: self.author(&told.author)?,
                    kind: told.reason,
                    at: told.indexed_at,
                    added: true,
                })))
            }
            _ => Ok(None),
        }
    }

    fn own_record(&self, value: &Value) -> Item {
        let stored: Stored = read(value)?;
        let us = Person {
            did: self.own.to_owned(),
            handle: self
                .account
                .setting("identifier")
                .unwrap_or(self.own)
                .to_owned(),
            display_name: None,
        };
        let record = read(&stored.value)?;
        let mut post = self.post(&stored.uri, &us, &record, self.raw.received_at)?;
        post.echo_of = key::message_of(stored.uri.rsplit('/').next().unwrap_or_default());
        Ok(Some(Inbound::Post(post)))
    }

    fn found(&self, value: &Value) -> Item {
        let view: PostView = read(value)?;
        let record = read(&view.record)?;
        let post = self.post(&view.uri, &view.author, &record, view.indexed_at)?;
        Ok(Some(Inbound::Post(post)))
    }

    fn log_line(&self, value: &Value, people: &[Person]) -> Item {
        let line: LogLine = read(value)?;
        let Some(message) = &line.message else {
            return Ok(None);
        };
        let network_id = id(&format!("{}/{}", line.convo_id, message.id))?;
        let person = |did: &str| {
            let known = people.iter().find(|person| person.did == did).cloned();
            known.unwrap_or_else(|| Person {
                did: did.to_owned(),
                handle: String::new(),
                display_name: None,
            })
        };
        match line.kind.rsplit('#').next().unwrap_or_default() {
            "logCreateMessage" => {
                let author = self.author(&person(&message.sender.did))?;
                Ok(Some(Inbound::Post(chat_post(
                    network_id,
                    line.convo_id,
                    message,
                    author,
                ))))
            }
            "logDeleteMessage" => Ok(Some(Inbound::Delete(Delete {
                network_id,
                deleted_at: self.raw.received_at,
            }))),
            kind @ ("logAddReaction" | "logRemoveReaction") => {
                let reaction = line
                    .reaction
                    .as_ref()
                    .ok_or_else(|| TranslateError::missing("reaction"))?;
                let liked = ["👍", "❤️", "❤"].contains(&reaction.value.as_str());
                Ok(Some(Inbound::Reaction(Reaction {
                    of: network_id,
                    author: self.author(&person(&reaction.sender.did))?,
                    kind: if liked { "like" } else { &reaction.value }.to_owned(),
                    at: reaction.created_at.unwrap_or(self.raw.received_at),
                    added: kind == "logAddReaction",
                })))
            }
            _ => Ok(None),
        }
    }

    fn event(&self, value: &Value) -> Item {
        let event: Event = read(value)?;
        let at = Timestamp(event.time_us);
        if let Some(state) = &event.account {
            let gone = matches!(state.status.as_deref(), Some("deleted" | "takendown"));
            return Ok(
                (!state.active && gone).then_some(Inbound::Departure(Departure {
                    person: event.did,
                    at,
                    also: Vec::new(),
                    wish: None,
                })),
            );
        }
        let Some(commit) = event.commit.filter(|commit| commit.collection == POST) else {
            return Ok(None);
        };
        let uri = id(&format!("at://{}/{POST}/{}", event.did, commit.rkey))?;
        if commit.operation == "delete" {
            return Ok(Some(Inbound::Delete(Delete {
                network_id: uri,
                deleted_at: at,
            })));
        }
        let record: Record = read(&commit.record)?;
        if commit.operation == "update" {
            return Ok(Some(Inbound::Edit(Edit {
                network_id: uri,
                text: text(&record.text, &record.facets),
                edited_at: at,
            })));
        }
        if event.did != self.own && !concerns(&record, self.own) {
            return Ok(None);
        }
        let named = event.profile.filter(|person| person.did == event.did);
        let author = named.unwrap_or(Person {
            did: event.did,
            handle: String::new(),
            display_name: None,
        });
        Ok(Some(Inbound::Post(self.post(&uri, &author, &record, at)?)))
    }

    fn post(
        &self,
        uri: &str,
        person: &Person,
        record: &Record,
        seen_at: Timestamp,
    ) -> Result<Post, TranslateError> {
        let written_at = record.created_at.as_deref().and_then(|at| at.parse().ok());
        let answered = record.reply.as_ref().map(|reply| reply.parent.uri.clone());
        let rkey = uri.rsplit('/').next().unwrap_or_default();
        Ok(Post {
            network_id: id(uri)?,
            author: self.author(person)?,
            text: text(&record.text, &record.facets),
            // The writer's clock may say anything; nothing was written after it was seen.
            platform_at: written_at.map_or(seen_at, |at: Timestamp| at.min(seen_at)),
            parent: answered.or_else(|| quoted(record).map(str::to_owned)),
            thread: None,
            visibility: Visibility::Public,
            url: Some(format!(
                "https://bsky.app/profile/{}/post/{rkey}",
                person.did
            )),
            title: None,
            attachments: self.images(record, &person.did),
            mentions_us: names(record, self.own),
            echo_of: None,
            automatic: false,
        })
    }

    fn author(&self, person: &Person) -> Result<Author, TranslateError> {
        let named = person.display_name.as_deref().map(str::trim);
        let handle = Some(person.handle.as_str()).filter(|handle| !handle.is_empty());
        let name = named.filter(|name| !name.is_empty()).or(handle);
        Ok(Author {
            network_id: id(&person.did)?,
            name: name.unwrap_or(&person.did).to_owned(),
            handle: handle.map(|handle| format!("@{}", handle.trim_start_matches('@'))),
            own: person.did == self.own,
        })
    }

    fn images(&self, record: &Record, did: &str) -> Vec<InboundAttachment> {
        let base = self.account.setting("image_url").unwrap_or(IMAGES);
        let base = base.trim_end_matches('/');
        let embed = &record.embed;
        let images = embed
            .get("images")
            .or_else(|| embed.get("media")?.get("images"));
        let image = |value: &Value| {
            let blob = value.get("image")?;
            let cid = blob.get("ref")?.get("$link")?.as_str()?;
            let alt = value.get("alt").and_then(Value::as_str);
            Some(InboundAttachment {
                source: AttachmentSource::Url(format!(
                    "{base}/img/feed_fullsize/plain/{did}/{cid}@jpeg"
                )),
                name: "image.jpg".to_owned(),
                media_type: "image/jpeg".to_owned(),
                size: None,
                alt: described(alt.map(str::to_owned)),
            })
        };
        let images = images.and_then(Value::as_array);
        images.into_iter().flatten().filter_map(image).collect()
    }
}

fn chat_post(network_id: String, thread: String, message: &ChatMessage, author: Author) -> Post {
    Post {
        network_id,
        author,
        text: text(&message.text, &message.facets),
        platform_at: message.sent_at,
        parent: None,
        thread: Some(thread),
        visibility: Visibility::Private,
        url: None,
        title: None,
        attachments: Vec::new(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    }
}

fn names(record: &Record, did: &str) -> bool {
    let mut features = record.facets.iter().flat_map(|facet| &facet.features);
    features.any(|feature| feature.did.as_deref() == Some(did))
}

/// Returns the post that is quoted.
fn quoted(record: &Record) -> Option<&str> {
    let quoted = record.embed.get("record")?;
    let uri = quoted
        .get("uri")
        .or_else(|| quoted.get("record")?.get("uri"))?;
    uri.as_str()
}

/// Returns the text with whole addresses where it shows links cut short.
fn text(text: &str, facets: &[Facet]) -> String {
    let mut links: Vec<(usize, usize, &str)> = facets
        .iter()
        .filter_map(|facet| {
            let uri = facet
                .features
                .iter()
                .find_map(|feature| feature.uri.as_deref())?;
            Some((facet.index.byte_start, facet.index.byte_end, uri))
        })
        .collect();
    links.sort_unstable();
    let mut whole = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end, uri) in links {
        let (Some(before), Some(shown)) = (text.get(done..start), text.get(start..end)) else {
            continue;
        };
        whole.push_str(before);
        let bare = shown.trim_end_matches(['.', '…']);
        if uri.contains(bare) {
            whole.push_str(uri);
        } else {
            whole.extend([shown, " (", uri, ")"]);
        }
        done = end;
    }
    whole.push_str(text.get(done..).unwrap_or_default());
    whole
}

fn id(text: &str) -> Result<String, TranslateError> {
    if text.trim().is_empty() {
        return Err(TranslateError::missing("id"));
    }
    if text.chars().count() > LONGEST_ID {
        let detail = format!("longer than {LONGEST_ID} characters");
        return Err(TranslateError::bad("id", detail));
    }
    Ok(text.to_owned())
}
