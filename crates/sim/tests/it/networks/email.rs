//! E-mail over plain TCP, as any mail program speaks it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::World;

/// A conversation with one of the doors.
struct Talk {
    stream: BufReader<TcpStream>,
}

impl Talk {
    async fn open(world: &World, door: &str) -> Self {
        let address = world.sim.doors("email")[door];
        let stream = TcpStream::connect(address).await.expect("the door is open");
        Self {
            stream: BufReader::new(stream),
        }
    }

    async fn hear(&mut self) -> String {
        let mut line = String::new();
        self.stream
            .read_line(&mut line)
            .await
            .expect("there is a line");
        line.trim_end().to_owned()
    }

    async fn say(&mut self, line: &str) -> String {
        let line = format!("{line}\r\n");
        self.stream
            .write_all(line.as_bytes())
            .await
            .expect("it is heard");
        self.hear().await
    }

    /// Says a command of IMAP and returns everything up to its end.
    async fn ask(&mut self, command: &str) -> Vec<String> {
        let mark = command.split(' ').next().expect("a mark").to_owned();
        let mut lines = vec![self.say(command).await];
        while !lines[lines.len() - 1].starts_with(&format!("{mark} ")) {
            lines.push(self.hear().await);
        }
        lines
    }
}

async fn login(world: &World) -> (Talk, String) {
    let account = world.account("email", "nordtalbahn").await;
    let password = account["secrets"]["password"].as_str().expect("a password");
    let mut imap = Talk::open(world, "imap").await;
    assert!(imap.hear().await.starts_with("* OK [CAPABILITY IMAP4rev1"));
    let line = format!("a1 LOGIN service@nordtalbahn.example \"{password}\"");
    assert_eq!(imap.say(&line).await, "a1 OK LOGIN completed");
    (imap, password.to_owned())
}

#[tokio::test]
async fn a_mailbox_is_read_marked_and_searched() {
    let world = World::start().await;
    let (mut imap, _) = login(&world).await;
    assert_eq!(
        imap.say("a2 SEARCH ALL").await,
        "a2 BAD open a folder first"
    );
    world
        .act(
            "email",
            json!({"act": "dm", "by": "anna", "text": "Hallo?"}),
        )
        .await;
    let opened = imap.ask("a3 SELECT inbox").await;
    assert!(opened.contains(&"* 1 EXISTS".to_owned()), "{opened:?}");
    assert_eq!(imap.ask("a4 UID SEARCH UNSEEN").await[0], "* SEARCH 1");
    let fetched = imap.ask("a5 UID FETCH 1 (FLAGS BODY[])").await.join("\n");
    assert!(
        fetched.contains("From: \"anna\" <anna@post.example>"),
        "{fetched}"
    );
    assert_eq!(imap.ask("a6 UID SEARCH UNSEEN").await[0], "* SEARCH");
    let stored = imap.ask("a7 UID STORE 1 -FLAGS (\\Seen)").await;
    assert_eq!(stored[0], "* 1 FETCH (UID 1 FLAGS () MODSEQ (4))");
    let changed = imap.ask("a8 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 4)").await;
    assert_eq!(changed, ["a8 OK FETCH completed"]);
    assert_eq!(imap.say("a9 FROBNICATE").await, "a9 BAD not understood");
    assert_eq!(imap.ask("b1 LOGOUT").await[0], "* BYE until then");
}

#[tokio::test]
async fn news_are_told_while_somebody_waits_and_filed_mail_has_a_number() {
    let world = World::start().await;
    let (mut imap, _) = login(&world).await;
    imap.ask("a2 EXAMINE INBOX").await;
    assert_eq!(imap.say("a3 IDLE").await, "+ idling");
    world
        .act(
            "email",
            json!({"act": "dm", "by": "anna", "text": "Hallo?"}),
        )
        .await;
    assert_eq!(imap.hear().await, "* 1 EXISTS");
    assert_eq!(imap.say("DONE").await, "a3 OK IDLE completed");
    assert_eq!(
        imap.say("a4 STORE 1 +FLAGS (\\Seen)").await,
        "a4 NO the folder is open for looking only"
    );
    assert_eq!(imap.say("a5 APPEND Sent (\\Seen) {12}").await, "+ go on");
    let filed = imap.say("Subject: a\r\n").await;
    assert_eq!(filed, "a5 OK [APPENDUID 1795000001 1] APPEND completed");
    world.act("email", json!({"act": "renumber"})).await;
    assert_eq!(imap.hear().await, "* BYE signed out");
}

