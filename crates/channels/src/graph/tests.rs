//! What the three channels of Meta share: golden signatures, signed requests, the table of refusals,
//! meters, and addresses with their proof.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{Graph, base_url};
use super::usage::Usage;
use super::{hook, refusal};
use crate::delivery::{Account, QUERY_HEADER, RawDelivery, VerifyError};
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::http::Answer;

fn account() -> Account {
    Account {
        secrets: json!({
            "app_secret": "app-secret",
            "verify_token": "verify-me",
            "access_token": "token-1",
        }),
        ..fixture::account(json!({}))
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> Answer {
    Answer {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_string().into_bytes(),
        url: String::new(),
        moved_to: None,
    }
}

#[test]
fn the_golden_signature_is_believed_and_no_other() {
    const GOLDEN: &str = "sha256=e6e9d7a842a48e17f43a34d6125d0d933e2aab92ee37f0993a4d493b50e3d438";
    let mut raw = fixture::delivery("", r#"{"object":"page","entry":[]}"#);
    let verify = |raw: &_| hook::verify(&account(), raw);
    assert_eq!(
        verify(&raw),
        Err(VerifyError::MissingHeader("X-Hub-Signature-256"))
    );
    raw.headers = vec![("x-hub-signature-256".to_owned(), GOLDEN.to_owned())];
    let key = verify(&raw).expect("it is genuine");
    assert_eq!(key.kind, "graph");
    assert_eq!(verify(&raw).expect("it is genuine"), key);

    let mut later = raw.clone();
    later.headers[0].1 = GOLDEN.to_uppercase().replace("SHA256", "sha256");
    assert!(verify(&later).is_ok());
    for wrong in ["sha256=00", "sha256=", &GOLDEN[..60]] {
        later.headers[0].1 = wrong.to_owned();
        assert_eq!(verify(&later), Err(VerifyError::WrongSignature), "{wrong}");
    }
    later.headers[0].1 = GOLDEN.replace("sha256", "sha1");
    assert_eq!(
        verify(&later),
        Err(VerifyError::BadHeader("X-Hub-Signature-256"))
    );
    raw.body.push(b' ');
    assert_eq!(verify(&raw), Err(VerifyError::WrongSignature));
    let without = fixture::account(json!({}));
    assert_eq!(hook::verify(&without, &raw), Err(VerifyError::NoSecret));
}

#[test]
fn escaped_bodies_are_checked_as_they_came() {
    // Meta escapes what is not ASCII; the same JSON written otherwise has another signature.
    let escaped = r#"{"object":"page","entry":[],"t":"\u00e4"}"#;
    let mark = crate::signature::hmac_hex(b"app-secret", escaped.as_bytes());
    let header = ("X-Hub-Signature-256".to_owned(), format!("sha256={mark}"));
    for (body, genuine) in [
        (escaped.to_owned(), true),
        (escaped.replace("\\u00e4", "ä"), false),
    ] {
        let mut raw = fixture::delivery("", body);
        raw.headers = vec![header.clone()];
        assert_eq!(hook::verify(&account(), &raw).is_ok(), genuine);
    }
}

#[test]
fn the_handshake_gives_the_challenge_to_those_who_know_the_token() {
    let ask = |pairs: &[(&str, &str)]| {
        let query: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        hook::handshake(&account(), &query)
    };
    let challenge = ("hub.challenge", "1158201444");
    let mode = ("hub.mode", "subscribe");
    let yes = ask(&[mode, ("hub.verify_token", "verify-me"), challenge]).expect("a question");
    assert_eq!((yes.status, yes.body.as_str()), (200, "1158201444"));
    assert!(yes.media_type.starts_with("text/plain"));
    for token in ["", "verify", "verify-me2"] {
        let no = ask(&[mode, ("hub.verify_token", token), challenge]).expect("a question");
        assert_eq!(no.status, 403, "{token}");
        assert!(!no.body.contains("1158201444"));
    }
    assert_eq!(ask(&[challenge]), None);
    let query = [
        ("hub.mode".to_owned(), "subscribe".to_owned()),
        ("hub.verify_token".to_owned(), String::new()),
    ];
    let open = hook::handshake(&fixture::account(json!({})), &query).expect("a question");
    assert_eq!(open.status, 403, "no token is no token");
}

#[test]
fn a_wish_to_be_erased_is_read_answered_and_can_be_followed() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let signed = |payload: &Value, secret: &[u8]| {
        let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
        let mark = crate::signature::hmac_base64(secret, payload.as_bytes());
        let mark = STANDARD.decode(mark).expect("it is base64");
        let request = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(mark));
        fixture::delivery("signed_request", format!("signed_request={request}"))
    };
    let wish = json!({"algorithm": "HMAC-SHA256", "user_id": "218471", "issued_at": 1_795_323_000});
    let raw = signed(&wish, b"app-secret");
    let key = hook::verify(&account(), &raw).expect("it is genuine");
    assert_eq!(key.kind, "signed_request");
    let read = hook::departure(&account(), &raw).expect("it is readable");
    assert_eq!(
        serde_json::to_value(&read.taken).expect("inbound is JSON"),
        json!([{"type": "departure", "person": "218471", "at": "2026-11-22T04:50:00.000000Z",
            "wish": read_code(&raw)}])
    );
    // Whoever only leaves the app wishes nothing.
    let mut left = raw.clone();
    left.headers
        .push((QUERY_HEADER.to_owned(), "deauthorise=1".to_owned()));
    let key = hook::verify(&account(), &left).expect("it is genuine");
    assert_eq!(key.kind, "deauthorised");
    assert_eq!(
        hook::acknowledgement(&account(), &left).body,
        "EVENT_RECEIVED"
    );

    let answer = hook::acknowledgement(&account(), &raw);
    assert_eq!(
        (answer.status, answer.media_type),
        (200, "application/json")
    );
    let answer: Value = serde_json::from_str(&answer.body).expect("it is JSON");
    let code = answer["confirmation_code"].as_str().expect("a code");
    assert_eq!(
        answer["url"],
        json!(format!("https://care.example/hooks/key?deletion={code}"))
    );
    let page = |code: &str| {
        let query = [("deletion".to_owned(), code.to_owned())];
        hook::handshake(&account(), &query).expect("a page")
    };
    assert_eq!(page(code).status, 200);
    assert!(page(code).body.contains(code));
    for strange in ["", "1", "ü", &code[1..], &code.replace(&code[..1], "g")] {
        assert_eq!(page(strange).status, 404, "{strange}");
    }

    let mut other = wish.clone();
    other["algorithm"] = json!("none");
    for raw in [signed(&wish, b"another"), signed(&other, b"app-secret")] {
        assert_eq!(
            hook::verify(&account(), &raw),
            Err(VerifyError::WrongSignature)
        );
        assert_eq!(
            hook::acknowledgement(&account(), &raw).body,
            "EVENT_RECEIVED"
        );
    }
}

fn read_code(raw: &RawDelivery) -> String {
    let answer: Value =
        serde_json::from_str(&hook::acknowledgement(&account(), raw).body).expect("it is JSON");
    answer["confirmation_code"]
        .as_str()
        .expect("a code")
        .to_owned()
}

proptest! {
    #[test]
    fn nobody_guesses_a_signed_request(text in "\\PC*", body in "[A-Za-z0-9_=.-]{0,80}") {
        for text in [text, body] {
            prop_assert!(hook::signed_request(&text, "app-secret").is_none());
            let raw = fixture::delivery("", format!("signed_request={text}"));
            prop_assert_eq!(hook::verify(&account(), &raw), Err(VerifyError::WrongSignature));
            let query = [("deletion".to_owned(), text)];
            let page = hook::handshake(&account(), &query).expect("a page");
            prop_assert_eq!(page.status, 404);
        }
    }
}

#[test]
fn the_usual_address_depends_on_how_an_account_was_connected() {
    let cases = [
        (json!({}), "https://graph.facebook.com"),
        (json!({"login": "facebook"}), "https://graph.facebook.com"),
        (json!({"login": "instagram"}), "https://graph.instagram.com"),
        (
            json!({"login": "instagram", "base_url": "https://graph.facebook.com/"}),
            "https://graph.instagram.com",
        ),
        (
            json!({"login": "instagram", "base_url": "https://sim.example"}),
            "https://sim.example",
        ),
        (
            json!({"base_url": "https://sim.example"}),
            "https://sim.example",
        ),
    ];
    for (settings, expected) in cases {
        let account = fixture::account(settings);
        assert_eq!(base_url(&account), expected, "{}", account.settings);
    }
}

#[test]
fn every_code_has_its_class() {
    let cases = [
        (1, None, "retry_backoff"),
        (2, None, "retry_backoff"),
        (2, Some(2_018_344), "forbidden"),
        (3, None, "forbidden"),
        (4, None, "retry_after"),
        (17, None, "retry_after"),
        (32, None, "retry_after"),
        (613, None, "retry_after"),
        (80_001, None, "retry_after"),
        (80_014, None, "retry_after"),
        (130_429, None, "retry_after"),
        (10, Some(2_018_278), "window_closed"),
        (10, Some(2_534_022), "window_closed"),
        (10, Some(1_893_063), "forbidden"),
        (10, None, "forbidden"),
        (200, None, "forbidden"),
        (299, None, "forbidden"),
        (100, Some(2_018_001), "recipient_gone"),
        (100, Some(33), "recipient_gone"),
        (100, None, "content_rejected"),
        (190, None, "auth_broken"),
        (190, Some(463), "auth_broken"),
        (368, None, "forbidden"),
        (506, None, "duplicate"),
        (551, Some(1_545_041), "recipient_gone"),
        (1_200, None, "retry_backoff"),
        (10_900, None, "duplicate"),
        (0, None, "auth_broken"),
        (131_047, None, "window_closed"),
        (131_026, None, "recipient_gone"),
        (131_048, None, "retry_after"),
        (131_051, None, "content_rejected"),
        (131_056, None, "retry_after"),
        (131_000, None, "retry_backoff"),
        (131_016, None, "retry_backoff"),
        (133_004, None, "retry_backoff"),
        (132_000, None, "content_rejected"),
        (132_001, None, "content_rejected"),
        (132_007, None, "content_rejected"),
        (132_012, None, "content_rejected"),
        (132_015, None, "forbidden"),
        (132_016, None, "forbidden"),
        (130_472, None, "forbidden"),
        (80_007, None, "retry_after"),
        (77_777, None, "bug"),
    ];
    for (code, subcode, class) in cases {
        let error = json!({"message": "(#x) Text in some language", "code": code, "error_subcode": subcode});
        let body = json!({"error": error});
        let refused = refusal::of_answer(&answer(400, &[], &body), Some(&body), NOW);
        assert_eq!(refused.class(), class, "{code}/{subcode:?}");
        if class != "duplicate" {
            assert!(refused.detail().contains(&code.to_string()), "{refused}");
        }
        assert_eq!(refusal::told_later(&error).0, class);
    }
    let passing = json!({"error": {"code": 77_777, "is_transient": true}});
    let refused = refusal::of_answer(&answer(400, &[], &passing), Some(&passing), NOW);
    assert_eq!(refused.class(), "retry_backoff");
    let said = json!({"error": {"code": 100, "message": "raw", "error_user_msg": "Zu lang"}});
    let refused = refusal::of_answer(&answer(400, &[], &said), Some(&said), NOW);
    assert_eq!(refused.detail(), "Zu lang (100)");
}

#[test]
fn a_limit_names_its_end() {
    let body = json!({"error": {"code": 32, "message": "Page request limit reached"}});
    let usage = r#"{"1784":[{"type":"pages","call_count":100,"total_cputime":12,"total_time":30,"estimated_time_to_regain_access":17}]}"#;
    let waits = [
        (vec![("X-Business-Use-Case-Usage", usage)], 17 * 60),
        (vec![("retry-after", "90")], 90),
        (vec![], 3_600),
    ];
    for (headers, seconds) in waits {
        let refused = refusal::of_answer(&answer(403, &headers, &body), Some(&body), NOW);
        assert_eq!(
            refused.wait(),
            Some(Duration::from_secs(seconds)),
            "{refused}"
        );
    }
}

#[test]
fn near_a_limit_the_pauses_grow() {
    let minute = Duration::from_secs(60);
    let cases = [
        (r#"{"call_count":79,"total_time":1,"total_cputime":1}"#, 60),
        (r#"{"call_count":1,"total_time":80,"total_cputime":1}"#, 240),
        (
            r#"{"call_count":1,"total_time":1,"total_cputime":100}"#,
            3_600,
        ),
        ("nonsense", 60),
        ("[[[[[[{\"call_count\":100}]]]]]]", 60),
    ];
    for (header, seconds) in cases {
        let answer = answer(200, &[("x-app-usage", header)], &json!({}));
        let pause = Usage::of(&answer).pause(minute);
        assert_eq!(pause.as_secs(), seconds, "{header}");
    }
    assert_eq!(
        Usage::of(&answer(200, &[], &json!({}))).pause(minute),
        minute
    );
}

#[tokio::test]
async fn requests_carry_version_token_and_proof_and_ids_cannot_leave_their_place() {
    let network = FakeNetwork::start(vec![Script::json(200, &json!({"id": "1"}))]).await;
    let mut account = account();
    account.settings = json!({"base_url": network.url("/sim/"), "version": "v99.0"});
    let http = fixture::http();
    let graph = Graph::open(&account, &http).expect("the account has a token");
    graph
        .ask(&["../me?x=1", "feed"], &[("fields", "id,message")])
        .await
        .expect("the network answers");
    let asked = network.last_asked();
    let proof = crate::signature::hmac_hex(b"app-secret", b"token-1");
    assert_eq!(
        asked.path,
        format!("/sim/v99.0/..%2Fme%3Fx=1/feed?fields=id%2Cmessage&appsecret_proof={proof}")
    );
    assert_eq!(asked.header("authorization"), Some("Bearer token-1"));

    account.settings = json!({"base_url": "nowhere"});
    assert!(Graph::open(&account, &http).is_err());
    account.secrets = json!({});
    let error = Graph::open(&account, &http)
        .map(|_| ())
        .expect_err("no token");
    assert_eq!(error.class(), "auth_broken");
}

#[tokio::test]
async fn what_we_send_pauses_near_a_limit_already() {
    let sent = json!({"id": "1"});
    let full = |per_cent: u32| {
        let meters = json!({"1784001": [{"type": "pages", "call_count": per_cent,
            "total_time": 1, "total_cputime": 1, "estimated_time_to_regain_access": 0}]});
        meters.to_string()
    };
    let mut pauses = Vec::new();
    for per_cent in [79, 80, 99, 100] {
        let script = Script::json(200, &sent).with("x-business-use-case-usage", full(per_cent));
        let network = FakeNetwork::start(vec![script]).await;
        let mut account = account();
        account.settings["base_url"] = json!(network.url(""));
        let http = fixture::http();
        let graph = Graph::open(&account, &http).expect("it is set up");
        graph
            .post(&["1", "comments"], &json!({}))
            .await
            .expect("it is said");
        pauses.push(graph.receipt("1").pause.map(|pause| pause.as_secs()));
    }
    assert_eq!(pauses, [None, Some(15), Some(300), Some(3_600)]);
}
