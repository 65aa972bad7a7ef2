//! Signing in by token, and renewing it.

use std::time::Duration;

use super::server::{Server, Step, account, examined, say, talk};
use super::*;
use crate::fixture::{FakeNetwork, NOW, Script};

/// An account that signs in by token.
fn token_account(imap: u16, smtp: u16, token_url: &str) -> Account {
    let mut account = account(imap, smtp, "none");
    account.settings["oauth_token_url"] = json!(token_url);
    account.settings["oauth_client_id"] = json!("kulant");
    account.secrets = json!({"oauth_client_secret": "hush", "refresh_token": "old"});
    account
}

#[tokio::test]
async fn a_token_is_renewed_and_used_in_place_of_a_password() {
    let http = fixture::http();
    let granted = json!({"access_token": "ya29", "expires_in": 3600, "refresh_token": "new"});
    let network = FakeNetwork::start(vec![Script::json(200, &granted)]).await;
    let mut account = token_account(1, 1, &network.url("/token"));
    assert_eq!(Email.renew_at(&account), Some(NOW));
    let early = Email.poll(&account, None, &http).await.unwrap_err();
    assert_eq!(early.class(), "retry_backoff", "{early}");

    let secrets = Email
        .renew(&account, &http)
        .await
        .expect("a token is given");
    assert_eq!(secrets["refresh_token"], "new");
    let asked = String::from_utf8(network.last_asked().body).expect("a form");
    assert_eq!(
        asked,
        "grant_type=refresh_token&client_id=kulant&client_secret=hush&refresh_token=old"
    );
    for (name, value) in secrets.as_object().expect("secrets by name") {
        account.secrets[name] = value.clone();
    }
    assert_eq!(
        Email.renew_at(&account),
        Some(NOW.after(Duration::from_mins(50)))
    );

    // base64 of user=service, a one, auth=Bearer ya29 and two more ones
    let token = "dXNlcj1zZXJ2aWNlAWF1dGg9QmVhcmVyIHlhMjkBAQ==";
    let mut steps = vec![say("* OK ready")];
    steps.extend(talk("AUTHENTICATE XOAUTH2", "+ "));
    steps.push(Step::Hear(token.to_owned()));
    let mut good = steps.clone();
    good.push(say("A0001 OK in"));
    good.extend(talk("CAPABILITY", "* CAPABILITY IMAP4rev1\n{tag} OK done"));
    good.extend(examined(5, 10));
    good.extend(talk("LOGOUT", "{tag} OK bye"));
    steps.push(say("+ eyJzdGF0dXMiOiI0MDAifQ=="));
    steps.push(Step::Hear(String::new()));
    steps.push(say("A0001 NO refused"));
    let imap = Server::start(vec![good, steps]).await;
    let mut submission = vec![say("220 ready")];
    submission.extend(talk("EHLO", "250-mx.example\n250 AUTH XOAUTH2"));
    submission.extend(talk(&format!("AUTH XOAUTH2 {token}"), "235 in"));
    let smtp = Server::start(vec![submission.clone(), submission]).await;
    account.settings["imap_port"] = json!(imap.port);
    account.settings["smtp_port"] = json!(smtp.port);
    let healthy = Email.probe(&account, &http).await;
    assert_eq!(
        healthy,
        Ok(Vec::new()),
        "{}\n{}",
        imap.heard(),
        smtp.heard()
    );
    let findings = Email.probe(&account, &http).await.expect("both answer");
    assert_eq!(findings.len(), 1, "{findings:?}\n{}", imap.heard());
    assert_eq!(findings[0].class, FindingClass::Token);
}

#[tokio::test]
async fn a_refused_renewal_says_why_and_nothing_secret() {
    let cases = [
        (
            Script::json(400, &json!({"error": "invalid_grant"})),
            "auth_broken",
        ),
        (Script::text(503, ""), "retry_backoff"),
        (Script::text(200, "hush"), "unreadable"),
        (Script::Close, "retry_backoff"),
    ];
    for (script, class) in cases {
        let network = FakeNetwork::start(vec![script]).await;
        let account = token_account(1, 1, &network.url("/token"));
        let error = Email.renew(&account, &fixture::http()).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}
