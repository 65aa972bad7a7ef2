//! YouTube: comments below videos, which are told to nobody and cost units to ask for, until midnight
//! in California.

mod acts;
mod api;
mod oauth;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kit::kept;
use super::kit::{Act, Answer, Call, Consents, Done, Kit, Network, Reply, Wish};
use crate::item::{Millis, rfc3339};

const TOKEN_LIFE: Millis = 3_600_000;
const SCOPE: &str = "https://www.googleapis.com/auth/youtube.force-ssl";

/// A channel, ours or somebody's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Channel {
    id: String,
    handle: String,
    name: String,
    ours: bool,
    gone: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Video {
    id: String,
    channel: String,
    title: String,
    description: String,
    at: Millis,
    comments_closed: bool,
}

/// A comment below a video, or below another comment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Comment {
    id: String,
    video: String,
    parent: Option<String>,
    author: String,
    text: String,
    at: Millis,
    updated: Millis,
    likes: BTreeSet<String>,
    status: String,
    order: u64,
}

/// The network.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Youtube {
    channels: BTreeMap<String, Channel>,
    videos: BTreeMap<String, Video>,
    comments: BTreeMap<String, Comment>,
    client: (String, String),
    /// Access tokens: whose, and until when.
    tokens: BTreeMap<String, (String, Millis)>,
    refresh: BTreeMap<String, String>,
    #[serde(skip)]
    consents: Consents,
    order: u64,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Youtube::default())
}

const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Youtube {
    fn join(&mut self, handle: &str, name: &str, kit: &Kit) -> String {
        let handle = format!("@{}", handle.trim_start_matches('@'));
        let known = self
            .channels
            .values()
            .find(|channel| !channel.gone && channel.handle.eq_ignore_ascii_case(&handle));
        if let Some(channel) = known {
            return channel.id.clone();
        }
        let id = format!("UC{}", kit.ids.signs("channel", 22, SIGNS));
        let channel = Channel {
            id: id.clone(),
            handle,
            name: name.to_owned(),
            ours: false,
            gone: false,
        };
        self.channels.insert(id.clone(), channel);
        id
    }

    fn add_video(&mut self, channel: &str, title: &str, description: &str, kit: &Kit) -> String {
        let video = Video {
            id: kit.ids.signs("video", 11, SIGNS),
            channel: channel.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            at: kit.now(),
            comments_closed: false,
        };
        let id = video.id.clone();
        self.videos.insert(id.clone(), video);
        id
    }

    fn say(&mut self, mut comment: Comment, kit: &Kit) -> String {
        self.order += 1;
        comment.order = self.order;
        comment.id = match &comment.parent {
            None => format!("Ugz{}AaABAg", kit.ids.signs("comment", 17, SIGNS)),
            // An answer carries the id of what it stands below.
            Some(parent) => format!("{parent}.{}", kit.ids.signs("answer", 22, SIGNS)),
        };
        let id = comment.id.clone();
        self.comments.insert(id.clone(), comment);
        id
    }

    /// Lists what stands below a comment; what is held back only where that is asked for, and what was
    /// rejected nowhere.
    fn answers(&self, parent: &str, with_held: bool) -> Vec<&Comment> {
        let is_shown = |comment: &&Comment| match comment.status.as_str() {
            "published" => true,
            status => with_held && status == "heldForReview",
        };
        let mut found: Vec<&Comment> = self
            .comments
            .values()
            .filter(|comment| comment.parent.as_deref() == Some(parent))
            .filter(is_shown)
            .collect();
        found.sort_by_key(|comment| comment.order);
        found
    }

    fn show(&self, comment: &Comment) -> Value {
        let author = self.channels.get(&comment.author);
        let mut snippet = json!({
            "channelId": self.videos.get(&comment.video).map(|video| &video.channel),
            "videoId": comment.video,
            "textDisplay": comment.text,
            "textOriginal": comment.text,
            "authorDisplayName": author.map_or("", |author| author.handle.as_str()),
            "authorProfileImageUrl": "https://yt3.ggpht.com/ytc/default=s48",
            "canRate": true,
            "viewerRating": "none",
            "likeCount": comment.likes.len(),
            "publishedAt": written(comment.at),
            "updatedAt": written(comment.updated),
        });
        // Whoever deleted their channel has a name and no more.
        if let Some(author) = author.filter(|author| !author.gone) {
            snippet["authorChannelId"] = json!({"value": author.id});
            snippet["authorChannelUrl"] =
                json!(format!("http://www.youtube.com/{}", author.handle));
        }
        if let Some(parent) = &comment.parent {
            snippet["parentId"] = json!(parent);
        }
        if comment.status != "published" {
            snippet["moderationStatus"] = json!(comment.status);
        }
        json!({
            "kind": "youtube#comment",
            "etag": kit_etag(comment),
            "id": comment.id,
            "snippet": snippet,
        })
    }

    /// Writes a thread: the comment, how many answers there are, and about five of them.
    fn show_thread(&self, comment: &Comment, with_answers: bool, with_held: bool) -> Value {
        let answers = self.answers(&comment.id, with_held);
        let mut shown = json!({
            "kind": "youtube#commentThread",
            "etag": kit_etag(comment),
            "id": comment.id,
            "snippet": {
                "channelId": self.videos.get(&comment.video).map(|video| &video.channel),
                "videoId": comment.video,
                "topLevelComment": self.show(comment),
                "canReply": true,
                "totalReplyCount": answers.len(),
                "isPublic": comment.status == "published",
            },
        });
        if with_answers && !answers.is_empty() {
            let some: Vec<Value> = answers
                .iter()
                .rev()
                .take(5)
                .map(|answer| self.show(answer))
                .collect();
            shown["replies"] = json!({"comments": some});
        }
        shown
    }
}

