//! `/session`: signing in and out, lock-out, forged requests, expiry, preferences, passwords.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use kulant_care::CareError;
use kulant_care::people::sign_in::sign_in;
use kulant_model::event::EventKind;
use kulant_model::role::Role;
use serde_json::json;

use crate::{PASSWORD, house_at, houses};

const SESSION: &str = "/api/v1/session";

#[tokio::test]
async fn somebody_signs_in_and_out() {
    for house in houses().await {
        let team = house.team("Bahn").await;
        house.agent("anna@example.org", Role::Agent, &[team]).await;
        let mut anna = house.stranger();
        let begun = anna.sign_in(" Anna@Example.ORG ", PASSWORD).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        let cookie = begun.header("set-cookie");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "{cookie}");

        let shown = anna.get(SESSION).await;
        assert_eq!(shown.json["agent"]["email"], "anna@example.org");
        assert_eq!(shown.json["agent"]["role"], "agent");
        assert_eq!(shown.json["agent"]["teams"][0]["name"], "Bahn");
        assert_eq!(shown.json["csrf_token"], begun.json["csrf_token"]);
        let permissions = shown.json["permissions"].as_array().expect("a list");
        assert!(permissions.contains(&json!("conversations:read")));
        assert!(!permissions.contains(&json!("people:write")));
        assert_eq!(shown.header("cache-control"), "no-store");

        let ended = anna.send(Method::DELETE, SESSION, None, &[]).await;
        assert_eq!(ended.status, 204);
        assert!(ended.header("set-cookie").contains("Max-Age=0"));
        let after = anna.get(SESSION).await;
        assert_eq!((after.status, after.code()), (401, "unauthenticated"));

        let log = house
            .care
            .store
            .read(|read| kulant_store::events::list_after(read, 0, 1_000))
            .await
            .expect("the log");
        let signed_in = log
            .iter()
            .filter(|event| event.event.kind == EventKind::SignedIn)
            .count();
        assert_eq!(signed_in, 2, "once by the invitation, once by the password");
        assert!(!format!("{log:?}").contains("anna"));
    }
}

#[tokio::test]
async fn nobody_learns_who_exists_nor_why_it_failed() {
    for house in houses().await {
        let team = house.team("Bahn").await;
        house.agent("anna@example.org", Role::Agent, &[team]).await;
        for email in ["anna@example.org", "nobody@example.org"] {
            let mut client = house.stranger();
            for attempt in 1..=5 {
                let wrong = client.sign_in(email, "wrong password").await;
                assert_eq!(
                    (wrong.status, wrong.code()),
                    (401, "unauthenticated"),
                    "{attempt}"
                );
                assert_eq!(wrong.header("set-cookie"), "");
            }
            let locked = client.sign_in(email, PASSWORD).await;
            assert_eq!(
                (locked.status, locked.code()),
                (429, "rate_limited"),
                "{email}"
            );
            assert_eq!(locked.header("retry-after"), "60");
        }

        house.clock.pass(Duration::from_secs(61));
        let mut anna = house.stranger();
        let wrong = anna.sign_in("anna@example.org", "still wrong").await;
        assert_eq!(wrong.status, 401);
        let locked = anna.sign_in("anna@example.org", PASSWORD).await;
        assert_eq!(locked.header("retry-after"), "120", "the pause doubles");

        house.clock.pass(Duration::from_secs(121));
        assert_eq!(anna.sign_in("anna@example.org", PASSWORD).await.status, 200);
        let again = house.stranger().sign_in("anna@example.org", "x").await;
        assert_eq!(again.status, 401, "a success forgets the failures");
    }
}

