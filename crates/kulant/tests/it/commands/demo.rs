//! The demo as real processes: a living desk, whose customers are met on simulated networks, and which
//! goes on where it ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::driver::{Client, Place, wait_until};

/// The channels whose customers the demo meets on simulated networks.
const NETWORKS: [&str; 9] = [
    "bluesky",
    "email",
    "facebook",
    "instagram",
    "mastodon",
    "telegram",
    "whatsapp",
    "x",
    "youtube",
];

#[test]
fn the_demo_is_a_living_desk() {
    let place = Place::new();
    let mut demo = place.demo();
    let (email, password) = demo.log_in("agent");
    let mut client = demo.client();
    let body = json!({"email": email, "password": password}).to_string();
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let session = client
        .send("POST", "/api/v1/session", &headers, body.as_bytes())
        .unwrap();
    assert_eq!(session.status, 200, "{session:?}");

    let token = place.lines(&["token", "add", "--email", &email]).remove(0);
    wait_until("customers have written", || {
        client.list("/api/v1/conversations?limit=100", &token).len() > 20
    });
    let network = demo.network();
    assert!(
        Client::to(&network)
            .get("/", None)
            .is_some_and(|page| page.status == 200)
    );
    assert_eq!(demo.interrupt(), Some(0));
    wait_until("the network has ended too", || {
        Client::to(&network).get("/", None).is_none()
    });

    // The next start goes on with the same people and passwords.
    assert_eq!(place.demo().log_in("agent"), (email.clone(), password));

    // As after a start that was killed before it knew its log-ins: what is there stays.
    fs::write(place.file("demo.json"), "[]").unwrap();
    let demo = place.demo();
    let (again, password) = demo.log_in("agent");
    assert_eq!(again, email);
    let body = json!({"email": email, "password": password}).to_string();
    let session = demo
        .client()
        .send("POST", "/api/v1/session", &headers, body.as_bytes())
        .unwrap();
    assert_eq!(session.status, 200, "{session:?}");
    drop(demo);
    // The past may still be coming in, but nothing of it a second time.
    let mut inboxes = BTreeSet::new();
    let mut begun = BTreeSet::new();
    for line in place.lines(&["export", "conversations"]) {
        let one: Value = serde_json::from_str(&line).unwrap();
        inboxes.insert(one["inbox"]["name"].to_string() + &one["inbox"]["id"].to_string());
        let when = (
            one["inbox"]["name"].to_string(),
            one["contact"]["name"].to_string(),
        );
        let is_new = begun.insert((when, one["opened_at"].to_string()));
        assert!(is_new, "twice: {one}");
    }
    let names: BTreeSet<&str> = inboxes
        .iter()
        .filter_map(|one| one.split('"').nth(1))
        .collect();
    assert_eq!(
        names.len(),
        inboxes.len(),
        "the world was made twice: {inboxes:?}"
    );
}

