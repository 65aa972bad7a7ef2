//! Twilio's interface: messages, their files, and the account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Account, Message, Twilio};
use crate::networks::kit::{Answer, Call, Kit, Limit};

const LONGEST: usize = 1_600;
/// Messages in a second by one number.
const SENDS: Limit = Limit {
    name: "sends",
    most: 100,
    span: 1_000,
};
/// The signs that fit into seven bits; those behind the line take two places.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_LONG: &str = "^{}\\[~]|€";

pub(super) fn answer(net: &mut Twilio, call: &Call, kit: &Kit) -> Answer {
    let path = call
        .path
        .strip_suffix(".json")
        .unwrap_or(&call.path)
        .to_owned();
    let path: Vec<&str> = path.split('/').skip(1).collect();
    let ["2010-04-01", "Accounts", sid, rest @ ..] = path.as_slice() else {
        return missing(&call.path);
    };
    let account = match admit(net, sid, call) {
        Ok(account) => account,
        Err(answer) => return answer,
    };
    match (call.method.as_str(), rest) {
        ("GET", []) => Answer::json(
            200,
            &json!({
                "sid": account.sid,
                "friendly_name": account.handle,
                "status": account.status,
                "type": "Full",
            }),
        ),
        ("POST", ["Messages"]) => send(net, &account, call, kit),
        ("GET", ["Messages"]) => list(net, &account, call),
        ("GET", ["Messages", sid]) => match net.messages.get(*sid) {
            Some(message) => Answer::json(200, &message.show()),
            None => missing(&call.path),
        },
        ("GET", ["Messages", sid, "Media"]) => match net.messages.get(*sid) {
            Some(message) => {
                let files: Vec<Value> = message
                    .media
                    .iter()
                    .map(|(media, _, media_type)| {
                        json!({
                            "sid": media,
                            "content_type": media_type,
                            "uri": format!("/2010-04-01/Accounts/{}/Messages/{sid}/Media/{media}.json", account.sid),
                        })
                    })
                    .collect();
                Answer::json(200, &json!({"media_list": files}))
            }
            None => missing(&call.path),
        },
        ("GET", ["Messages", sid, "Media", media]) => {
            let file = net
                .messages
                .get(*sid)
                .and_then(|message| message.media.iter().find(|(known, ..)| known == media))
                .and_then(|(_, path, _)| kit.file(path));
            match file {
                Some((media_type, bytes)) => Answer::bytes(200, &media_type, bytes),
                None => missing(&call.path),
            }
        }
        _ => missing(&call.path),
    }
}

fn admit(net: &Twilio, sid: &str, call: &Call) -> Result<Account, Answer> {
    let given = call
        .header("authorization")
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value).ok())
        .and_then(|value| String::from_utf8(value).ok())
        .unwrap_or_default();
    let Some(account) = net.accounts.get(sid) else {
        return Err(refused(401, 20_003, "Authenticate"));
    };
    let by_token = format!("{}:{}", account.sid, account.token);
    let by_key = format!("{}:{}", account.key.0, account.key.1);
    if account.revoked || (given != by_token && given != by_key) {
        return Err(refused(401, 20_003, "Authenticate"));
    }
    if account.status == "suspended" && call.method == "POST" {
        return Err(refused(401, 20_005, "Account is not active"));
    }
    Ok(account.clone())
}

fn send(net: &mut Twilio, account: &Account, call: &Call, kit: &Kit) -> Answer {
    let now = kit.now();
    if !kit.limits.take(SENDS, &account.sid, 1, now).allowed {
        return refused(429, 20_429, "Too Many Requests");
    }
    let to = call.param("To").unwrap_or_default();
    let body = call.param("Body").unwrap_or_default();
    let service = call.param("MessagingServiceSid");
    let from = call.param("From");
    if to.is_empty() {
        return refused(400, 21_604, "A 'To' phone number is required.");
    }
    let digits = to.strip_prefix('+').unwrap_or_default();
    if digits.len() < 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let words = format!("Invalid 'To' Phone Number: {to}");
        return refused(400, 21_211, &words);
    }
    match (&from, &service) {
        (Some(from), _) if *from == account.number => {}
        (None, Some(service)) if *service == account.service => {}
        (Some(_), _) => {
            return refused(
                400,
                21_606,
                "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination.",
            );
        }
        _ => return refused(400, 21_603, "A 'From' phone number is required."),
    }
    if body.is_empty() {
        return refused(400, 21_602, "Message body is required.");
    }
    if body.chars().count() > LONGEST {
        return refused(
            400,
            21_617,
            "The concatenated message body exceeds the 1600 character limit",
        );
    }
    if net.stopped.contains(&(to.clone(), account.number.clone())) {
        return refused(400, 21_610, "Attempt to send to unsubscribed recipient");
    }
    // A messaging service makes seven bits of what would need sixteen.
    let body = match service {
        Some(_) => plainer(&body),
        None => body,
    };
    let error = net.unreachable.get(&to).copied();
    let message = Message {
        sid: format!("SM{}", kit.ids.signs("sid", 32, b"0123456789abcdef")),
        account: account.sid.clone(),
        from: account.number.clone(),
        to,
        body,
        inbound: false,
        status: "queued".to_owned(),
        error: None,
        at: now,
        media: Vec::new(),
        order: 0,
    };
    let answer = message.show();
    let sid = net.add(message);
    let last = if error.is_some() {
        "undelivered"
    } else {
        "delivered"
    };
    if let Some(message) = net.messages.get_mut(&sid) {
        last.clone_into(&mut message.status);
        message.error = error;
    }
    if let Some(url) = call.param("StatusCallback")
        && let Some(message) = net.messages.get(&sid)
    {
        let on_the_way = Message {
            error: None,
            ..message.clone()
        };
        Twilio::call_back(account, &url, &on_the_way, "sent", kit);
        Twilio::call_back(account, &url, message, last, kit);
    }
    Answer::json(201, &answer)
}

