//! Private messages of Messenger and Instagram: threads, windows, the one private answer to something
//! public, and how items of the hook and lists are written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{refused, written_time};
use crate::item::Millis;
use crate::networks::kit::kept;
use crate::networks::kit::{Answer, Call, FileKind, FileWish, Kit, Limit, Misfit, OwnWord};

const WINDOW: Millis = 24 * 3_600_000;
const HUMAN_WINDOW: Millis = 7 * 24 * 3_600_000;
/// Texts to one account's people in a second.
const SENDS: Limit = Limit {
    name: "sends",
    most: 300,
    span: 1_000,
};
const PRIVATE_REPLIES: Limit = Limit {
    name: "private_replies",
    most: 750,
    span: 3_600_000,
};

/// Which of the two networks this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Kind {
    #[default]
    Messenger,
    Instagram,
}

/// What can be sent in private.
const MESSENGER_FILES: &[FileKind] = &[FileKind {
    types: &[""],
    most: 25 << 20,
}];
const INSTAGRAM_FILES: &[FileKind] = &[
    FileKind {
        types: &["image/png", "image/jpeg", "image/gif"],
        most: 8 << 20,
    },
    FileKind {
        types: &[
            "audio/aac",
            "audio/mp4",
            "audio/x-m4a",
            "audio/wav",
            "video/mp4",
            "video/ogg",
            "video/x-msvideo",
            "video/quicktime",
            "video/webm",
            "application/pdf",
        ],
        most: 25 << 20,
    },
];

/// A private message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) mid: String,
    pub(crate) account: String,
    pub(crate) person: String,
    pub(crate) own: bool,
    pub(crate) text: String,
    pub(crate) at: Millis,
    pub(crate) files: Vec<(String, String, String)>,
    pub(crate) edits: u32,
    pub(crate) order: u64,
}

/// What a successful sending leads to: the answer, and the echo that goes to the hook.
pub(crate) struct Sent {
    pub(crate) answer: Answer,
    pub(crate) echo: Option<Value>,
}

/// The private side of all accounts.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Mailbox {
    pub(crate) kind: Kind,
    pub(crate) messages: BTreeMap<String, Message>,
    /// When a person last wrote to an account.
    #[serde(with = "kept::pairs")]
    heard: BTreeMap<(String, String), Millis>,
    /// The public things that were answered in private.
    answered: BTreeSet<String>,
    pub(crate) blocked: BTreeSet<(String, String)>,
    attachments: BTreeMap<String, (String, String, String)>,
    order: u64,
    /// Whether the app may answer as a person after the window.
    pub(crate) human_agent: bool,
}

