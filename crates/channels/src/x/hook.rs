//! Our hook as X uses it: the challenge by which X finds out again and again whether it is ours, the
//! signature over the raw body, and the registration that pushes what happens to it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{self, Caller};
use super::wire::{Event, Page};
use super::{ACCOUNT_ACTIVITY, ACTIVITY, inbound};
use crate::delivery::{
    Account, DeliveryKey, Finding, FindingClass, HookAnswer, RawDelivery, VerifyError,
};
use crate::http::{Http, HttpError, Method};
use crate::outbound::SendError;
use crate::signature;

const SIGNATURE_HEADER: &str = "x-twitter-webhooks-signature";
const PREFIX: &str = "sha256=";
const LONGEST_TOKEN: usize = 128;

/// What the Activity API is to tell us.
pub(super) const EVENTS: [&str; 9] = [
    "post.create",
    "post.delete",
    "post.mention.create",
    "post.reply.create",
    "post.quote.create",
    "post.repost.create",
    "like.create",
    "dm.received",
    "dm.sent",
];

/// A hook as X lists it.
#[derive(Deserialize)]
struct Hook {
    id: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    valid: bool,
}

#[derive(Deserialize)]
struct Subscription {
    #[serde(default)]
    event_type: String,
    #[serde(default)]
    filter: Value,
    webhook_id: Option<String>,
}

/// Answers X's question whether the hook knows the app's secret.
pub(super) fn handshake(account: &Account, query: &[(String, String)]) -> Option<HookAnswer> {
    let (_, token) = query.iter().find(|(name, _)| name == "crc_token")?;
    // A delivery is signed with the same secret: what could be one is not signed for whoever asks.
    if !is_token(token) {
        return Some(HookAnswer::text(400, "no such token"));
    }
    let Some(secret) = account.secret("consumer_secret") else {
        return Some(HookAnswer::text(403, "the inbox has no consumer secret"));
    };
    let mark = signature::hmac_base64(secret.as_bytes(), token.as_bytes());
    let answer = json!({"response_token": format!("{PREFIX}{mark}")});
    Some(HookAnswer::json(200, answer.to_string()))
}

/// Returns whether this can be one of X's tokens, which are short and never JSON.
fn is_token(token: &str) -> bool {
    (1..=LONGEST_TOKEN).contains(&token.len())
        && token
            .bytes()
            .all(|sign| sign.is_ascii_alphanumeric() || b"_=+/-.".contains(&sign))
}

/// Checks the signature over the raw body, and only then looks what it is.
pub(super) fn verify(account: &Account, raw: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
    let secret = account
        .secret("consumer_secret")
        .ok_or(VerifyError::NoSecret)?;
    let given = raw
        .header(SIGNATURE_HEADER)
        .ok_or(VerifyError::MissingHeader(SIGNATURE_HEADER))?;
    let given = given
        .trim()
        .strip_prefix(PREFIX)
        .ok_or(VerifyError::BadHeader(SIGNATURE_HEADER))?;
    let expected = signature::hmac_base64(secret.as_bytes(), &raw.body);
    if !signature::equal(given.as_bytes(), expected.as_bytes()) {
        return Err(VerifyError::WrongSignature);
    }
    Ok(name(raw))
}

fn name(raw: &RawDelivery) -> DeliveryKey {
    let body: Value = serde_json::from_slice(&raw.body).unwrap_or_default();
    let event = body
        .get("data")
        .and_then(|data| inbound::read::<Event>(data).ok());
    let named = event.as_ref().and_then(|event| {
        let id = event.payload.get("id")?.as_str()?;
        Some(format!("{} {id}", event.kind))
    });
    let is_older = body.get("for_user_id").is_some();
    DeliveryKey {
        kind: if is_older { ACCOUNT_ACTIVITY } else { ACTIVITY }.to_owned(),
        // The older deliveries have no id: the same body is the same delivery.
        key: named
            .filter(|key| key.len() <= 200)
            .unwrap_or_else(|| signature::sha256_hex(&raw.body)),
    }
}

