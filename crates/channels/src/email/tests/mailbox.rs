//! The mailbox over IMAP: what is new, what goes wrong, what is found among the sent ones.

use futures::StreamExt as _;

use super::super::wire::{Cursor, Place};
use super::server::{Server, Step, account, examined, say, signed_in, talk};
use super::*;
use crate::http::{Http, HttpPolicy};

fn mail_answer(uid: u32, mail: &str) -> String {
    let length = mail.replace('\n', "\r\n").len();
    format!("* 1 FETCH (UID {uid} BODY[] {{{length}}}\n{mail})\n{{tag}} OK done")
}

fn cursor(validity: u32, last: u32) -> String {
    let mut cursor = Cursor::default();
    cursor
        .folders
        .insert("INBOX".to_owned(), Place { validity, last });
    cursor.write()
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
