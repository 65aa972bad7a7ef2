//! What customers say in a rush: on each network a share of the whole, in threads whose posts are at
//! least two seconds apart, because some networks tell the time in whole seconds.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::super::client::Connection;
use crate::ambient::Stopwatch;

/// How many posts a thread has, and how far they are apart at least.
const POSTS: u64 = 3;
const APART: f64 = 2.0;
/// How often what is due is said.
const TICK: Duration = Duration::from_millis(50);

/// One network, and how large its part of the rush is.
#[derive(Clone)]
pub(super) struct Share {
    pub(super) network: &'static str,
    /// What our account is called there.
    pub(super) handle: &'static str,
    pub(super) part: f64,
    /// What is done in public; none where there is nothing public.
    public: Option<&'static str>,
    private: bool,
    /// Whether who goes on in private says what was said before: else it begins anew.
    names_the_last: bool,
    /// Whether the account wishes for a hook where one has to ask for it.
    pub(super) push: bool,
    /// How often the network is asked, where its channel's own pace is slower.
    pub(super) poll_seconds: Option<u64>,
}

/// Something that was said, as the network itself named it.
pub(super) struct Said {
    pub(super) network: &'static str,
    pub(super) id: String,
    pub(super) mark: String,
    /// Which thread it stands in, and at which place.
    pub(super) thread: u64,
    pub(super) place: u64,
}

/// The control desk of the networks.
pub(super) struct Desk {
    connection: Connection,
}

/// Networks that are asked at their own pace, or tell one by one, get the smaller parts.
const SHARES: &[Share] = &[
    share("whatsapp", 20.0, None, true),
    share("facebook", 18.0, Some("comment"), true),
    share("instagram", 16.0, Some("comment"), true),
    Share {
        push: true,
        ..share("x", 14.0, Some("post"), true)
    },
    share("telegram", 12.0, None, true),
    share("twilio", 8.0, None, true),
    share("mastodon", 6.0, Some("post"), true),
    Share {
        // The name of a mailbox's domain.
        handle: "nordtal-bot",
        names_the_last: true,
        ..share("email", 4.0, None, true)
    },
    share("webhook", 4.0, Some("comment"), true),
    Share {
        poll_seconds: Some(30),
        ..share("bluesky", 4.0, Some("post"), true)
    },
    Share {
        poll_seconds: Some(30),
        ..share("youtube", 1.5, Some("comment"), false)
    },
    share("discourse", 0.5, Some("post"), false),
];

const fn share(
    network: &'static str,
    part: f64,
    public: Option<&'static str>,
    private: bool,
) -> Share {
    Share {
        network,
        handle: "nordtal_bot",
        part,
        public,
        private,
        names_the_last: false,
        push: false,
        poll_seconds: None,
    }
}

/// Returns the networks that are named, or all.
pub(super) fn shares(named: &[String]) -> Result<Vec<Share>> {
    for name in named {
        if !SHARES.iter().any(|share| share.network == name) {
            bail!("no network is called {name}");
        }
    }
    Ok(SHARES
        .iter()
        .filter(|share| named.is_empty() || named.iter().any(|name| name == share.network))
        .cloned()
        .collect())
}

/// Cuts a rush into the parts of its networks: how many posts a second, and how many in all. Together
/// they are as many as were ordered.
pub(super) fn parts(shares: &[Share], rate: u64, seconds: u64) -> Vec<(Share, f64, u64)> {
    let whole: f64 = shares.iter().map(|share| share.part).sum();
    let (mut until, mut counted) = (0.0, 0);
    let part = |share: &Share| {
        let rate = rate as f64 * share.part / whole;
        until += rate * seconds as f64;
        let all = (until.round() as u64) - counted;
        counted += all;
        (share.clone(), rate, all)
    };
    shares.iter().map(part).collect()
}