#[test]
fn customers_are_met_on_networks_and_answered_there() {
    let place = Place::new();
    let demo = place.demo_of(5);
    let (email, _) = demo.log_in("administrator");
    let token = place.lines(&["token", "add", "--email", &email]).remove(0);
    let mut client = demo.client();
    let told_by = |client: &mut Client| -> BTreeSet<String> {
        list(client, &token)
            .iter()
            .map(|one| one["inbox"]["channel"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut network = Client::to(&demo.network());
    wait_until("customers have written on every network", || {
        pass(&mut network);
        let channels = told_by(&mut client);
        channels.contains("webhook") && NETWORKS.iter().all(|name| channels.contains(*name))
    });

    // One open conversation on each network is answered, and the customers react in a while.
    let mut answered: BTreeMap<String, (String, i64)> = BTreeMap::new();
    for one in list(&mut client, &token) {
        let channel = one["inbox"]["channel"].as_str().unwrap().to_owned();
        let is_known = answered.contains_key(&channel) || !NETWORKS.contains(&channel.as_str());
        let waits = one["status"] == "open" && one["preview_direction"] == "in";
        if is_known || !waits {
            continue;
        }
        let id = one["id"].as_str().unwrap().to_owned();
        if answer(&mut client, &token, &one) {
            answered.insert(channel, (id, one["message_count"].as_i64().unwrap()));
        }
    }
    assert!(answered.len() >= 3, "{answered:?}");
    for (channel, (id, _)) in &answered {
        let path = format!("/api/v1/conversations/{id}/messages?order=newest&limit=20");
        wait_until(&format!("{channel} has the answer"), || {
            let messages = client.list(&path, &token);
            messages.iter().any(|message| {
                assert_ne!(
                    message["delivery"]["state"], "failed",
                    "{channel}: {message}"
                );
                message["delivery"]["state"] == "sent" && message["network_id"].is_string()
            })
        });
    }
    wait_until("somebody who was answered has written again", || {
        pass(&mut network);
        answered.values().any(|(id, count)| {
            let path = format!("/api/v1/conversations/{id}");
            let one = client.get(&path, Some(&token)).unwrap().json();
            one["message_count"].as_i64().unwrap() > count + 1 && one["preview_direction"] == "in"
        })
    });
}

#[test]
fn what_stood_on_a_network_before_the_demo_ended_is_answered_after_it() {
    let place = Place::new();
    let mut demo = place.demo();
    let (email, _) = demo.log_in("administrator");
    let token = place.lines(&["token", "add", "--email", &email]).remove(0);
    let mut client = demo.client();
    let waiting = |client: &mut Client| {
        list(client, &token).into_iter().find(|one| {
            let channel = one["inbox"]["channel"].as_str().unwrap();
            matches!(channel, "mastodon" | "x" | "whatsapp" | "bluesky")
                && one["status"] == "open"
                && one["preview_direction"] == "in"
        })
    };
    let mut known = None;
    wait_until("somebody waits for an answer", || {
        known = waiting(&mut client);
        known.is_some()
    });
    let known = known.unwrap();
    let before = messages(&mut client, &token);
    assert_eq!(demo.interrupt(), Some(0));
    assert!(place.file("demo-networks.json").exists());

    let demo = place.demo();
    let mut client = demo.client();
    assert!(answer(&mut client, &token, &known), "{known}");
    let path = format!(
        "/api/v1/conversations/{}/messages",
        known["id"].as_str().unwrap()
    );
    wait_until("the answer has arrived", || {
        client.list(&path, &token).iter().any(|message| {
            assert_ne!(message["delivery"]["state"], "failed", "{message}");
            message["delivery"]["state"] == "sent"
        })
    });
    // Whatever is asked for again is the same, and no new message has the id of an old one.
    let after = messages(&mut client, &token);
    for (id, (body, author)) in &before {
        let now = after.get(id).unwrap_or_else(|| panic!("{id} is gone"));
        assert_eq!(now.1, *author, "{id}: {body}");
    }
}

/// Lets half a minute of the world's time pass.
fn pass(network: &mut Client) {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let body = br#"{"advance_seconds":30}"#;
    let moved = network.send("POST", "/_sim/clock", &headers, body);
    assert_eq!(moved.unwrap().status, 200);
}

/// Every conversation.
fn list(client: &mut Client, token: &str) -> Vec<Value> {
    client.list("/api/v1/conversations?limit=100", token)
}

/// The text and the author of every message of every inbox, by the network's id.
fn messages(client: &mut Client, token: &str) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    for one in list(client, token) {
        let path = format!(
            "/api/v1/conversations/{}/messages",
            one["id"].as_str().unwrap()
        );
        for message in client.list(&path, token) {
            let Some(id) = message["network_id"].as_str() else {
                continue;
            };
            let key = format!("{} {id}", message["inbox"]["id"]);
            let text = message["body"].as_str().unwrap_or_default().to_owned();
            let doubled = found.insert(key, (text, message["author"]["name"].to_string()));
            assert!(doubled.is_none(), "{message} stands there twice");
        }
    }
    found
}

/// Answers a conversation where it is; no where nobody may.
fn answer(client: &mut Client, token: &str, conversation: &Value) -> bool {
    let id = conversation["id"].as_str().unwrap();
    let whole = client
        .get(&format!("/api/v1/conversations/{id}"), Some(token))
        .unwrap()
        .json();
    let side = ["private", "public"].into_iter().find(|side| {
        conversation["visibility"] == *side && whole["capabilities"][side]["send"] == true
    });
    let Some(side) = side else {
        return false;
    };
    let body =
        json!({"body": "Das tut uns leid, wir kümmern uns sofort darum.", "visibility": side});
    let headers = [
        ("content-type".to_owned(), "application/json".to_owned()),
        ("authorization".to_owned(), format!("Bearer {token}")),
    ];
    let path = format!("/api/v1/conversations/{id}/messages");
    let said = client
        .send("POST", &path, &headers, body.to_string().as_bytes())
        .unwrap();
    assert_eq!(said.status, 202, "{said:?}");
    true
}
