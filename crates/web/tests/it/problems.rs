//! What goes wrong before a handler is reached is a problem document too.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::houses;

#[tokio::test]
async fn bad_requests_are_answered_with_their_code() {
    for house in houses().await {
        let chef = house.administrator().await;
        let raw = |kind: &'static str, body: String| {
            let mut request = Request::builder()
                .method(Method::POST)
                .uri("/api/v1/tags")
                .header("cookie", chef.cookie.clone().expect("a cookie"))
                .header("x-csrf-token", chef.csrf.clone().expect("a token"));
            if !kind.is_empty() {
                request = request.header("content-type", kind);
            }
            request.body(Body::from(body)).expect("a request")
        };
        let json = "application/json";
        for (kind, body, status, code) in [
            (json, "{".to_owned(), 400, "malformed_json"),
            (json, String::new(), 400, "malformed_json"),
            (json, "{\"name\":\"a\"} x".to_owned(), 400, "malformed_json"),
            (
                json,
                "{\"name\":\"\u{0}\"}".to_owned(),
                400,
                "malformed_json",
            ),
            (json, "[]".to_owned(), 422, "validation_failed"),
            (json, "{\"name\":7}".to_owned(), 422, "validation_failed"),
            ("text/plain", "{}".to_owned(), 415, "unsupported_media_type"),
            ("", "{}".to_owned(), 415, "unsupported_media_type"),
            (json, " ".repeat(1024 * 1024 + 1), 413, "too_large"),
        ] {
            let answer = chef.call(raw(kind, body)).await;
            assert_eq!((answer.status, answer.code()), (status, code), "{kind}");
        }
        let nul = chef.post("/api/v1/tags", json!({"name": "a\u{0}b"})).await;
        assert_eq!((nul.status, nul.fault()), (422, ("name", "not_one_line")));
    }
}

#[tokio::test]
async fn a_list_is_no_object() {
    for house in houses().await {
        let chef = house.administrator().await;
        let tag = chef.post("/api/v1/tags", json!({"name": "zug"})).await.id();
        let version = [("if-match", "\"1\"")];
        for (method, path, body) in [
            (
                Method::PATCH,
                format!("/api/v1/tags/{tag}"),
                json!([null, null]),
            ),
            (
                Method::POST,
                "/api/v1/tags".to_owned(),
                json!(["bus", null]),
            ),
            (
                Method::POST,
                "/api/v1/conversations/1/assignment".to_owned(),
                json!([null, null]),
            ),
        ] {
            let answer = chef.send(method, &path, Some(body), &version).await;
            assert_eq!(
                (answer.status, answer.fault()),
                (422, ("body", "wrong_type")),
                "{path}"
            );
        }
        let brand = "/api/v1/brands";
        for (hours, field, code) in [
            (json!([[1, "08:00", "20:00"]]), "hours[0]", "wrong_type"),
            (
                json!([{"day": 1, "open": "08:00"}]),
                "hours[0].close",
                "required",
            ),
            (
                json!([{"day": "1", "open": "08:00", "close": "20:00"}]),
                "hours[0].day",
                "wrong_type",
            ),
        ] {
            let body = json!({"name": "Südbahn", "hours": hours});
            let answer = chef.post(brand, body).await;
            assert_eq!((answer.status, answer.fault()), (422, (field, code)));
        }
    }
}

#[tokio::test]
async fn a_word_is_no_object_and_a_name_that_nobody_knows_is_refused() {
    for house in houses().await {
        let chef = house.administrator().await;
        let body = json!({"theme": {"dark": null}});
        let answer = chef.send(
            Method::PATCH,
            "/api/v1/session/preferences",
            Some(body),
            &[],
        );
        let answer = answer.await;
        assert_eq!(
            (answer.status, answer.fault()),
            (422, ("theme", "wrong_type"))
        );
        for path in ["conversations", "tags", "inboxes", "conversations/1/events"] {
            let answer = chef.get(&format!("/api/v1/{path}?limt=5")).await;
            assert_eq!(
                (answer.status, answer.fault()),
                (422, ("limt", "unreadable")),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_stranger_learns_nothing_about_keys() {
    for house in houses().await {
        let stranger = house.stranger();
        let path = "/api/v1/conversations/1/messages";
        let body = json!({"body": "x", "visibility": "note"});
        let key = [("idempotency-key", "")];
        let answer = stranger.send(Method::POST, path, Some(body), &key).await;
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"));
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_answered() {
    for house in houses().await {
        let chef = house.administrator().await;
        for path in [
            "/nowhere",
            "/api/v1/nowhere",
            "/api/v1/teams/x",
            "/api/v1/teams/0",
            "/api/v2",
        ] {
            let answer = chef.get(path).await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{path}");
        }
        for path in ["/api/v1/teams", "/healthz"] {
            let answer = chef.send(Method::PUT, path, None, &[]).await;
            assert_eq!(
                (answer.status, answer.code()),
                (405, "method_not_allowed"),
                "{path}"
            );
        }
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=x", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=IjEi", "cursor"),
            ("limit=1&limit=2", "query"),
        ] {
            let answer = chef.get(&format!("/api/v1/teams?{query}")).await;
            assert_eq!(
                (answer.status, answer.fault().0),
                (422, field),
                "{query} {answer:?}"
            );
        }
        let strange = chef
            .send(
                Method::DELETE,
                "/api/v1/teams/1",
                None,
                &[("if-match", "seven")],
            )
            .await;
        assert_eq!((strange.status, strange.fault().0), (422, "If-Match"));
    }
}

#[tokio::test]
async fn every_answer_protects_its_reader() {
    for house in houses().await {
        let answer = house.stranger().get("/api/v1/session").await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'none'")
        );
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
    }
}

#[tokio::test]
async fn the_specification_is_served_and_says_what_it_must() {
    for house in houses().await {
        let answer = house.stranger().get("/api/v1/openapi.json").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text, kulant_web::openapi());
        assert!(
            answer.json["openapi"]
                .as_str()
                .is_some_and(|version| version.starts_with("3.1"))
        );
        for (path, methods) in answer.json["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                let answers = operation["responses"].as_object().expect("answers");
                assert!(
                    answers.keys().any(|status| status.starts_with('2')),
                    "{method} {path}"
                );
                assert!(
                    answers.contains_key("500"),
                    "{method} {path} hides its failures"
                );
                let open = operation["security"].as_array().is_none_or(Vec::is_empty);
                let for_strangers =
                    path.starts_with("/invitations") || (method == "post" && path == "/session");
                assert_eq!(open, for_strangers, "{method} {path} says who may");
                assert!(operation["tags"].is_array(), "{method} {path} has no tag");
                assert!(
                    operation["summary"].is_string(),
                    "{method} {path} says nothing"
                );
            }
        }
    }
}
