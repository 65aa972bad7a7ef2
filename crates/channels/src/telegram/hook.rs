//! Our hook at Telegram. Its address tells the bot's name, which no update does, and a mark of what
//! it was set with, so that a new token of the bot or other wishes are seen and told.

use serde_json::{Value, json};

use super::wire::{ALLOWED_UPDATES, Cursor};
use super::{client, hook_token, poll};
use crate::delivery::{Account, QUERY_HEADER, RawDelivery};
use crate::http::Http;
use crate::outbound::SendError;
use crate::signature;

/// How much of the mark is written.
const MARK_LENGTH: usize = 16;

/// Sees to it that Telegram knows our hook, with the secret that we expect now.
pub(super) async fn keep(
    account: &Account,
    cursor: &mut Cursor,
    http: &Http,
) -> Result<(), SendError> {
    poll::know_name(account, cursor, http).await?;
    let wanted = wanted(account, cursor.username.as_deref());
    let hook = client::ask(account, "getWebhookInfo", &json!({}), http).await?;
    // Our own refusal: the secret that Telegram knows is not ours.
    let refused = hook["last_error_message"]
        .as_str()
        .is_some_and(|words| words.contains("401"));
    if hook["url"] == wanted.as_str() && !(refused && is_waiting(&hook)) {
        return Ok(());
    }
    let parameters = json!({
        "url": wanted,
        "secret_token": hook_token(account),
        "allowed_updates": ALLOWED_UPDATES,
        "drop_pending_updates": false,
    });
    client::ask(account, "setWebhook", &parameters, http).await?;
    Ok(())
}

/// Returns whether updates wait to be pushed.
pub(super) fn is_waiting(hook: &Value) -> bool {
    hook["pending_update_count"].as_u64() > Some(0)
}

pub(super) async fn address(account: &Account, http: &Http) -> Result<String, SendError> {
    let hook = client::ask(account, "getWebhookInfo", &json!({}), http).await?;
    Ok(hook["url"].as_str().unwrap_or_default().to_owned())
}

/// Returns whether an address leads to our hook, whatever it tells behind that.
pub(super) fn is_ours(account: &Account, address: &str) -> bool {
    address.split('?').next() == Some(account.hook_url.as_str())
}

/// Returns the bot's name as the address of our hook told it.
pub(super) fn username(raw: &RawDelivery) -> Option<String> {
    let query = raw.header(QUERY_HEADER)?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, value)| name == "bot" && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

fn wanted(account: &Account, username: Option<&str>) -> String {
    let token = hook_token(account).unwrap_or_default();
    let mut mark = signature::hmac_hex(token.as_bytes(), ALLOWED_UPDATES.join(",").as_bytes());
    mark.truncate(MARK_LENGTH);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("bot", username.unwrap_or_default())
        .append_pair("set", &mark)
        .finish();
    format!("{}?{query}", account.hook_url)
}
