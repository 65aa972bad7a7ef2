//! Administrators are written to once when an inbox has trouble that stays.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kulant_care::admin::agents::{self, AgentChange};
use kulant_care::admin::inboxes::InboxChange;
use kulant_care::{admin, jobs};
use kulant_model::ids::InboxId;
use kulant_model::role::Role;
use kulant_model::time::Timestamp;
use kulant_store::inboxes;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::network::work;
use crate::networks::{Graph, page};
use crate::{House, START, houses};

/// A mail server that takes everything and remembers it.
struct MailServer {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        #[expect(
            clippy::disallowed_methods,
            reason = "the mail server ends with its test's runtime"
        )]
        drop(tokio::task::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                converse(stream, Arc::clone(&kept)).await;
            }
        }));
        Self { port, mails }
    }

    fn mails(&self) -> Vec<String> {
        self.mails.lock().expect("nobody panicked").clone()
    }
}

async fn converse(stream: TcpStream, mails: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail\r\n").await.expect("heard");
    let (mut line, mut mail, mut is_in_mail) = (String::new(), String::new(), false);
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        let answer = match line.trim_end() {
            "." if is_in_mail => {
                is_in_mail = false;
                mails
                    .lock()
                    .expect("nobody panicked")
                    .push(std::mem::take(&mut mail));
                "250 taken\r\n"
            }
            _ if is_in_mail => {
                mail.push_str(&line);
                ""
            }
            "DATA" => {
                is_in_mail = true;
                "354 go on\r\n"
            }
            said if said.starts_with("EHLO") => "250-mail\r\n250 AUTH PLAIN\r\n",
            said if said.starts_with("AUTH") => "235 welcome\r\n",
            "QUIT" => "221 bye\r\n",
            said => {
                mail.push_str(said);
                mail.push('\n');
                "250 fine\r\n"
            }
        };
        stream.write_all(answer.as_bytes()).await.expect("heard");
        line.clear();
    }
}

async fn administrator(house: &House, name: &str, has_joined: bool) {
    let change = AgentChange {
        name: Some(name.to_owned()),
        email: Some(format!("{name}@nordbahn.example")),
        role: Some(Role::Administrator),
        ..AgentChange::default()
    };
    let made = agents::create(&house.care, &house.operator(), change).await;
    let id = made.expect("made").id;
    if has_joined {
        let kept = house
            .care
            .store
            .write(move |tx| kulant_store::agents::save_password(tx, id, "$argon2id$"));
        kept.await.expect("kept");
    }
}

async fn mailbox(house: &House, server: &MailServer, mails_trouble: bool) -> InboxId {
    let settings = json!({
        "address": "service@nordbahn.example", "password": "hush",
        "imap_host": "127.0.0.1", "imap_port": 9, "imap_security": "none",
        "smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none",
        "mails_trouble": mails_trouble,
    });
    house.connect("email", "Post", settings).await
}

async fn pause(house: &House, id: InboxId, paused: bool) {
    let read = house.care.store.read(move |read| inboxes::find(read, id));
    let version = read.await.expect("read").expect("the inbox").version;
    let change = InboxChange {
        paused: Some(paused),
        ..InboxChange::default()
    };
    admin::inboxes::change(&house.care, &house.operator(), id, (version, change))
        .await
        .expect("changed");
}

/// A page whose access the network has ended.
async fn dead_page(house: &House) -> Graph {
    let graph = Graph::default();
    page(house, &graph).await;
    let dead = json!({"error": {"code": 190, "error_subcode": 463, "message": "expired",
        "type": "OAuthException"}});
    graph.says("/", 400, dead);
    jobs::schedule(&house.care).await.expect("scheduled");
    graph
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_that_stays_is_mailed_once_to_each_administrator() {
    for house in houses().await {
        let server = MailServer::start().await;
        administrator(&house, "anna", true).await;
        administrator(&house, "ben", true).await;
        administrator(&house, "invited", false).await;
        mailbox(&house, &server, true).await;
        let _graph = dead_page(&house).await;

        work(&house, 1, Duration::from_mins(1)).await;
        work(&house, 1, Duration::ZERO).await;
        assert!(server.mails().is_empty(), "it may heal within minutes");

        work(&house, 12, Duration::from_mins(10)).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 2, "{mails:?}");
        for name in ["anna", "ben"] {
            let to_them = |mail: &&String| mail.contains(&format!("RCPT TO:<{name}@"));
            let mail = mails.iter().find(to_them).expect("one to each");
            assert!(mail.contains("Auto-Submitted: auto-"), "{mail}");
            assert!(mail.contains("/desk/settings/inboxes"), "{mail}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_mailed_by_an_inbox_that_was_not_told_to() {
    for house in houses().await {
        let server = MailServer::start().await;
        administrator(&house, "anna", true).await;
        mailbox(&house, &server, false).await;
        let _graph = dead_page(&house).await;
        work(&house, 4, Duration::from_mins(10)).await;
        assert!(server.mails().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_probe_and_poll_call_by_two_names_is_mailed_once() {
    for house in houses().await {
        let server = MailServer::start().await;
        administrator(&house, "anna", true).await;
        mailbox(&house, &server, true).await;
        // The token may not read notifications: the probe misses a permission, the poll is forbidden.
        let network = Graph::default();
        let own = json!({"id": "900", "acct": "nordtalbahn"});
        network.says("verify_credentials", 200, own);
        network.says("/statuses", 200, json!([]));
        let refused = json!({"error": "outside the authorized scopes"});
        network.says("/api/v1/notifications", 403, refused);
        let settings = json!({"base_url": network.open().await, "access_token": "hush"});
        let inbox = house.connect("mastodon", "Tröt", settings).await;
        jobs::schedule(&house.care).await.expect("scheduled");

        work(&house, 30, Duration::from_mins(1)).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 1, "{mails:?}");
        for asked in ["notifications?limit=1 ", "limit=80"] {
            let times = network.told(asked).len();
            assert!(times > 2, "{asked} was asked {times} times");
        }
        let row = house
            .care
            .store
            .read(move |read| inboxes::find(read, inbox));
        let trouble = row.await.expect("read").expect("the inbox").trouble;
        let since: Timestamp = trouble["since"]
            .as_str()
            .expect("a time")
            .parse()
            .expect("one");
        assert!(since < START.after(Duration::from_mins(2)), "{trouble}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_is_told_of_once_the_mailbox_is_well_again() {
    for house in houses().await {
        let server = MailServer::start().await;
        administrator(&house, "anna", true).await;
        let post = mailbox(&house, &server, true).await;
        pause(&house, post, true).await;
        let _graph = dead_page(&house).await;
        work(&house, 6, Duration::from_mins(2)).await;
        assert!(server.mails().is_empty());
        pause(&house, post, false).await;
        work(&house, 6, Duration::from_mins(2)).await;
        assert_eq!(server.mails().len(), 1);
    }
}
