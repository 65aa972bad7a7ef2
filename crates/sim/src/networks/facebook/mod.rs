//! Facebook pages: posts and comments in public, Messenger in private, by the Graph API and its hook.

mod acts;
mod api;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::graph::{self, Mailbox, News, Platform};
use super::kit::kept;
use super::kit::{Act, Answer, Ask, Call, Done, Heard, Hook, Kit, Network, Reply, Wish};
use crate::item::Millis;

/// What the app of a page is usually given.
const SCOPES: [&str; 6] = [
    "pages_show_list",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
];
const FIELDS: [&str; 7] = [
    "feed",
    "mention",
    "messages",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "messaging_postbacks",
];

/// A post or a comment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Thing {
    id: String,
    /// The page that it stands on, or whoever said it somewhere else.
    page: String,
    /// The page that is named in a post which stands somewhere else.
    #[serde(default)]
    tagged: Option<String>,
    author: String,
    text: String,
    at: Millis,
    /// The post that a comment stands below; none for a post.
    post: Option<String>,
    /// The comment that it answers.
    parent: Option<String>,
    photo: Option<String>,
    hidden: bool,
    likes: BTreeMap<String, String>,
    order: u64,
}

/// The network.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Facebook {
    platform: Platform,
    mailbox: Mailbox,
    /// Pages and people, by id.
    names: BTreeMap<String, String>,
    pages: BTreeSet<String>,
    handles: BTreeMap<String, String>,
    things: BTreeMap<String, Thing>,
    order: u64,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Facebook::default())
}

impl Facebook {
    fn person(&mut self, handle: &str, name: &str, kit: &Kit) -> String {
        if let Some(id) = self.handles.get(handle) {
            return id.clone();
        }
        let id = kit.ids.digits("person", 16);
        self.handles.insert(handle.to_owned(), id.clone());
        self.names.insert(id.clone(), name.to_owned());
        id
    }

    fn name(&self, id: &str) -> Value {
        json!({"id": id, "name": self.names.get(id)})
    }

    /// Adds a post or a comment and tells the page's hook.
    fn say(&mut self, mut thing: Thing, kit: &Kit) -> String {
        self.order += 1;
        thing.order = self.order;
        thing.id = match &thing.post {
            None => format!(
                "{}_{}",
                thing.page,
                kit.ids.rising("post", 122_100_000_000_000)
            ),
            Some(post) => {
                let post = post.rsplit('_').next().unwrap_or(post);
                format!("{post}_{}", kit.ids.rising("comment", 998_000_000_000_000))
            }
        };
        let id = thing.id.clone();
        self.things.insert(id.clone(), thing);
        self.tell(&id, "add", kit);
        id
    }

    /// Tells the hook of a page what happened to a post or a comment.
    fn tell(&self, id: &str, verb: &str, kit: &Kit) {
        let Some(thing) = self.things.get(id) else {
            return;
        };
        let field = if thing.tagged.is_some() {
            "mention"
        } else {
            "feed"
        };
        let page = thing.tagged.as_ref().unwrap_or(&thing.page);
        if !self.platform.hears(page, field) {
            return;
        }
        let item = match (&thing.post, &thing.photo) {
            (Some(_), _) => "comment",
            (None, Some(_)) => "photo",
            (None, None) if thing.author == thing.page => "status",
            (None, None) => "post",
        };
        let mut value = json!({
            "from": self.name(&thing.author),
            "item": item,
            "verb": verb,
            "post_id": thing.post.as_deref().unwrap_or(&thing.id),
            "created_time": thing.at / 1_000,
        });
        if thing.post.is_some() {
            value["comment_id"] = json!(thing.id);
            let parent = thing.parent.as_ref().or(thing.post.as_ref());
            value["parent_id"] = json!(parent);
            value["post"] = json!({
                "status_type": "mobile_status_update",
                "is_published": true,
                "updated_time": kit.now_text(),
                "permalink_url": format!("https://www.facebook.com/{}", thing.post.as_deref().unwrap_or_default()),
                "promotion_status": "inactive",
                "id": thing.post,
            });
        } else {
            value["published"] = json!(1);
        }
        if verb != "remove" {
            value["message"] = json!(thing.text);
            if let Some(photo) = &thing.photo {
                value["photo"] = json!(photo);
            }
        }
        News::Change(field, value).push(page, kit);
    }

    /// Takes a post or a comment away, with what stands below it.
    fn remove(&mut self, id: &str, kit: &Kit) {
        self.tell(id, "remove", kit);
        self.things.remove(id);
        self.things.retain(|_, thing| {
            thing.post.as_deref() != Some(id) && thing.parent.as_deref() != Some(id)
        });
    }
}

impl Network for Facebook {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit).into()
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        self.platform.found(wish, kit);
        let page = self.person(&wish.handle, wish.called(), kit);
        self.pages.insert(page.clone());
        self.mailbox.human_agent |= wish.flag("human_agent");
        let scopes: Vec<&str> = match wish.more("scopes") {
            Some(scopes) => scopes.split([',', ' ']).collect(),
            None => SCOPES.to_vec(),
        };
        let token = self.platform.token(&page, &scopes, false, kit);
        let user_token = self.platform.token(&page, &scopes, true, kit);
        if !wish.flag("unsubscribed") {
            let fields = FIELDS.map(str::to_owned).to_vec();
            self.platform.subscribed.insert(page.clone(), fields);
        }
        graph::handshake(&mut self.platform, &page, wish, kit);
        Ok(json!({
            "id": page,
            "handle": wish.handle,
            "settings": {
                "base_url": kit.base,
                "authorise_url": format!("{}/v26.0/dialog/oauth", kit.base),
                "page_id": page,
                "app_id": self.platform.app_id,
                "human_agent": self.mailbox.human_agent,
            },
            "secrets": {
                "access_token": token,
                "user_token": user_token,
                "app_secret": self.platform.app_secret,
                "verify_token": self.platform.verify_token,
            },
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, kit: &Kit) -> Answer {
        graph::failure(status, kit)
    }

    fn pack(&self, hook: &Hook, items: &[Value], _: &Kit) -> Ask {
        graph::pack("page", hook, items)
    }

    fn batch(&self) -> usize {
        50
    }

    fn retry_seconds(&self, attempt: u32) -> Option<i64> {
        graph::retry_seconds(attempt)
    }

    fn gave_up(&mut self, hook: &Hook, kit: &Kit) {
        // Who never answers loses the subscription.
        self.platform.subscribed.remove(&hook.id);
        kit.deliveries.disconnect(&hook.id);
    }

    fn heard(&mut self, mark: &str, heard: &Heard, kit: &Kit) -> Reply {
        graph::take_handshake(&mut self.platform, mark, heard, kit);
        Answer::text(200, "").into()
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, _: &Kit) -> bool {
        kept::read(self, written)
    }

    fn show(&self) -> Value {
        json!({
            "app": self.platform.show(),
            "pages": self.pages,
            "things": self.things.len(),
            "messages": self.mailbox.messages.len(),
        })
    }
}
