//! What a caller asked to be told: X leaves out every field and everything referred to that nobody
//! asked for, and refuses words that it does not know.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::X;
use super::api::invalid_value;
use crate::networks::kit::{Answer, Call};

/// What can be asked for, what is told in any case, and what an expansion tells by the way.
struct Words {
    parameter: &'static str,
    known: &'static [&'static str],
    always: &'static [&'static str],
}

const POST: Words = Words {
    parameter: "tweet.fields",
    known: &[
        "article",
        "attachments",
        "author_id",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "edit_history_tweet_ids",
        "entities",
        "geo",
        "id",
        "in_reply_to_user_id",
        "lang",
        "media_metadata",
        "non_public_metrics",
        "note_tweet",
        "organic_metrics",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
        "scopes",
        "source",
        "text",
        "withheld",
    ],
    always: &["id", "text", "edit_history_tweet_ids"],
};
const MESSAGE: Words = Words {
    parameter: "dm_event.fields",
    known: &[
        "attachments",
        "created_at",
        "dm_conversation_id",
        "entities",
        "event_type",
        "id",
        "participant_ids",
        "referenced_tweets",
        "sender_id",
        "text",
    ],
    always: &["id", "event_type", "text"],
};
const USER: Words = Words {
    parameter: "user.fields",
    known: &[
        "affiliation",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "location",
        "most_recent_tweet_id",
        "name",
        "pinned_tweet_id",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_type",
        "withheld",
    ],
    always: &["id", "name", "username"],
};
const MEDIA: Words = Words {
    parameter: "media.fields",
    known: &[
        "alt_text",
        "duration_ms",
        "height",
        "media_key",
        "non_public_metrics",
        "organic_metrics",
        "preview_image_url",
        "promoted_metrics",
        "public_metrics",
        "type",
        "url",
        "variants",
        "width",
    ],
    always: &["media_key", "type"],
};
/// What posts refer to, and the field in which they do.
const EXPANSIONS: [(&str, &str); 10] = [
    ("attachments.media_keys", "attachments"),
    ("attachments.poll_ids", "attachments"),
    ("author_id", "author_id"),
    ("edit_history_tweet_ids", "edit_history_tweet_ids"),
    ("entities.mentions.username", "entities"),
    ("geo.place_id", "geo"),
    ("in_reply_to_user_id", "in_reply_to_user_id"),
    ("referenced_tweets.id", "referenced_tweets"),
    (
        "referenced_tweets.id.attachments.media_keys",
        "referenced_tweets",
    ),
    ("referenced_tweets.id.author_id", "referenced_tweets"),
];
const MESSAGE_EXPANSIONS: [(&str, &str); 4] = [
    ("attachments.media_keys", "attachments"),
    ("participant_ids", "participant_ids"),
    ("referenced_tweets.id", "referenced_tweets"),
    ("sender_id", "sender_id"),
];

/// What one caller wants to be told.
pub(super) struct Wanted {
    /// Of each thing in the list.
    item: BTreeSet<String>,
    /// Of the posts that are referred to.
    post: BTreeSet<String>,
    user: BTreeSet<String>,
    media: BTreeSet<String>,
    expansions: BTreeSet<String>,
}

impl Wanted {
    /// Reads what is wanted of posts.
    pub(super) fn of_posts(call: &Call) -> Result<Self, Answer> {
        Self::read(call, &POST, &EXPANSIONS)
    }

    /// Reads what is wanted of direct messages.
    pub(super) fn of_messages(call: &Call) -> Result<Self, Answer> {
        Self::read(call, &MESSAGE, &MESSAGE_EXPANSIONS)
    }

    fn read(call: &Call, item: &Words, expansions: &[(&str, &str)]) -> Result<Self, Answer> {
        let known: Vec<&str> = expansions.iter().map(|(name, _)| *name).collect();
        let expanded = listed(call, "expansions", &known)?;
        let mut wanted = item.wanted(call)?;
        for (name, field) in expansions {
            if expanded.contains(*name) {
                wanted.insert((*field).to_owned());
            }
        }
        Ok(Self {
            item: wanted,
            post: POST.wanted(call)?,
            user: USER.wanted(call)?,
            media: MEDIA.wanted(call)?,
            expansions: expanded,
        })
    }

