//! The networks of the table: how an account is opened at each, and what somebody does there to be heard.
//! What a network can and cannot do does not stand here; its connector says it.

use serde_json::{Value, json};

/// Everything that a case must know of a network to make something happen there.
pub struct Network {
    /// The name of the channel, of its simulated network and of its column.
    pub name: &'static str,
    /// What else is wished for when an account is opened.
    pub wish: fn() -> Value,
    /// What else is set in our inbox.
    pub settings: fn() -> Value,
    /// A setting by which news are pushed, where they are asked for without it.
    pub pushing: Option<&'static str>,
    /// How a customer speaks to us where all can read it.
    pub speaks: fn() -> Value,
    /// How our people answer in the network's own app.
    pub native: fn() -> Value,
    /// What a customer does first, where they take no message from strangers.
    pub opens: Option<fn() -> Value>,
    /// The request by which something public is said, and the one by which something private is.
    pub public_write: (&'static str, &'static str),
    pub private_write: (&'static str, &'static str),
    /// The request by which news are asked for; none where any request to the network is one.
    pub asks: Option<(&'static str, &'static str)>,
    /// A limit of the network that what is said first after it runs against.
    pub limit: (&'static str, u32),
}

/// The name of our account at each of them.
pub const HANDLE: &str = "nordtalbahn";

fn nothing() -> Value {
    json!({})
}

fn mention() -> Value {
    json!({"act": "post", "to": HANDLE})
}

fn comment() -> Value {
    json!({"act": "comment"})
}

fn native_reply() -> Value {
    json!({"act": "native_reply"})
}

const USUAL: Network = Network {
    name: "",
    wish: nothing,
    settings: nothing,
    pushing: None,
    speaks: comment,
    native: native_reply,
    opens: None,
    public_write: ("POST", "/comments"),
    private_write: ("POST", "/messages"),
    asks: None,
    limit: ("calls", 0),
};

/// The columns.
pub static NETWORKS: &[Network] = &[
    Network {
        name: "bluesky",
        speaks: mention,
        native: || json!({"act": "reply", "by": HANDLE}),
        public_write: ("POST", "createRecord"),
        private_write: ("POST", "sendMessage"),
        limit: ("points", 2),
        ..USUAL
    },
    Network {
        name: "discourse",
        speaks: mention,
        public_write: ("POST", "/posts.json"),
        private_write: ("POST", "/posts.json"),
        ..USUAL
    },
    Network {
        name: "email",
        private_write: ("smtp", "/content"),
        // The stream that is told of new mail asks as well; who comes to ask signs in first.
        asks: Some(("imap", "/login")),
        limit: ("sends", 0),
        ..USUAL
    },
    Network {
        name: "facebook",
        ..USUAL
    },
    Network {
        name: "feed",
        speaks: || json!({"act": "post"}),
        ..USUAL
    },
    Network {
        name: "form",
        ..USUAL
    },
    Network {
        name: "instagram",
        public_write: ("POST", "/replies"),
        ..USUAL
    },
    Network {
        name: "mastodon",
        // Edits are told of those whom the account follows.
        wish: || json!({"follows_everybody": true}),
        speaks: mention,
        native: || json!({"act": "reply", "by": HANDLE}),
        public_write: ("POST", "/api/v1/statuses"),
        private_write: ("POST", "/api/v1/statuses"),
        ..USUAL
    },
    Network {
        name: "telegram",
        wish: || json!({"group": "Nordtal", "group_kind": "supergroup", "channel": "nordtal_news"}),
        // Nobody waits here for what does not come.
        settings: || json!({"wait_seconds": 0}),
        pushing: Some("push"),
        speaks: || json!({"act": "post"}),
        public_write: ("POST", "sendMessage"),
        private_write: ("POST", "sendMessage"),
        limit: ("all", 0),
        ..USUAL
    },
    Network {
        name: "twilio",
        private_write: ("POST", "/Messages"),
        limit: ("sends", 0),
        ..USUAL
    },
    Network {
        name: "webhook",
        public_write: ("POST", "/answer"),
        private_write: ("POST", "/answer"),
        ..USUAL
    },
    Network {
        name: "whatsapp",
        limit: ("pair", 0),
        ..USUAL
    },
    Network {
        name: "x",
        wish: || json!({"push": true}),
        // Whether posts of others still stand is asked for at a price, and only where it is wished for.
        settings: || json!({"recheck_posts": 100}),
        speaks: mention,
        opens: Some(|| json!({"act": "open_dms"})),
        public_write: ("POST", "/2/tweets"),
        limit: ("post", 0),
        ..USUAL
    },
    Network {
        name: "youtube",
        limit: ("units", 30),
        ..USUAL
    },
];
