//! What people do with their telephones.

use serde_json::json;

use super::{Message, Twilio};
use crate::networks::kit::{Act, Done, Kit, Refused};

pub(super) fn act(net: &mut Twilio, act: &Act, kit: &Kit) -> Done {
    let wanted = act.to.as_deref();
    let account = net
        .accounts
        .values()
        .find(|account| {
            wanted
                .is_none_or(|to| account.sid == to || account.handle == to || account.number == to)
        })
        .cloned()
        .ok_or_else(|| Refused::not_found("the account"))?;
    if matches!(act.what.as_str(), "revoke_token" | "suspend") {
        if let Some(account) = net.accounts.get_mut(&account.sid) {
            account.revoked = act.what == "revoke_token";
            if act.what == "suspend" {
                "suspended".clone_into(&mut account.status);
            }
        }
        return Ok(json!({}));
    }
    let number = net.number(&act.by, kit);
    let pair = (number.clone(), account.number.clone());
    match act.what.as_str() {
        "dm" | "post" | "reply" => {
            let word = act.text.trim().to_uppercase();
            let opt_out = match word.as_str() {
                "STOP" | "STOPP" | "UNSUBSCRIBE" => Some("STOP"),
                "START" => Some("START"),
                "HELP" => Some("HELP"),
                _ => None,
            };
            match opt_out {
                Some("STOP") => {
                    net.stopped.insert(pair);
                }
                Some("START") => {
                    net.stopped.remove(&pair);
                }
                _ => {}
            }
            let prefix = if act.attachments.is_empty() {
                "SM"
            } else {
                "MM"
            };
            let media = act
                .attachments
                .iter()
                .map(|file| {
                    let path = kit.keep_file(&file.name, &file.media_type, file.bytes());
                    let sid = kit.ids.signs("media", 32, b"0123456789abcdef");
                    (format!("ME{sid}"), path, file.media_type.clone())
                })
                .collect();
            let message = Message {
                sid: format!("{prefix}{}", kit.ids.signs("sid", 32, b"0123456789abcdef")),
                account: account.sid.clone(),
                from: number.clone(),
                to: account.number.clone(),
                body: act.text.clone(),
                inbound: true,
                status: "received".to_owned(),
                error: None,
                at: kit.now(),
                media,
                order: 0,
            };
            let mut fields = vec![
                ("ToCountry".to_owned(), "DE".to_owned()),
                ("SmsMessageSid".to_owned(), message.sid.clone()),
                ("NumMedia".to_owned(), message.media.len().to_string()),
                ("SmsSid".to_owned(), message.sid.clone()),
                ("SmsStatus".to_owned(), "received".to_owned()),
                ("Body".to_owned(), message.body.clone()),
                ("To".to_owned(), message.to.clone()),
                ("NumSegments".to_owned(), "1".to_owned()),
                ("MessageSid".to_owned(), message.sid.clone()),
                ("AccountSid".to_owned(), account.sid.clone()),
                ("From".to_owned(), message.from.clone()),
                ("ApiVersion".to_owned(), "2010-04-01".to_owned()),
            ];
            for (index, (media, _, media_type)) in message.media.iter().enumerate() {
                let url = format!(
                    "{}/2010-04-01/Accounts/{}/Messages/{}/Media/{media}",
                    kit.base, account.sid, message.sid
                );
                fields.push((format!("MediaUrl{index}"), url));
                fields.push((format!("MediaContentType{index}"), media_type.clone()));
            }
            if let Some(word) = opt_out {
                fields.push(("OptOutType".to_owned(), word.to_owned()));
            }
            let sid = net.add(message);
            kit.push(&account.sid, json!({"fields": fields}));
            Ok(json!({
                "id": sid,
                "person": number,
                "thread": format!("{}/{number}", account.number),
            }))
        }
        "block" => {
            net.stopped.insert(pair);
            Ok(json!({}))
        }
        "unblock" => {
            net.stopped.remove(&pair);
            Ok(json!({}))
        }
        "depart" => {
            net.unreachable.insert(number, 30_005);
            Ok(json!({}))
        }
        "unreachable" => {
            net.unreachable.insert(number, 30_003);
            Ok(json!({}))
        }
        _ => Err(act.unknown()),
    }
}
