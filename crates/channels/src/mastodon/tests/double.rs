//! Mastodon against a double that others wrote (`mastodon_mock` of PyPI), which shows that the
//! requests have the right shape. Skipped with a line where it is not named.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use super::*;
use crate::http::{HttpPolicy, Request};

/// The token that the double takes.
const TOKEN: &str = "mock_token";

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by the environment where the server is installed"
)]
async fn a_double_of_others_takes_what_we_send() {
    let Ok(program) = std::env::var("KULANT_TEST_MASTODON") else {
        let line = "skipped: mastodon against a double: KULANT_TEST_MASTODON is not set\n";
        let _ = std::io::stderr().write_all(line.as_bytes());
        return;
    };
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = free.local_addr().expect("bound").port().to_string();
    drop(free);
    let _double = tokio::process::Command::new(program)
        .args([
            "serve",
            "--in-memory",
            "--host",
            "127.0.0.1",
            "--port",
            &port,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the named program starts");
    let http = Http::new(&HttpPolicy {
        allow_private: true,
        timeout: Duration::from_secs(5),
        ..HttpPolicy::default()
    })
    .expect("the client can be made");
    let base = format!("http://127.0.0.1:{port}");
    let account = Account {
        secrets: json!({"access_token": TOKEN}),
        ..account_at(&base)
    };
    for _ in 0..120 {
        if http
            .send(Request::get(format!("{base}/api/v2/instance")))
            .await
            .is_ok()
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }

    assert_eq!(Mastodon.probe(&account, &http).await.map(|_| ()), Ok(()));
    let first = Mastodon
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(first.trouble, None);

    let post = Outbound {
        in_reply_to: None,
        ..reply(
            "Am Sonntag geschlossen, siehe https://nordtalbahn.example/plan",
            None,
        )
    };
    let made = Mastodon
        .send(&account, &post, &http)
        .await
        .expect("it is taken");
    let again = Mastodon
        .send(&account, &post, &http)
        .await
        .expect("it is taken");
    assert_eq!(made.network_id, again.network_id, "one key, one post");
    let found = Mastodon
        .look_for(&account, &post, &http)
        .await
        .expect("it answers");
    assert_eq!(
        found.map(|found| found.network_id),
        Some(made.network_id.clone())
    );

    let answer = Outbound {
        message_id: "9002".to_owned(),
        in_reply_to: Some(made.network_id.clone()),
        ..reply("Und am Montag offen.", Some("anna"))
    };
    let answered = Mastodon
        .send(&account, &answer, &http)
        .await
        .expect("it is taken");
    let deeds = [
        Action::Edit {
            network_id: answered.network_id.clone(),
            body: "Und am Dienstag offen.".to_owned(),
        },
        Action::React {
            network_id: made.network_id.clone(),
            kind: "like".to_owned(),
            added: true,
        },
    ];
    for action in deeds {
        let done = Mastodon
            .send(
                &account,
                &Outbound {
                    action,
                    ..answer.clone()
                },
                &http,
            )
            .await;
        assert!(done.is_ok(), "{done:?}");
    }

    let second = Mastodon
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(second.trouble, None);
    let told: Vec<Inbound> = second
        .deliveries
        .iter()
        .flat_map(|raw| Mastodon.translate(&account, raw).expect("readable").taken)
        .collect();
    let texts: Vec<&str> = told
        .iter()
        .filter_map(|inbound| match inbound {
            Inbound::Post(post) if post.author.own => Some(post.text.as_str()),
            _ => None,
        })
        .collect();
    assert!(
        texts
            .iter()
            .any(|text| text.contains("https://nordtalbahn.example/plan")),
        "{texts:?}"
    );
    assert!(
        texts.iter().any(|text| text.contains("Dienstag")),
        "{texts:?}"
    );

    let delete = Action::Delete {
        network_id: answered.network_id,
    };
    let deleted = Mastodon
        .send(
            &account,
            &Outbound {
                action: delete,
                ..answer
            },
            &http,
        )
        .await;
    assert!(deleted.is_ok(), "{deleted:?}");
    let wrong = Account {
        secrets: json!({"access_token": "no such token"}),
        ..account
    };
    let error = Mastodon
        .send(&wrong, &post, &http)
        .await
        .expect_err("not ours");
    assert_eq!(error.class(), "auth_broken");
}
