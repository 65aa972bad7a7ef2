//! A Bluesky server of the network's own makers, installed by `scripts/pds.sh`, and people on it who
//! write as their apps do.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::super::driver::Client;
use super::super::skipped;
use super::text;

const POST: &str = "app.bsky.feed.post";
const PASSWORD: &str = "geheim-genug";

/// The server, stopped and swept away at the end.
pub struct Pds {
    _data: tempfile::TempDir,
    running: Child,
    /// Where it is reached.
    pub address: String,
}

/// Somebody with an account.
pub struct Person {
    client: Client,
    token: String,
    pub did: String,
    pub handle: String,
}

impl Pds {
    /// Starts it; none, with a line that says why, where it is not installed.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test is told by the environment where the server is installed"
    )]
    pub fn start(test: &str) -> Option<Self> {
        let Ok(packages) = std::env::var("KULANT_TEST_PDS") else {
            skipped(test, "KULANT_TEST_PDS is not set");
            return None;
        };
        let data = tempfile::tempdir().unwrap();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pds/serve.mjs");
        let mut running = Command::new("node")
            .arg(program)
            .arg(packages)
            .arg(data.path())
            .env("LOG_ENABLED", "false")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut said = BufReader::new(running.stdout.take().unwrap());
        said.read_line(&mut address).unwrap();
        assert!(address.starts_with("http://"), "the server did not start");
        Some(Self {
            _data: data,
            running,
            address: address.trim_end().to_owned(),
        })
    }

    /// Makes an account.
    pub fn join(&self, name: &str) -> Person {
        let mut client = Client::to(self.address.trim_start_matches("http://"));
        let handle = format!("{name}.test");
        let wish = json!({
            "email": format!("{name}@mail.test"),
            "handle": handle,
            "password": PASSWORD,
        });
        let path = "/xrpc/com.atproto.server.createAccount";
        let made = tell(&mut client, path, None, &wish);
        Person {
            client,
            token: text(&made["accessJwt"]).to_owned(),
            did: text(&made["did"]).to_owned(),
            handle,
        }
    }

    /// Returns everybody's view of somebody's posts: asked without an account, newest first.
    pub fn posts_of(&self, person: &Person) -> Vec<Value> {
        let mut client = Client::to(self.address.trim_start_matches("http://"));
        let path = format!(
            "/xrpc/com.atproto.repo.listRecords?repo={}&collection={POST}",
            person.did
        );
        let answer = client.get(&path, None).expect("the server answers");
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()["records"].as_array().unwrap().clone()
    }
}

impl Drop for Pds {
    fn drop(&mut self) {
        // It ends with its standard input; the rest is for the case that it does not.
        drop(self.running.stdin.take());
        drop(self.running.kill());
        drop(self.running.wait());
    }
}

impl Person {
    /// Makes a password for an app, as people do who connect kulant.
    pub fn app_password(&mut self) -> String {
        let made = self.ask(
            "com.atproto.server.createAppPassword",
            &json!({"name": "kulant"}),
        );
        text(&made["password"]).to_owned()
    }

    /// Posts, and names somebody where their handle stands.
    pub fn post(&mut self, words: &str, named: &Person, answered: Option<&Value>) -> Value {
        let mut record = json!({
            "$type": POST,
            "text": words,
            "createdAt": super::super::driver::now(),
        });
        let name = format!("@{}", named.handle);
        if let Some(begin) = words.find(&name) {
            record["facets"] = json!([{
                "index": {"byteStart": begin, "byteEnd": begin + name.len()},
                "features": [{"$type": "app.bsky.richtext.facet#mention", "did": named.did}],
            }]);
        }
        if let Some(parent) = answered {
            let place = |post: &Value| json!({"uri": post["uri"], "cid": post["cid"]});
            let root = parent.pointer("/value/reply/root").unwrap_or(parent);
            record["reply"] = json!({"root": place(root), "parent": place(parent)});
        }
        let wish = json!({"repo": self.did, "collection": POST, "record": record});
        self.ask("com.atproto.repo.createRecord", &wish)
    }

    fn ask(&mut self, method: &str, wish: &Value) -> Value {
        let path = format!("/xrpc/{method}");
        tell(&mut self.client, &path, Some(&self.token), wish)
    }
}

fn tell(client: &mut Client, path: &str, token: Option<&str>, wish: &Value) -> Value {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    if let Some(token) = token {
        headers.push(("authorization".to_owned(), format!("Bearer {token}")));
    }
    let body = wish.to_string();
    let answer = client.send("POST", path, &headers, body.as_bytes());
    let answer = answer.expect("the server answers");
    assert_eq!(answer.status, 200, "{path}: {}", answer.json());
    answer.json()
}