impl Network for Youtube {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit).into()
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        if self.client.0.is_empty() {
            self.client = (
                format!(
                    "{}.apps.googleusercontent.com",
                    kit.ids.digits("client", 12)
                ),
                format!("GOCSPX-{}", kit.ids.letters("client_secret", 28)),
            );
        }
        let id = self.join(&wish.handle, wish.called(), kit);
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.ours = true;
        }
        let refresh = format!("1//{}", kit.ids.signs("refresh", 90, SIGNS));
        self.refresh.insert(refresh.clone(), id.clone());
        let access = format!("ya29.{}", kit.ids.signs("access", 120, SIGNS));
        self.tokens
            .insert(access.clone(), (id.clone(), kit.now() + TOKEN_LIFE));
        Ok(json!({
            "id": id,
            "handle": wish.handle,
            "settings": {
                "base_url": kit.base,
                "token_url": format!("{}/token", kit.base),
                "authorise_url": format!("{}/o/oauth2/v2/auth", kit.base),
                "channel_id": id,
                "client_id": self.client.0,
            },
            "secrets": {
                "client_secret": self.client.1,
                "refresh_token": refresh,
                "access_token": access,
            },
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, _: &Kit) -> Answer {
        match status {
            401 => api::refused(401, "authError", "Invalid Credentials"),
            403 => api::refused(
                403,
                "quotaExceeded",
                "The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.",
            ),
            404 => api::refused(
                404,
                "commentNotFound",
                "The specified comment could not be found.",
            ),
            400 | 422 => api::refused(
                status,
                "invalidCommentMetadata",
                "The request metadata is invalid.",
            ),
            429 => api::refused(429, "rateLimitExceeded", "Rate Limit Exceeded"),
            500..=599 => api::refused(status, "backendError", "Backend Error"),
            _ => api::refused(
                status,
                "processingFailure",
                "The API server failed to successfully process the request.",
            ),
        }
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, _: &Kit) -> bool {
        kept::read(self, written)
    }

    fn show(&self) -> Value {
        json!({
            "channels": self.channels.len(),
            "videos": self.videos.len(),
            "comments": self.comments.len(),
        })
    }
}

/// Writes a time as YouTube does, to the second.
fn written(at: Millis) -> String {
    let text = rfc3339(at);
    format!("{}Z", &text[..text.len().min(19)])
}

fn kit_etag(comment: &Comment) -> String {
    format!("{}-{}", comment.order, comment.updated)
}