#[tokio::test]
async fn mail_leaves_under_our_own_address_alone_and_only_signed_in() {
    let world = World::start().await;
    let (_, password) = login(&world).await;
    let mut smtp = Talk::open(&world, "smtp").await;
    assert!(smtp.hear().await.starts_with("220 "));
    assert!(smtp.say("MAIL FROM:<a@b>").await.starts_with("503 "));
    smtp.say("HELO me").await;
    assert!(
        smtp.say("MAIL FROM:<service@nordtalbahn.example>")
            .await
            .starts_with("530 5.7.0")
    );
    assert_eq!(smtp.say("AUTH LOGIN").await, "334 VXNlcm5hbWU6");
    assert_eq!(
        smtp.say("c2VydmljZUBub3JkdGFsYmFobi5leGFtcGxl").await,
        "334 UGFzc3dvcmQ6"
    );
    let password = STANDARD.encode(password);
    assert!(smtp.say(&password).await.starts_with("235 "));
    assert!(
        smtp.say("MAIL FROM:<boss@elsewhere.example>")
            .await
            .starts_with("553 5.7.1")
    );
    assert!(
        smtp.say("MAIL FROM:<service@nordtalbahn.example>")
            .await
            .starts_with("250 ")
    );
    assert!(
        smtp.say("RCPT TO:<nobody@nordtalbahn.example>")
            .await
            .starts_with("550 5.1.1")
    );
    assert!(smtp.say("DATA").await.starts_with("503 "));
    assert!(
        smtp.say("RCPT TO:<anna@post.example>")
            .await
            .starts_with("250 ")
    );
    assert!(smtp.say("DATA").await.starts_with("354 "));
    let mail = "Message-ID: <x@y>\r\nSubject: Hallo\r\n\r\n..ein Punkt\r\n.";
    assert!(smtp.say(mail).await.starts_with("250 2.0.0 queued"));
    assert!(smtp.say("QUIT").await.starts_with("221 "));

    let state = world.look("state").await;
    let folder = "/networks/email/state/accounts/service@nordtalbahn.example/Sent/mails/0/id";
    assert_eq!(state.pointer(folder), Some(&json!("x@y")));
    let entries = world.look("transcript?network=email").await;
    let content = entries["items"]
        .as_array()
        .expect("entries")
        .iter()
        .find(|entry| entry["path"] == "/content")
        .expect("the mail was noted");
    assert_eq!(
        (&content["method"], &content["status"]),
        (&json!("smtp"), &json!(250))
    );
    let noted = entries.to_string();
    assert!(!noted.contains(&password), "passwords are not noted");
}

#[tokio::test]
async fn ordered_faults_speak_the_protocols_own_words() {
    let world = World::start().await;
    world.account("email", "nordtalbahn").await;
    let order = async |path: &str, then: serde_json::Value| {
        let rule = json!({"network": "email", "match": {"path": path}, "times": 1, "then": then});
        world.order("faults", rule).await;
    };
    order("/connect", json!({"do": "status", "status": 503})).await;
    let mut imap = Talk::open(&world, "imap").await;
    assert_eq!(imap.hear().await, "* BYE [UNAVAILABLE] come back later");
    order("/noop", json!({"do": "status", "status": 429})).await;
    let mut imap = Talk::open(&world, "imap").await;
    imap.hear().await;
    assert_eq!(imap.say("a1 NOOP").await, "a1 NO [LIMIT] too much at once");
    assert_eq!(imap.say("a2 NOOP").await, "a2 OK NOOP completed");
    let mut smtp = Talk::open(&world, "smtp").await;
    smtp.hear().await;
    for (status, words) in [
        (401, "535 5.7.8 "),
        (429, "452 4.7.1 "),
        (450, "450 4.0.0 "),
        (552, "552 5.0.0 "),
    ] {
        order("/noop", json!({"do": "status", "status": status})).await;
        let said = smtp.say("NOOP").await;
        assert!(said.starts_with(words), "{status}: {said}");
    }
    order("/noop", json!({"do": "truncated"})).await;
    assert_eq!(smtp.say("NOOP").await, "250 2.0");
    let mut late = Talk::open(&world, "smtp").await;
    late.hear().await;
    order("/noop", json!({"do": "reset"})).await;
    assert_eq!(late.say("NOOP").await, "");
    world
        .order("down", json!({"network": "email", "seconds": 30}))
        .await;
    let mut away = Talk::open(&world, "smtp").await;
    assert_eq!(
        away.hear().await,
        "421 4.3.2 not available, come back later"
    );
}
