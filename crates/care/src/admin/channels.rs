//! The kinds of network there are, as data for whoever connects an inbox.

use serde_json::{Value as Json, json};

/// A kind of network.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    pub channel: &'static str,
    pub capabilities: Json,
    pub settings_schema: Json,
    pub needs_public_address: bool,
    /// At whose page an account is connected, and which settings come of it; none where tokens are
    /// typed in, unless other settings say otherwise.
    pub connecting: Option<(&'static str, &'static [&'static str])>,
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
            connecting: channel
                .connecting(&json!({}))
                .map(|connecting| (connecting.at, connecting.fills)),
        })
        .collect()
}
