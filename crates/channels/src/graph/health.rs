//! Whether an account still works: is the token alive, may it do what is needed, does Meta deliver to
//! our hook; and new tokens before the old ones run out.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::client::{Graph, id_in};
use crate::delivery::{Account, Finding, FindingClass};
use crate::http::Http;
use crate::outbound::SendError;

/// Long-lived tokens live 60 days; half of that leaves time for a person to help.
const RENEW_AFTER: Duration = Duration::from_secs(30 * 86_400);
/// From here on a token that runs out is told.
const WARN_BEFORE: Duration = Duration::from_secs(7 * 86_400);

/// What an account needs in order to work.
pub(crate) struct Needs<'a> {
    /// Permissions of the token; none where nobody can be asked about it.
    pub(crate) scopes: &'a [&'a str],
    /// Whose subscription is looked at: the page, the Instagram account, the business account.
    pub(crate) node: Option<&'a str>,
    /// Fields that must be subscribed; none where the network subscribes as a whole.
    pub(crate) fields: &'a [&'a str],
}

/// Looks at token, permissions and subscription, and returns everything that is wrong.
pub(crate) async fn probe(
    account: &Account,
    needs: &Needs<'_>,
    http: &Http,
) -> Result<Vec<Finding>, SendError> {
    let graph = match Graph::open(account, http) {
        Ok(graph) => graph,
        Err(error) => return found(error).map(|finding| vec![finding]),
    };
    let mut findings = Vec::new();
    if let Err(error) = look_at_token(account, needs, http, &mut findings).await {
        findings.push(found(error)?);
    }
    if findings
        .iter()
        .any(|finding| finding.class == FindingClass::Token)
    {
        return Ok(findings);
    }
    if let Some(node) = needs.node {
        match graph.ask(&[node, "subscribed_apps"], &[]).await {
            Ok(reading) => look_at_subscription(account, needs, &reading.body, &mut findings),
            Err(error) => findings.push(found(error)?),
        }
    }
    Ok(findings)
}

/// Returns when the long-lived token of a person behind the account is to be exchanged.
pub(crate) fn renew_at(account: &Account) -> Timestamp {
    let renewed_at = account
        .secrets
        .get("renewed_at")
        .and_then(Value::as_i64)
        .filter(|seconds| (0..253_402_300_800).contains(seconds));
    match renewed_at {
        Some(seconds) => Timestamp::from_seconds(seconds).after(RENEW_AFTER),
        // Nobody knows how old a token was when it was typed in.
        None => account.now,
    }
}

/// Exchanges the person's token for a new one, and takes the page's token from it.
pub(crate) async fn renew_page(
    account: &Account,
    page: &str,
    http: &Http,
) -> Result<Value, SendError> {
    let missing = |name: &str| SendError::Forbidden(format!("{name} is not set"));
    let old = account
        .secret("user_token")
        .ok_or_else(|| missing("user_token"))?;
    let user = long_lived(account, old, http).await?;

    let graph = Graph::with_token(account, http, &user)?;
    let page = graph.ask(&[page], &[("fields", "access_token")]).await?;
    let page = token_in(&page.body)?;
    Ok(json!({
        "user_token": user,
        "access_token": page,
        "renewed_at": account.now.as_seconds(),
    }))
}

/// Exchanges a token of a person for one that lives for 60 days from now.
pub(crate) async fn long_lived(
    account: &Account,
    old: &str,
    http: &Http,
) -> Result<String, SendError> {
    let missing = |name: &str| SendError::Forbidden(format!("{name} is not set"));
    let app_id = account.setting("app_id").ok_or_else(|| missing("app_id"))?;
    let app_secret = account
        .secret("app_secret")
        .ok_or_else(|| missing("app_secret"))?;
    let exchange = [
        ("grant_type", "fb_exchange_token"),
        ("client_id", app_id),
        ("client_secret", app_secret),
        ("fb_exchange_token", old),
    ];
    let graph = Graph::with_token(account, http, old)?;
    let user = graph.ask(&["oauth", "access_token"], &exchange).await?;
    token_in(&user.body)
}

