//! Connecting a page: what is asked of whoever manages it, and what of the page the inbox keeps.

use serde_json::{Value, json};

use super::wire;
use crate::connect::{Connecting, Permit};
use crate::graph::client::id_in;
use crate::graph::connect::{Found, Kind, NEEDS};

pub(super) static PAGE: Kind = Kind {
    scopes: &[
        Permit::new("pages_show_list", "channel.scope.pages"),
        Permit::new("pages_manage_metadata", "channel.scope.news"),
        Permit::new("pages_read_engagement", "channel.scope.read_public"),
        Permit::new("pages_read_user_content", "channel.scope.read_visitors"),
        Permit::new("pages_manage_engagement", "channel.scope.write_public"),
        Permit::new("pages_manage_posts", "channel.scope.own_posts"),
        Permit::new("pages_messaging", "channel.scope.both_private"),
    ],
    fields: "id,name,access_token",
    subscribed: &wire::SUBSCRIBED_FIELDS,
    account: page,
};

pub(super) fn connecting() -> Connecting {
    Connecting {
        at: "Facebook",
        scopes: PAGE.scopes.to_vec(),
        needs: NEEDS,
        fills: &["page_id", "access_token", "user_token"],
    }
}

fn page(page: &Value) -> Option<Found> {
    let id = id_in(page, "id")?;
    Some(Found {
        name: id_in(page, "name").unwrap_or_else(|| id.clone()),
        settings: json!({"page_id": id}),
        id,
    })
}
