//! A connected inbox as a case uses it: lets customers act, hears what the network tells of it in its
//! own way, and sends as the outbox does.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt as _;
use kulant_channels::Channel;
use kulant_channels::capability::IntakeWay;
use kulant_channels::delivery::{Polled, RawDelivery};
use kulant_channels::inbound::{Inbound, Post};
use kulant_channels::outbound::{Outbound, Receipt, SECOND_TRIES, SendError};
use kulant_model::message::Visibility;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::facts::{Fact, Given};
use super::networks::{HANDLE, Network};
use super::sim::{Inbox, Sim, outbound, told};

/// What a case comes to: nothing more to say, or what was otherwise than it must be.
pub type Told = Result<(), String>;

/// How long something is waited for, in steps of 25 ms.
const PATIENCE: usize = 400;

/// A network, an inbox connected to it, and what was heard so far.
pub struct Stand<'a> {
    pub net: &'static Network,
    pub sim: &'a Sim,
    pub inbox: Inbox<'a>,
    /// Everything that was told of, each thing once.
    pub heard: Vec<Inbound>,
    /// Every delivery that was read.
    pub raw: Vec<RawDelivery>,
    known: BTreeSet<String>,
    pushed: bool,
    streamed: Option<mpsc::UnboundedReceiver<Polled>>,
    pause: Option<Duration>,
    sent: u32,
    tasks: JoinSet<()>,
}

impl<'a> Stand<'a> {
    /// Opens an account and connects an inbox; by its hook, where that is wished for.
    pub async fn open(sim: &'a Sim, net: &'static Network, by_hook: bool) -> Self {
        let mut inbox = sim.inbox(net.name, HANDLE, (net.wish)()).await;
        if let Value::Object(settings) = (net.settings)() {
            for (name, value) in settings {
                inbox.set(&name, value);
            }
        }
        let intake = inbox.channel.capabilities().intake;
        let mut pushed = matches!(intake, IntakeWay::Push | IntakeWay::Local);
        if let Some(setting) = net.pushing.filter(|_| by_hook) {
            inbox.set(setting, json!(true));
            pushed = true;
        }
        let mut stand = Self {
            net,
            sim,
            inbox,
            heard: Vec::new(),
            raw: Vec::new(),
            known: BTreeSet::new(),
            pushed,
            streamed: None,
            pause: None,
            sent: 0,
            tasks: JoinSet::new(),
        };
        stand.listen().await;
        if pushed {
            // The first asking says at some networks that news are wanted; others are never asked.
            let _ = stand.ask_in_trouble().await;
        }
        stand.news().await;
        stand
    }

