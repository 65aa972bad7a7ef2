//! Posts and messages: said, told to whom they concern, and written as X writes them.

use serde_json::{Value, json};

use super::weight::link_in;
use super::{Message, Post, User, X, written};
use crate::networks::kit::Kit;

impl X {
    /// Adds a post and tells those who subscribed to what concerns them.
    pub(super) fn say(&mut self, mut post: Post, kit: &Kit) -> String {
        let id = kit
            .ids
            .rising("post", 1_990_000_000_000_000_000)
            .to_string();
        post.id.clone_from(&id);
        post.text = self.with_short_links(&post.text, kit);
        post.mentions = self.named(&post.text);
        let above = post
            .parent
            .as_ref()
            .and_then(|parent| self.posts.get(parent));
        post.conversation = above.map_or_else(|| id.clone(), |above| above.conversation.clone());
        let answered = above.map(|above| above.author.clone());
        let quoted = post
            .quotes
            .as_ref()
            .and_then(|quoted| self.posts.get(quoted));
        let quoted = quoted.map(|quoted| quoted.author.clone());
        post.history.push(id.clone());
        let (author, mentions) = (post.author.clone(), post.mentions.clone());
        self.posts.insert(id.clone(), post);

        let shown = self
            .posts
            .get(&id)
            .map(|post| self.show(post))
            .unwrap_or_default();
        let includes = self.includes(&[&id]);
        self.event("post.create", &author, &shown, &includes, kit);
        for user in &mentions {
            if *user != author {
                self.event("post.mention.create", user, &shown, &includes, kit);
            }
        }
        if let Some(user) = answered.filter(|user| *user != author) {
            self.event("post.reply.create", &user, &shown, &includes, kit);
        }
        if let Some(user) = quoted.filter(|user| *user != author) {
            self.event("post.quote.create", &user, &shown, &includes, kit);
        }
        self.older_post(&id, kit);
        id
    }

    /// Takes a post away with all its versions.
    pub(super) fn remove(&mut self, id: &str, kit: &Kit) -> bool {
        let Some(post) = self.posts.get(id).cloned() else {
            return false;
        };
        for version in &post.history {
            self.posts.remove(version);
        }
        let payload = json!({"id": post.id, "author_id": post.author});
        // This event alone wraps the user once more.
        let includes = json!({"users": [{"data": self.show_user(&post.author)}]});
        self.event("post.delete", &post.author, &payload, &includes, kit);
        let older = json!({
            "tweet_delete_events": [{
                "status": {"id": post.id, "user_id": post.author},
                "timestamp_ms": kit.now().to_string(),
            }],
        });
        self.older_event(&post.author, older, kit);
        true
    }

    /// Sends a message and tells both sides.
    pub(super) fn tell(&mut self, from: &str, to: &str, text: &str, kit: &Kit) -> Message {
        let message = Message {
            id: kit
                .ids
                .rising("post", 1_990_000_000_000_000_000)
                .to_string(),
            from: from.to_owned(),
            to: to.to_owned(),
            text: self.with_short_links(text, kit),
            at: kit.now(),
        };
        self.messages.push(message.clone());
        let shown = self.show_message(&message);
        let includes = json!({"users": [self.show_user(from), self.show_user(to)]});
        self.event("dm.received", to, &shown, &includes, kit);
        self.event("dm.sent", from, &shown, &includes, kit);
        self.older_message(&message, kit);
        message
    }

    pub(super) fn show(&self, post: &Post) -> Value {
        let mentions: Vec<Value> = Self::placed(&post.text, '@')
            .into_iter()
            .filter_map(|(start, end, word)| {
                let user = self.by_name(&word)?;
                Some(json!({"start": start, "end": end, "username": user.username, "id": user.id}))
            })
            .collect();
        let urls = self.urls(&post.text, &post.media);
        let mut shown = json!({
            "id": post.id,
            "text": post.text,
            "author_id": post.author,
            "conversation_id": post.conversation,
            "created_at": written(post.at),
            "lang": post.language,
            "edit_history_tweet_ids": post.history,
            "public_metrics": self.metrics(post),
        });
        if !mentions.is_empty() {
            shown["entities"]["mentions"] = json!(mentions);
        }
        if !urls.is_empty() {
            shown["entities"]["urls"] = json!(urls);
        }
        let mut referenced = Vec::new();
        if let Some(parent) = &post.parent {
            referenced.push(json!({"type": "replied_to", "id": parent}));
            let author = self.posts.get(parent).map(|parent| &parent.author);
            shown["in_reply_to_user_id"] = json!(author);
        }
        if let Some(quoted) = &post.quotes {
            referenced.push(json!({"type": "quoted", "id": quoted}));
        }
        if !referenced.is_empty() {
            shown["referenced_tweets"] = json!(referenced);
        }
        if !post.media.is_empty() {
            shown["attachments"] = json!({"media_keys": post.media});
        }
        shown
    }