/// Says what is due until the time is over.
pub(super) async fn speak(
    mut desk: Desk,
    share: Share,
    (rate, all): (f64, u64),
    begun: Stopwatch,
) -> Result<Vec<Said>> {
    let beside = ((rate * APART).ceil() as u64).max(1);
    let mut said: Vec<Said> = Vec::new();
    while (said.len() as u64) < all {
        let due = (rate * begun.elapsed().as_secs_f64()) as u64;
        let first = said.len() as u64;
        // What is answered was said, and is known, at least a round before.
        let end = due.min(all).min(first + beside);
        if end == first {
            tokio::time::sleep(TICK).await;
            continue;
        }
        let acts: Vec<Value> = (first..end)
            .map(|number| {
                let (thread, place) = position(number, beside);
                let above = (place > 0).then(|| said[(number - beside) as usize].id.as_str());
                share.act((thread, above), &mark(share.network, number))
            })
            .collect();
        let path = format!("{}/act", share.network);
        let done = desk.order(&path, &Value::Array(acts)).await?;
        for (number, done) in (first..end).zip(done.as_array().into_iter().flatten()) {
            let (thread, place) = position(number, beside);
            said.push(Said {
                network: share.network,
                id: done["id"]
                    .as_str()
                    .context("what was said has no id")?
                    .to_owned(),
                mark: mark(share.network, number),
                thread,
                place,
            });
        }
        tokio::time::sleep(TICK).await;
    }
    Ok(said)
}

/// Returns in which thread a post stands, and at which place: threads run beside each other.
fn position(number: u64, beside: u64) -> (u64, u64) {
    let (round, within) = (number / (POSTS * beside), number % beside);
    (round * beside + within, (number / beside) % POSTS)
}

/// Returns the word by which a post is known again.
fn mark(network: &str, number: u64) -> String {
    format!("{network}{number:06}mark")
}

impl Share {
    /// Returns what one customer does: every second thread is private where a network has both.
    fn act(&self, (thread, above): (u64, Option<&str>), mark: &str) -> Value {
        let by = format!("rush{thread}");
        let text = format!("Warum fährt hier nichts? {mark}");
        let mut act = json!({"by": by, "name": format!("Kundin {thread}"), "text": text});
        let public = self
            .public
            .filter(|_| !self.private || thread.is_multiple_of(2));
        // Who writes again names us again: else some networks would not tell us.
        act["act"] = json!(public.unwrap_or("dm"));
        if let Some(above) = above.filter(|_| public.is_some() || self.names_the_last) {
            act["of"] = json!(above);
        }
        act["to"] = json!(self.handle);
        act
    }
}

impl Desk {
    pub(super) async fn open(address: &str) -> Result<Self> {
        let connection = Connection::open(address).await?;
        Ok(Self { connection })
    }

    /// Gives an order, and returns what it gave.
    pub(super) async fn order(&mut self, path: &str, wish: &Value) -> Result<Value> {
        let body = wish.to_string();
        let request = format!(
            "POST /_sim/{path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = self.connection.exchange(request.as_bytes()).await?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if answer.status != 201 {
            bail!(
                "the networks answered {path} with {}: {text}",
                answer.status
            );
        }
        serde_json::from_str(&text).context("the networks answered without JSON")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_posts_of_a_thread_follow_each_other_a_round_apart() {
        let mut threads: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
        for number in 0..60 {
            let (thread, place) = position(number, 10);
            threads.entry(thread).or_default().push((place, number));
        }
        assert_eq!(threads.len(), 20);
        for posts in threads.values() {
            let places: Vec<u64> = posts.iter().map(|(place, _)| *place).collect();
            assert_eq!(places, [0, 1, 2]);
            assert!(posts.windows(2).all(|pair| pair[1].1 - pair[0].1 == 10));
        }
    }

    #[test]
    fn the_parts_are_the_whole() {
        for (rate, seconds) in [(20, 10), (200, 60), (7, 3), (1, 1)] {
            let parts = parts(SHARES, rate, seconds);
            let all: u64 = parts.iter().map(|(_, _, all)| all).sum();
            assert_eq!((parts.len(), all), (SHARES.len(), rate * seconds));
        }
    }

    #[test]
    fn only_known_networks_can_be_named() {
        assert_eq!(shares(&[]).expect("all are known").len(), SHARES.len());
        assert_eq!(shares(&["x".to_owned()]).expect("it is known").len(), 1);
        assert!(shares(&["orkut".to_owned()]).is_err());
    }
}
