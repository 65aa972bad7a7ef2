//! Mail servers on this machine that say their lines by script, sealed or not, and remember what they
//! were told. A line that does not come as written ends the conversation, and with it the test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::super::wire::{Cursor, Place};
use super::*;
use crate::fixture::{FakeNetwork, NOW, Script};
use crate::http::{Http, HttpPolicy};
use crate::outbound::{Action, OutboundAttachment};

/// One step of a server.
#[derive(Debug, Clone)]
enum Step {
    /// Says this; `{tag}` is the first word of the line that came last.
    Say(String),
    /// Reads a line that holds this.
    Hear(String),
    /// Reads a mail up to the line with only a dot.
    HearMail,
    Seal,
}

type Heard = Arc<Mutex<Vec<String>>>;

/// A server that plays one script per connection, in their order.
struct Server {
    port: u16,
    heard: Heard,
    _playing: JoinSet<()>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Server {
    async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let heard = Heard::default();
        let mut playing = JoinSet::new();
        playing.spawn({
            let heard = Arc::clone(&heard);
            async move {
                for script in scripts {
                    let (stream, _) = listener.accept().await.expect("somebody connects");
                    play(Box::new(stream), script, &heard).await;
                }
            }
        });
        Self {
            port,
            heard,
            _playing: playing,
        }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }
}

async fn play(stream: Box<dyn Stream>, script: Vec<Step>, heard: &Heard) {
    let mut stream = BufReader::new(stream);
    let mut tag = String::new();
    for step in script {
        match step {
            Step::Say(text) => {
                let text = text.replace("{tag}", &tag).replace('\n', "\r\n");
                let _ = stream.write_all(text.as_bytes()).await;
            }
            Step::Hear(part) => {
                let mut line = String::new();
                let _ = stream.read_line(&mut line).await;
                let line = line.trim_end().to_owned();
                tag = line.split(' ').next().unwrap_or_default().to_owned();
                let fits = line.contains(&part);
                heard.lock().unwrap().push(line);
                if !fits {
                    heard.lock().unwrap().push(format!("(expected {part})"));
                    return;
                }
            }
            Step::HearMail => loop {
                let mut line = String::new();
                let count = stream.read_line(&mut line).await.unwrap_or(0);
                let end = count == 0 || line == ".\r\n";
                heard
                    .lock()
                    .unwrap()
                    .push(line.trim_end_matches("\r\n").to_owned());
                if end {
                    break;
                }
            },
            Step::Seal => {
                let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes());
                let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).expect("a good key");
                let provider = Arc::new(rustls::crypto::ring::default_provider());
                let config = rustls::ServerConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()
                    .expect("the usual versions")
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate.expect("a good certificate")], key)
                    .expect("they belong together");
                let acceptor = TlsAcceptor::from(Arc::new(config));
                let Ok(sealed) = acceptor.accept(stream.into_inner()).await else {
                    return;
                };
                stream = BufReader::new(Box::new(sealed));
            }
        }
    }
    let _ = stream.flush().await;
    let _ = stream.shutdown().await;
}

fn say(text: &str) -> Step {
    Step::Say(format!("{text}\n"))
}

/// Hears a line and answers it, the tag put in.
fn talk(hear: &str, answer: &str) -> [Step; 2] {
    [Step::Hear(hear.to_owned()), say(answer)]
}