    /// Leaves of one thing in the list what was asked for.
    pub(super) fn item(&self, shown: Value) -> Value {
        only(&self.item, shown)
    }

    fn expands(&self, name: &str) -> bool {
        self.expansions.contains(name)
    }

    /// Writes what some posts refer to, as far as it was asked for.
    pub(super) fn of_these(&self, net: &X, ids: &[&str]) -> Value {
        let (mut users, mut posts, mut media) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for post in ids.iter().filter_map(|id| net.posts.get(*id)) {
            if self.expands("author_id") {
                users.insert(post.author.as_str());
            }
            if self.expands("entities.mentions.username") {
                users.extend(post.mentions.iter().map(String::as_str));
            }
            if self.expands("attachments.media_keys") {
                media.extend(post.media.iter().map(String::as_str));
            }
            let parent = post.parent.as_ref().and_then(|id| net.posts.get(id));
            if let Some(parent) = parent.filter(|_| self.expands("in_reply_to_user_id")) {
                users.insert(parent.author.as_str());
            }
            let quoted = post.quotes.as_ref().and_then(|id| net.posts.get(id));
            for other in [parent, quoted].into_iter().flatten() {
                if self.expands("referenced_tweets.id") {
                    posts.insert(other.id.as_str());
                }
                if self.expands("referenced_tweets.id.author_id") {
                    users.insert(other.author.as_str());
                }
                if self.expands("referenced_tweets.id.attachments.media_keys") {
                    media.extend(other.media.iter().map(String::as_str));
                }
            }
        }
        let posts = posts.into_iter().filter_map(|id| net.posts.get(id));
        let posts = posts.map(|post| only(&self.post, net.show(post)));
        let media = media.into_iter().filter_map(|key| net.show_media(key));
        let media = media.map(|shown| only(&self.media, shown));
        self.included(
            net,
            users,
            [("tweets", posts.collect()), ("media", media.collect())],
        )
    }

    /// Writes who writes to whom in some messages, as far as it was asked for.
    pub(super) fn of_these_messages(&self, net: &X, ids: &[&str]) -> Value {
        let mut users = BTreeSet::new();
        for message in net
            .messages
            .iter()
            .filter(|one| ids.contains(&one.id.as_str()))
        {
            if self.expands("sender_id") || self.expands("participant_ids") {
                users.insert(message.from.as_str());
            }
            if self.expands("participant_ids") {
                users.insert(message.to.as_str());
            }
        }
        self.included(net, users, [])
    }

    fn included<const N: usize>(
        &self,
        net: &X,
        users: BTreeSet<&str>,
        others: [(&str, Vec<Value>); N],
    ) -> Value {
        let users = users
            .into_iter()
            .map(|id| only(&self.user, net.show_user(id)));
        let all = [("users", users.collect::<Vec<Value>>())].into_iter();
        let all = all.chain(others).filter(|(_, list)| !list.is_empty());
        let all: Map<String, Value> = all
            .map(|(name, list)| (name.to_owned(), Value::Array(list)))
            .collect();
        Value::Object(all)
    }
}

impl Words {
    fn wanted(&self, call: &Call) -> Result<BTreeSet<String>, Answer> {
        let mut wanted = listed(call, self.parameter, self.known)?;
        wanted.extend(self.always.iter().map(|name| (*name).to_owned()));
        Ok(wanted)
    }
}

/// Reads a list of words, each of which must be known.
fn listed(call: &Call, parameter: &str, known: &[&str]) -> Result<BTreeSet<String>, Answer> {
    let given = call.param(parameter).unwrap_or_default();
    let words = given.split(',').filter(|word| !word.is_empty());
    words
        .map(|word| {
            if known.contains(&word) {
                return Ok(word.to_owned());
            }
            let words = format!(
                "The `{parameter}` query parameter value [{word}] is not one of [{}]",
                known.join(",")
            );
            Err(invalid_value(parameter, word, &words))
        })
        .collect()
}

fn only(wanted: &BTreeSet<String>, shown: Value) -> Value {
    match shown {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| wanted.contains(name))
            .collect::<Map<String, Value>>()
            .into(),
        other => json!(other),
    }
}