/// Exchanges the token of an Instagram account that was connected without a page.
pub(crate) async fn renew_instagram(account: &Account, http: &Http) -> Result<Value, SendError> {
    let graph = Graph::open(account, http)?;
    let old = account.secret("access_token").unwrap_or_default();
    let exchange = [("grant_type", "ig_refresh_token"), ("access_token", old)];
    let reading = graph.ask(&["refresh_access_token"], &exchange).await?;
    Ok(json!({
        "access_token": token_in(&reading.body)?,
        "renewed_at": account.now.as_seconds(),
    }))
}

/// Asks in the app's name, because a page's token may not look at itself.
async fn look_at_token(
    account: &Account,
    needs: &Needs<'_>,
    http: &Http,
    findings: &mut Vec<Finding>,
) -> Result<(), SendError> {
    if needs.scopes.is_empty() {
        return Ok(());
    }
    let (Some(app_id), Some(secret), Some(token)) = (
        account.setting("app_id"),
        account.secret("app_secret"),
        account.secret("access_token"),
    ) else {
        return Ok(());
    };
    let app = format!("{app_id}|{secret}");
    let graph = Graph::with_token(account, http, &app)?;
    let reading = graph
        .ask(&["debug_token"], &[("input_token", token)])
        .await?;
    let token = reading.body.get("data").unwrap_or(&Value::Null);

    let said = token
        .pointer("/error/message")
        .and_then(Value::as_str)
        .unwrap_or("the token is no longer valid");
    if token.get("is_valid").and_then(Value::as_bool) != Some(true) {
        findings.push(Finding::new(FindingClass::Token, said));
        return Ok(());
    }
    let runs_out = token
        .get("expires_at")
        .and_then(Value::as_i64)
        .filter(|seconds| (1..253_402_300_800).contains(seconds))
        .map(Timestamp::from_seconds);
    if let Some(at) = runs_out.filter(|at| at.before(WARN_BEFORE) <= account.now) {
        let detail = format!("the token runs out on {at}");
        findings.push(Finding::new(FindingClass::Token, detail));
    }
    let granted: Vec<&str> = texts(token.get("scopes"));
    for scope in needs.scopes.iter().filter(|scope| !granted.contains(scope)) {
        findings.push(Finding::new(FindingClass::Permission, *scope));
    }
    Ok(())
}

fn look_at_subscription(
    account: &Account,
    needs: &Needs<'_>,
    body: &Value,
    findings: &mut Vec<Finding>,
) {
    let apps = body.get("data").and_then(Value::as_array);
    let app_id = account.setting("app_id");
    // WhatsApp writes the app one level deeper.
    let ours = apps.into_iter().flatten().find(|app| {
        let app = app.get("whatsapp_business_api_data").unwrap_or(app);
        app_id.is_none_or(|wanted| id_in(app, "id").is_none_or(|id| id == wanted))
    });
    let Some(ours) = ours else {
        let detail = "the app is not subscribed to the account (subscribed_apps)";
        findings.push(Finding::new(FindingClass::Subscription, detail));
        return;
    };
    let subscribed = texts(ours.get("subscribed_fields"));
    let missing: Vec<&str> = needs
        .fields
        .iter()
        .copied()
        .filter(|field| !subscribed.contains(field))
        .collect();
    if !missing.is_empty() {
        let detail = format!("not subscribed: {}", missing.join(", "));
        findings.push(Finding::new(FindingClass::Subscription, detail));
    }
}

/// Tells what a refused question says about the account; what passes by itself says nothing.
fn found(error: SendError) -> Result<Finding, SendError> {
    let class = match &error {
        SendError::AuthBroken(_) => FindingClass::Token,
        SendError::Forbidden(_) => FindingClass::Permission,
        _ => return Err(error),
    };
    Ok(Finding::new(class, error.detail()))
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|one| one.as_str().or_else(|| one.get("name")?.as_str()))
        .collect()
}

pub(super) fn token_in(body: &Value) -> Result<String, SendError> {
    id_in(body, "access_token")
        .ok_or_else(|| SendError::Unreadable("the answer has no access token".to_owned()))
}
