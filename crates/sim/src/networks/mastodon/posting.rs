//! Saying, changing and taking back, with everything that others hear of it.

use std::collections::BTreeSet;

use super::text::{self, Piece};
use super::{Mastodon, Media, Status};
use crate::networks::kit::Kit;

/// What somebody wants to say.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) spoiler: String,
    pub(super) visibility: String,
    pub(super) parent: Option<u64>,
    pub(super) quotes: Option<u64>,
    pub(super) media: Vec<u64>,
    pub(super) language: String,
}

impl Mastodon {
    /// Returns why a text cannot be said, in the server's words.
    pub(super) fn objection(&self, text: &str, spoiler: &str, files: usize) -> Option<String> {
        if text.trim().is_empty() && files == 0 {
            return Some("Validation failed: Text can't be blank".to_owned());
        }
        if text::length(spoiler) + text::length(text) > self.max_characters {
            return Some(format!(
                "Validation failed: Text character limit of {} exceeded",
                self.max_characters
            ));
        }
        (files > 4).then(|| "Cannot attach more than 4 files".to_owned())
    }

    pub(super) fn post(&mut self, author: u64, draft: Draft, kit: &Kit) -> u64 {
        let id = kit.ids.rising("status", 115_500_000_000_000_000);
        let mentions = self.named(author, &draft.text);
        let status = Status {
            id,
            author,
            text: draft.text,
            spoiler: draft.spoiler,
            visibility: draft.visibility,
            parent: draft.parent,
            mentions: mentions.clone(),
            media: draft.media,
            language: draft.language,
            created: kit.now(),
            edited: None,
            favourites: BTreeSet::new(),
            reblogs: BTreeSet::new(),
            quotes: draft.quotes,
            history: Vec::new(),
        };
        let quoted = status.quotes.and_then(|quoted| self.statuses.get(&quoted));
        let quoted = quoted.map(|quoted| quoted.author);
        self.statuses.insert(id, status);
        for user in mentions {
            self.notify(user, author, "mention", Some(id), kit);
        }
        if let Some(quoted) = quoted {
            self.notify(quoted, author, "quote", Some(id), kit);
        }
        self.tell_readers(id, "update", kit);
        id
    }

    pub(super) fn edit(
        &mut self,
        id: u64,
        text: String,
        spoiler: Option<String>,
        media: Option<Vec<u64>>,
        kit: &Kit,
    ) {
        let Some(author) = self.statuses.get(&id).map(|status| status.author) else {
            return;
        };
        let mentions = self.named(author, &text);
        let now = kit.now();
        let Some(status) = self.statuses.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut status.text, text);
        status
            .history
            .push((before, status.edited.unwrap_or(status.created)));
        status.edited = Some(now);
        status.spoiler = spoiler.unwrap_or_default();
        status.media = media.unwrap_or_default();
        status.mentions.clone_from(&mentions);
        let passed_on: Vec<u64> = status.reblogs.iter().copied().collect();
        // Whoever was named before hears nothing; whoever is named now for the first time does.
        for user in mentions {
            self.notify(user, author, "mention", Some(id), kit);
        }
        for user in passed_on {
            self.notify(user, author, "update", Some(id), kit);
        }
        self.tell_readers(id, "status.update", kit);
    }

    pub(super) fn delete(&mut self, id: u64, kit: &Kit) -> Option<Status> {
        let status = self.statuses.get(&id)?.clone();
        let mut readers = self.readers(&status);
        readers.extend(status.mentions.iter().copied());
        self.statuses.remove(&id);
        self.notifications.retain(|_, told| told.status != Some(id));
        for reader in readers {
            self.stream(reader, &["user"], "delete", &id.to_string(), kit);
        }
        for media in &status.media {
            if let Some(media) = self.media.get(media) {
                kit.drop_file(&media.path);
            }
        }
        Some(status)
    }

    pub(super) fn keep_media(
        &mut self,
        owner: u64,
        (name, media_type, bytes): (&str, &str, Vec<u8>),
        description: Option<String>,
        kit: &Kit,
    ) -> u64 {
        let id = kit.ids.rising("media", 115_400_000_000_000_000);
        // Films are worked on for a while; pictures are ready at once.
        let wait = if media_type.starts_with("video/") {
            2_000
        } else {
            0
        };
        let media = Media {
            id,
            owner,
            kind: media_type.to_owned(),
            path: kit.keep_file(name, media_type, bytes),
            description,
            ready: kit.now() + wait,
        };
        self.media.insert(id, media);
        id
    }

    /// Returns whether somebody may read a post.
    pub(super) fn may_read(&self, status: &Status, viewer: Option<u64>) -> bool {
        if viewer == Some(status.author) {
            return true;
        }
        let blocked = self.users.get(&status.author).is_some_and(|author| {
            viewer.is_some_and(|viewer| author.blocks.contains(&viewer)) || author.gone
        });
        let named = viewer.is_some_and(|viewer| status.mentions.contains(&viewer));
        let follows = viewer
            .and_then(|viewer| self.users.get(&viewer))
            .is_some_and(|viewer| viewer.follows.contains(&status.author));
        !blocked
            && match status.visibility.as_str() {
                "public" | "unlisted" => true,
                "private" => named || follows,
                _ => named,
            }
    }

    /// Returns those in whose timeline a post stands.
    fn readers(&self, status: &Status) -> BTreeSet<u64> {
        self.users
            .values()
            .filter(|user| user.id == status.author || user.follows.contains(&status.author))
            .filter(|user| self.may_read(status, Some(user.id)))
            .map(|user| user.id)
            .collect()
    }

    fn tell_readers(&self, id: u64, event: &str, kit: &Kit) {
        let Some(status) = self.statuses.get(&id) else {
            return;
        };
        for reader in self.readers(status) {
            let shown = self.show_status(status, Some(reader), kit).to_string();
            self.stream(reader, &["user"], event, &shown, kit);
        }
    }

    fn named(&self, author: u64, text: &str) -> Vec<u64> {
        let mut named = Vec::new();
        for piece in text::pieces(text) {
            let Piece::Mention(name) = piece else {
                continue;
            };
            if let Some(user) = self.by_acct(name)
                && user != author
                && !named.contains(&user)
            {
                named.push(user);
            }
        }
        named
    }
}
