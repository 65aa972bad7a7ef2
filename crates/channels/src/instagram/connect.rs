//! Connecting an account by its Facebook page: what is asked of whoever manages the page, and what of
//! page and account the inbox keeps. An account without a page has its tokens typed in.

use serde_json::{Value, json};

use crate::connect::{Connecting, Permit};
use crate::graph::client::id_in;
use crate::graph::connect::{Found, Kind, NEEDS};

pub(super) static ACCOUNT: Kind = Kind {
    scopes: &[
        Permit::new("pages_show_list", "channel.scope.pages"),
        Permit::new("pages_manage_metadata", "channel.scope.news"),
        Permit::new("instagram_basic", "channel.scope.account"),
        Permit::new("instagram_manage_comments", "channel.scope.comments"),
        Permit::new("instagram_manage_messages", "channel.scope.both_private"),
    ],
    fields: "id,name,access_token,instagram_business_account{id,username}",
    // At a page it is enough that there is a subscription; what the app hears of the account is set at
    // the app.
    subscribed: &["feed"],
    account,
};

/// Returns what connecting takes; none for an account that was connected without a page.
pub(super) fn connecting(settings: &Value) -> Option<Connecting> {
    let login = settings.get("login").and_then(Value::as_str);
    (login != Some("instagram")).then(|| Connecting {
        at: "Facebook",
        scopes: ACCOUNT.scopes.to_vec(),
        needs: NEEDS,
        fills: &[
            "account_id",
            "username",
            "page_id",
            "access_token",
            "user_token",
        ],
    })
}

fn account(page: &Value) -> Option<Found> {
    let own = page.get("instagram_business_account")?;
    let id = id_in(own, "id")?;
    let username = id_in(own, "username");
    let mut settings = json!({"account_id": id, "page_id": id_in(page, "id")?});
    if let Some(username) = &username {
        settings["username"] = json!(username);
    }
    Some(Found {
        name: username.unwrap_or_else(|| id.clone()),
        settings,
        id,
    })
}
