//! Kills the real server at random moments under load, again and again on the same data: what was
//! acknowledged is there exactly once, and every answer has exactly one effect at the network.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::driver::{Client, Hook, Place, now, postgres_server, wait_until};

const SENDERS: u64 = 4;
/// Private threads per sender; few, so that reading all of them is quick.
const THREADS: u64 = 3;

#[test]
fn nothing_acknowledged_is_lost_or_doubled_by_kills() {
    kill_under_load(&Place::new(), 50);
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_by_kills_on_postgres() {
    let name = "nothing_acknowledged_is_lost_or_doubled_by_kills_on_postgres";
    if let Some(server) = postgres_server(name) {
        kill_under_load(&Place::on_postgres(&server, "kill"), 8);
    }
}

#[test]
fn every_answer_has_one_effect_however_often_the_server_is_killed() {
    let place = Place::new().with("KULANT_ALLOWED_HOSTS", "127.0.0.1");
    let mut dice = Dice::thrown("answers");
    let network = FakeNetwork::start();
    let settings = [
        format!("answer_url=http://{}/answer", network.address),
        format!("lookup_url=http://{}/answers", network.address),
    ];
    let lines = place.lines(&[
        "inbox",
        "add",
        "--channel",
        "webhook",
        "--name",
        "App",
        "--set",
        &settings[0],
        "--set",
        &settings[1],
    ]);
    let hook = Hook {
        path: lines[0].clone(),
        secret: lines[1].clone(),
    };
    let token = place.token();
    let server = place.serve();
    let mut client = server.client();
    for number in 0..6 {
        let id = format!("p-{number}");
        let body = json!({"type": "post", "id": id, "text": "Wo bleibt er?", "author": {"id": id}});
        assert_eq!(client.deliver(&hook, &id, &body).unwrap().status, 202);
    }
    let mut conversations = Vec::new();
    wait_until("the posts are taken in", || {
        conversations = client.list("/api/v1/conversations", &token);
        conversations.len() == 6
    });

    let mut server = Some(server);
    let mut accepted = BTreeSet::new();
    let mut waiting: Vec<(String, Value)> = Vec::new();
    for round in 0..25 {
        let running = server.take().unwrap_or_else(|| place.serve());
        let mut client = running.client();
        for number in 0..3 {
            let key = format!("answer-{round}-{number}");
            waiting.push((key.clone(), json!({"body": key, "visibility": "public"})));
        }
        let killed_at = now().0 + dice.below(120_000);
        // Whoever got no answer asks again under the same key, as a careful client does.
        waiting.retain(|(key, body)| {
            let place = usize::try_from(key.len() as u64 % 6).unwrap();
            let conversation = conversations[place]["id"].as_str().unwrap();
            let path = format!("/api/v1/conversations/{conversation}/messages");
            let headers = [
                ("authorization".to_owned(), format!("Bearer {token}")),
                ("content-type".to_owned(), "application/json".to_owned()),
                ("idempotency-key".to_owned(), key.clone()),
            ];
            if now().0 > killed_at {
                return true;
            }
            match client.send("POST", &path, &headers, body.to_string().as_bytes()) {
                Some(answer) if answer.status == 202 => {
                    accepted.insert(answer.json()["id"].as_str().unwrap().to_owned());
                    false
                }
                Some(answer) => panic!("{}: {answer:?}", body["body"]),
                None => true,
            }
        });
        while now().0 < killed_at {
            thread::sleep(Duration::from_millis(2));
        }
        running.kill();
    }

    let server = place.serve();
    let mut client = server.client();
    wait_until("every answer has left", || {
        let mut left = 0;
        for conversation in &conversations {
            let id = conversation["id"].as_str().unwrap();
            let path = format!("/api/v1/conversations/{id}/messages?limit=200");
            for message in client.list(&path, &token) {
                let state = message["delivery"]["state"].as_str().unwrap_or_default();
                assert!(!matches!(state, "failed" | "uncertain"), "{message}");
                let known = accepted.contains(message["id"].as_str().unwrap());
                left += usize::from(known && state == "sent");
            }
        }
        left == accepted.len()
    });
    let effects = network.effects();
    for id in &accepted {
        assert_eq!(effects.get(id), Some(&1), "effects of {id}");
    }
    assert!(effects.values().all(|count| *count == 1), "{effects:?}");
    assert!(accepted.len() > 30, "{} answers", accepted.len());
}

fn kill_under_load(place: &Place, kills: usize) {
    let mut dice = Dice::thrown("intake");
    let hook = place.webhook("App");
    let token = place.token();
    let first = place.serve();
    let address = Arc::new(Mutex::new(first.address.clone()));
    let stop = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| {
            let sender = Sender {
                number,
                hook: hook.clone(),
                address: Arc::clone(&address),
                stop: Arc::clone(&stop),
                dice: dice.fork(number),
            };
            thread::spawn(move || sender.send_until_stopped())
        })
        .collect();

    let mut server = first;
    for _ in 0..kills {
        thread::sleep(Duration::from_micros(dice.below(120_000).unsigned_abs()));
        server.kill();
        server = place.serve();
        address.lock().unwrap().clone_from(&server.address);
    }
    stop.store(true, Ordering::Relaxed);
    let mut expected = BTreeMap::new();
    for sender in senders {
        expected.extend(sender.join().unwrap());
    }
    assert!(expected.len() > kills, "{} posts", expected.len());
    eprintln!("{kills} kills, {} posts acknowledged", expected.len());

    let mut client = server.client();
    let mut found = Vec::new();
    wait_until("everything is taken in", || {
        found = messages(&mut client, &token);
        found.len() >= expected.len()
            && found.iter().all(|message| {
                let id = message["network_id"].as_str().unwrap();
                expected
                    .get(id)
                    .is_none_or(|text| message["body"] == **text)
            })
    });
    let mut seen = BTreeSet::new();
    for message in &found {
        let id = message["network_id"].as_str().unwrap();
        assert!(seen.insert(id.to_owned()), "{id} is there twice");
        assert!(expected.contains_key(id), "{id} was never acknowledged");
    }
    assert_eq!(seen.len(), expected.len());
    let quarantine = client.list("/api/v1/quarantine", &token);
    assert!(quarantine.is_empty(), "{quarantine:?}");
}