/// Sees to it that X knows our hook, thinks it valid, and pushes what concerns us to it.
pub(super) async fn keep(account: &Account, http: &Http) -> Result<(), SendError> {
    let id = match find(account, http).await? {
        Some(hook) if hook.valid => hook.id,
        Some(hook) => {
            // X asks its question anew.
            let path = format!("/2/webhooks/{}", hook.id);
            tell(account, Caller::App, (Method::Put, &path), &json!({}), http).await?;
            hook.id
        }
        None => {
            let wish = json!({"url": account.hook_url});
            let made = tell(
                account,
                Caller::App,
                (Method::Post, "/2/webhooks"),
                &wish,
                http,
            )
            .await?;
            // Some answers wrap it, some do not.
            let made = made.get("data").unwrap_or(&made);
            let id = made.get("id").and_then(Value::as_str);
            id.map(str::to_owned)
                .ok_or_else(|| SendError::Unreadable("a hook without an id".to_owned()))?
        }
    };
    if uses_older(account) {
        let path = format!("/2/account_activity/webhooks/{id}/subscriptions/all");
        let known: Value = ask::ask_for(account, &path, http).await?;
        if known.pointer("/data/subscribed").and_then(Value::as_bool) != Some(true) {
            tell(
                account,
                Caller::Account,
                (Method::Post, &path),
                &json!({}),
                http,
            )
            .await?;
        }
        return Ok(());
    }
    for event in missing(account, &id, http).await? {
        let wish = json!({
            "event_type": event,
            "filter": {"user_id": ask::own(account)?},
            "tag": "kulant",
            "webhook_id": id,
        });
        let path = (Method::Post, "/2/activity/subscriptions");
        tell(account, Caller::Account, path, &wish, http).await?;
    }
    Ok(())
}

/// Looks whether X still delivers; changes nothing.
pub(super) async fn probe(account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
    let found = |detail: String| Ok(vec![Finding::new(FindingClass::Subscription, detail)]);
    let hook = match find(account, http).await {
        Ok(hook) => hook,
        Err(SendError::AuthBroken(detail)) => {
            let detail = format!("the app's bearer token: {detail}");
            return Ok(vec![Finding::new(FindingClass::Token, detail)]);
        }
        Err(SendError::Forbidden(detail)) => return found(detail),
        Err(error) => return Err(error),
    };
    let Some(hook) = hook else {
        return found("X does not know our hook".to_owned());
    };
    if !hook.valid {
        return found("X could not reach our hook and no longer delivers to it".to_owned());
    }
    if uses_older(account) {
        return Ok(Vec::new());
    }
    let missing = missing(account, &hook.id, http).await?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    found(format!("not subscribed: {}", missing.join(", ")))
}

fn uses_older(account: &Account) -> bool {
    account.setting("push_api") == Some(ACCOUNT_ACTIVITY)
}

async fn find(account: &Account, http: &Http) -> Result<Option<Hook>, SendError> {
    let answer = ask::ask_as(account, Caller::App, "/2/webhooks", http).await?;
    let page: Page = ask::read(&answer)?;
    Ok(page
        .data
        .into_iter()
        .filter_map(|hook| serde_json::from_value::<Hook>(hook).ok())
        .find(|hook| hook.url == account.hook_url))
}

/// Returns the events that nobody pushes to our hook for our account.
async fn missing(
    account: &Account,
    hook: &str,
    http: &Http,
) -> Result<Vec<&'static str>, SendError> {
    let own = ask::own(account)?;
    let page: Page = ask::ask_for(account, "/2/activity/subscriptions", http).await?;
    let known: Vec<Subscription> = page
        .data
        .into_iter()
        .filter_map(|known| serde_json::from_value(known).ok())
        .collect();
    let is_known = |event: &str| {
        known.iter().any(|known| {
            known.event_type == event
                && known.filter.get("user_id").and_then(Value::as_str) == Some(own)
                && known.webhook_id.as_deref().is_none_or(|id| id == hook)
        })
    };
    Ok(EVENTS
        .into_iter()
        .filter(|event| !is_known(event))
        .collect())
}

async fn tell(
    account: &Account,
    caller: Caller,
    path: (Method, &str),
    wish: &Value,
    http: &Http,
) -> Result<Value, SendError> {
    let request = ask::request(account, caller, path, Some(wish))?;
    // Told twice, it is the same.
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => Ok(answer.json().unwrap_or_default()),
        _ => Err(ask::refusal(account, &answer)),
    }
}
