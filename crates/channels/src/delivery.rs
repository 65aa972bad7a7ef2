//! What a channel is given and gives back besides messages: the account, raw deliveries, polls.
//! All of it values; nothing here is kept between two calls.

use std::fmt;
use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::outbound::SendError;

/// The secret of `Account::secrets` that holds the signing secrets of our hook, newest first.
pub const SIGNING: &str = "signing";

/// The name under which the query of a request to our hook stands among the headers of its delivery,
/// where there was one; no header of HTTP can be called so.
pub const QUERY_HEADER: &str = ":query";

/// One connected account, with the time at which it is used.
#[derive(Clone)]
pub struct Account {
    pub inbox_id: String,
    /// What the settings form of this channel asked for, secrets left out.
    pub settings: Value,
    /// The fields that the settings schema marks as secret, and the signing secrets of the hook.
    pub secrets: Value,
    /// The address of our hook as the network sees it.
    pub hook_url: String,
    pub now: Timestamp,
}

/// A payload as it came, kept to be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawDelivery {
    /// Which of the channel's payloads this is.
    pub kind: String,
    /// What makes it the same delivery when it comes again, within inbox and kind.
    pub key: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

/// What makes a delivery the same when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryKey {
    pub kind: String,
    pub key: String,
}

/// Why a delivery to our hook is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("this channel takes no deliveries")]
    NotOffered,
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    #[error("the header {0} cannot be read")]
    BadHeader(&'static str),
    #[error("the time stamp is more than five minutes off")]
    Stale,
    #[error("the signature is wrong")]
    WrongSignature,
    #[error("the inbox has no signing secret")]
    NoSecret,
}

/// What asking a network for news gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Polled {
    pub deliveries: Vec<RawDelivery>,
    /// To be handed in at the next poll, whatever else happened.
    pub cursor: String,
    /// When to ask again; never, where the network asked to stop.
    pub next_in: Option<Duration>,
    /// What went wrong, for the health of the inbox; the cursor and `next_in` heed it already.
    pub trouble: Option<SendError>,
}

/// What our hook answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAnswer {
    pub status: u16,
    pub media_type: &'static str,
    pub body: String,
}

/// How a wish to be erased stands, as whoever wished it may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WishStanding {
    /// It is carried out by itself.
    Taken,
    /// Nobody was found; a person was told and has to look.
    Unmatched,
    /// The time in which a person had to look is over.
    LookedInto,
}

/// Something that is wrong with an account, found before a customer notices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub class: FindingClass,
    /// What the network said, for people.
    pub detail: String,
}

/// What kind of thing is wrong, and with it the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingClass {
    /// The token is dead: connect again.
    Token,
    /// The token may not do all that is needed.
    Permission,
    /// The network no longer delivers to our hook.
    Subscription,
    /// The account itself is restricted.
    Restricted,
}

/// What is looked for at a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Any of these words or phrases.
    pub any: Vec<String>,
    pub hashtags: Vec<String>,
    /// None of these.
    pub without: Vec<String>,
    /// BCP 47; empty means every language.
    pub languages: Vec<String>,
    /// How many posts are wanted now; a page that was begun is given whole.
    pub most: usize,
}

impl Search {
    /// How many questions one look asks a network at most; those that are left have the next turn.
    const MOST_QUESTIONS: usize = 20;

    /// Returns whether another question may be asked in this look.
    pub(crate) const fn goes_on(&self, asked: usize, of: usize, fetched: usize) -> bool {
        asked < of && asked < Self::MOST_QUESTIONS && fetched < self.most
    }
}

/// How much an account has used of what its network, or its owner, grants it; for people to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// What is counted, such as `posts` or `units`.
    pub unit: &'static str,
    pub used: u64,
    /// How much may be used; none where nobody set a limit.
    pub budget: Option<u64>,
    /// When counting begins anew.
    pub until: Timestamp,
    /// The network's own short limits, as it told them last.
    pub limits: Vec<Limit>,
}

/// How many requests of one sort are left for a short while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub name: String,
    pub most: u64,
    pub remaining: u64,
    pub resets_at: Timestamp,
}

impl Finding {
    pub fn new(class: FindingClass, detail: impl Into<String>) -> Self {
        Self {
            class,
            detail: detail.into(),
        }
    }
}

impl HookAnswer {
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            media_type: "application/json",
            body: body.into(),
        }
    }

    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            media_type: "text/plain; charset=utf-8",
            body: body.into(),
        }
    }
}

impl Account {
    /// Returns a setting that is a text and not empty.
    pub fn setting(&self, name: &str) -> Option<&str> {
        text(&self.settings, name)
    }

    /// Returns a setting that is a switch.
    pub fn switch(&self, name: &str) -> Option<bool> {
        self.settings.get(name).and_then(Value::as_bool)
    }

    /// Returns a secret that is a text and not empty.
    pub fn secret(&self, name: &str) -> Option<&str> {
        text(&self.secrets, name)
    }

    /// Returns the signing secrets of the hook, newest first; more than one while they are rotated.
    pub fn signing_secrets(&self) -> Vec<&str> {
        match self.secrets.get(SIGNING) {
            Some(Value::String(secret)) => vec![secret],
            Some(Value::Array(secrets)) => secrets.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

impl RawDelivery {
    /// Returns the first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// Finds the first header of a name, whatever its case.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

fn text<'a>(values: &'a Value, name: &str) -> Option<&'a str> {
    values
        .get(name)
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// Leaves the secrets out, so that no log shows them.
impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("inbox_id", &self.inbox_id)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_never_printed() {
        let account = Account {
            inbox_id: "7".to_owned(),
            settings: json!({"url": " https://example.com ", "empty": " "}),
            secrets: json!({"signing": ["whsec_bmV3", "whsec_b2xk"], "token": "hush"}),
            hook_url: String::new(),
            now: Timestamp(0),
        };
        let printed = format!("{account:?}");
        assert!(!printed.contains("whsec") && !printed.contains("hush"));
        assert_eq!(account.signing_secrets(), ["whsec_bmV3", "whsec_b2xk"]);
        assert_eq!(account.setting("url"), Some("https://example.com"));
        assert_eq!(account.setting("empty"), None);
    }
}
