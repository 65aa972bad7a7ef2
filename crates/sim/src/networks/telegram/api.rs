//! The methods of the Bot API that read, and the way to those that write.

use std::time::Duration;

use serde_json::{Value, json};

use super::sending;
use super::{BotHook, Telegram};
use crate::networks::kit::{Answer, Call, Kit, Reply};

pub(super) fn answer(net: &mut Telegram, call: &Call, kit: &Kit) -> Reply {
    let path = call.path();
    if let ["file", token, rest @ ..] = path.as_slice() {
        return file(net, token, &rest.join("/"), kit).into();
    }
    let [token, method] = path.as_slice() else {
        return refused(404, "Not Found").into();
    };
    let Some(token) = token.strip_prefix("bot") else {
        return refused(404, "Not Found").into();
    };
    let id: Option<i64> = token.split(':').next().and_then(|id| id.parse().ok());
    let Some(bot) = id.and_then(|id| net.bots.get(&id)) else {
        return refused(401, "Unauthorized").into();
    };
    if bot.token != token {
        return refused(401, "Unauthorized").into();
    }
    let id = bot.id;
    if method.eq_ignore_ascii_case("getUpdates") {
        return updates(net, id, call, kit);
    }
    respond(net, id, method, call, kit).into()
}

/// Does what an answer of a hook asks for; nobody hears whether it worked.
pub(super) fn call_silently(net: &mut Telegram, bot: i64, method: &str, body: &Value, kit: &Kit) {
    let mut headers = axum::http::HeaderMap::new();
    let json = axum::http::HeaderValue::from_static("application/json");
    headers.insert("content-type", json);
    let call = Call::new("POST", "/", "", headers, body.to_string().into());
    respond(net, bot, method, &call, kit);
}

fn respond(net: &mut Telegram, bot: i64, method: &str, call: &Call, kit: &Kit) -> Answer {
    match method.to_ascii_lowercase().as_str() {
        "getme" => done(&net.bots.get(&bot).map_or(Value::Null, |bot| {
            let mut me = bot.show();
            me["can_join_groups"] = json!(true);
            me["can_read_all_group_messages"] = json!(bot.administrator);
            me["can_connect_to_business"] = json!(bot.business.is_some());
            me
        })),
        "setwebhook" => set_hook(net, bot, call, kit),
        "deletewebhook" => {
            forget_updates(net, bot, call);
            if let Some(bot) = net.bots.get_mut(&bot) {
                bot.hook = None;
                kit.deliveries.disconnect(&bot.id.to_string());
            }
            done(&json!(true))
        }
        "getwebhookinfo" => hook_state(net, bot),
        "getchatmember" => member(net, bot, call),
        "getchat" => match sending::chat(net, bot, call) {
            Ok(key) => done(
                &net.chats
                    .get(&key)
                    .map(super::Chat::show)
                    .unwrap_or_default(),
            ),
            Err(answer) => answer,
        },
        "getfile" => {
            let file_id = call.param("file_id").unwrap_or_default();
            match net.files.get(&file_id) {
                Some((_, size)) if *size > 20 << 20 => refused(400, "Bad Request: file is too big"),
                Some((path, size)) => done(&json!({
                    "file_id": file_id,
                    "file_unique_id": file_id,
                    "file_size": size,
                    "file_path": path.trim_start_matches('/'),
                })),
                None => refused(
                    400,
                    "Bad Request: wrong file_id or the file is temporarily unavailable",
                ),
            }
        }
        other => sending::write(net, bot, other, call, kit),
    }
}

fn updates(net: &mut Telegram, id: i64, call: &Call, kit: &Kit) -> Reply {
    let Some(bot) = net.bots.get_mut(&id) else {
        return refused(401, "Unauthorized").into();
    };
    if bot.hook.is_some() {
        return refused(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        )
        .into();
    }
    let allowed = list(call, "allowed_updates");
    if !allowed.is_empty() {
        bot.allowed = allowed;
    }
    if let Some(offset) = call.number("offset") {
        if offset < 0 {
            let kept = usize::try_from(-offset).unwrap_or(usize::MAX);
            let skipped = bot.updates.len().saturating_sub(kept);
            bot.updates.drain(..skipped);
        } else {
            bot.updates.retain(|(update, ..)| *update >= offset);
        }
    }
    let patience = call.number("timeout").unwrap_or(0).clamp(0, 50);
    if bot.updates.is_empty() && patience > 0 && !call.waited {
        return Reply::Wait(Duration::from_secs(patience.unsigned_abs()));
    }
    let limit = call.number("limit").unwrap_or(100).clamp(1, 100) as usize;
    let page: Vec<Value> = bot
        .updates
        .iter()
        .take(limit)
        .map(|(_, update, _)| update.clone())
        .collect();
    // Whoever does not confirm gets the same again.
    let _ = kit;
    done(&Value::Array(page)).into()
}

