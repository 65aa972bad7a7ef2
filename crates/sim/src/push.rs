//! Pushing to kulant's hooks as networks do: signed, sometimes several at once, sometimes twice or out of order,
//! again with growing pauses until a 2xx.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::clock::wall_now;
use crate::dice::Dice;
use crate::hub::SharedHub;
use crate::item::Item;
use crate::settings::AccountLink;
use crate::signature;

/// The most items in one delivery.
const LARGEST_BATCH: usize = 200;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How long a late item waits for others to pass it.
const LATENESS: Duration = Duration::from_secs(4);

/// Pushes what happens around one company, until it is stopped or the hook says 410.
pub(crate) async fn push(
    hub: SharedHub,
    brand: usize,
    link: AccountLink,
    mut items: UnboundedReceiver<Item>,
) {
    let Some(client) = client() else {
        return;
    };
    let mut pusher = Pusher {
        dice: Dice::from_parts(&[hub.settings.seed, 0x70, brand as u64]),
        sent: 0,
        client,
        link,
    };
    let mut late: Vec<Item> = Vec::new();

    loop {
        let first = tokio::select! {
            item = items.recv() => item,
            () = tokio::time::sleep(LATENESS), if !late.is_empty() => late.pop(),
        };
        let Some(first) = first else {
            return;
        };
        let mut batch = gather(first, &mut items);
        if batch.len() == 1 && pusher.dice.chance(hub.settings.batches) {
            tokio::time::sleep(Duration::from_millis(700)).await;
            if let Some(first) = batch.pop() {
                batch = gather(first, &mut items);
            }
        }
        pusher.shuffle(&mut batch, &mut late, hub.settings.shuffles);
        if batch.is_empty() {
            continue;
        }
        // Few items come one by one as often as together; the past comes in large batches.
        let size = if batch.len() < 20 && pusher.dice.chance(0.5) {
            1
        } else {
            LARGEST_BATCH
        };
        for part in batch.chunks(size) {
            if !pusher.deliver(part, hub.settings.duplicates).await {
                return;
            }
        }
    }
}

/// A client of its own: the network is somebody else's machine and shares nothing with kulant.
#[expect(
    clippy::disallowed_methods,
    reason = "the simulated network is another party and must not use kulant's client"
)]
pub(crate) fn client() -> Option<reqwest::Client> {
    // Fails only where a provider is installed already, which is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .build();
    client
        .inspect_err(|error| tracing::error!(error = %error, "the demo network has no HTTP client"))
        .ok()
}

fn gather(first: Item, items: &mut UnboundedReceiver<Item>) -> Vec<Item> {
    let mut batch = vec![first];
    while batch.len() < LARGEST_BATCH {
        let Ok(item) = items.try_recv() else {
            break;
        };
        batch.push(item);
    }
    batch
}

struct Pusher {
    dice: Dice,
    sent: u64,
    client: reqwest::Client,
    link: AccountLink,
}

impl Pusher {
    /// Holds some items back behind their followers.
    fn shuffle(&mut self, batch: &mut Vec<Item>, late: &mut Vec<Item>, share: f64) {
        let returning = std::mem::take(late);
        if batch.len() > 1 {
            for index in 1..batch.len() {
                if self.dice.chance(share) {
                    batch.swap(index - 1, index);
                }
            }
        } else if returning.is_empty() && self.dice.chance(share) {
            late.append(batch);
        }
        batch.extend(returning);
    }

    /// Delivers items, sometimes twice; false where nobody wants any more.
    async fn deliver(&mut self, items: &[Item], duplicates: f64) -> bool {
        let body = match items {
            [item] => serde_json::to_string(item),
            items => serde_json::to_string(&serde_json::json!({ "items": items })),
        };
        let Ok(mut body) = body else {
            return true;
        };
        // Some networks write all that is not ASCII as escapes; readers must not care.
        if self.dice.chance(0.2) {
            body = escape_non_ascii(&body);
        }
        self.sent += 1;
        let id = format!("msg_{}_{}", items[0].id, self.sent);

        let wanted = self.send(&id, &body).await;
        if wanted && self.dice.chance(duplicates) {
            return self.send(&id, &body).await;
        }
        wanted
    }

    async fn send(&mut self, id: &str, body: &str) -> bool {
        let mut pause = FIRST_PAUSE;
        loop {
            let seconds = wall_now() / 1_000;
            let Some(signature) = signature::sign(&self.link.secret, id, seconds, body.as_bytes())
            else {
                tracing::error!(inbox.name = %self.link.name, "the hook's secret is no whsec_ key");
                return false;
            };
            let answer = self
                .client
                .post(&self.link.hook_url)
                .header("content-type", "application/json")
                .header("webhook-id", id)
                .header("webhook-timestamp", seconds.to_string())
                .header("webhook-signature", signature)
                .body(body.to_owned())
                .send()
                .await;
            match answer.map(|answer| answer.status().as_u16()) {
                Ok(200..=299) => return true,
                Ok(410) => return false,
                Ok(status) => {
                    tracing::warn!(inbox.name = %self.link.name, status, "the hook did not take a delivery, trying again");
                }
                Err(error) => {
                    tracing::warn!(inbox.name = %self.link.name, error = %error.without_url(), "the hook could not be reached, trying again");
                }
            }
            let jitter = self.dice.between(0, 250).unsigned_abs();
            tokio::time::sleep(pause + Duration::from_millis(jitter)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Writes everything beyond ASCII as `\uXXXX`.
fn escape_non_ascii(json: &str) -> String {
    use std::fmt::Write as _;

    let mut escaped = String::with_capacity(json.len() + 64);
    let mut units = [0; 2];
    for c in json.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape_non_ascii;

    #[test]
    fn escapes_read_back_to_the_same_text() {
        let json = serde_json::json!({ "text": "Störung 🚆 „ja“" }).to_string();
        let escaped = escape_non_ascii(&json);
        assert!(escaped.is_ascii());
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read["text"], "Störung 🚆 „ja“");
    }
}
