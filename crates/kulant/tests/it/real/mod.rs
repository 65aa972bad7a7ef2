//! The real server against real servers of networks: mail servers as Debian packs them, and a Bluesky
//! server as its makers publish it. What the networks' folders prove part by part, end to end.

mod bluesky;
mod mail;
mod mail_servers;
mod pds;

use serde_json::{Value, json};

use super::driver::{Answer, Client, Server, wait_until};

/// The server under test, and who asks it.
struct Desk {
    client: Client,
    token: String,
}

impl Desk {
    fn new(server: &Server, token: &str) -> Self {
        Self {
            client: server.client(),
            token: token.to_owned(),
        }
    }

    fn post(&mut self, path: &str, body: &Value) -> Answer {
        let headers = [
            ("authorization".to_owned(), format!("Bearer {}", self.token)),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        let body = body.to_string();
        let sent = self.client.send("POST", path, &headers, body.as_bytes());
        sent.expect("the server answers")
    }

    /// Connects an account.
    fn connect(&mut self, channel: &str, settings: &Value) -> String {
        let wish = json!({"name": "Nordbahn", "channel": channel, "settings": settings});
        let answer = self.post("/api/v1/inboxes", &wish);
        assert_eq!(answer.status, 201, "{}", answer.json());
        text(&answer.json()["id"]).to_owned()
    }

    /// Waits until the inbox was asked for news without trouble.
    fn wait_until_healthy(&mut self, inbox: &str) {
        let path = format!("/api/v1/inboxes/{inbox}");
        let (client, token) = (&mut self.client, &self.token);
        let mut last = Value::Null;
        wait_until("the inbox is healthy", || {
            let answer = client.get(&path, Some(token)).expect("an answer");
            last = answer.json();
            last["state"] == "active" && last["health"]["checked_at"].is_string()
        });
        assert_eq!(last["health"]["trouble"], Value::Null, "{last}");
    }

    /// Waits until there are so many conversations, newest first.
    fn wait_for_conversations(&mut self, count: usize) -> Vec<Value> {
        let (client, token) = (&mut self.client, &self.token);
        let mut found = Vec::new();
        wait_until("the conversations are there", || {
            found = client.list("/api/v1/conversations", token);
            found.len() >= count
        });
        assert_eq!(found.len(), count, "{found:?}");
        found
    }

    /// Waits until a conversation has so many messages that all are in or out, oldest first.
    fn wait_for_messages(&mut self, conversation: &str, count: usize) -> Vec<Value> {
        let path = format!("/api/v1/conversations/{conversation}/messages?limit=200");
        let (client, token) = (&mut self.client, &self.token);
        let mut found = Vec::new();
        wait_until("the messages are there", || {
            found = client.list(&path, token);
            let settled = |message: &Value| {
                let state = message["delivery"]["state"].as_str();
                assert_ne!(state, Some("failed"), "{message}");
                matches!(state, None | Some("sent"))
            };
            found.len() >= count && found.iter().all(settled)
        });
        assert_eq!(found.len(), count, "{found:?}");
        found
    }

    /// Answers by the interface, as the desk does.
    fn reply(&mut self, conversation: &str, visibility: &str, body: &str) {
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let answer = self.post(&path, &json!({"body": body, "visibility": visibility}));
        assert_eq!(answer.status, 202, "{}", answer.json());
    }
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
}