    /// Says what the short links of a text lead to.
    fn urls(&self, text: &str, media: &[String]) -> Vec<Value> {
        self.links
            .iter()
            .filter_map(|(short, whole)| {
                let at = text.find(short.as_str())?;
                let start = text[..at].chars().count();
                let mut url = json!({
                    "start": start,
                    "end": start + short.chars().count(),
                    "url": short,
                    "expanded_url": whole,
                    "display_url": whole.split("://").last(),
                });
                if let Some(key) = media.iter().find(|key| whole.ends_with(key.as_str())) {
                    url["media_key"] = json!(key);
                }
                Some(url)
            })
            .collect()
    }

    pub(super) fn show_message(&self, message: &Message) -> Value {
        let mut shown = json!({
            "id": message.id,
            "event_type": "MessageCreate",
            "text": message.text,
            "sender_id": message.from,
            "dm_conversation_id": conversation(&message.from, &message.to),
            "participant_ids": [message.from, message.to],
            "created_at": written(message.at),
        });
        let urls = self.urls(&message.text, &[]);
        if !urls.is_empty() {
            shown["entities"] = json!({"urls": urls});
        }
        shown
    }

    /// Writes the people, posts and pictures that posts refer to.
    pub(super) fn includes(&self, ids: &[&str]) -> Value {
        let mut users: Vec<String> = Vec::new();
        let (mut posts, mut media) = (Vec::new(), Vec::new());
        for post in ids.iter().filter_map(|id| self.posts.get(*id)) {
            users.push(post.author.clone());
            users.extend(post.mentions.iter().cloned());
            for other in [&post.parent, &post.quotes].into_iter().flatten() {
                if let Some(other) = self.posts.get(other) {
                    users.push(other.author.clone());
                    posts.push(self.show(other));
                }
            }
            media.extend(post.media.iter().filter_map(|key| self.show_media(key)));
        }
        users.sort();
        users.dedup();
        let users: Vec<Value> = users.iter().map(|id| self.show_user(id)).collect();
        let mut includes = json!({"users": users});
        if !posts.is_empty() {
            includes["tweets"] = json!(posts);
        }
        if !media.is_empty() {
            includes["media"] = json!(media);
        }
        includes
    }

    pub(super) fn show_media(&self, key: &str) -> Option<Value> {
        let (url, alt) = self.media.get(key)?;
        Some(json!({"media_key": key, "type": "photo", "url": url, "alt_text": alt}))
    }

    fn metrics(&self, post: &Post) -> Value {
        let count = |belongs: &dyn Fn(&Post) -> bool| {
            self.posts.values().filter(|other| belongs(other)).count()
        };
        json!({
            "retweet_count": 0,
            "reply_count": count(&|other| other.parent.as_ref() == Some(&post.id)),
            "like_count": post.likes.len(),
            "quote_count": count(&|other| other.quotes.as_ref() == Some(&post.id)),
            "bookmark_count": 0,
            "impression_count": post.likes.len() * 31 + 7,
        })
    }

    fn named(&self, text: &str) -> Vec<String> {
        let mut named = Vec::new();
        for (_, _, word) in Self::placed(text, '@') {
            if let Some(User { id, .. }) = self.by_name(&word)
                && !named.contains(id)
            {
                named.push(id.clone());
            }
        }
        named
    }

    /// Finds the words that begin with a sign: where they begin and end, and what stands behind it.
    fn placed(text: &str, sign: char) -> Vec<(usize, usize, String)> {
        let signs: Vec<char> = text.chars().collect();
        let mut found = Vec::new();
        let mut at = 0;
        while at < signs.len() {
            let alone = at == 0 || !signs[at - 1].is_alphanumeric();
            if signs[at] == sign && alone {
                let word: String = signs[at + 1..]
                    .iter()
                    .take_while(|sign| sign.is_ascii_alphanumeric() || **sign == '_')
                    .collect();
                if !word.is_empty() {
                    let end = at + 1 + word.len();
                    found.push((at, end, word));
                    at = end;
                    continue;
                }
            }
            at += 1;
        }
        found
    }

    /// Puts a short link in the place of every link.
    fn with_short_links(&mut self, text: &str, kit: &Kit) -> String {
        let mut short = text.to_owned();
        for word in text.split_whitespace() {
            let Some(link) = link_in(word).filter(|link| !link.starts_with("https://t.co/")) else {
                continue;
            };
            let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            let to = format!("https://t.co/{}", kit.ids.signs("link", 10, signs));
            short = short.replacen(link, &to, 1);
            let whole = if link.contains("://") {
                link.to_owned()
            } else {
                format!("http://{link}")
            };
            self.links.insert(to, whole);
        }
        short
    }
}

/// Returns the id of the conversation of two.
pub(super) fn conversation(one: &str, two: &str) -> String {
    let smaller_first = (one.len(), one) < (two.len(), two);
    if smaller_first {
        format!("{one}-{two}")
    } else {
        format!("{two}-{one}")
    }
}
