//! Twilio: text messages by a number of ours, what becomes of them, and the signed form of its hook.

mod acts;
mod api;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::kit::{Act, Answer, Ask, Call, Done, Heard, Hook, Kit, Network, Reply, Wish, sign};
use crate::item::Millis;

/// An account with its number.
#[derive(Debug, Clone)]
pub(super) struct Account {
    sid: String,
    token: String,
    handle: String,
    number: String,
    service: String,
    key: (String, String),
    status: String,
    hook: Option<String>,
    revoked: bool,
}

/// A message of either side.
#[derive(Debug, Clone)]
pub(super) struct Message {
    sid: String,
    account: String,
    from: String,
    to: String,
    body: String,
    inbound: bool,
    status: String,
    error: Option<u32>,
    at: Millis,
    media: Vec<(String, String, String)>,
    order: u64,
}

/// The network.
#[derive(Default)]
pub(crate) struct Twilio {
    accounts: BTreeMap<String, Account>,
    messages: BTreeMap<String, Message>,
    /// Numbers of people, by handle.
    numbers: BTreeMap<String, String>,
    /// Who wants nothing from which number.
    stopped: BTreeSet<(String, String)>,
    /// Numbers that cannot be reached, and why.
    unreachable: BTreeMap<String, u32>,
    order: u64,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Twilio::default())
}

impl Twilio {
    fn number(&mut self, handle: &str, kit: &Kit) -> String {
        if handle.starts_with('+') {
            return handle.to_owned();
        }
        let made = format!("+49151{}", kit.ids.digits("number", 8));
        self.numbers
            .entry(handle.to_owned())
            .or_insert(made)
            .clone()
    }

    fn add(&mut self, mut message: Message) -> String {
        self.order += 1;
        message.order = self.order;
        let sid = message.sid.clone();
        self.messages.insert(sid.clone(), message);
        sid
    }

    /// Tells what became of a message at the address that came with it.
    fn call_back(account: &Account, url: &str, message: &Message, status: &str, kit: &Kit) {
        let mut fields = vec![
            ("MessageSid", message.sid.clone()),
            ("SmsSid", message.sid.clone()),
            ("MessageStatus", status.to_owned()),
            ("SmsStatus", status.to_owned()),
            ("AccountSid", account.sid.clone()),
            ("From", message.from.clone()),
            ("To", message.to.clone()),
            ("ApiVersion", "2010-04-01".to_owned()),
        ];
        if let Some(code) = message.error {
            fields.push(("ErrorCode", code.to_string()));
        }
        kit.push(&account.sid, json!({"url": url, "fields": fields}));
    }
}

/// Signs an address and its fields as Twilio does.
fn signature(token: &str, url: &str, fields: &[(String, String)]) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort();
    sorted.dedup();
    let parts = sorted
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    let text: String = parts.collect();
    sign::sha1_base64(token, format!("{url}{text}").as_bytes())
}

impl Network for Twilio {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit).into()
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        let hex = b"0123456789abcdef";
        let known = self
            .accounts
            .values()
            .find(|account| account.handle == wish.handle);
        let mut account = known.cloned().unwrap_or_else(|| Account {
            sid: format!("AC{}", kit.ids.signs("account", 32, hex)),
            token: kit.ids.signs("auth_token", 32, hex),
            handle: wish.handle.clone(),
            number: format!("+49157{}", kit.ids.digits("own_number", 8)),
            service: format!("MG{}", kit.ids.signs("service", 32, hex)),
            key: (
                format!("SK{}", kit.ids.signs("key", 32, hex)),
                kit.ids.letters("key_secret", 32),
            ),
            status: "active".to_owned(),
            hook: None,
            revoked: false,
        });
        if account.revoked {
            // Whoever opens the account again is given another token.
            account.token = kit.ids.signs("auth_token", 32, hex);
            account.revoked = false;
        }
        if let Some(url) = &wish.hook_url {
            account.hook = Some(url.clone());
            kit.deliveries.connect(Hook {
                id: account.sid.clone(),
                url: url.clone(),
                secret: account.token.clone(),
            });
        }
        self.accounts.insert(account.sid.clone(), account.clone());
        Ok(json!({
            "id": account.sid,
            "handle": wish.handle,
            "settings": {
                "base_url": kit.base,
                "account_sid": account.sid,
                "number": account.number,
            },
            "secrets": {"auth_token": account.token},
            "messaging_service": account.service,
            "api_key": account.key.0,
            "api_secret": account.key.1,
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, _: &Kit) -> Answer {
        match status {
            401 => api::refused(401, 20_003, "Authenticate"),
            404 => api::refused(404, 20_404, "The requested resource was not found"),
            429 => api::refused(429, 20_429, "Too Many Requests"),
            500..=599 => api::refused(status, 20_500, "An internal server error has occurred"),
            _ => api::refused(status, 21_211, "Invalid 'To' Phone Number"),
        }
    }

    fn pack(&self, hook: &Hook, items: &[Value], kit: &Kit) -> Ask {
        let item = items.first().cloned().unwrap_or_default();
        let url = item["url"].as_str().unwrap_or(&hook.url).to_owned();
        let fields: Vec<(String, String)> =
            serde_json::from_value(item["fields"].clone()).unwrap_or_default();
        let body: String = url_form(&fields);
        let signature = signature(&hook.secret, &url, &fields);
        Ask::post(
            url,
            "application/x-www-form-urlencoded; charset=UTF-8",
            body,
        )
        .with(
            "i-twilio-idempotency-token",
            kit.ids.letters("idempotency", 32),
        )
        .signed("x-twilio-signature", signature)
    }

    fn pushed(&mut self, hook: &Hook, items: &[Value], heard: &Heard, kit: &Kit) {
        // An answer may say something to the person at once.
        let from = items.first().and_then(|item| {
            let fields: Vec<(String, String)> =
                serde_json::from_value(item["fields"].clone()).ok()?;
            let field = |name: &str| {
                let found = fields.iter().find(|(known, _)| known == name)?;
                Some(found.1.clone())
            };
            Some((field("From")?, field("To")?))
        });
        let text = heard.text();
        let words = text
            .split("<Message>")
            .nth(1)
            .and_then(|rest| rest.split("</Message>").next());
        if let (Some(words), Some((from, to)), true) = (words, from, heard.is_success()) {
            let message = Message {
                sid: format!("SM{}", kit.ids.signs("sid", 32, b"0123456789abcdef")),
                account: hook.id.clone(),
                from: to,
                to: from,
                body: words.to_owned(),
                inbound: false,
                status: "delivered".to_owned(),
                error: None,
                at: kit.now(),
                media: Vec::new(),
                order: 0,
            };
            self.add(message);
        }
    }

    fn show(&self) -> Value {
        json!({"accounts": self.accounts.len(), "messages": self.messages.len()})
    }
}

fn url_form(fields: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_published_vector_is_met_whatever_the_order() {
        let fields = [
            ("To", "+18005551212"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("Caller", "+14158675309"),
            ("CallSid", "CA1234567890ABCDE"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(
            signature("12345", url, &fields),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        );
    }
}