/// A mailbox that is signed in to.
fn signed_in(abilities: &str) -> Vec<Step> {
    let mut steps = vec![say("* OK ready")];
    steps.extend(talk(r#"LOGIN "service" "geheim""#, "{tag} OK in"));
    let answer = format!("* CAPABILITY IMAP4rev1 {abilities}\n{{tag}} OK done");
    steps.extend(talk("CAPABILITY", &answer));
    steps
}

fn examined(validity: u32, next: u32) -> [Step; 2] {
    let answer = format!(
        "* 9 EXISTS\n* OK [UIDVALIDITY {validity}] valid\n* OK [UIDNEXT {next}] next\n{{tag}} OK [READ-ONLY] done"
    );
    talk("EXAMINE", &answer)
}

fn mail_answer(uid: u32, mail: &str) -> String {
    let length = mail.replace('\n', "\r\n").len();
    format!("* 1 FETCH (UID {uid} BODY[] {{{length}}}\n{mail})\n{{tag}} OK done")
}

fn account(imap: u16, smtp: u16, security: &str) -> Account {
    let mut account = fixture::account(json!({
        "address": "service@nordbahn.example",
        "name": "Nordbahn",
        "username": "service",
        "imap_host": "localhost",
        "imap_port": imap,
        "imap_security": security,
        "smtp_host": "localhost",
        "smtp_port": smtp,
        "smtp_security": security,
        "certificate": CERTIFICATE,
    }));
    account.secrets["password"] = json!("geheim");
    account
}

fn cursor(validity: u32, last: u32) -> String {
    let mut cursor = Cursor::default();
    cursor
        .folders
        .insert("INBOX".to_owned(), Place { validity, last });
    cursor.write()
}

fn answer() -> Outbound {
    Outbound {
        recipient: Some("anna@mail.example".to_owned()),
        in_reply_to: Some("m1@mail.example".to_owned()),
        ..fixture::reply("Guten Tag\n.\nEnde")
    }
}

async fn poll(server: &Server, cursor: Option<&str>) -> Result<Polled, SendError> {
    let account = account(server.port, 1, "none");
    Email.poll(&account, cursor, &fixture::http()).await
}

#[tokio::test]
async fn only_what_is_new_is_fetched() {
    let mail = "Message-ID: <a@b>\nFrom: a@b.example\n\nHallo\n";
    let mut steps = signed_in("IDLE");
    steps.extend(examined(5, 10));
    // The last mail is found by every search that ends in an asterisk.
    steps.extend(talk("UID SEARCH UID 8:*", "* SEARCH 9 7 8\n{tag} OK done"));
    let sizes = r#"* 1 FETCH (UID 8 RFC822.SIZE 50 INTERNALDATE "22-Nov-2026 04:00:00 +0000")
* 2 FETCH (UID 9 RFC822.SIZE 99000000)
{tag} OK done"#;
    steps.extend(talk("UID FETCH 8,9 (UID RFC822.SIZE INTERNALDATE)", sizes));
    steps.extend(talk("UID FETCH 8 (UID BODY.PEEK[])", &mail_answer(8, mail)));
    let large = mail_answer(9, mail).replace("BODY[]", "BODY[]<0>");
    steps.extend(talk("UID FETCH 9 (UID BODY.PEEK[]<0.262144>)", &large));
    let server = Server::start(vec![steps]).await;

    let polled = poll(&server, Some(&cursor(5, 7))).await;
    let polled = polled.unwrap_or_else(|error| panic!("{error}\n{}", server.heard()));
    let keys: Vec<&str> = polled
        .deliveries
        .iter()
        .map(|one| one.key.as_str())
        .collect();
    assert_eq!(keys, ["a@b", "a@b"]);
    assert_eq!(polled.deliveries[0].header("arrived"), Some("1795320000"));
    assert_eq!(
        polled.deliveries[0].body,
        mail.replace('\n', "\r\n").into_bytes()
    );
    assert_eq!(polled.deliveries[0].header("cut"), None);
    assert_eq!(polled.deliveries[1].header("cut"), Some("yes"));
    assert_eq!(polled.cursor, cursor(5, 9));
}

#[tokio::test]
async fn numbers_that_mean_nothing_any_more_begin_anew() {
    for (before, validity) in [
        (None, 5),
        (Some(cursor(4, 700)), 5),
        (Some("{".to_owned()), 5),
    ] {
        let mut steps = signed_in("");
        steps.extend(examined(validity, 10));
        steps.extend(talk(
            "UID SEARCH SINCE 23-Oct-2026",
            "* SEARCH\n{tag} OK done",
        ));
        let server = Server::start(vec![steps]).await;
        let polled = poll(&server, before.as_deref()).await;
        let polled = polled.unwrap_or_else(|error| panic!("{error}\n{}", server.heard()));
        assert_eq!((polled.deliveries.len(), polled.cursor), (0, cursor(5, 9)));
    }
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_read_says_why() {
    let refused = |answer: &str| {
        let mut steps = vec![say("* OK ready")];
        steps.extend(talk("LOGIN", answer));
        steps
    };
    let mut no_folder = signed_in("");
    no_folder.extend(talk("EXAMINE", "{tag} NO no such folder"));
    let mut lost = signed_in("");
    lost.push(Step::Hear("EXAMINE".to_owned()));
    let cases = [
        (
            refused("{tag} NO [AUTHENTICATIONFAILED] wrong"),
            "auth_broken",
        ),
        (refused("{tag} NO [UNAVAILABLE] later"), "retry_backoff"),
        (vec![say("* BYE too many connections")], "retry_backoff"),
        (vec![], "retry_backoff"),
        (no_folder, "forbidden"),
        (lost, "retry_backoff"),
    ];
    for (steps, class) in cases {
        let name = format!("{steps:?}");
        let server = Server::start(vec![steps]).await;
        let error = poll(&server, None).await.unwrap_err();
        assert_eq!(error.class(), class, "{name}: {error}");
    }
    // The guard keeps mail servers of inner networks away like everything else.
    let account = account(143, 25, "none");
    let closed = Http::new(&HttpPolicy::default()).expect("a client can be made");
    let error = Email.poll(&account, None, &closed).await.unwrap_err();
    assert_eq!(error.class(), "forbidden", "{error}");
}

#[tokio::test]
async fn what_is_said_before_the_seal_is_not_believed() {
    let mut steps = vec![say("* OK ready")];
    let injected = "{tag} OK seal now\n* CAPABILITY IMAP4rev1 IDLE\n* BYE never mind";
    steps.extend(talk("STARTTLS", injected));
    steps.push(Step::Seal);
    steps.extend(signed_in("").split_off(1));
    steps.extend(examined(5, 10));
    steps.extend(talk("UID SEARCH", "* SEARCH\n{tag} OK done"));
    let server = Server::start(vec![steps]).await;
    let account = account(server.port, 1, "starttls");
    let polled = Email.poll(&account, None, &fixture::http()).await;
    // Whatever the client makes of such a server, it must not sign in with words from before.
    match polled {
        Ok(polled) => assert_eq!(polled.deliveries, []),
        Err(error) => assert_eq!(error.class(), "retry_backoff", "{error}"),
    }
    let before_the_seal = server.heard();
    assert!(
        before_the_seal.starts_with("A0001 STARTTLS"),
        "{before_the_seal}"
    );
}

#[tokio::test]
async fn a_stream_ends_with_its_first_error() {
    let mut steps = signed_in("IDLE");
    steps.extend(examined(5, 10));
    steps.extend(talk("UID SEARCH", "* SEARCH\n{tag} OK done"));
    steps.extend(talk("IDLE", "+ idling"));
    let server = Server::start(vec![steps]).await;
    let (account, http) = (account(server.port, 1, "none"), fixture::http());
    let mut told = Email
        .listen(&account, None, &http)
        .expect("mail is listened to");
    let first = told.next().await.expect("the gap comes first");
    assert_eq!(first.expect("it was read").cursor, cursor(5, 9));
    let second = told.next().await.expect("the end is told");
    assert_eq!(second.unwrap_err().class(), "retry_backoff");
    assert!(told.next().await.is_none());
}

/// A server up to where the mail's content comes, with sealed signing in.
fn submitted(end: &[Step]) -> Vec<Step> {
    let mut steps = vec![say("220-mx.example\n220 ready")];
    steps.extend(talk("EHLO", "250-mx.example\n250-SIZE 9\n250 STARTTLS"));
    steps.extend(talk("STARTTLS", "220 go"));
    steps.push(Step::Seal);
    steps.extend(talk("EHLO", "250-mx.example\n250 AUTH PLAIN LOGIN"));
    steps.extend_from_slice(end);
    steps
}

fn transaction() -> Vec<Step> {
    let mut steps = Vec::from(talk("AUTH PLAIN AHNlcnZpY2UAZ2VoZWlt", "235 in"));
    steps.extend(talk("MAIL FROM:<service@nordbahn.example>", "250 ok"));
    steps.extend(talk("RCPT TO:<anna@mail.example>", "250 ok"));
    steps.extend(talk("DATA", "354 go"));
    steps.push(Step::HearMail);
    steps
}

async fn send(steps: Vec<Step>) -> (Result<Receipt, SendError>, String) {
    let server = Server::start(vec![steps]).await;
    let account = account(1, server.port, "starttls");
    let sent = Email.send(&account, &answer(), &fixture::http()).await;
    (sent, server.heard())
}

#[tokio::test]
async fn an_answer_is_sealed_signed_in_and_handed_over() {
    let mut steps = submitted(&transaction());
    steps.push(say("250 2.0.0 taken"));
    let (sent, heard) = send(steps).await;
    let receipt = sent.unwrap_or_else(|error| panic!("{error}\n{heard}"));
    assert!(
        receipt.network_id.starts_with("kulant.9001."),
        "{receipt:?}"
    );
    assert!(
        heard.contains(&format!("Message-ID: <{}>", receipt.network_id)),
        "{heard}"
    );
    assert!(heard.contains("\nGuten Tag\n..\nEnde\n"), "{heard}");
}

#[tokio::test]
async fn every_failure_has_its_class_by_its_step() {
    let up_to = |count: usize, answer: &str| {
        let mut steps = submitted(&transaction()[..=count * 2]);
        steps.push(say(answer));
        steps
    };
    let cut = |count: usize| submitted(&transaction()[..count]);
    let content = |answer: &str| {
        let mut steps = submitted(&transaction());
        steps.push(say(answer));
        steps
    };
    let mut unsealed = vec![say("220 ready")];
    unsealed.extend(talk("EHLO", "250-mx.example\n250 AUTH PLAIN"));
    let cases = [
        (vec![], "retry_backoff"),
        (vec![say("554 go away")], "retry_backoff"),
        (unsealed, "forbidden"),
        (up_to(0, "535 5.7.8 wrong"), "auth_broken"),
        (up_to(0, "454 4.7.0 later"), "retry_backoff"),
        (up_to(1, "530 5.7.0 sign in"), "auth_broken"),
        (up_to(1, "553 5.7.1 not yours"), "forbidden"),
        (up_to(2, "450 4.2.0 greylisted"), "retry_after"),
        (up_to(2, "550 5.1.1 nobody"), "recipient_gone"),
        (up_to(2, "550 5.7.1 no relay"), "forbidden"),
        (up_to(3, "452 4.3.1 full"), "retry_after"),
        (cut(5), "retry_backoff"),
        (cut(7), "retry_backoff"),
        (content("554 5.7.1 spam"), "content_rejected"),
        (content("451 4.3.0 later"), "retry_after"),
        // The content went, the word about it did not come.
        (submitted(&transaction()), "uncertain"),
        (content("nonsense"), "uncertain"),
    ];
    for (index, (steps, class)) in cases.into_iter().enumerate() {
        let (sent, heard) = send(steps).await;
        let error = sent.unwrap_err();
        assert_eq!(error.class(), class, "case {index}: {error}\n{heard}");
        assert!(!heard.contains("geheim") && !error.to_string().contains("geheim"));
    }
}

#[tokio::test]
async fn what_cannot_leave_is_refused_before_anybody_is_asked() {
    let (http, account) = (fixture::http(), account(1, 1, "none"));
    let mut large = answer();
    large.action = Action::Reply {
        body: "Hier".to_owned(),
        attachments: vec![OutboundAttachment {
            name: "film.mp4".to_owned(),
            media_type: "video/mp4".to_owned(),
            bytes: vec![0; (10 << 20) + 1],
            alt: None,
        }],
    };
    let mut nobody = answer();
    nobody.recipient = None;
    let mut edit = answer();
    edit.action = Action::Delete {
        network_id: "m1@mail.example".to_owned(),
    };
    for (outbound, class) in [
        (large, "content_rejected"),
        (nobody, "recipient_gone"),
        (edit, "forbidden"),
    ] {
        let error = Email.send(&account, &outbound, &http).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
    }
}

/// An account that signs in by token.
fn token_account(imap: u16, smtp: u16, token_url: &str) -> Account {
    let mut account = account(imap, smtp, "none");
    account.settings["oauth_token_url"] = json!(token_url);
    account.settings["oauth_client_id"] = json!("kulant");
    account.secrets = json!({"oauth_client_secret": "hush", "refresh_token": "old"});
    account
}

#[tokio::test]
async fn a_token_is_renewed_and_used_in_place_of_a_password() {
    let http = fixture::http();
    let granted = json!({"access_token": "ya29", "expires_in": 3600, "refresh_token": "new"});
    let network = FakeNetwork::start(vec![Script::json(200, &granted)]).await;
    let mut account = token_account(1, 1, &network.url("/token"));
    assert_eq!(Email.renew_at(&account), Some(NOW));
    let early = Email.poll(&account, None, &http).await.unwrap_err();
    assert_eq!(early.class(), "retry_backoff", "{early}");

    let secrets = Email
        .renew(&account, &http)
        .await
        .expect("a token is given");
    assert_eq!(secrets["refresh_token"], "new");
    let asked = String::from_utf8(network.last_asked().body).expect("a form");
    assert_eq!(
        asked,
        "grant_type=refresh_token&client_id=kulant&client_secret=hush&refresh_token=old"
    );
    for (name, value) in secrets.as_object().expect("secrets by name") {
        account.secrets[name] = value.clone();
    }
    assert_eq!(
        Email.renew_at(&account),
        Some(NOW.after(Duration::from_mins(50)))
    );

    // base64 of user=service, a one, auth=Bearer ya29 and two more ones
    let token = "dXNlcj1zZXJ2aWNlAWF1dGg9QmVhcmVyIHlhMjkBAQ==";
    let mut steps = vec![say("* OK ready")];
    steps.extend(talk("AUTHENTICATE XOAUTH2", "+ "));
    steps.push(Step::Hear(token.to_owned()));
    let mut good = steps.clone();
    good.push(say("A0001 OK in"));
    good.extend(talk("CAPABILITY", "* CAPABILITY IMAP4rev1\n{tag} OK done"));
    good.extend(examined(5, 10));
    good.extend(talk("LOGOUT", "{tag} OK bye"));
    steps.push(say("+ eyJzdGF0dXMiOiI0MDAifQ=="));
    steps.push(Step::Hear(String::new()));
    steps.push(say("A0001 NO refused"));
    let imap = Server::start(vec![good, steps]).await;
    let mut submission = vec![say("220 ready")];
    submission.extend(talk("EHLO", "250-mx.example\n250 AUTH XOAUTH2"));
    submission.extend(talk(&format!("AUTH XOAUTH2 {token}"), "235 in"));
    let smtp = Server::start(vec![submission.clone(), submission]).await;
    account.settings["imap_port"] = json!(imap.port);
    account.settings["smtp_port"] = json!(smtp.port);
    let healthy = Email.probe(&account, &http).await;
    assert_eq!(
        healthy,
        Ok(Vec::new()),
        "{}\n{}",
        imap.heard(),
        smtp.heard()
    );
    let findings = Email.probe(&account, &http).await.expect("both answer");
    assert_eq!(findings.len(), 1, "{findings:?}\n{}", imap.heard());
    assert_eq!(findings[0].class, FindingClass::Token);
}

#[tokio::test]
async fn a_refused_renewal_says_why_and_nothing_secret() {
    let cases = [
        (
            Script::json(400, &json!({"error": "invalid_grant"})),
            "auth_broken",
        ),
        (Script::text(503, ""), "retry_backoff"),
        (Script::text(200, "hush"), "unreadable"),
        (Script::Close, "retry_backoff"),
    ];
    for (script, class) in cases {
        let network = FakeNetwork::start(vec![script]).await;
        let account = token_account(1, 1, &network.url("/token"));
        let error = Email.renew(&account, &fixture::http()).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_among_the_sent_ones() {
    let looked = |found: &str| {
        let mut steps = signed_in("");
        steps.extend(examined(5, 10));
        let answer = format!("* SEARCH {found}\n{{tag}} OK done");
        steps.extend(talk(
            r#"UID SEARCH HEADER Message-ID "kulant.9001.""#,
            &answer,
        ));
        steps
    };
    let account_with = |port: u16, by_server: bool| {
        let mut account = account(port, 1, "none");
        account.settings["sent_folder"] = json!("Sent");
        account.settings["sent_by_server"] = json!(by_server);
        account
    };
    let http = fixture::http();
    let own = Setup::read(&account_with(1, true)).expect("good settings");
    let own = own
        .marks
        .message_id("9001", "0123456789abcdef", "nordbahn.example");
    let own = own.expect("it can be signed");
    for (id, is_found) in [
        (own.as_str(), true),
        ("kulant.9001.x.y@elsewhere.example", false),
    ] {
        let header = format!("Message-ID: <{id}>\r\nDate: Sun, 22 Nov 2026 04:00:00 +0000\r\n\r\n");
        let mut steps = looked("3");
        let answer = format!(
            "* 1 FETCH (UID 3 BODY[HEADER] {{{}}}\n{})\n{{tag}} OK done",
            header.len(),
            header.replace("\r\n", "\n")
        );
        steps.extend(talk("UID FETCH 3 (UID BODY.PEEK[HEADER])", &answer));
        let server = Server::start(vec![steps]).await;
        let found = Email
            .look_up(&account_with(server.port, true), "9001", &http)
            .await;
        let found = found.unwrap_or_else(|error| panic!("{error}\n{}", server.heard()));
        assert_eq!(
            found.map(|found| found.network_id == own),
            is_found.then_some(true)
        );
    }
    for by_server in [true, false] {
        let server = Server::start(vec![looked("")]).await;
        let found = Email
            .look_up(&account_with(server.port, by_server), "9001", &http)
            .await;
        // Where we file ourselves, the filing may be what was lost.
        match found {
            Ok(found) => assert!(by_server && found.is_none()),
            Err(error) => assert!(!by_server && error.class() == "uncertain", "{error}"),
        }
    }
    assert!(!Email.can_look_up(&account(1, 1, "none")));
    assert!(Email.can_look_up(&account_with(1, true)));
}