#[tokio::test]
async fn a_stranger_locks_nobody_out() {
    for house in houses().await {
        house.agent("anna@example.org", Role::Agent, &[]).await;
        let body = |password: &str| json!({"email": "anna@example.org", "password": password});
        let from = async |address: &str, password: &str| {
            let address: SocketAddr = address.parse().expect("an address");
            let mut request = Request::post(SESSION)
                .header("content-type", "application/json")
                .body(Body::from(body(password).to_string()))
                .expect("a request");
            request.extensions_mut().insert(ConnectInfo(address));
            house.stranger().call(request).await.status
        };
        for attempt in 1..=5 {
            let stranger = format!("192.0.2.{attempt}:4711");
            assert_eq!(from(&stranger, "wrong password").await, 401);
        }
        assert_eq!(from("192.0.2.77:4711", PASSWORD).await, 429, "neighbours");
        assert_eq!(from("[::ffff:192.0.2.9]:1", PASSWORD).await, 429);
        assert_eq!(from("198.51.100.1:4711", PASSWORD).await, 200, "anna");
        assert_eq!(
            from("192.0.2.1:4711", PASSWORD).await,
            429,
            "her success frees nobody else"
        );
        for attempt in 1..=5 {
            let stranger = format!("[2001:db8::{attempt}]:4711");
            assert_eq!(from(&stranger, "wrong password").await, 401);
        }
        assert_eq!(from("[2001:db8::ffff]:4711", PASSWORD).await, 429);
        assert_eq!(from("[2001:db8:0:1::1]:4711", PASSWORD).await, 200);
    }
}

#[tokio::test]
async fn guessing_from_everywhere_has_an_end_too() {
    let house = house_at("http://127.0.0.1:8080").await;
    house.agent("anna@example.org", Role::Agent, &[]).await;
    let guess = async |number: u32, password: &str| {
        let from = IpAddr::from([10, (number / 200) as u8, (number % 200) as u8, 1]);
        let found = sign_in(
            &house.care,
            ("anna@example.org", password.to_owned()),
            from,
            None,
        );
        found.await.map(|_| ())
    };
    for number in 0..100 {
        let wrong = guess(number, "wrong password").await;
        assert!(matches!(wrong, Err(CareError::Unauthenticated)), "{number}");
    }
    let locked = guess(100, PASSWORD).await;
    assert!(
        matches!(locked, Err(CareError::TooOften { .. })),
        "{locked:?}"
    );
    house.clock.pass(Duration::from_secs(61));
    assert!(guess(101, PASSWORD).await.is_ok(), "the pause stays short");
}

#[tokio::test]
async fn one_address_cannot_guess_on_and_on() {
    for house in houses().await {
        let mut statuses = Vec::new();
        for number in 0..61 {
            let body = json!({"email": format!("{number}@example.org")});
            statuses.push(house.stranger().post(SESSION, body).await.status);
        }
        assert!(
            statuses.iter().all(|status| *status == 422),
            "no password, no guess"
        );
        let mut last = 0;
        for _ in 0..61 {
            let body = json!({"email": "x@example.org", "password": "y".repeat(2_000)});
            last = house.stranger().post(SESSION, body).await.status;
        }
        assert_eq!(last, 429);
    }
}

#[tokio::test]
async fn a_write_by_cookie_needs_the_token_besides() {
    for house in houses().await {
        let chef = house.administrator().await;
        for shown in [None, Some("forged".to_owned()), Some(String::new())] {
            let mut forger = chef.clone();
            forger.csrf = shown;
            for (method, path, body) in [
                (Method::POST, "/api/v1/tags", Some(json!({"name": "x"}))),
                (Method::DELETE, SESSION, None),
                (
                    Method::PATCH,
                    "/api/v1/session/preferences",
                    Some(json!({})),
                ),
            ] {
                let answer = forger.send(method, path, body, &[]).await;
                assert_eq!(
                    (answer.status, answer.code()),
                    (403, "csrf_failed"),
                    "{path}"
                );
            }
            assert_eq!(forger.get("/api/v1/tags").await.status, 200);
        }
        let tag = chef.post("/api/v1/tags", json!({"name": "x"})).await;
        assert_eq!(tag.status, 201, "{tag:?}");
    }
}

