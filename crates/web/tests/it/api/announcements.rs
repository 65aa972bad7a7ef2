//! `/posts` and `/conversations/holding-replies`.

use axum::http::Method;
use kulant_care::admin::inboxes::NewInbox;
use kulant_care::{access, admin};
use kulant_model::role::Role;
use serde_json::{Value as Json, json};

use crate::{Client, House, houses};

async fn account(house: &House, name: &str, channel: &str, settings: Json) -> (String, String) {
    let new = NewInbox {
        name: name.to_owned(),
        channel: channel.to_owned(),
        settings: Some(settings),
        ..NewInbox::default()
    };
    let (inbox, _) = admin::inboxes::create(&house.care, &access::operator(), new)
        .await
        .expect("an inbox");
    (inbox.id.to_string(), inbox.brand.0.to_string())
}

async fn supervisor(house: &House) -> Client {
    house
        .agent("aufsicht@example.org", Role::Supervisor, &[])
        .await;
    house.sign_in("aufsicht@example.org").await
}

#[tokio::test]
async fn a_post_is_said_once_under_its_key_and_nowhere_where_one_account_refuses() {
    for house in houses().await {
        let answers = json!({"answer_url": "https://example.org/answer"});
        let (open, brand) = account(&house, "Offen", "webhook", answers).await;
        let social = json!({"base_url": "https://social.example.org", "access_token": "t"});
        let (strict, _) = account(&house, "Streng", "mastodon", social).await;
        let client = supervisor(&house).await;

        let accounts = client.get("/api/v1/posts/accounts").await;
        let limits: Vec<&Json> = accounts.json.as_array().expect("a list").iter().collect();
        assert_eq!(limits.len(), 2);
        assert!(
            limits
                .iter()
                .any(|one| one["capability"]["length"] == json!(500))
        );

        let long = json!({"brand": brand, "text": "ä".repeat(501), "inboxes": [open, strict]});
        let preview = client.post("/api/v1/posts/preview", long.clone()).await;
        assert_eq!(preview.status, 200, "{preview:?}");
        assert_eq!(preview.json[0]["refusal"], Json::Null);
        assert_eq!(preview.json[1]["length"], json!(501));
        assert_eq!(
            preview.json[1]["refusal"]["code"],
            json!("too_long_for_network")
        );
        let refused = client.post("/api/v1/posts", long).await;
        assert_eq!(refused.status, 422);
        assert_eq!(
            refused.json["errors"][0]["field"],
            json!(format!("inboxes.{strict}"))
        );

        let body = json!({"brand": brand, "text": "Bis 22 Uhr.", "inboxes": [open, strict]});
        let key = [("idempotency-key", "post-1")];
        let path = "/api/v1/posts";
        let first = client
            .send(Method::POST, path, Some(body.clone()), &key)
            .await;
        assert_eq!(first.status, 202, "{first:?}");
        assert_eq!(
            first.json["accounts"].as_array().expect("accounts").len(),
            2
        );
        assert_eq!(
            first.json["accounts"][0]["message"]["conversation_id"],
            Json::Null
        );
        let again = client.send(Method::POST, path, Some(body), &key).await;
        assert_eq!((again.status, &again.json["id"]), (202, &first.json["id"]));

        let list = client.get("/api/v1/posts?limit=1").await;
        assert_eq!(list.json["items"][0]["id"], first.json["id"]);
        assert_eq!(list.json["next_cursor"], Json::Null, "said once");
        let message = first.json["accounts"][1]["message"]["id"]
            .as_str()
            .expect("an id");
        let back = client
            .post(&format!("/api/v1/messages/{message}/cancel"), json!({}))
            .await;
        assert_eq!(
            back.json["delivery"]["state"],
            json!("cancelled"),
            "{back:?}"
        );
        let id = first.json["id"].as_str().expect("an id");
        let shown = client.get(&format!("/api/v1/posts/{id}")).await;
        let states: Vec<&Json> = shown.json["accounts"]
            .as_array()
            .expect("accounts")
            .iter()
            .map(|one| &one["message"]["delivery"]["state"])
            .collect();
        assert_eq!(states, [&json!("queued"), &json!("cancelled")]);
    }
}

#[tokio::test]
async fn holding_replies_name_whom_they_cannot_reach() {
    for house in houses().await {
        let client = supervisor(&house).await;
        let body = json!({
            "conversations": ["7"],
            "texts": ["Mehr {next_word}.", "Neues {next_word}."],
            "next_word_at": "2999-01-01T00:00:00Z",
            "spread_minutes": 5,
        });
        let path = "/api/v1/conversations/holding-replies";
        let held = client.post(path, body.clone()).await;
        assert_eq!(held.status, 202, "{held:?}");
        assert_eq!(held.json["queued"], json!([]));
        assert_eq!(
            held.json["refused"][0]["refusal"]["code"],
            json!("not_found")
        );
        let mut bare = body;
        bare["texts"] = json!(["Mehr.", "Neues."]);
        let refused = client.post(path, bare).await;
        assert_eq!(refused.status, 422);
        assert_eq!(
            refused.json["errors"][0]["code"],
            json!("without_next_word")
        );
        let none = client
            .post(&format!("{path}/cancel"), json!({"messages": ["7"]}))
            .await;
        assert_eq!((none.status, &none.json["messages"]), (200, &json!([])));
    }
}