fn plainer(text: &str) -> String {
    let mut plainer = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '„' | '“' | '”' | '«' | '»' => plainer.push('"'),
            '‚' | '‘' | '’' => plainer.push('\''),
            '–' | '—' => plainer.push('-'),
            '…' => plainer.push_str("..."),
            '\u{a0}' | '\u{202f}' => plainer.push(' '),
            other => plainer.push(other),
        }
    }
    plainer
}

fn list(net: &Twilio, account: &Account, call: &Call) -> Answer {
    let size = call.number("PageSize").unwrap_or(50).clamp(1, 1_000) as usize;
    let page = call.number("Page").unwrap_or(0).max(0) as usize;
    let to = call.param("To");
    let from = call.param("From");
    let since = call.param("DateSent>");
    let mut found: Vec<&Message> = net
        .messages
        .values()
        .filter(|message| message.account == account.sid)
        .filter(|message| to.as_ref().is_none_or(|to| message.to == *to))
        .filter(|message| from.as_ref().is_none_or(|from| message.from == *from))
        .filter(|message| {
            let day: String = crate::item::rfc3339(message.at).chars().take(10).collect();
            since.as_ref().is_none_or(|since| day >= *since)
        })
        .collect();
    found.sort_by_key(|message| std::cmp::Reverse(message.order));
    let more = found.len() > (page + 1) * size;
    let shown: Vec<Value> = found
        .iter()
        .skip(page * size)
        .take(size)
        .map(|message| message.show())
        .collect();
    let rest = call.query_without(&["Page", "PageToken"]);
    let next = more.then(|| {
        format!(
            "/2010-04-01/Accounts/{}/Messages.json?Page={}{rest}",
            account.sid,
            page + 1
        )
    });
    Answer::json(
        200,
        &json!({
            "messages": shown,
            "page": page,
            "page_size": size,
            "next_page_uri": next,
        }),
    )
}

impl Message {
    pub(super) fn show(&self) -> Value {
        let at = written(self.at);
        json!({
            "sid": self.sid,
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": self.body,
            "num_segments": segments(&self.body).to_string(),
            "num_media": self.media.len().to_string(),
            "from": self.from,
            "to": self.to,
            "direction": if self.inbound { "inbound" } else { "outbound-api" },
            "status": self.status,
            "error_code": self.error,
            "error_message": null,
            "date_created": at,
            "date_sent": at,
            "date_updated": at,
            "price": null,
            "price_unit": "USD",
            "uri": format!("/2010-04-01/Accounts/{}/Messages/{}.json", self.account, self.sid),
        })
    }
}

/// Counts into how many pieces a text is cut.
fn segments(body: &str) -> usize {
    let seven = body
        .chars()
        .all(|sign| GSM.contains(sign) || GSM_LONG.contains(sign));
    let (units, one, many) = if seven {
        let units = body
            .chars()
            .map(|sign| if GSM_LONG.contains(sign) { 2 } else { 1 })
            .sum();
        (units, 160, 153)
    } else {
        (body.encode_utf16().count(), 70, 67)
    };
    if units <= one {
        1
    } else {
        units.div_ceil(many)
    }
}

/// Writes a time as in an e-mail.
fn written(at: crate::item::Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(
        |_| String::new(),
        |at| at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
    )
}

fn missing(path: &str) -> Answer {
    refused(
        404,
        20_404,
        &format!("The requested resource {path} was not found"),
    )
}

pub(super) fn refused(status: u16, code: u32, words: &str) -> Answer {
    Answer::json(
        status,
        &json!({
            "code": code,
            "message": words,
            "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
            "status": status,
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn pieces_are_counted_by_alphabet() {
        assert_eq!(segments(&"a".repeat(160)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"€".repeat(80)), 1);
        assert_eq!(segments(&"€".repeat(81)), 2);
        assert_eq!(segments(&"ж".repeat(70)), 1);
        assert_eq!(segments(&"ж".repeat(71)), 2);
    }
}