#[tokio::test]
async fn signing_in_never_goes_on_with_a_session_that_was_there() {
    for house in houses().await {
        house.administrator().await;
        let mut planted = house.stranger();
        planted.cookie = Some("kulant_session=planted-by-somebody-else".to_owned());
        let begun = planted.sign_in("chef@example.org", PASSWORD).await;
        assert_eq!(begun.status, 200);
        let first = planted.cookie.clone().expect("a cookie");
        assert!(!first.contains("planted"));

        let before = planted.clone();
        planted.sign_in("chef@example.org", PASSWORD).await;
        assert_ne!(planted.cookie, Some(first));
        assert_eq!(planted.get(SESSION).await.status, 200);
        assert_eq!(
            before.get(SESSION).await.status,
            401,
            "the one before ended"
        );
    }
}

#[tokio::test]
async fn a_session_ends_unused_and_in_any_case() {
    const HOUR: Duration = Duration::from_hours(1);
    const LIST: &str = "/api/v1/conversations";
    for house in houses().await {
        let idle = house.administrator().await;
        house.clock.pass(Duration::from_secs(12 * 3_600 - 1));
        assert_eq!(idle.get(LIST).await.status, 200, "used in time");
        house.clock.pass(HOUR * 12);
        assert_eq!(idle.get(SESSION).await.status, 401, "unused for 12 hours");

        let busy = house.sign_in("chef@example.org").await;
        for _ in 0..(30 * 24 / 8 - 1) {
            house.clock.pass(HOUR * 8);
            assert_eq!(busy.get(LIST).await.status, 200);
        }
        house.clock.pass(HOUR * 8);
        assert_eq!(busy.get(SESSION).await.status, 401, "30 days old");
    }
}

#[tokio::test]
async fn people_set_their_preferences() {
    for house in houses().await {
        let chef = house.administrator().await;
        let path = "/api/v1/session/preferences";
        let change = json!({"language": "en", "theme": "dark", "single_key_shortcuts": false,
            "initials": "ck", "initials_consent": true});
        let answer = chef.send(Method::PATCH, path, Some(change), &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let less = chef
            .send(
                Method::PATCH,
                path,
                Some(json!({"initials_consent": false})),
                &[],
            )
            .await;
        let agent = &less.json["agent"];
        assert_eq!(agent["language"], "en");
        assert_eq!(agent["theme"], "dark");
        assert_eq!(agent["single_key_shortcuts"], false);
        assert_eq!(agent["initials"], "ck");
        assert_eq!(agent["initials_consent"], false);
        let bad = chef
            .send(Method::PATCH, path, Some(json!({"theme": "pink"})), &[])
            .await;
        assert_eq!((bad.status, bad.fault()), (422, ("theme", "wrong_type")));
    }
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    for house in houses().await {
        let mut here = house.administrator().await;
        let elsewhere = house.sign_in("chef@example.org").await;
        let path = "/api/v1/session/password";
        let wrong = here
            .post(path, json!({"current": "wrong", "new": "vier kleine Züge"}))
            .await;
        assert_eq!((wrong.status, wrong.fault()), (422, ("current", "wrong")));
        let short = here
            .post(path, json!({"current": PASSWORD, "new": "kurz"}))
            .await;
        assert_eq!(
            (short.status, short.fault()),
            (422, ("password", "too_short"))
        );
        assert_eq!(elsewhere.get(SESSION).await.status, 200);

        let changed = here
            .post(
                path,
                json!({"current": PASSWORD, "new": "vier kleine Züge"}),
            )
            .await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let before = here.clone();
        here.keep(&changed);
        assert_eq!(here.get(SESSION).await.status, 200);
        assert_eq!(before.get(SESSION).await.status, 401);
        assert_eq!(elsewhere.get(SESSION).await.status, 401);
        let mut again = house.stranger();
        assert_eq!(
            again.sign_in("chef@example.org", PASSWORD).await.status,
            401
        );
        let new = again.sign_in("chef@example.org", "vier kleine Züge").await;
        assert_eq!(new.status, 200);
    }
}

#[tokio::test]
async fn behind_tls_the_cookie_is_secure() {
    let house = house_at("https://desk.example.org").await;
    house.agent("a@example.org", Role::Agent, &[]).await;
    let begun = house.stranger().sign_in("a@example.org", PASSWORD).await;
    assert!(begun.header("set-cookie").contains("; Secure"));
}
