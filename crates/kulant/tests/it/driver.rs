//! Drives the real program: commands as child processes, a server that can be killed, and just
//! enough HTTP to talk to it. It knows nothing of what it drives but what the handbook says.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kulant_care::signature;
use kulant_model::time::Timestamp;
use serde_json::Value;

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A data folder and the database that belongs to it.
pub struct Place {
    folder: tempfile::TempDir,
    database: Option<String>,
    variables: BTreeMap<String, String>,
}

/// What a finished command said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database: None,
            variables: BTreeMap::new(),
        }
    }

    /// A place whose data lies on the tests' PostgreSQL, in a database of its own.
    pub fn on_postgres(server: &str, name: &str) -> Self {
        let unique = format!("{name}_{}", now().0);
        let mut client = postgres::Client::connect(server, postgres::NoTls).unwrap();
        client
            .batch_execute(&format!("CREATE DATABASE {unique}"))
            .unwrap();
        let (address, _) = server.rsplit_once('/').unwrap();
        Self {
            database: Some(format!("{address}/{unique}")),
            ..Self::new()
        }
    }

    /// Sets a variable for every command that follows.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kulant"));
        command.args(arguments).arg("--data").arg(self.path());
        // Nothing of whoever runs the tests.
        for name in kulant::config::variables().keys() {
            command.env_remove(name);
        }
        if let Some(database) = &self.database {
            command.arg("--database").arg(database);
        }
        command.envs(&self.variables).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Said {
        said(&self.command(arguments).output().unwrap())
    }

    /// Runs a command that has to succeed, and returns the lines it printed.
    pub fn lines<S: AsRef<OsStr> + std::fmt::Debug>(&self, arguments: &[S]) -> Vec<String> {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        said.out.lines().map(str::to_owned).collect()
    }

    /// Makes an administrator and returns a token of theirs.
    pub fn token(&self) -> String {
        let email = "test@example.org";
        self.lines(&[
            "agent",
            "add",
            "--email",
            email,
            "--name",
            "Test",
            "--role",
            "administrator",
        ]);
        self.lines(&["token", "add", "--email", email]).remove(0)
    }

    /// Makes a webhook inbox and returns its hook's path and secret.
    pub fn webhook(&self, name: &str) -> Hook {
        let mut lines = self.lines(&["inbox", "add", "--channel", "webhook", "--name", name]);
        assert_eq!(lines.len(), 2, "{lines:?}");
        Hook {
            secret: lines.remove(1),
            path: lines.remove(0),
        }
    }

    /// Starts a server and waits until it answers.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a start takes is measured by the wall clock"
    )]
    pub fn serve(&self) -> Server {
        let begun = Instant::now();
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut heard = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("the server ended: {heard:?}");
            };
            if let Some((_, rest)) = line.split_once("the desk is at http://") {
                break rest.trim_end_matches("/desk").to_owned();
            }
            heard.push(line);
        };
        // Whatever it says later must not fill the pipe and stop it.
        let rest = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<String>>());
        let server = Server {
            child,
            address,
            begun,
            rest: Some(rest),
        };
        wait_until("the server is ready", || {
            server
                .client()
                .get("/readyz", None)
                .is_some_and(|answer| answer.status == 200)
        });
        server
    }
}

impl Place {
    /// Starts the demo with a day of the past and reads the card that it prints.
    pub fn demo(&self) -> Demo {
        self.demo_of(1)
    }

    /// Starts the demo with so many days of the past.
    pub fn demo_of(&self, days: u32) -> Demo {
        let days = days.to_string();
        let mut command =
            self.command(&["demo", "--listen", "127.0.0.1:0", "--history-days", &days]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let card = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.contains("Ctrl-C"))
            .collect();
        Demo { child, card }
    }
}

/// A running demo.
pub struct Demo {
    child: Child,
    card: Vec<String>,
}

impl Demo {
    /// Returns address and password of somebody.
    pub fn log_in(&self, role: &str) -> (String, String) {
        let words = self.words(role);
        (words[1].clone(), words[2].clone())
    }

    pub fn client(&self) -> Client {
        Client::to(
            self.words("desk")[1]
                .trim_start_matches("http://")
                .trim_end_matches("/desk"),
        )
    }

    /// Returns host and port of the network.
    pub fn network(&self) -> String {
        self.words("network")[1]
            .trim_start_matches("http://")
            .to_owned()
    }

    /// Ends it as Ctrl-C does.
    pub fn interrupt(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }

    fn words(&self, first: &str) -> Vec<String> {
        let words = |line: &String| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        self.card
            .iter()
            .map(words)
            .find(|words| words.first().is_some_and(|word| word == first))
            .unwrap_or_else(|| panic!("the card says nothing of {first}: {:?}", self.card))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where a webhook inbox takes deliveries.
#[derive(Debug, Clone)]
pub struct Hook {
    pub path: String,
    pub secret: String,
}

/// A running server.
pub struct Server {
    child: Child,
    /// Host and port.
    pub address: String,
    pub begun: Instant,
    rest: Option<std::thread::JoinHandle<Vec<String>>>,
}

impl Server {
    pub fn client(&self) -> Client {
        Client::to(&self.address)
    }

    /// Ends it without a warning, as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, waits, and returns its exit code and what it said after its start.
    pub fn stop(mut self) -> (Option<i32>, Vec<String>) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let code = self.child.wait().unwrap().code();
        let rest = self.rest.take().unwrap().join().unwrap();
        (code, rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A connection that is kept and made again when it was lost.
pub struct Client {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl Client {
    pub fn to(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            stream: None,
        }
    }

    pub fn get(&mut self, path: &str, token: Option<&str>) -> Option<Answer> {
        let headers: Vec<(String, String)> = token
            .map(|token| ("authorization".to_owned(), format!("Bearer {token}")))
            .into_iter()
            .collect();
        self.send("GET", path, &headers, b"")
    }

    /// Delivers to a hook, signed; `id` is the delivery's own.
    pub fn deliver(&mut self, hook: &Hook, id: &str, body: &Value) -> Option<Answer> {
        let body = body.to_string();
        let mut headers = signature::sign(&hook.secret, id, now(), body.as_bytes()).unwrap();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        self.send("POST", &hook.path, &headers, body.as_bytes())
    }

    /// Reads every page of a list.
    pub fn list(&mut self, path: &str, token: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let sign = if path.contains('?') { '&' } else { '?' };
            let page = if cursor.is_empty() {
                path.to_owned()
            } else {
                format!("{path}{sign}cursor={cursor}")
            };
            let answer = self.get(&page, Some(token)).expect("an answer");
            assert_eq!(answer.status, 200, "{page}: {answer:?}");
            let page = answer.json();
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => return items,
            }
        }
    }

    /// Sends a request; none where the connection broke before the answer was there.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Option<Answer> {
        let was_kept = self.stream.is_some();
        if !was_kept {
            let stream = TcpStream::connect(&self.address).ok()?;
            stream.set_nodelay(true).ok()?;
            stream.set_read_timeout(Some(PATIENCE)).ok()?;
            self.stream = Some(BufReader::new(stream));
        }
        let answer = self.exchange(method, path, headers, body);
        if answer.is_none() {
            self.stream = None;
            // Servers close connections on which nothing is asked for a while.
            if was_kept && method == "GET" {
                return self.send(method, path, headers, body);
            }
        }
        answer
    }

    fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Option<Answer> {
        let stream = self.stream.as_mut()?;
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            request = format!("{request}{name}: {value}\r\n");
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        stream.get_mut().write_all(&bytes).ok()?;

        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let (mut length, mut chunked) = (0, false);
        loop {
            line.clear();
            stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok()?,
                "transfer-encoding" => chunked = true,
                _ => {}
            }
        }
        let mut body = Vec::new();
        loop {
            if chunked {
                line.clear();
                stream.read_line(&mut line).ok()?;
                length = usize::from_str_radix(line.trim(), 16).ok()?;
            }
            let begin = body.len();
            body.resize(begin + length, 0);
            stream.read_exact(&mut body[begin..]).ok()?;
            if !chunked {
                break;
            }
            line.clear();
            stream.read_line(&mut line).ok()?;
            if length == 0 {
                break;
            }
        }
        Some(Answer { status, body })
    }
}

/// Returns the machine's time.
#[expect(
    clippy::disallowed_methods,
    reason = "signatures are made by the clock of the machine"
)]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_micros()).unwrap())
}

/// Waits for something to become true.
#[expect(clippy::disallowed_methods, reason = "a test waits by the wall clock")]
pub fn wait_until(what: &str, mut is_true: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_true() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the address of the tests' PostgreSQL; none says that the test skipped itself.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by the environment which server is its own"
)]
pub fn postgres_server(test: &str) -> Option<String> {
    let server = std::env::var("KULANT_TEST_POSTGRES").ok();
    if server.is_none() {
        super::skipped(test, "KULANT_TEST_POSTGRES is not set");
    }
    server
}

pub fn said(output: &Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
