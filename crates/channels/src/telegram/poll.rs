//! Asks for updates by long polling, one delivery for each. Where updates are pushed, it sees to it
//! that Telegram knows our hook.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::wire::{ALLOWED_UPDATES, Cursor, USERNAME_HEADER};
use super::{UPDATE, bot_id, client, hook, is_pushed};
use crate::delivery::{Account, Polled, RawDelivery};
use crate::http::Http;
use crate::outbound::SendError;
use crate::signature;

/// How many updates one answer holds at most.
const PAGE: usize = 100;
/// How long Telegram waits for news before it answers with none, where nothing else is set, and how
/// long at most; less than our client waits.
const LONG_POLL_SECONDS: u64 = 20;
const LONGEST_POLL_SECONDS: u64 = 25;
/// When to ask again where Telegram does not wait.
const SHORT_POLL_PAUSE: Duration = Duration::from_secs(5);
const AT_ONCE: Duration = Duration::from_millis(50);
const AFTER_TROUBLE: Duration = Duration::from_secs(15);
/// How often the hook is looked after.
const HOOK_PAUSE: Duration = Duration::from_mins(5);

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let mut cursor: Cursor = cursor
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    if cursor.bot.is_some() && cursor.bot != bot_id(account) {
        // Another bot counts its updates anew, and has another name.
        cursor = Cursor::default();
    }
    cursor.bot = bot_id(account);
    let asked = if is_pushed(account) {
        hook::keep(account, &mut cursor, http)
            .await
            .map(|()| Vec::new())
    } else {
        updates(account, &mut cursor, http).await
    };
    let (updates, trouble) = match asked {
        Ok(updates) => (updates, None),
        Err(trouble) => (Vec::new(), Some(trouble)),
    };

    let deliveries = deliveries(&updates, cursor.username.as_deref(), account.now);
    if let Some(last) = updates.iter().filter_map(update_id).max() {
        cursor.offset = Some(last.saturating_add(1));
    }
    let next_in = match &trouble {
        Some(trouble) => trouble.wait().unwrap_or(AFTER_TROUBLE),
        None if is_pushed(account) => HOOK_PAUSE,
        None if wait_seconds(account) == 0 => SHORT_POLL_PAUSE,
        None => AT_ONCE,
    };
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(next_in),
        trouble,
    })
}

/// Returns the number of an update, by which it is the same when it comes again.
pub(super) fn update_id(update: &Value) -> Option<i64> {
    update.get("update_id").and_then(Value::as_i64)
}

async fn updates(
    account: &Account,
    cursor: &mut Cursor,
    http: &Http,
) -> Result<Vec<Value>, SendError> {
    know_name(account, cursor, http).await?;
    match page(account, cursor.offset, wait_seconds(account), http).await {
        Err(SendError::Forbidden(detail)) => {
            take_hook_back(account, detail, http).await?;
            page(account, cursor.offset, 0, http).await
        }
        other => other,
    }
}

/// Learns the bot's name once, so that a call of it in a group is known for one.
pub(super) async fn know_name(
    account: &Account,
    cursor: &mut Cursor,
    http: &Http,
) -> Result<(), SendError> {
    if cursor.username.is_none() {
        cursor.username = Some(client::username(account, http).await?);
    }
    Ok(())
}

async fn page(
    account: &Account,
    offset: Option<i64>,
    wait_seconds: u64,
    http: &Http,
) -> Result<Vec<Value>, SendError> {
    let mut parameters = json!({
        "limit": PAGE,
        "timeout": wait_seconds,
        "allowed_updates": ALLOWED_UPDATES,
    });
    if let Some(offset) = offset {
        parameters["offset"] = json!(offset);
    }
    match client::ask(account, "getUpdates", &parameters, http).await? {
        Value::Array(updates) => Ok(updates),
        _ => Err(SendError::Unreadable(
            "the updates are not a list".to_owned(),
        )),
    }
}

fn wait_seconds(account: &Account) -> u64 {
    let set = account.settings.get("wait_seconds").and_then(Value::as_u64);
    set.unwrap_or(LONG_POLL_SECONDS).min(LONGEST_POLL_SECONDS)
}

/// Takes our own hook away where polling is wanted again; anybody else's stays.
async fn take_hook_back(account: &Account, detail: String, http: &Http) -> Result<(), SendError> {
    if !hook::is_ours(account, &hook::address(account, http).await?) {
        return Err(SendError::Forbidden(detail));
    }
    let parameters = json!({"drop_pending_updates": false});
    client::ask(account, "deleteWebhook", &parameters, http).await?;
    Ok(())
}

fn deliveries(updates: &[Value], username: Option<&str>, now: Timestamp) -> Vec<RawDelivery> {
    let headers: Vec<(String, String)> = username
        .map(|username| (USERNAME_HEADER.to_owned(), username.to_owned()))
        .into_iter()
        .collect();
    let delivery = |update: &Value| {
        let body = update.to_string().into_bytes();
        let key = update_id(update).map_or_else(
            || signature::sha256_hex(&body),
            |update_id| update_id.to_string(),
        );
        RawDelivery {
            kind: UPDATE.to_owned(),
            key,
            headers: headers.clone(),
            body,
            received_at: now,
        }
    };
    updates.iter().map(delivery).collect()
}
