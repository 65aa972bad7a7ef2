//! What goes out: answers, direct posts, posts of our own, pictures, and every other deed.

use super::*;

#[tokio::test]
async fn an_answer_names_the_person_once() {
    let cases = [
        (
            "Hallo",
            Some("anna@netz.example"),
            "@anna@netz.example Hallo",
        ),
        ("Hallo", Some("@anna"), "@anna Hallo"),
        (
            "Hallo @Anna@netz.example!",
            Some("anna@netz.example"),
            "Hallo @Anna@netz.example!",
        ),
        ("Hallo @anna.", Some("anna"), "Hallo @anna."),
        ("Hallo @annabel", Some("anna"), "@anna Hallo @annabel"),
        (
            "Hallo @anna@netz.example",
            Some("anna"),
            "@anna Hallo @anna@netz.example",
        ),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (body, handle, sent) in cases {
        network.then(Script::json(200, &status("200", "")));
        let receipt = send(&network, &reply(body, handle))
            .await
            .expect("it is taken");
        assert_eq!(receipt.network_id, "200");
        assert_eq!(receipt.at.to_string(), "2026-11-22T04:59:00.000000Z");
        let asked = network.last_asked();
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/api/v1/statuses")
        );
        assert_eq!(asked.header("idempotency-key"), Some("9001"));
        assert_eq!(asked.header("authorization"), Some("Bearer hush"));
        assert_eq!(
            asked.json(),
            json!({"status": sent, "visibility": "public", "in_reply_to_id": "post-1"})
        );
    }

    // Whoever is known by id alone is asked for.
    network.then(Script::json(200, &json!({"id": "41", "acct": "anna"})));
    network.then(Script::json(200, &status("200", "")));
    send(&network, &reply("Hallo", None))
        .await
        .expect("it is taken");
    let asked = network.asked();
    assert_eq!(asked[asked.len() - 2].path, "/api/v1/accounts/41");
    assert_eq!(network.last_asked().json()["status"], "@anna Hallo");
}

#[tokio::test]
async fn private_answers_and_hand_overs_are_direct_posts() {
    let network = FakeNetwork::start(Vec::new()).await;
    let private = Outbound {
        visibility: Visibility::Private,
        in_reply_to: None,
        ..reply("Hallo", Some("anna"))
    };
    let hand_over = Outbound {
        hand_over: true,
        visibility: Visibility::Private,
        ..reply("Hallo", Some("anna"))
    };
    for (outbound, parent) in [(private, Value::Null), (hand_over, json!("post-1"))] {
        network.then(Script::json(200, &status("200", "")));
        send(&network, &outbound).await.expect("it is taken");
        let sent = network.last_asked().json();
        assert_eq!(sent["visibility"], "direct");
        assert_eq!(sent["status"], "@anna Hallo");
        assert_eq!(sent["in_reply_to_id"], parent);
    }

    let nobody = Outbound {
        visibility: Visibility::Private,
        recipient: None,
        ..reply("Hallo", None)
    };
    let count = network.asked().len();
    assert_eq!(
        send(&network, &nobody).await.expect_err("to whom?").class(),
        "bug"
    );
    assert_eq!(network.asked().len(), count);
}

#[tokio::test]
async fn a_post_of_our_own_names_nobody() {
    let network = FakeNetwork::start(vec![Script::json(200, &status("200", ""))]).await;
    let outbound = Outbound {
        in_reply_to: None,
        ..reply("Am Sonntag geschlossen.", Some("anna"))
    };
    send(&network, &outbound).await.expect("it is taken");
    assert_eq!(
        network.last_asked().json(),
        json!({"status": "Am Sonntag geschlossen.", "visibility": "public"})
    );
}

#[tokio::test]
async fn pictures_go_first_with_their_description() {
    let network = FakeNetwork::start(vec![
        Script::json(202, &json!({"id": "m1", "url": null})),
        Script::json(200, &json!({"id": "m1"})),
        Script::json(200, &status("200", "")),
    ])
    .await;
    let outbound = Outbound {
        action: Action::Reply {
            body: "So sieht es aus".to_owned(),
            attachments: vec![OutboundAttachment {
                name: "plan.png".to_owned(),
                media_type: "image/png".to_owned(),
                bytes: b"\x89PNG".to_vec(),
                alt: Some("Fahrplan ab Sonntag".to_owned()),
            }],
        },
        ..reply("", Some("anna"))
    };
    send(&network, &outbound).await.expect("it is taken");
    let asked = network.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/api/v2/media", "/api/v1/media/m1", "/api/v1/statuses"]
    );
    let upload = String::from_utf8_lossy(&asked[0].body);
    assert!(upload.contains("name=\"description\"\r\n\r\nFahrplan ab Sonntag"));
    assert!(upload.contains("name=\"file\"; filename=\"plan.png\""));
    assert_eq!(asked[2].json()["media_ids"], json!(["m1"]));

    // An upload whose answer is lost has shown nothing to anybody: it may be tried again.
    network.then(Script::Close);
    let error = send(&network, &outbound)
        .await
        .expect_err("the answer is lost");
    assert_eq!(error.class(), "retry_backoff");
}

#[tokio::test]
async fn every_deed_has_its_request() {
    let before =
        json!({"media_attachments": [{"id": "m1", "type": "image"}], "spoiler_text": "Hinweis"});
    let mut before_edit = status("200", "alt");
    before_edit
        .as_object_mut()
        .expect("an object")
        .extend(before.as_object().expect("an object").clone());
    let network = FakeNetwork::start(vec![
        Script::json(200, &before_edit),
        Script::json(200, &status("200", "neu")),
        Script::json(200, &status("200", "")),
        Script::text(404, ""),
        Script::json(200, &status("101", "")),
        Script::json(200, &status("101", "")),
    ])
    .await;
    let act = |action: Action| Outbound {
        action,
        ..reply("", Some("anna"))
    };
    let edit = act(Action::Edit {
        network_id: "200".to_owned(),
        body: "neu".to_owned(),
    });
    send(&network, &edit).await.expect("it is taken");
    let asked = network.last_asked();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("PUT", "/api/v1/statuses/200")
    );
    assert_eq!(
        asked.json(),
        json!({"status": "@anna neu", "spoiler_text": "Hinweis", "media_ids": ["m1"]})
    );

    let delete = act(Action::Delete {
        network_id: "200".to_owned(),
    });
    for _ in 0..2 {
        assert!(send(&network, &delete).await.is_ok(), "gone is gone");
        assert_eq!(network.last_asked().method, "DELETE");
    }
    for (added, path) in [(true, "favourite"), (false, "unfavourite")] {
        let react = act(Action::React {
            network_id: "101".to_owned(),
            kind: "like".to_owned(),
            added,
        });
        send(&network, &react).await.expect("it is taken");
        assert_eq!(
            network.last_asked().path,
            format!("/api/v1/statuses/101/{path}")
        );
    }

    let count = network.asked().len();
    let unknown = [
        act(Action::React {
            network_id: "101".to_owned(),
            kind: "angry".to_owned(),
            added: true,
        }),
        act(Action::Hide {
            network_id: "101".to_owned(),
            hidden: true,
        }),
    ];
    for outbound in unknown {
        let error = send(&network, &outbound).await.expect_err("not here");
        assert_eq!(error.class(), "forbidden");
    }
    assert_eq!(network.asked().len(), count);
}
