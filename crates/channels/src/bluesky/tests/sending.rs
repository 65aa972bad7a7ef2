//! What goes out: answers, pictures, deletes, likes and direct messages.

use super::*;

#[tokio::test]
async fn an_answer_names_root_and_parent_under_a_key_of_ours() {
    let network = FakeNetwork::start(vec![
        parent(),
        Script::json(200, &json!({"did": "did:plc:anna"})),
        refused(400, "InvalidRequest"),
        made(),
    ])
    .await;
    let body = "Grüße @anna.bsky.social @niemand.example https://a.example #RE7";
    let receipt = send(&network, &reply(body)).await.expect("it is taken");
    assert!(receipt.network_id.ends_with(&key::for_message("9001")));

    let asked = network.asked();
    assert!(
        asked[0]
            .path
            .starts_with("/xrpc/app.bsky.feed.getPosts?uris=at%3A%2F%2Fdid")
    );
    assert_eq!(asked[3].path, "/xrpc/com.atproto.repo.createRecord");
    let wish = asked[3].json();
    assert_eq!(
        (&wish["repo"], &wish["rkey"]),
        (&json!("did:plc:own"), &json!(key::for_message("9001")))
    );
    assert_eq!(wish["record"]["createdAt"], json!(NOW));
    assert_eq!(
        wish["record"]["reply"],
        json!({
            "root": {"uri": "at://did:plc:own/app.bsky.feed.post/1", "cid": "cid-root"},
            "parent": {"uri": PARENT, "cid": "cid-parent"},
        })
    );
    let facets = wish["record"]["facets"].as_array().expect("a list");
    assert_eq!(facets.len(), 3, "nobody is called niemand.example");
    assert_eq!(
        facets[0],
        json!({"index": {"byteStart": 8, "byteEnd": 25}, "features": [
            {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:anna"},
        ]})
    );
}

#[tokio::test]
async fn pictures_go_with_their_description() {
    let blob =
        json!({"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "image/png", "size": 4});
    let network = FakeNetwork::start(vec![Script::json(200, &json!({"blob": blob})), made()]).await;
    let file = |media_type: &str| OutboundAttachment {
        name: "plan".to_owned(),
        media_type: media_type.to_owned(),
        bytes: b"\x89PNG".to_vec(),
        alt: Some("Fahrplan".to_owned()),
    };
    let with = |media_type: &str| Outbound {
        action: Action::Reply {
            body: "Plan".to_owned(),
            attachments: vec![file(media_type)],
        },
        ..own_post("")
    };
    send(&network, &with("image/png"))
        .await
        .expect("it is taken");
    let asked = network.asked();
    assert_eq!(asked[0].header("content-type"), Some("image/png"));
    assert_eq!(
        asked[1].json()["record"]["embed"],
        json!({"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": "Fahrplan"}]})
    );
    let error = send(&network, &with("application/pdf")).await;
    assert_eq!(error.expect_err("no picture").class(), "content_rejected");
    assert_eq!(network.asked().len(), 2);
}

#[tokio::test]
async fn deletes_likes_and_what_cannot_be_done() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({})),
        parent(),
        Script::json(200, &json!({"uri": "at://x", "cid": "c"})),
        Script::json(200, &json!({})),
    ])
    .await;
    let network_id = PARENT.to_owned();
    let like = |added: bool| {
        act(Action::React {
            network_id: network_id.clone(),
            kind: "like".to_owned(),
            added,
        })
    };
    let delete = act(Action::Delete {
        network_id: "at://did:plc:own/app.bsky.feed.post/3x".to_owned(),
    });
    send(&network, &delete).await.expect("it is taken");
    assert_eq!(
        network.last_asked().json(),
        json!({"repo": "did:plc:own", "collection": "app.bsky.feed.post", "rkey": "3x"})
    );
    send(&network, &like(true)).await.expect("it is taken");
    let liked = network.last_asked();
    assert_eq!(liked.path, "/xrpc/com.atproto.repo.putRecord");
    assert_eq!(
        liked.json()["record"]["subject"],
        json!({"uri": PARENT, "cid": "cid-parent"})
    );
    send(&network, &like(false)).await.expect("it is taken");
    assert_eq!(network.last_asked().json()["rkey"], liked.json()["rkey"]);

    let impossible = [
        act(Action::Edit {
            network_id: network_id.clone(),
            body: "neu".to_owned(),
        }),
        act(Action::Delete {
            network_id: "convo1/m1".to_owned(),
        }),
        act(Action::Hide {
            network_id: network_id.clone(),
            hidden: true,
        }),
    ];
    for outbound in impossible {
        assert_eq!(
            send(&network, &outbound)
                .await
                .expect_err("not here")
                .class(),
            "forbidden"
        );
    }
    assert_eq!(network.asked().len(), 4);
}

#[tokio::test]
async fn direct_messages_go_through_the_chat_service() {
    let sent = json!({"id": "m9", "rev": "r", "sender": {"did": "did:plc:own"}, "sentAt": "2026-11-22T05:00:01.000Z"});
    let network = FakeNetwork::start(vec![
        Script::json(200, &sent),
        Script::json(200, &json!({"convo": {"id": "convo7", "members": []}})),
        Script::json(200, &sent),
    ])
    .await;
    let receipt = send(&network, &private("Hallo"))
        .await
        .expect("it is taken");
    assert_eq!(receipt.network_id, "convo1/m9");
    let asked = network.last_asked();
    assert_eq!(asked.path, "/xrpc/chat.bsky.convo.sendMessage");
    assert_eq!(
        asked.header("atproto-proxy"),
        Some("did:web:api.bsky.chat#bsky_chat")
    );
    assert_eq!(
        asked.json(),
        json!({"convoId": "convo1", "message": {"text": "Hallo"}})
    );

    let hand_over = Outbound {
        hand_over: true,
        thread: None,
        ..private("Hallo")
    };
    let receipt = send(&network, &hand_over).await.expect("it is taken");
    assert_eq!(receipt.network_id, "convo7/m9");
    assert_eq!(
        network.asked()[1].path,
        "/xrpc/chat.bsky.convo.getConvoForMembers?members=did%3Aplc%3Aanna"
    );

    for error in [
        "BlockedActor",
        "MessagesDisabled",
        "NotFollowedBySender",
        "RecipientNotFound",
        "AccountSuspended",
    ] {
        network.then(refused(400, error));
        let refused = send(&network, &hand_over)
            .await
            .expect_err("they do not want to");
        assert_eq!(refused.class(), "window_closed", "{error}");
    }
    let mut without = account(&network);
    without.settings["chat"] = json!(false);
    assert_eq!(
        Bluesky.send_refusal(&without, Visibility::Private),
        Some("channel.bluesky.reason.no_chat")
    );
    assert_eq!(Bluesky.send_refusal(&without, Visibility::Public), None);
    let error = Bluesky
        .send(&without, &private("Hallo"), &fixture::http())
        .await;
    assert_eq!(error.expect_err("switched off").class(), "forbidden");
}
