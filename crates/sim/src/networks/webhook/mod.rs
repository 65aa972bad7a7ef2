//! A system that speaks the signed webhook: it delivers what people say there in signed items, and takes
//! our answers, signed the same way, at one address.

mod acts;
mod answers;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::kit::{Act, Answer, Ask, Call, Done, Hook, Kit, Network, Refused, Reply, Wish, kept};
use crate::signature;

/// How many items come in one delivery.
const AT_ONCE: usize = 20;

/// One of our accounts there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Account {
    handle: String,
    name: String,
    secret: String,
    hook: Option<String>,
    revoked: bool,
}

/// Something that stands there, of either side.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Item {
    account: String,
    author: String,
    /// The private thread it stands in.
    thread: Option<String>,
    own: bool,
    gone: bool,
}

/// The system.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Webhook {
    /// By handle.
    accounts: BTreeMap<String, Account>,
    items: BTreeMap<String, Item>,
    /// What became of our messages, by our ids.
    answered: BTreeMap<String, String>,
    people: BTreeMap<String, String>,
    departed: BTreeSet<String>,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Webhook::default())
}

impl Webhook {
    fn account(&self, wanted: Option<&str>) -> Result<&Account, Refused> {
        self.accounts
            .values()
            .find(|account| wanted.is_none_or(|wanted| account.handle == wanted))
            .ok_or_else(|| Refused::not_found("the account"))
    }
}

fn signed(hook: &Hook, id: &str, body: &[u8], kit: &Kit) -> Ask {
    let seconds = kit.clock.seconds();
    let signature = signature::sign(&hook.secret, id, seconds, body);
    Ask::post(hook.url.clone(), "application/json", body)
        .with("webhook-id", id)
        .with("webhook-timestamp", seconds)
        .signed("webhook-signature", signature.unwrap_or_default())
}

impl Network for Webhook {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        answers::answer(self, call, kit).into()
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        let new_secret = || format!("whsec_{}", STANDARD.encode(kit.ids.letters("secret", 24)));
        let known = self.accounts.get(&wish.handle).cloned();
        let mut account = known.unwrap_or_else(|| Account {
            handle: wish.handle.clone(),
            name: wish.called().to_owned(),
            secret: new_secret(),
            hook: None,
            revoked: false,
        });
        if account.revoked {
            account.secret = new_secret();
            account.revoked = false;
        }
        if let Some(secret) = wish.more("hook_secret") {
            secret.clone_into(&mut account.secret);
        }
        if let Some(url) = &wish.hook_url {
            account.hook = Some(url.clone());
        }
        if let Some(url) = &account.hook {
            kit.deliveries.connect(Hook {
                id: account.handle.clone(),
                url: url.clone(),
                secret: account.secret.clone(),
            });
        }
        let opened = json!({
            "id": account.handle,
            "handle": account.handle,
            "settings": {
                "answer_url": format!("{}/answer", kit.base),
                "lookup_url": format!("{}/answers", kit.base),
            },
            "secrets": {"signing": [account.secret]},
        });
        self.accounts.insert(account.handle.clone(), account);
        Ok(opened)
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, _: &Kit) -> Answer {
        let answer = Answer::json(status, &json!({"detail": "ordered so"}));
        if status == 429 {
            return answer.with("retry-after", 7);
        }
        answer
    }

    fn pack(&self, hook: &Hook, items: &[Value], kit: &Kit) -> Ask {
        let body = match items {
            [item] => item.to_string(),
            items => json!({"items": items}).to_string(),
        };
        let id = format!("evt_{}", kit.ids.letters("event", 20));
        signed(hook, &id, body.as_bytes(), kit)
    }

    /// The signature holds the time of the try, and is good for some minutes only.
    fn pack_again(&self, hook: &Hook, packed: &Ask, kit: &Kit) -> Ask {
        let id = packed.headers.iter().find(|(name, _)| name == "webhook-id");
        let id = id.map(|(_, id)| id.as_str()).unwrap_or_default();
        signed(hook, id, &packed.body, kit)
    }

    fn batch(&self) -> usize {
        AT_ONCE
    }

    fn retry_seconds(&self, attempt: u32) -> Option<i64> {
        [5, 60, 600, 3_600].get(attempt as usize).copied()
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, kit: &Kit) -> bool {
        let read = kept::read(self, written);
        for account in self.accounts.values() {
            if let Some(url) = &account.hook {
                kit.deliveries.connect(Hook {
                    id: account.handle.clone(),
                    url: url.clone(),
                    secret: account.secret.clone(),
                });
            }
        }
        read
    }

    fn show(&self) -> Value {
        let items: Map<String, Value> = self
            .items
            .iter()
            .map(|(id, item)| (id.clone(), json!(item)))
            .collect();
        json!({"items": items})
    }
}
