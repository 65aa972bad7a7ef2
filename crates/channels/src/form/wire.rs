//! What our own form page hands in, as it is kept among the raw deliveries.

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::KIND;
use crate::delivery::RawDelivery;
use crate::signature::sha256_hex;

/// One submission of the form, or one more message on the private page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Made by the page for every submission, so that a double click is one message.
    pub id: String,
    /// What `thread_key` makes of the private page's secret; the secret itself is kept nowhere.
    pub thread: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub subject: Option<String>,
    pub text: String,
    #[serde(default)]
    pub attachments: Vec<Upload>,
    /// The page that the form stood on.
    #[serde(default)]
    pub page_url: Option<String>,
    #[serde(default)]
    pub language: Option<String>,
}

/// A file that was uploaded with the form and lies with us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    pub id: String,
    pub name: String,
    pub media_type: String,
    pub size: u64,
}

/// Returns the key of the private thread that the holder of a secret may read.
pub fn thread_key(secret: &str) -> String {
    sha256_hex(secret.as_bytes())
}

impl Submission {
    /// Makes the delivery to be kept.
    pub fn delivery(&self, now: Timestamp) -> RawDelivery {
        RawDelivery {
            kind: KIND.to_owned(),
            key: self.id.clone(),
            headers: Vec::new(),
            body: serde_json::to_vec(self).expect("a submission is plain JSON"),
            received_at: now,
        }
    }
}