/// Reads every message of every conversation, and that each conversation counts what it has.
fn messages(client: &mut Client, token: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for conversation in client.list("/api/v1/conversations", token) {
        let id = conversation["id"].as_str().unwrap();
        let path = format!("/api/v1/conversations/{id}/messages?limit=200");
        let messages = client.list(&path, token);
        let now = client
            .get(&format!("/api/v1/conversations/{id}"), Some(token))
            .unwrap()
            .json();
        assert!(now["message_count"].as_u64().unwrap() >= messages.len() as u64);
        all.extend(messages);
    }
    all
}

/// Delivers posts, edits and repetitions, each until it is acknowledged, as a network does.
struct Sender {
    number: u64,
    hook: Hook,
    address: Arc<Mutex<String>>,
    stop: Arc<AtomicBool>,
    dice: Dice,
}

impl Sender {
    /// Returns what must be there in the end: the last text of every post by its id.
    fn send_until_stopped(mut self) -> BTreeMap<String, String> {
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        let mut client = None;
        let mut deliveries = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let (id, text, body) = self.next(&texts);
            deliveries += 1;
            let delivery = format!("d-{}-{deliveries}", self.number);
            self.insist(&mut client, &delivery, &body);
            if self.dice.below(5) == 0 {
                // The same delivery again, and the same post in another delivery.
                self.insist(&mut client, &delivery, &body);
                self.insist(&mut client, &format!("{delivery}-again"), &body);
            }
            texts.insert(id, text);
        }
        texts
    }

    fn next(&mut self, texts: &BTreeMap<String, String>) -> (String, String, Value) {
        let time = now();
        let count = texts.len() as i64;
        if count > 0 && self.dice.below(4) == 0 {
            let (id, text) = texts
                .iter()
                .nth(usize::try_from(self.dice.below(count)).unwrap())
                .unwrap();
            let text = format!("{text}, bearbeitet");
            let body = json!({"type": "edit", "id": id, "text": text, "time": time});
            return (id.clone(), text, body);
        }
        let id = format!("p-{}-{count}", self.number);
        let text = format!("Text {count}");
        let thread = format!("t-{}-{}", self.number, count.unsigned_abs() % THREADS);
        let body = json!({
            "type": "post", "id": id, "text": text, "time": time, "thread": thread,
            "author": {"id": format!("u-{}", self.number)},
        });
        (id, text, body)
    }

    /// Repeats a delivery until it is acknowledged.
    fn insist(&self, client: &mut Option<(String, Client)>, delivery: &str, body: &Value) {
        loop {
            let address = self.address.lock().unwrap().clone();
            if client.as_ref().is_none_or(|(known, _)| *known != address) {
                *client = Some((address.clone(), Client::to(&address)));
            }
            let (_, connection) = client.as_mut().unwrap();
            match connection.deliver(&self.hook, delivery, body) {
                Some(answer) if matches!(answer.status, 200 | 202) => return,
                Some(answer) if answer.status == 503 => {}
                Some(answer) => panic!("{answer:?}"),
                None => {}
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A network that publishes every answer it gets, again if it gets it again, and can be asked.
struct FakeNetwork {
    address: String,
    effects: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl FakeNetwork {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let effects: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let shared = Arc::clone(&effects);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let effects = Arc::clone(&shared);
                thread::spawn(move || while answer(&stream, &effects).is_some() {});
            }
        });
        Self { address, effects }
    }

    fn effects(&self) -> BTreeMap<String, usize> {
        self.effects.lock().unwrap().clone()
    }
}

/// Answers one request; none at the end of the connection.
fn answer(stream: &TcpStream, effects: &Mutex<BTreeMap<String, usize>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;

    let (status, body) = if let Some((_, id)) = path.split_once("message_id=") {
        match effects.lock().unwrap().get(id) {
            Some(_) => ("200 OK", json!({"id": format!("n-{id}")})),
            None => ("404 Not Found", json!({})),
        }
    } else {
        let body: Value = serde_json::from_slice(&body).ok()?;
        let id = body["message_id"].as_str()?.to_owned();
        *effects.lock().unwrap().entry(id.clone()).or_insert(0) += 1;
        // Long enough that many a kill comes between the effect and the answer.
        thread::sleep(Duration::from_millis(30));
        ("201 Created", json!({"id": format!("n-{id}")}))
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all(format!("{head}{body}").as_bytes()).ok()
}

/// Chance that can be repeated: the seed is printed, and KULANT_TEST_SEED sets it.
struct Dice(u64);

impl Dice {
    #[expect(
        clippy::disallowed_methods,
        reason = "a seed may be given to repeat a failure"
    )]
    fn thrown(what: &str) -> Self {
        let seed = std::env::var("KULANT_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or_else(|| now().0.unsigned_abs());
        eprintln!("{what}: KULANT_TEST_SEED={seed}");
        Self(seed)
    }

    fn fork(&mut self, number: u64) -> Self {
        Self(self.next() ^ number)
    }

    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: i64) -> i64 {
        i64::try_from(self.next() % bound.unsigned_abs()).unwrap()
    }
}
