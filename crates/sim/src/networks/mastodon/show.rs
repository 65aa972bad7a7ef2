//! How the server writes its things as JSON.

use serde_json::{Value, json};

use super::api::FILES;
use super::text::{self, DOMAIN, Piece};
use super::{Mastodon, Media, Notification, Status, User};
use crate::item::rfc3339;
use crate::networks::kit::Kit;

impl Mastodon {
    pub(super) fn show_user(&self, user: &User) -> Value {
        let statuses = self
            .statuses
            .values()
            .filter(|status| status.author == user.id);
        json!({
            "id": user.id.to_string(),
            "username": user.username(),
            "acct": user.acct,
            "display_name": user.name,
            "locked": false,
            "bot": user.bot,
            "discoverable": true,
            "group": false,
            "created_at": rfc3339(user.created),
            "note": "",
            "url": user.page(),
            "uri": format!("https://{DOMAIN}/users/{}", user.username()),
            "avatar": format!("https://{DOMAIN}/avatars/original/missing.png"),
            "header": format!("https://{DOMAIN}/headers/original/missing.png"),
            "followers_count": 12,
            "following_count": user.follows.len(),
            "statuses_count": statuses.count(),
            "suspended": user.suspended,
            "emojis": [],
            "fields": [],
        })
    }

    pub(super) fn show_status(&self, status: &Status, viewer: Option<u64>, kit: &Kit) -> Value {
        let author = self.users.get(&status.author);
        let mentions: Vec<Value> = status
            .mentions
            .iter()
            .filter_map(|id| self.users.get(id))
            .map(|user| {
                json!({
                    "id": user.id.to_string(),
                    "username": user.username(),
                    "url": user.page(),
                    "acct": user.acct,
                })
            })
            .collect();
        let tags: Vec<Value> = text::pieces(&status.text)
            .iter()
            .filter_map(|piece| match piece {
                Piece::Tag(tag) => {
                    let name = tag.to_lowercase();
                    Some(json!({"name": name, "url": format!("https://{DOMAIN}/tags/{name}")}))
                }
                _ => None,
            })
            .collect();
        let media: Vec<Value> = status
            .media
            .iter()
            .filter_map(|id| self.media.get(id))
            .map(|media| show_media(media, kit))
            .collect();
        let parent = status.parent.and_then(|parent| self.statuses.get(&parent));
        let replies = self
            .statuses
            .values()
            .filter(|other| other.parent == Some(status.id));
        let quote = status.quotes.map(|quoted| {
            let quoted = self.statuses.get(&quoted);
            json!({
                "state": "accepted",
                "quoted_status": quoted.map(|quoted| self.show_status(quoted, viewer, kit)),
            })
        });
        json!({
            "id": status.id.to_string(),
            "created_at": rfc3339(status.created),
            "in_reply_to_id": status.parent.map(|parent| parent.to_string()),
            "in_reply_to_account_id": parent.map(|parent| parent.author.to_string()),
            "sensitive": !status.spoiler.is_empty(),
            "spoiler_text": status.spoiler,
            "visibility": status.visibility,
            "language": status.language,
            "uri": format!(
                "https://{DOMAIN}/users/{}/statuses/{}",
                author.map_or("", User::username),
                status.id
            ),
            "url": author.map(|author| format!("{}/{}", author.page(), status.id)),
            "replies_count": replies.count(),
            "reblogs_count": status.reblogs.len(),
            "favourites_count": status.favourites.len(),
            "quotes_count": 0,
            "edited_at": status.edited.map(rfc3339),
            "favourited": viewer.is_some_and(|viewer| status.favourites.contains(&viewer)),
            "reblogged": viewer.is_some_and(|viewer| status.reblogs.contains(&viewer)),
            "muted": false,
            "bookmarked": false,
            "content": text::html(&status.text, |name| self.page_of(name)),
            "filtered": [],
            "reblog": null,
            "account": author.map(|author| self.show_user(author)),
            "media_attachments": media,
            "mentions": mentions,
            "tags": tags,
            "emojis": [],
            "card": null,
            "poll": null,
            "quote": quote,
        })
    }

    pub(super) fn show_notification(&self, told: &Notification, kit: &Kit) -> Value {
        let from = self.users.get(&told.from).map(|from| self.show_user(from));
        let mut shown = json!({
            "id": told.id.to_string(),
            "type": told.kind,
            "group_key": format!("ungrouped-{}", told.id),
            "created_at": rfc3339(told.created),
            "account": from,
        });
        if let Some(status) = told.status.and_then(|id| self.statuses.get(&id)) {
            shown["status"] = self.show_status(status, Some(told.to), kit);
        }
        shown
    }

    pub(super) fn show_instance(&self, kit: &Kit) -> Value {
        json!({
            "domain": DOMAIN,
            "title": "Mastodon",
            "version": "4.6.0",
            "source_url": "https://github.com/mastodon/mastodon",
            "description": "",
            "languages": ["de"],
            "configuration": {
                "urls": {"streaming": kit.base.replacen("http", "ws", 1)},
                "accounts": {"max_featured_tags": 10},
                "statuses": {
                    "max_characters": self.max_characters,
                    "max_media_attachments": 4,
                    "characters_reserved_per_url": 23,
                },
                "media_attachments": {
                    "supported_mime_types": FILES.iter().flat_map(|kind| kind.types).collect::<Vec<_>>(),
                    "image_size_limit": FILES[0].most,
                    "video_size_limit": FILES[1].most,
                    "description_limit": 1500,
                },
            },
            "registrations": {"enabled": false},
            "rules": [],
        })
    }
}

pub(super) fn show_media(media: &Media, kit: &Kit) -> Value {
    let kind = media.kind.split('/').next().unwrap_or("unknown");
    let ready = media.ready <= kit.now();
    let url = format!("{}{}", kit.base, media.path);
    json!({
        "id": media.id.to_string(),
        "type": if matches!(kind, "image" | "video" | "audio") { kind } else { "unknown" },
        "url": ready.then_some(&url),
        "preview_url": ready.then_some(&url),
        "remote_url": null,
        "meta": {},
        "description": media.description,
        "blurhash": null,
    })
}
