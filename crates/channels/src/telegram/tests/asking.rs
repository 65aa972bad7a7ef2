//! What is asked for: updates, the pieces of an album, files, and troubles on the way.

use super::*;
use crate::inbound::Inbound;

#[tokio::test]
async fn polling_confirms_what_is_kept_and_tells_the_bots_name() {
    let update = |id: i64| {
        json!({"update_id": id, "message": {"message_id": id, "date": 1,
        "chat": {"id": 1, "type": "private"}, "from": {"id": 1, "first_name": "A"}, "text": "hi"}})
    };
    let network = FakeNetwork::start(vec![
        done(&json!({"id": 123_456, "username": "NordbahnBot"})),
        done(&json!([update(10), update(12)])),
        done(&json!([])),
    ])
    .await;
    let (account, http) = (account(&network, json!({})), fixture::http());
    let first = Telegram.poll(&account, None, &http).await.expect("it runs");
    let keys: Vec<(&str, &str)> = first
        .deliveries
        .iter()
        .map(|raw| (raw.kind.as_str(), raw.key.as_str()))
        .collect();
    assert_eq!(keys, [("update", "10"), ("update", "12")]);
    assert_eq!(
        first.deliveries[0].header("bot-username"),
        Some("NordbahnBot")
    );
    assert_eq!(first.trouble, None);
    assert!(first.next_in < Some(Duration::from_secs(1)));

    let second = Telegram.poll(&account, Some(&first.cursor), &http).await;
    assert!(second.expect("it runs").deliveries.is_empty());
    let calls = calls(&network);
    let methods: Vec<&str> = calls.iter().map(|(method, _)| method.as_str()).collect();
    assert_eq!(methods, ["getMe", "getUpdates", "getUpdates"]);
    assert_eq!(calls[1].1.get("offset"), None);
    assert_eq!(calls[2].1["offset"], 13);
    let kinds = calls[2].1["allowed_updates"].to_string();
    assert!(
        kinds.contains("message_reaction"),
        "reactions are left out unless asked for"
    );
}

#[tokio::test]
async fn the_pieces_of_an_album_are_named_for_it() {
    let piece = |id: i64, chat: i64| {
        json!({"update_id": id, "message": {"message_id": id, "date": 1,
        "media_group_id": "a", "chat": {"id": chat, "type": "private"},
        "from": {"id": chat, "first_name": "A"}, "photo": [{"file_id": format!("f{id}")}]}})
    };
    let page = done(&json!([piece(10, 1), piece(11, 1), piece(12, 2)]));
    let network = FakeNetwork::start(vec![page]).await;
    let account = account(&network, json!({"username": "NordbahnBot"}));
    let polled = Telegram.poll(&account, None, &fixture::http()).await;
    let polled = polled.expect("it runs");
    let albums: Vec<(String, String)> = polled
        .deliveries
        .iter()
        .map(|raw| {
            let read = Telegram.translate(&account, raw).expect("it is readable");
            let [Inbound::Piece(piece), Inbound::Post(post)] = &read.taken[..] else {
                panic!("a piece and what it says");
            };
            assert_eq!(piece.network_id, post.network_id);
            (raw.key.clone(), piece.album.clone())
        })
        .collect();
    assert_eq!(albums[0].1, albums[1].1);
    assert_ne!(albums[1].1, albums[2].1, "the same number in another chat");
    assert!(polled.cursor.contains("13"));
}

#[tokio::test]
async fn troubles_of_polling_name_when_to_ask_again() {
    let mut limited = json!({"ok": false, "error_code": 429, "description": "Too Many Requests"});
    limited["parameters"] = json!({"retry_after": 35});
    let cases = [
        (vec![Script::json(429, &limited)], "retry_after", 35),
        (vec![refused(502, "Bad Gateway")], "retry_backoff", 15),
        (vec![refused(401, "Unauthorized")], "auth_broken", 15),
        (vec![Script::text(200, "<html>")], "unreadable", 15),
        (vec![Script::Close], "retry_backoff", 15),
        (
            vec![
                refused(
                    409,
                    "Conflict: can't use getUpdates while webhook is active",
                ),
                done(&json!({"url": "https://other.example/hook"})),
            ],
            "forbidden",
            15,
        ),
    ];
    for (script, class, seconds) in cases {
        let network = FakeNetwork::start(script).await;
        let account = account(&network, json!({"username": "b"}));
        let cursor = r#"{"offset":5,"username":"b"}"#;
        let polled = Telegram
            .poll(&account, Some(cursor), &fixture::http())
            .await
            .expect("trouble is told beside the cursor");
        let trouble = polled.trouble.expect("something is wrong");
        assert_eq!(trouble.class(), class, "{trouble}");
        assert_eq!(polled.next_in, Some(Duration::from_secs(seconds)));
        assert!(polled.cursor.contains("\"offset\":5"), "{}", polled.cursor);
        assert!(!format!("{trouble:?}").contains(TOKEN));
    }
}

#[tokio::test]
async fn a_file_is_fetched_without_its_address_being_kept() {
    let network = FakeNetwork::start(vec![
        done(&json!({"file_id": "AgAC-l", "file_path": "photos/file_2.jpg"})),
        Script::text(200, "picture"),
        refused(
            400,
            "Bad Request: wrong file_id or the file is temporarily unavailable",
        ),
    ])
    .await;
    let (account, http) = (account(&network, json!({})), fixture::http());
    let fetch = || Telegram.fetch_file(&account, "telegram:file/AgAC-l", 100, &http);
    assert_eq!(fetch().await, Ok(b"picture".to_vec()));
    assert_eq!(
        network.last_asked().path,
        format!("/file/bot{TOKEN}/photos/file_2.jpg")
    );
    assert!(fetch().await.is_err());
}
