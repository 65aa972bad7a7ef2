//! A mailbox that is opened by somebody's consent in place of a password.

use serde_json::{Value, json};

use crate::Channel as _;
use crate::connect::{Agreement, Attempt, ConnectError};
use crate::delivery::Account;
use crate::email::Email;
use crate::fixture::{self, FakeNetwork, Script};

fn account(provider: &str, more: &Value) -> Account {
    let mut settings = json!({
        "address": "service@nordbahn.example",
        "imap_host": "imap.example",
        "smtp_host": "smtp.example",
        "oauth_provider": provider,
        "oauth_client_id": "client",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        settings[name] = value.clone();
    }
    Account {
        secrets: json!({"oauth_client_secret": "hush"}),
        ..fixture::account(settings)
    }
}

fn attempt() -> Attempt {
    Attempt {
        redirect_url: "https://care.example/connect/callback".to_owned(),
        state: "state".to_owned(),
        verifier: "v".repeat(43),
    }
}

fn agreement() -> Agreement {
    let attempt = attempt();
    Agreement {
        code: "code".to_owned(),
        redirect_url: attempt.redirect_url,
        verifier: attempt.verifier,
        kept: Value::Null,
    }
}

#[tokio::test]
async fn each_provider_is_asked_on_its_own_page() {
    let page = async |account: Account| {
        let begun = Email
            .authorise(&account, &attempt(), &fixture::http())
            .await;
        begun.expect("it begins").url
    };
    let google = page(account("google", &json!({}))).await;
    assert!(google.starts_with("https://accounts.google.com/o/oauth2/v2/auth?"));
    for part in [
        "scope=https%3A%2F%2Fmail.google.com%2F&",
        "access_type=offline",
        "login_hint=service%40nordbahn.example",
        "code_challenge_method=S256",
    ] {
        assert!(google.contains(part), "{part} is not in {google}");
    }
    let microsoft = page(account("microsoft", &json!({}))).await;
    assert!(
        microsoft.starts_with("https://login.microsoftonline.com/common/oauth2/v2.0/authorize?")
    );
    assert!(microsoft.contains(
        "IMAP.AccessAsUser.All+https%3A%2F%2Foutlook.office.com%2FSMTP.Send+offline_access"
    ));
    let own =
        json!({"oauth_token_url": "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"});
    let own = page(account("microsoft", &own)).await;
    assert!(own.starts_with("https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize?"));
}

#[tokio::test]
async fn a_code_becomes_a_token_to_sign_in_with() {
    let granted = json!({"access_token": "a", "refresh_token": "r", "expires_in": 3_599});
    let network = FakeNetwork::start(vec![Script::json(200, &granted)]).await;
    let account = account("google", &json!({"oauth_token_url": network.url("/token")}));
    let connected = Email
        .connect(&account, &agreement(), &fixture::http())
        .await;
    // A token that opens no mailbox is not kept, however good it looks.
    assert!(
        matches!(connected, Err(ConnectError::Network(_))),
        "{connected:?}"
    );
    let asked = network.last_asked();
    let body = String::from_utf8(asked.body).expect("a form");
    for part in [
        "grant_type=authorization_code",
        "code=code",
        "client_secret=hush",
    ] {
        assert!(body.contains(part), "{part} is not in {body}");
    }
    assert!(body.contains(&format!("code_verifier={}", "v".repeat(43))));
}

#[tokio::test]
async fn a_code_that_is_not_taken_is_told_without_what_was_sent() {
    let refused = json!({"error": "invalid_grant", "error_description": "code=code"});
    let network = FakeNetwork::start(vec![Script::json(400, &refused)]).await;
    let account = account(
        "microsoft",
        &json!({"oauth_token_url": network.url("/token")}),
    );
    let connected = Email
        .connect(&account, &agreement(), &fixture::http())
        .await;
    match connected {
        Err(ConnectError::Network(error)) => {
            assert_eq!(error.class(), "auth_broken");
            assert_eq!(error.detail(), "no new token: invalid_grant");
        }
        other => panic!("nothing is connected: {other:?}"),
    }
}

#[test]
fn a_token_that_comes_of_connecting_need_not_be_typed_in() {
    let settings = account("google", &json!({"oauth_client_secret": "hush"})).settings;
    let faults = Email.validate_settings(&settings);
    let missing: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    let filled = Email.connecting(&settings).expect("it has a page").fills;
    assert_eq!(missing, filled);
}
