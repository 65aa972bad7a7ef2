//! `/channels`: the kinds of network there are, what they can do and what they ask to be set.

use axum::extract::State;
use kulant_care::Care;
use kulant_care::admin::channels as care_channels;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::failures::ReadFailures;
use crate::App;
use crate::input::Json;
use crate::page::Page;
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A kind of network.
#[derive(Serialize, ToSchema)]
struct Channel {
    #[serde(rename = "channel")]
    #[schema(example = "webhook")]
    kind: &'static str,
    /// The key of its name in the locale files.
    name: String,
    /// What it can do, in public and in private.
    #[schema(value_type = Object)]
    capabilities: Value,
    /// The part of JSON Schema from which the settings form is drawn.
    #[schema(value_type = Object)]
    settings_schema: Value,
    /// Whether the network must be able to reach this kulant from outside.
    needs_public_address: bool,
    /// What an inbox is connected with at the network's own page; null where tokens are typed in.
    connecting: Option<Connecting>,
}

/// What it takes to connect an account at its network's own page.
#[derive(Serialize, ToSchema)]
struct Connecting {
    /// Whose page it is.
    #[schema(example = "Mastodon")]
    at: &'static str,
    /// The settings that come of it, so that nobody has to type them in.
    fills: &'static [&'static str],
}

/// Lists every channel there is, on one page.
#[utoipa::path(get, path = "/channels", tag = "inboxes",
    responses((status = 200, body = Page<Channel>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(State(_): State<Care>, Who(_): Who) -> Result<Json<Page<Channel>>, Problem> {
    Ok(Json(Page {
        items: care_channels::list()
            .into_iter()
            .map(|channel| Channel {
                kind: channel.channel,
                name: format!("channel.{}.name", channel.channel),
                capabilities: channel.capabilities,
                settings_schema: channel.settings_schema,
                needs_public_address: channel.needs_public_address,
                connecting: channel
                    .connecting
                    .map(|(at, fills)| Connecting { at, fills }),
            })
            .collect(),
        next_cursor: None,
    }))
}