    pub fn channel(&self) -> &'static dyn Channel {
        self.inbox.channel
    }

    pub fn is_pushed(&self) -> bool {
        self.pushed
    }

    /// Opens the stream, where the network has one, and waits until it runs.
    pub async fn listen(&mut self) {
        let (channel, account) = (self.inbox.channel, self.inbox.account());
        let http = self.sim.http().clone();
        if channel.listen(&account, None, &http).is_none() {
            return;
        }
        let (tell, hear) = mpsc::unbounded_channel();
        self.tasks.spawn(async move {
            let Some(mut stream) = channel.listen(&account, None, &http) else {
                return;
            };
            while let Some(Ok(polled)) = stream.next().await {
                if tell.send(polled).is_err() {
                    return;
                }
            }
        });
        self.streamed = Some(hear);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }

    /// Lets a customer do something; a text or an id of what it is about belong to it.
    pub async fn act(&self, act: Value) -> Value {
        self.inbox.act(act).await
    }

    /// Lets somebody speak to us in public.
    pub async fn speak(&self, by: &str, text: &str) -> String {
        let mut act = (self.net.speaks)();
        (act["by"], act["text"]) = (json!(by), json!(text));
        self.inbox.id(act).await
    }

    /// Lets somebody write to us in private.
    pub async fn whisper(&self, by: &str, text: &str) -> String {
        self.inbox
            .id(json!({"act": "dm", "by": by, "text": text}))
            .await
    }

    /// Lets somebody speak on this side.
    pub async fn say(&self, side: Visibility, by: &str, text: &str) -> String {
        match side {
            Visibility::Private => self.whisper(by, text).await,
            _ => self.speak(by, text).await,
        }
    }

    /// Returns the side on which this network is spoken to: in public, where there is such a side.
    pub fn side(&self) -> Visibility {
        match self.channel().capabilities().public {
            Some(_) => Visibility::Public,
            None => Visibility::Private,
        }
    }

    pub const fn write_on(&self, side: Visibility) -> (&'static str, &'static str) {
        match side {
            Visibility::Private => self.net.private_write,
            _ => self.net.public_write,
        }
    }

    /// Lets somebody speak, and returns what the network told of it.
    pub async fn hear(&mut self, side: Visibility, by: &str, text: &str) -> Result<Post, String> {
        let id = self.say(side, by, text).await;
        self.post(&id).await
    }

    /// Waits until the network tells of a post.
    pub async fn post(&mut self, id: &str) -> Result<Post, String> {
        let told =
            |inbound: &Inbound| matches!(inbound, Inbound::Post(post) if post.network_id == id);
        match self.until(&format!("post {id}"), told).await? {
            Inbound::Post(post) => Ok(post),
            _ => Err("something else was found".to_owned()),
        }
    }

    /// Waits until the network tells something.
    pub async fn until(
        &mut self,
        what: &str,
        wanted: impl Fn(&Inbound) -> bool,
    ) -> Result<Inbound, String> {
        for _ in 0..PATIENCE {
            if let Some(found) = self.heard.iter().find(|inbound| wanted(inbound)) {
                return Ok(found.clone());
            }
            self.news().await;
            if self.heard.iter().any(&wanted) {
                continue;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(format!(
            "the network does not tell of {what}, but of {:?}",
            told(&self.heard)
        ))
    }

    /// Returns whether the network tells something by itself before long.
    pub async fn soon(&mut self, wanted: impl Fn(&Inbound) -> bool) -> bool {
        for _ in 0..20 {
            self.news().await;
            if self.heard.iter().any(&wanted) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        false
    }

    /// Lets a day pass: secrets that run out are renewed, and what may have been missed is asked for.
    pub async fn next_day(&mut self) -> Told {
        self.sim.advance(86_400).await;
        let account = self.inbox.account();
        if self.channel().renew_at(&account).is_some() {
            let renewed = self.channel().renew(&account, self.sim.http()).await;
            self.inbox.set_secrets(&went("renewing", renewed)?);
        }
        if self.channel().capabilities().fills_gaps {
            self.ask().await;
        }
        Ok(())
    }

    /// Hears what there is in the network's own way, and returns how much of it is new.
    pub async fn news(&mut self) -> usize {
        let before = self.heard.len();
        self.take_pushed().await;
        self.take_streamed();
        if !self.pushed {
            self.ask().await;
        }
        self.heard.len() - before
    }

    /// Asks the network, after the pause that its connector wants.
    pub async fn ask(&mut self) {
        if let Some(pause) = self.pause.take() {
            let seconds = u32::try_from(pause.as_secs()).unwrap_or(u32::MAX);
            self.sim.advance(seconds.min(3_600)).await;
        }
        let polled = self.inbox.ask().await.expect("the network can be asked");
        assert_eq!(polled.trouble, None);
        self.take_polled(polled);
    }

    /// Asks the network in a bad hour: what it says is taken, what went wrong is returned.
    pub async fn ask_in_trouble(&mut self) -> Option<SendError> {
        match self.inbox.ask().await {
            Ok(mut polled) => {
                let trouble = polled.trouble.take();
                self.take_polled(polled);
                trouble
            }
            Err(error) => Some(error),
        }
    }

    fn take_polled(&mut self, polled: Polled) {
        self.pause = polled.next_in;
        self.take(polled.deliveries);
    }

    fn take_streamed(&mut self) {
        let mut polled = Vec::new();
        if let Some(streamed) = &mut self.streamed {
            while let Ok(next) = streamed.try_recv() {
                polled.push(next);
            }
        }
        for polled in polled {
            self.take(polled.deliveries);
        }
    }

    async fn take_pushed(&mut self) {
        let pushed = self.inbox.raw_pushed().await;
        let account = self.inbox.account();
        let mut more = Vec::new();
        for raw in &pushed {
            if self.channel().points_elsewhere(&account, raw) {
                let http = self.sim.http();
                let fetched = self.channel().follow_up(&account, raw, http).await;
                more.extend(fetched.expect("what is pointed at can be fetched"));
            }
        }
        self.take(pushed);
        self.take(more);
    }

    /// Reads deliveries; what is known already is not told again.
    fn take(&mut self, deliveries: Vec<RawDelivery>) {
        for inbound in self.inbox.translate(&deliveries) {
            let mark = match &inbound {
                Inbound::Post(post) => format!("post {}", post.network_id),
                other => serde_json::to_string(other).expect("inbound is JSON"),
            };
            if self.known.insert(mark) {
                self.heard.push(inbound);
            }
        }
        self.raw.extend(deliveries);
    }

    /// Makes an answer to what was heard, as the desk does.
    pub fn answer(&mut self, to: &Post, body: &str) -> Outbound {
        let private = to.visibility == Visibility::Private;
        self.outbound(json!({
            "visibility": if private { "private" } else { "public" },
            "in_reply_to": to.network_id,
            "thread": to.thread,
            "recipient": to.author.network_id,
            "recipient_handle": to.author.handle,
            "action": {"type": "reply", "body": body},
        }))
    }

    /// Makes a private answer to something public.
    pub fn hand_over(&mut self, to: &Post, body: &str) -> Outbound {
        self.outbound(json!({
            "visibility": "private",
            "hand_over": true,
            "in_reply_to": to.network_id,
            "recipient": to.author.network_id,
            "recipient_handle": to.author.handle,
            "action": {"type": "reply", "body": body},
        }))
    }

    /// Makes something to be done to what is there already, in the conversation with somebody.
    pub fn action(&mut self, about: &Post, action: &Value) -> Outbound {
        let mut wish = self.answer(about, "");
        wish.action = serde_json::from_value(action.clone()).expect("an action is complete");
        wish
    }

    pub fn outbound(&mut self, mut wish: Value) -> Outbound {
        self.sent += 1;
        wish["message_id"] = json!((9_000 + self.sent).to_string());
        outbound(wish)
    }

    /// Whether a message of ours had this id.
    pub fn has_sent(&self, id: &str) -> bool {
        (1..=self.sent).any(|sent| (9_000 + sent).to_string() == id)
    }

    pub async fn send(&self, wish: &Outbound) -> Result<Receipt, SendError> {
        self.inbox.send(wish).await
    }

    /// Lets time pass, for our hook as well; what is under way to it arrives before.
    pub async fn pass(&self, seconds: u64) {
        let path = format!("deliveries?network={}", self.net.name);
        for _ in 0..PATIENCE {
            if self.sim.look(&path).await["pending"] == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        self.sim.advance(seconds).await;
        self.inbox.remember();
    }

    /// Sends as the outbox does: tries again what may be tried again, looks for what is uncertain, and
    /// sends that again only so often.
    pub async fn send_through(&self, wish: &Outbound) -> Result<Receipt, SendError> {
        let (mut wish, mut second) = (wish.clone(), 0);
        let mut last = SendError::Bug("nothing was tried".to_owned());
        for _ in 0..6 {
            let tried_at = self.inbox.account().now;
            let error = match self.send(&wish).await {
                Ok(receipt) => return Ok(receipt),
                Err(SendError::Duplicate { network_id }) => {
                    return Ok(Receipt {
                        pause: None,
                        network_id: network_id.unwrap_or_default(),
                        at: tried_at,
                        url: None,
                    });
                }
                Err(error) => error,
            };
            if error.is_partly() || error.class() == "uncertain" {
                wish.first_tried_at.get_or_insert(tried_at);
            }
            if error.is_retryable() {
                let wait = error.wait().map_or(30, |wait| wait.as_secs() + 1);
                let wait = if error.is_partly() {
                    wait.max(120)
                } else {
                    wait
                };
                self.pass(wait).await;
            } else if error.class() != "uncertain" {
                return Err(error);
            } else if let Some(receipt) = self.look(&wish).await? {
                return Ok(receipt);
            } else if second == SECOND_TRIES {
                return Err(error);
            } else {
                second += 1;
            }
            last = error;
        }
        Err(last)
    }

    /// Looks for what may have arrived, as often and as late as its channel says.
    pub async fn look(&self, wish: &Outbound) -> Result<Option<Receipt>, SendError> {
        let account = self.inbox.account();
        if !self.channel().can_look_up(&account) {
            return Err(SendError::Uncertain("nobody can be asked".to_owned()));
        }
        let mut passed = 0;
        for after in self.channel().looks_after(&account, wish) {
            self.pass(after - passed).await;
            passed = *after;
            if let Some(receipt) = self.inbox.look_for(wish).await? {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }

    /// Counts how often the network has what we said: by what it tells of us, or else by its own notes
    /// of what it did.
    pub async fn count_ours(&mut self, side: Visibility, mark: &str) -> Result<usize, String> {
        let table = self.channel().capabilities();
        if table.side(side).is_some_and(|side| side.tells.echoes) {
            let own = |inbound: &Inbound| matches!(inbound, Inbound::Post(post) if post.author.own && post.text.contains(mark));
            self.until("our own words", own).await?;
            self.news().await;
            return Ok(self.heard.iter().filter(|inbound| own(inbound)).count());
        }
        Ok(self.writes(side, mark).await)
    }

    /// Counts the requests by which something was said, as far as the network did what they ask.
    pub async fn writes(&self, side: Visibility, mark: &str) -> usize {
        let path = format!("transcript?network={}", self.net.name);
        let entries = self.sim.look(&path).await;
        let (method, part) = self.write_on(side);
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        entries["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|entry| {
                let done = entry["status"].as_u64().is_some_and(|status| status < 300)
                    || text(entry, "fault").starts_with("effect");
                text(entry, "direction") == "call"
                    && text(entry, "method") == method
                    && text(entry, "path").contains(part)
                    && text(entry, "body").contains(mark)
                    && done
            })
            .count()
    }

    /// Orders what happens to the next request that says something on this side.
    pub async fn fault(&self, side: Visibility, then: Value) {
        self.inbox.fault(self.write_on(side), then).await;
    }

    /// Waits until nothing that was ordered is still to happen.
    pub async fn fault_is_met(&self) {
        let path = format!("faults?network={}", self.net.name);
        for _ in 0..PATIENCE {
            if self.sim.look(&path).await == json!([]) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        // What was met is put back before anything else is taken.
        tokio::time::sleep(Duration::from_millis(25)).await;
    }

    /// Waits until our hook has refused what it was told to refuse, and the network knows it.
    pub async fn door_was_shut(&self) {
        for _ in 0..PATIENCE {
            if self.inbox.failing() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }

    /// Orders what happens to the next request by which news are asked for.
    pub async fn fault_asking(&self, then: Value) {
        match self.net.asks {
            Some(request) => self.inbox.fault(request, then).await,
            None => self.inbox.fault_delivery(then).await,
        }
    }

    /// Orders what happens to the next delivery.
    pub async fn fault_any(&self, then: Value) {
        self.inbox.fault_delivery(then).await;
    }
}

impl Stand<'_> {
    /// Returns the first of these facts that does not hold here.
    pub fn misses(&self, needs: &[&'static Fact]) -> Option<&'static str> {
        let given = Given {
            channel: self.channel(),
            account: &self.inbox.account(),
            http: self.sim.http(),
        };
        let missed = needs.iter().find(|fact| !fact.holds(&given));
        missed.map(|fact| fact.name)
    }
}

/// Says what was otherwise.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Told {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Puts an error into the words of a case.
pub fn went<T>(what: &str, result: Result<T, SendError>) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {} ({error})", error.class()))
}

/// Expects an error, and returns it.
pub fn refused<T: std::fmt::Debug>(
    what: &str,
    result: Result<T, SendError>,
) -> Result<SendError, String> {
    match result {
        Ok(done) => Err(format!("{what} was done: {done:?}")),
        Err(error) => Ok(error),
    }
}