fn set_hook(net: &mut Telegram, id: i64, call: &Call, kit: &Kit) -> Answer {
    let url = call.param("url").unwrap_or_default();
    let secret = call.param("secret_token").unwrap_or_default();
    let fits = secret.len() <= 256
        && secret
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-'));
    if !fits {
        return refused(
            400,
            "Bad Request: secret token contains unallowed characters",
        );
    }
    if !url.is_empty() && !url.starts_with("http") {
        return refused(
            400,
            "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
        );
    }
    forget_updates(net, id, call);
    let allowed = list(call, "allowed_updates");
    if let Some(bot) = net.bots.get_mut(&id) {
        if !allowed.is_empty() {
            bot.allowed = allowed;
        }
        bot.hook = (!url.is_empty()).then_some(BotHook {
            url,
            secret,
            last_error: None,
        });
    }
    if let Some(bot) = net.bots.get(&id) {
        Telegram::connect(bot, kit);
    }
    let mut answer = json!({"ok": true, "result": true});
    answer["description"] = json!("Webhook was set");
    Answer::json(200, &answer)
}

fn forget_updates(net: &mut Telegram, id: i64, call: &Call) {
    if call.flag("drop_pending_updates")
        && let Some(bot) = net.bots.get_mut(&id)
    {
        bot.updates.clear();
    }
}

fn hook_state(net: &Telegram, id: i64) -> Answer {
    let Some(bot) = net.bots.get(&id) else {
        return refused(401, "Unauthorized");
    };
    let mut state = json!({
        "url": bot.hook.as_ref().map_or("", |hook| hook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": bot.updates.len(),
        "max_connections": 40,
    });
    if let Some((at, words)) = bot.hook.as_ref().and_then(|hook| hook.last_error.as_ref()) {
        state["last_error_date"] = json!(at);
        state["last_error_message"] = json!(words);
    }
    if !bot.allowed.is_empty() {
        state["allowed_updates"] = json!(bot.allowed);
    }
    done(&state)
}

fn member(net: &Telegram, id: i64, call: &Call) -> Answer {
    if let Err(answer) = sending::chat(net, id, call) {
        return answer;
    }
    let user = call.number("user_id").unwrap_or_default();
    let Some(bot) = net.bots.get(&user) else {
        return done(&json!({"user": net.show_author(user), "status": "member"}));
    };
    let status = if bot.administrator {
        "administrator"
    } else {
        "member"
    };
    done(&json!({
        "user": bot.show(),
        "status": status,
        "can_post_messages": bot.administrator,
        "can_delete_messages": bot.administrator,
    }))
}

fn file(net: &Telegram, token: &str, path: &str, kit: &Kit) -> Answer {
    let known = net
        .bots
        .values()
        .any(|bot| token.strip_prefix("bot") == Some(bot.token.as_str()));
    match kit.file(&format!("/{path}")) {
        Some((_, bytes)) if known => Answer::bytes(200, "application/octet-stream", bytes),
        _ => refused(404, "Not Found"),
    }
}

fn list(call: &Call, name: &str) -> Vec<String> {
    match call.value(name) {
        Value::Array(names) => names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn done(result: &Value) -> Answer {
    Answer::json(200, &json!({"ok": true, "result": result}))
}

pub(super) fn refused(status: u16, words: &str) -> Answer {
    let body = json!({"ok": false, "error_code": status, "description": words});
    Answer::json(status, &body)
}

pub(super) fn too_many(seconds: i64) -> Answer {
    let body = json!({
        "ok": false,
        "error_code": 429,
        "description": format!("Too Many Requests: retry after {seconds}"),
        "parameters": {"retry_after": seconds},
    });
    Answer::json(429, &body).with("retry-after", seconds)
}
