//! Connecting by Facebook's page: a person agrees, the code becomes a token of theirs that lives for 60
//! days, and one of the pages that they manage becomes the inbox's, with a token of its own.

use serde_json::{Value, json};

use super::client::{Graph, base_url, id_in};
use super::refusal;
use crate::connect::{
    self, Agreement, Attempt, Authorisation, Choice, ConnectError, Connected, Grant, Permit,
};
use crate::delivery::Account;
use crate::http::{Http, HttpError, Request};
use crate::outbound::SendError;

/// Where a person agrees, unless an inbox says otherwise.
pub(crate) const AUTHORISE_URL: &str = "https://www.facebook.com/v26.0/dialog/oauth";
/// What must be set before: the app in whose name a person is asked.
pub(crate) const NEEDS: &[&str] = &["app_id", "app_secret"];
/// How many pages of a person's list of pages are read.
const LIST_PAGES: usize = 10;

/// What kind of inbox the page becomes.
pub(crate) struct Kind {
    pub(crate) scopes: &'static [Permit],
    /// What is asked of every page of the person's, besides name and token.
    pub(crate) fields: &'static str,
    /// What the app is subscribed to at the page.
    pub(crate) subscribed: &'static [&'static str],
    /// Makes the account of a page; none where the page has nothing that an inbox could be.
    pub(crate) account: fn(&Value) -> Option<Found>,
}

/// An account that an inbox could be.
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The settings that name it.
    pub(crate) settings: Value,
}

pub(crate) fn authorise(
    account: &Account,
    kind: &Kind,
    attempt: &Attempt,
) -> Result<Authorisation, ConnectError> {
    let address = account.setting("authorise_url").unwrap_or(AUTHORISE_URL);
    let app = connect::needed(account.setting("app_id"), "app_id")?;
    let scopes = connect::names(kind.scopes, ",");
    Ok(Authorisation {
        url: connect::page(address, (app, &scopes), attempt, &[])?,
        kept: Value::Null,
    })
}

/// Exchanges the code and finds the page; `wanted` is the account that the inbox is already.
pub(crate) async fn connect(
    account: &Account,
    (kind, wanted): (&Kind, Option<&str>),
    agreement: &Agreement,
    http: &Http,
) -> Result<Connected, ConnectError> {
    let short = code_for_token(account, agreement, http).await?;
    let user = super::health::long_lived(account, &short, http).await?;
    let pages = pages(account, kind, &user, http).await?;
    let found: Vec<(Found, &Value)> = pages
        .iter()
        .filter_map(|page| Some(((kind.account)(page)?, page)))
        .collect();
    let chosen = match (wanted, found.as_slice()) {
        (_, []) => return Err(ConnectError::NoAccount),
        (Some(wanted), found) => found.iter().find(|(found, _)| found.id == wanted),
        (None, [one]) => Some(one),
        (None, _) => {
            let of = found.iter().map(|(found, _)| Choice {
                id: found.id.clone(),
                name: found.name.clone(),
            });
            return Ok(Connected::Choice {
                of: of.collect(),
                kept: json!({"user_token": user, "pages": pages}),
            });
        }
    };
    let Some((_, page)) = chosen else {
        let names: Vec<&str> = found.iter().map(|(found, _)| found.name.as_str()).collect();
        return Err(ConnectError::OtherAccount {
            wanted: wanted.unwrap_or_default().to_owned(),
            found: names.join(", "),
        });
    };
    Ok(Connected::Account(
        take(account, (kind, page), &user, http).await?,
    ))
}

/// Connects with one of the pages that were found.
pub(crate) async fn connect_chosen(
    account: &Account,
    kind: &Kind,
    (kept, choice): (&Value, &str),
    http: &Http,
) -> Result<Grant, ConnectError> {
    let pages = kept.get("pages").and_then(Value::as_array);
    let chosen = pages
        .into_iter()
        .flatten()
        .find(|page| (kind.account)(page).is_some_and(|found| found.id == choice));
    let user = id_in(kept, "user_token");
    match (chosen, user) {
        (Some(page), Some(user)) => Ok(take(account, (kind, page), &user, http).await?),
        _ => Err(ConnectError::NoAccount),
    }
}

/// Takes a page: has its news sent to the app, and returns what the inbox keeps.
async fn take(
    account: &Account,
    (kind, page): (&Kind, &Value),
    user: &str,
    http: &Http,
) -> Result<Grant, SendError> {
    let unreadable = || SendError::Unreadable("a page has no id or no token".to_owned());
    let found = (kind.account)(page).ok_or_else(unreadable)?;
    let id = id_in(page, "id").ok_or_else(unreadable)?;
    let token = id_in(page, "access_token").ok_or_else(unreadable)?;
    let graph = Graph::with_token(account, http, &token)?;
    let fields = kind.subscribed.join(",");
    graph
        .post_form(
            &[&id, "subscribed_apps"],
            &[("subscribed_fields", fields.as_str())],
        )
        .await?;
    Ok(Grant {
        settings: found.settings,
        secrets: json!({
            "access_token": token,
            "user_token": user,
            "renewed_at": account.now.as_seconds(),
        }),
    })
}

/// Lists the pages that a person manages.
async fn pages(
    account: &Account,
    kind: &Kind,
    user: &str,
    http: &Http,
) -> Result<Vec<Value>, SendError> {
    let graph = Graph::with_token(account, http, user)?;
    let mut pages = Vec::new();
    let mut after = String::new();
    for _ in 0..LIST_PAGES {
        let mut query = vec![("fields", kind.fields), ("limit", "100")];
        if !after.is_empty() {
            query.push(("after", after.as_str()));
        }
        let reading = graph.ask(&["me", "accounts"], &query).await?;
        let found = reading.body.get("data").and_then(Value::as_array);
        pages.extend(found.into_iter().flatten().cloned());
        let paging = reading.body.get("paging");
        let cursor = paging
            .filter(|paging| paging.get("next").is_some())
            .and_then(|paging| paging.pointer("/cursors/after")?.as_str());
        match cursor {
            Some(cursor) => cursor.clone_into(&mut after),
            None => break,
        }
    }
    Ok(pages)
}

/// Exchanges the code for the short-lived token of whoever agreed.
async fn code_for_token(
    account: &Account,
    agreement: &Agreement,
    http: &Http,
) -> Result<String, SendError> {
    let version = account.setting("version").unwrap_or(super::VERSION);
    let address = format!(
        "{}/{version}/oauth/access_token",
        base_url(account).trim_end_matches('/')
    );
    let fields = [
        (
            "client_id",
            connect::needed(account.setting("app_id"), "app_id")?,
        ),
        (
            "client_secret",
            connect::needed(account.secret("app_secret"), "app_secret")?,
        ),
        ("redirect_uri", agreement.redirect_url.as_str()),
        ("code", agreement.code.as_str()),
    ];
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let answer = http
        .send(Request::get(format!("{address}?{query}")))
        .await
        .map_err(HttpError::when_asking)?;
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    match body {
        Some(body) if answer.status < 300 => super::health::token_in(&body),
        body if answer.status >= 300 => {
            match refusal::of_answer(&answer, body.as_ref(), account.now) {
                // A code that is not taken is one of a bad parameter here.
                SendError::ContentRejected(detail) | SendError::RecipientGone(detail) => {
                    Err(SendError::AuthBroken(detail))
                }
                error => Err(error),
            }
        }
        _ => Err(SendError::Unreadable("the answer has no token".to_owned())),
    }
}
