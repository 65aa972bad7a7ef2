//! The kinds of network there are, as data for whoever connects an inbox.

use serde_json::{Value as Json, json};

/// A kind of network.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    pub channel: &'static str,
    pub capabilities: Json,
    pub settings_schema: Json,
    pub needs_public_address: bool,
}

/// Lists every channel there is.
pub fn list() -> Vec<Kind> {
    kulant_channels::CHANNELS
        .iter()
        .map(|channel| Kind {
            channel: channel.name(),
            capabilities: json!(channel.capabilities()),
            settings_schema: channel.settings_schema(),
            needs_public_address: channel.capabilities().needs_public_address,
        })
        .collect()
}