impl Mailbox {
    pub(crate) fn of(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    /// Takes a message and returns the item that tells it.
    pub(crate) fn take(
        &mut self,
        (account, person, own): (&str, &str, bool),
        text: &str,
        files: &[FileWish],
        kit: &Kit,
    ) -> (String, Value) {
        let files = files
            .iter()
            .map(|file| {
                let path = kit.keep_file(&file.name, &file.media_type, file.bytes());
                (
                    kind_of(&file.media_type),
                    format!("{}{path}", kit.base),
                    file.name.clone(),
                )
            })
            .collect();
        let mid = self.add((account, person, own), text, files, kit);
        if !own {
            self.heard
                .insert((account.to_owned(), person.to_owned()), kit.now());
        }
        let item = self.item(&mid, None);
        (mid, item)
    }

    fn add(
        &mut self,
        (account, person, own): (&str, &str, bool),
        text: &str,
        files: Vec<(String, String, String)>,
        kit: &Kit,
    ) -> String {
        let prefix = if self.kind == Kind::Messenger {
            "m_"
        } else {
            "aWdfZAG1"
        };
        let mid = format!(
            "{prefix}{}",
            kit.ids.signs(
                "mid",
                60,
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            )
        );
        self.order += 1;
        let message = Message {
            mid: mid.clone(),
            account: account.to_owned(),
            person: person.to_owned(),
            own,
            text: text.to_owned(),
            at: kit.now(),
            files,
            edits: 0,
            order: self.order,
        };
        self.messages.insert(mid.clone(), message);
        mid
    }

    /// Writes a message as the hook tells it.
    pub(crate) fn item(&self, mid: &str, metadata: Option<&str>) -> Value {
        let Some(message) = self.messages.get(mid) else {
            return Value::Null;
        };
        let mut told = json!({"mid": mid});
        if !message.text.is_empty() {
            told["text"] = json!(message.text);
        }
        if !message.files.is_empty() {
            let files: Vec<Value> = message
                .files
                .iter()
                .map(|(kind, url, _)| json!({"type": kind, "payload": {"url": url}}))
                .collect();
            told["attachments"] = json!(files);
        }
        if message.own {
            told["is_echo"] = json!(true);
        }
        if let Some(metadata) = metadata {
            told["metadata"] = json!(metadata);
        }
        let (from, to) = if message.own {
            (&message.account, &message.person)
        } else {
            (&message.person, &message.account)
        };
        json!({
            "sender": {"id": from},
            "recipient": {"id": to},
            "timestamp": message.at,
            "message": told,
        })
    }

    /// Sends what an app wants to send. `commenter` knows who said something public, and when.
    pub(crate) fn send(
        &mut self,
        account: &str,
        call: &Call,
        app_id: &str,
        kit: &Kit,
        commenter: impl Fn(&str) -> Option<(String, Millis)>,
    ) -> Result<Sent, Answer> {
        let now = kit.now();
        if !kit.limits.take(SENDS, account, 1, now).allowed {
            let words = "(#613) Calls to this api have exceeded the rate limit.";
            return Err(refused(400, (613, 0), words, kit));
        }
        let recipient = call.value("recipient");
        let public = ["comment_id", "post_id"]
            .iter()
            .find_map(|name| recipient[name].as_str().map(str::to_owned));
        let person = match &public {
            Some(of) => self.private_reply(account, of, kit, commenter)?,
            None => recipient["id"].as_str().unwrap_or_default().to_owned(),
        };
        if self.blocked.contains(&(account.to_owned(), person.clone())) {
            let words = "(#551) This person isn't available right now.";
            return Err(refused(400, (551, 1_545_041), words, kit));
        }
        let heard = self.heard.get(&(account.to_owned(), person.clone()));
        if public.is_none() {
            let Some(heard) = heard else {
                let words = "(#100) No matching user found";
                return Err(refused(400, (100, 2_018_001), words, kit));
            };
            let tag = call.param("messaging_type").as_deref() == Some("MESSAGE_TAG")
                && call.param("tag").as_deref() == Some("HUMAN_AGENT");
            if tag && !self.human_agent {
                let words = "(#100) App does not have the Human Agent feature.";
                return Err(refused(400, (100, 2_018_253), words, kit));
            }
            let window = if tag { HUMAN_WINDOW } else { WINDOW };
            if now - heard > window {
                return Err(self.closed(kit));
            }
        }
        if let Some(action) = call.param("sender_action") {
            return self.sender_action(&action, call, &person, kit);
        }

        let message = call.value("message");
        let text = message["text"].as_str().unwrap_or_default();
        let too_long = match self.kind {
            Kind::Messenger => text.chars().count() > 2_000,
            Kind::Instagram => text.len() > 1_000,
        };
        if too_long {
            let words = "(#100) Length of param message[text] must be less than or equal to 2000";
            return Err(refused(400, (100, 2_018_109), words, kit));
        }
        let mut files = Vec::new();
        if let Some(id) = message.pointer("/attachment/payload/attachment_id") {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let Some(file) = self.attachments.get(&id) else {
                let words = "(#100) Attachment was not found";
                return Err(refused(400, (100, 2_018_074), words, kit));
            };
            files.push(file.clone());
        }
        if text.is_empty() && files.is_empty() {
            return Err(refused(
                400,
                (100, 0),
                "(#100) Message cannot be empty",
                kit,
            ));
        }
        if let Some(of) = &public {
            self.answered.insert(of.clone());
        }
        let mid = self.add((account, &person, true), text, files, kit);
        kit.own_words.note(OwnWord {
            id: mid.clone(),
            by: account.to_owned(),
            of: public,
            to: Some(person.clone()),
            text: text.to_owned(),
            private: true,
        });
        let mut echo = self.item(&mid, message["metadata"].as_str());
        echo["message"]["app_id"] = json!(app_id.parse::<u64>().unwrap_or_default());
        let answer = json!({"recipient_id": person, "message_id": mid});
        Ok(Sent {
            answer: Answer::json(200, &answer),
            echo: Some(echo),
        })
    }

    fn sender_action(
        &self,
        action: &str,
        call: &Call,
        person: &str,
        kit: &Kit,
    ) -> Result<Sent, Answer> {
        let of = call.value("payload");
        let known = of["message_id"]
            .as_str()
            .is_some_and(|mid| self.messages.contains_key(mid));
        if matches!(action, "react" | "unreact") && !known {
            return Err(refused(400, (100, 0), "(#100) Invalid message id", kit));
        }
        Ok(Sent {
            answer: Answer::json(200, &json!({"recipient_id": person})),
            echo: None,
        })
    }

    fn private_reply(
        &self,
        account: &str,
        of: &str,
        kit: &Kit,
        commenter: impl Fn(&str) -> Option<(String, Millis)>,
    ) -> Result<String, Answer> {
        let now = kit.now();
        if !kit.limits.take(PRIVATE_REPLIES, account, 1, now).allowed {
            let words = "(#613) Calls to this api have exceeded the rate limit.";
            return Err(refused(400, (613, 0), words, kit));
        }
        let Some((person, at)) = commenter(of) else {
            let words = "(#100) The comment or post does not exist or can not be replied to";
            return Err(refused(400, (100, 33), words, kit));
        };
        if self.answered.contains(of) {
            let words = "(#10900) Activity already replied to";
            return Err(refused(400, (10_900, 0), words, kit));
        }
        if now - at > HUMAN_WINDOW {
            return Err(self.closed(kit));
        }
        Ok(person)
    }

    fn closed(&self, kit: &Kit) -> Answer {
        let subcode = match self.kind {
            Kind::Messenger => 2_018_278,
            Kind::Instagram => 2_534_022,
        };
        let words = "(#10) This message is sent outside of allowed window. Learn more about the new policy here: https://developers.facebook.com/docs/messenger-platform/policy-overview";
        refused(400, (10, subcode), words, kit)
    }

    /// Keeps a file that is to be sent later.
    pub(crate) fn upload(&mut self, call: &Call, kit: &Kit) -> Answer {
        let Some(file) = call.files.first() else {
            return refused(
                400,
                (100, 2_018_008),
                "(#100) Failed to fetch the file",
                kit,
            );
        };
        let kinds = match self.kind {
            Kind::Messenger => MESSENGER_FILES,
            Kind::Instagram => INSTAGRAM_FILES,
        };
        if let Some(misfit) = kit.limits.objection(kinds, file) {
            let words = match misfit {
                Misfit::Type => {
                    "(#100) Upload attachment failure. A common way to trigger this error is that the provided media type does not match type of file"
                }
                Misfit::Size(_) => "(#100) Upload attachment failure. The file is too large",
            };
            return refused(400, (100, 2_018_047), words, kit);
        }
        let path = kit.keep_file(&file.name, &file.media_type, file.bytes.clone());
        let id = kit.ids.digits("attachment", 16);
        let kept = (
            kind_of(&file.media_type),
            format!("{}{path}", kit.base),
            file.name.clone(),
        );
        self.attachments.insert(id.clone(), kept);
        Answer::json(200, &json!({"attachment_id": id}))
    }

    /// Returns the conversations of an account, newest first: person and newest time.
    pub(crate) fn conversations(&self, account: &str) -> Vec<(String, Millis)> {
        let mut newest: BTreeMap<&str, (u64, Millis)> = BTreeMap::new();
        for message in self
            .messages
            .values()
            .filter(|message| message.account == account)
        {
            let known = newest.entry(&message.person).or_default();
            *known = (*known).max((message.order, message.at));
        }
        let mut threads: Vec<_> = newest.into_iter().collect();
        threads.sort_by_key(|(_, (order, _))| std::cmp::Reverse(*order));
        threads
            .into_iter()
            .map(|(person, (_, at))| (person.to_owned(), at))
            .collect()
    }

    /// Returns the messages of a thread, newest first.
    pub(crate) fn thread(&self, account: &str, person: &str) -> Vec<String> {
        let mut mids: Vec<&Message> = self
            .messages
            .values()
            .filter(|message| message.account == account && message.person == person)
            .collect();
        mids.sort_by_key(|message| std::cmp::Reverse(message.order));
        mids.into_iter()
            .map(|message| message.mid.clone())
            .collect()
    }

    /// Writes a message as lists show it.
    pub(crate) fn kept(&self, mid: &str, name_of: impl Fn(&str) -> Value) -> Value {
        let Some(message) = self.messages.get(mid) else {
            return Value::Null;
        };
        let (from, to) = if message.own {
            (&message.account, &message.person)
        } else {
            (&message.person, &message.account)
        };
        let mut shown = json!({
            "id": mid,
            "message": message.text,
            "from": name_of(from),
            "to": {"data": [name_of(to)]},
            "created_time": written_time(message.at),
        });
        if !message.files.is_empty() {
            let files: Vec<Value> = message
                .files
                .iter()
                .map(|(kind, url, name)| match kind.as_str() {
                    "image" => json!({"image_data": {"url": url}, "name": name}),
                    "video" => json!({"video_data": {"url": url}, "name": name}),
                    _ => json!({"file_url": url, "name": name}),
                })
                .collect();
            shown["attachments"] = json!({"data": files});
        }
        shown
    }

    /// Forgets everything of a person.
    pub(crate) fn forget(&mut self, person: &str) {
        self.messages.retain(|_, message| message.person != person);
        self.heard.retain(|(_, known), _| known != person);
    }
}

fn kind_of(media_type: &str) -> String {
    let kind = media_type.split('/').next().unwrap_or_default();
    if matches!(kind, "image" | "video" | "audio") {
        kind.to_owned()
    } else {
        "file".to_owned()
    }
}
