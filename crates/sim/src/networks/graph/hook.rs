//! The webhook of Meta: the handshake, the envelope with its escaped body, the signature, the retries,
//! and the callbacks about people who leave.

use serde_json::{Value, json};

use super::Platform;
use crate::item::Millis;
use crate::networks::kit::{Act, Ask, Heard, Hook, Kit, Wish, encoded, sign};

/// One piece of news on its way to a hook.
pub(crate) enum News {
    /// `changes`, with the field's name.
    Change(&'static str, Value),
    /// The same, standing in the entry itself, as for accounts without a page.
    Flat(&'static str, Value),
    /// `messaging`.
    Message(Value),
}

impl News {
    /// Puts the news on its way to the hook of an account.
    pub(crate) fn push(self, account: &str, kit: &Kit) {
        let now = kit.now();
        let item = match self {
            Self::Change(field, value) => {
                json!({"at": now / 1_000, "changes": {"field": field, "value": value}})
            }
            Self::Flat(field, value) => {
                json!({"at": now / 1_000, "flat": {"field": field, "value": value}})
            }
            Self::Message(item) => json!({"at": now, "messaging": item}),
        };
        kit.push(account, item);
    }
}

/// Asks a hook whether it is the app's own, and pushes to it from then on.
pub(crate) fn handshake(platform: &mut Platform, node: &str, wish: &Wish, kit: &Kit) {
    let Some(url) = &wish.hook_url else {
        return;
    };
    platform.hooks.insert(node.to_owned(), "asked");
    platform.callbacks.insert(node.to_owned(), url.clone());
    kit.deliveries.connect(Hook {
        id: node.to_owned(),
        url: url.clone(),
        secret: platform.app_secret.clone(),
    });
    let challenge = kit.ids.digits("challenge", 10);
    let joint = if url.contains('?') { '&' } else { '?' };
    let ask = Ask::get(format!(
        "{url}{joint}hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={}",
        encoded(&platform.verify_token)
    ));
    kit.deliveries
        .ask(format!("handshake {node} {challenge}"), ask);
}

/// Hears what the hook said; who answers wrongly gets nothing.
pub(crate) fn take_handshake(platform: &mut Platform, mark: &str, heard: &Heard, kit: &Kit) {
    let mut words = mark.split(' ');
    let (Some("handshake"), Some(node), Some(challenge)) =
        (words.next(), words.next(), words.next())
    else {
        return;
    };
    if heard.status == Some(200) && heard.text() == challenge {
        platform.hooks.insert(node.to_owned(), "verified");
    } else {
        platform.hooks.insert(node.to_owned(), "refused");
        kit.deliveries.disconnect(node);
    }
}

/// Makes one delivery of several items, signed over its very bytes.
pub(crate) fn pack(object: &str, hook: &Hook, items: &[Value]) -> Ask {
    let mut entries: Vec<Value> = Vec::new();
    for item in items {
        let mut entry = json!({"id": hook.id, "time": item["at"]});
        if let Some(change) = item.get("changes") {
            // What happens to one object stands together.
            let last = entries.last_mut().and_then(|last| last.get_mut("changes"));
            if let Some(Value::Array(changes)) = last {
                changes.push(change.clone());
                continue;
            }
            entry["changes"] = json!([change]);
        } else if let Some(flat) = item.get("flat") {
            entry["field"] = flat["field"].clone();
            entry["value"] = flat["value"].clone();
        } else {
            entry["messaging"] = json!([item["messaging"]]);
        }
        entries.push(entry);
    }
    let body = sign::escaped(&json!({"object": object, "entry": entries}).to_string());
    let signature = sign::sha256_hex(&hook.secret, body.as_bytes());
    Ask::post(hook.url.clone(), "application/json", body)
        .with("user-agent", "facebookexternalua")
        .signed("x-hub-signature-256", format!("sha256={signature}"))
}

/// Returns the pause before a further try: ever longer, for about 36 hours.
pub(crate) fn retry_seconds(attempt: u32) -> Option<i64> {
    let pause = [15, 60, 300, 900, 1_800];
    match pause.get(attempt as usize) {
        Some(seconds) => Some(*seconds),
        None if attempt < 40 => Some(3_600),
        None => None,
    }
}

/// Returns the id by which an app knows a person; who writes to a page or an account has another one
/// there.
pub(crate) fn scoped_id(person: &str) -> String {
    let digits = person.chars().rev().filter(char::is_ascii_digit);
    format!("7{}", digits.collect::<String>())
}

/// Makes the callback that tells of somebody who wants their data erased, or, to the address made for
/// it, who left the app.
pub(crate) fn signed_ask(act: &Act, url: &str, secret: &str, (person, now): (&str, Millis)) -> Ask {
    let payload = json!({
        "algorithm": "HMAC-SHA256",
        "user_id": scoped_id(person),
        "issued_at": now / 1_000,
        "expires": now / 1_000 + 3_600,
    });
    let request = sign::signed_request(secret, &payload.to_string());
    let body = format!("signed_request={}", encoded(&request));
    let url = match (act.what == "deauthorise", url.contains('?')) {
        (false, _) => url.to_owned(),
        (true, true) => format!("{url}&deauthorise=1"),
        (true, false) => format!("{url}?deauthorise=1"),
    };
    Ask::post(url, "application/x-www-form-urlencoded", body)
}
