//! What a customer does on a network, and which accounts there are, as tests and the demo world order it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One thing that somebody does. Which fields count depends on the network and on what is done.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Act {
    /// `post`, `comment`, `reply`, `dm`, `edit`, `delete`, `react`, `unreact`, `block`, `unblock`,
    /// `close_dms`, `open_dms`, `depart`, and what a network has besides.
    #[serde(rename = "act")]
    pub(crate) what: String,
    /// The person's handle; somebody new joins the network by acting.
    #[serde(default)]
    pub(crate) by: String,
    /// What a new person is called.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// Our account that it is about: its handle or id. The first one, where it is not said.
    #[serde(default)]
    pub(crate) to: Option<String>,
    #[serde(default)]
    pub(crate) text: String,
    /// The network's id of what it answers, changes or reacts to.
    #[serde(default)]
    pub(crate) of: Option<String>,
    #[serde(default)]
    pub(crate) reaction: Option<String>,
    #[serde(default)]
    pub(crate) attachments: Vec<FileWish>,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// A file that somebody attaches.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FileWish {
    #[serde(default = "a_picture")]
    pub(crate) name: String,
    #[serde(default = "png")]
    pub(crate) media_type: String,
    #[serde(default)]
    pub(crate) base64: Option<String>,
    /// What is to be seen.
    #[serde(default)]
    pub(crate) alt: Option<String>,
}

/// An account to be opened. What it may say depends on the network.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Wish {
    pub(crate) network: String,
    pub(crate) handle: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// Where the network pushes to, where it pushes.
    #[serde(default)]
    pub(crate) hook_url: Option<String>,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// Why something cannot be done: a status of HTTP and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) u16, pub(crate) String);

/// What an order of the control desk gives.
pub(crate) type Done = Result<Value, Refused>;

/// The smallest picture there is, for attachments of which only the existence matters.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

impl Act {
    /// Returns what is answered or changed, or a refusal.
    pub(crate) fn target(&self) -> Result<&str, Refused> {
        self.of.as_deref().ok_or_else(|| missing("of"))
    }

    pub(crate) fn more(&self, name: &str) -> Option<&str> {
        self.more.get(name).and_then(Value::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.more.get(name).and_then(Value::as_bool) == Some(true)
    }

    /// Returns what this person is called.
    pub(crate) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.by)
    }

    pub(crate) fn unknown(&self) -> Refused {
        Refused(422, format!("nobody can {} on this network", self.what))
    }
}

impl Wish {
    pub(crate) fn more(&self, name: &str) -> Option<&str> {
        self.more.get(name).and_then(Value::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.more.get(name).and_then(Value::as_bool) == Some(true)
    }

    pub(crate) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.handle)
    }
}

impl FileWish {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let text = self.base64.as_deref().unwrap_or(PIXEL);
        STANDARD.decode(text).unwrap_or_default()
    }
}

impl Refused {
    pub(crate) fn not_found(what: &str) -> Self {
        Self(404, format!("{what} is not there"))
    }
}

pub(crate) fn missing(field: &str) -> Refused {
    Refused(422, format!("the field {field} is missing"))
}

fn a_picture() -> String {
    "bild.png".to_owned()
}

fn png() -> String {
    "image/png".to_owned()
}
