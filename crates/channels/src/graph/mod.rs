//! What Facebook, Instagram and WhatsApp share: the Graph API's requests and refusals, its hook with
//! signature and handshake, the two kinds of private messages, pages of history, and the health of
//! an account, and how one is connected. Is no channel itself.

pub(crate) mod client;
pub(crate) mod connect;
pub(crate) mod envelope;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod hook;
pub(crate) mod looking;
pub(crate) mod messaging;
mod missing;
pub(crate) mod refusal;
pub(crate) mod sending;
pub(crate) mod settings;
pub(crate) mod usage;
pub(crate) mod walking;
pub(crate) mod wish;

/// The address of the Graph API, unless an inbox says otherwise.
pub(crate) const BASE_URL: &str = "https://graph.facebook.com";
/// The same for an Instagram account that was connected without a Facebook page.
pub(crate) const INSTAGRAM_BASE_URL: &str = "https://graph.instagram.com";
/// The version of the Graph API, unless an inbox says otherwise.
pub(crate) const VERSION: &str = "v26.0";
/// The day on which the sheet behind these channels was compared with Meta's documentation.
pub(crate) const CHECKED_ON: &str = "2026-11-22";

/// The kind of a delivery that Meta made to our hook.
pub(crate) const GRAPH: &str = "graph";
/// The kind of a wish to have somebody's data erased.
pub(crate) const SIGNED_REQUEST: &str = "signed_request";
/// The kind of the word that somebody left the app, which is no wish to be erased.
pub(crate) const DEAUTHORISED: &str = "deauthorised";
/// The kind of a wish whose person was asked for among those of the page.
pub(crate) const MATCHED_WISH: &str = "matched_wish";

#[cfg(test)]
mod tests;
