//! Twilio against recorded forms, the published signatures and a fake Twilio.

use std::time::Duration;

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::json;

use super::*;
use crate::delivery::QUERY_HEADER;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::{Action, OutboundAttachment};

const THREAD: &str = "+4930555000/+4915112345678";

fn account(network: &FakeNetwork, settings: Value) -> Account {
    let mut all = json!({"account_sid": "AC1", "base_url": network.url("")});
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), settings) {
        all.extend(more);
    }
    signing("12345", all)
}

fn signing(token: &str, settings: Value) -> Account {
    Account {
        secrets: json!({"auth_token": token, "api_secret": "hush"}),
        ..fixture::account(settings)
    }
}

fn sms(body: &str) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        in_reply_to: None,
        thread: Some(THREAD.to_owned()),
        ..fixture::reply(body)
    }
}

fn record(sid: &str, direction: &str, body: &str, at: &str) -> Value {
    json!({"sid": sid, "direction": direction, "body": body, "from": "+4930555000",
        "to": "+4915112345678", "status": "queued", "num_media": "0", "num_segments": "1",
        "date_created": format!("Sun, 22 Nov 2026 {at} +0000"), "date_sent": null})
}

fn refused(status: u16, code: u32) -> Script {
    Script::json(
        status,
        &json!({"code": code, "message": "no", "more_info": "https://x", "status": status}),
    )
}

fn asked_form(network: &FakeNetwork) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&network.last_asked().body)
        .into_owned()
        .collect()
}

#[test]
fn recorded_deliveries_are_translated() {
    fixture::run(&Twilio);
}

#[test]
fn the_published_signatures_hold() {
    let address = "https://mycompany.com/myapp.php?foo=1&bar=2";
    for (number, expected) in [
        ("%2B14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("%2B12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
    ] {
        let body = format!(
            "CallSid=CA1234567890ABCDE&Caller={number}&Digits=1234&From={number}&To=%2B18005551212"
        );
        let form = request::read_form(body.as_bytes());
        assert_eq!(request::sign("12345", address, &form), expected);

        let account = Account {
            hook_url: "https://mycompany.com/myapp.php".to_owned(),
            ..signing("12345", json!({}))
        };
        let mut raw = fixture::delivery("", body.clone());
        raw.headers = vec![
            (QUERY_HEADER.to_owned(), "foo=1&bar=2".to_owned()),
            ("X-Twilio-Signature".to_owned(), expected.to_owned()),
        ];
        assert!(Twilio.verify(&account, &raw).is_ok());
        raw.body.extend_from_slice(b"&More=1");
        let wrong = Err(VerifyError::WrongSignature);
        assert_eq!(Twilio.verify(&account, &raw), wrong);
    }
}

#[test]
fn the_port_may_or_may_not_be_signed() {
    let body = "MessageSid=SM1&From=%2B49&To=%2B49&Body=a";
    let form = request::read_form(body.as_bytes());
    let cases = [
        (
            "https://care.example/hooks/key",
            "https://care.example/hooks/key",
            true,
        ),
        (
            "https://care.example/hooks/key",
            "https://care.example:443/hooks/key",
            true,
        ),
        (
            "https://care.example:443/hooks/key",
            "https://care.example/hooks/key",
            true,
        ),
        (
            "https://care.example:8443/hooks/key",
            "https://care.example/hooks/key",
            true,
        ),
        (
            "http://care.example/hooks/key",
            "http://care.example:80/hooks/key",
            true,
        ),
        (
            "https://care.example/hooks/key",
            "https://care.example:80/hooks/key",
            false,
        ),
        (
            "https://care.example/hooks/key",
            "https://other.example/hooks/key",
            false,
        ),
    ];
    for (ours, signed, believed) in cases {
        let account = Account {
            hook_url: ours.to_owned(),
            ..signing("12345", json!({}))
        };
        let mut raw = fixture::delivery("", body);
        let signature = request::sign("12345", signed, &form);
        raw.headers = vec![("X-Twilio-Signature".to_owned(), signature)];
        assert_eq!(
            Twilio.verify(&account, &raw).is_ok(),
            believed,
            "{ours} {signed}"
        );
    }
}

#[test]
fn fields_given_twice_are_signed_once_each_in_order() {
    let form = request::read_form(b"B=2&A=z&A=b&A=z");
    let flat = request::read_form(b"A=bAz&B=2");
    let address = "https://care.example/";
    assert_eq!(
        request::sign("12345", address, &form),
        request::sign("12345", address, &flat)
    );
}

#[test]
fn json_is_signed_by_its_digest() {
    let body = r#"{"property":"value"}"#;
    let account = signing("12345", json!({}));
    let digest = crate::signature::sha256_hex(body.as_bytes());
    let query = format!("bodySHA256={digest}");
    let address = format!("{}?{query}", account.hook_url);
    let signature = request::sign("12345", &address, &request::Form::new());
    let mut raw = fixture::delivery("", body);
    raw.headers = vec![
        (
            "content-type".to_owned(),
            "application/json; charset=utf-8".to_owned(),
        ),
        ("X-Twilio-Signature".to_owned(), signature),
    ];
    assert!(
        Twilio.verify(&account, &raw).is_ok(),
        "the query is as it must be"
    );
    raw.headers.push((QUERY_HEADER.to_owned(), query));
    assert!(Twilio.verify(&account, &raw).is_ok());
    raw.body.push(b' ');
    assert_eq!(
        Twilio.verify(&account, &raw),
        Err(VerifyError::WrongSignature)
    );
}

#[test]
fn deliveries_are_named_by_message_and_status() {
    let account = signing("12345", json!({}));
    let named = |body: &str| {
        let form = request::read_form(body.as_bytes());
        let signature = request::sign("12345", &account.hook_url, &form);
        let mut raw = fixture::delivery("", body);
        raw.headers = vec![("x-twilio-signature".to_owned(), signature)];
        let key = Twilio.verify(&account, &raw).expect("it is genuine");
        (key.kind, key.key)
    };
    let pair = |kind: &str, key: &str| (kind.to_owned(), key.to_owned());
    assert_eq!(
        named("MessageSid=SM1&SmsStatus=received"),
        pair("message", "SM1")
    );
    assert_eq!(
        named("MessageSid=SM1&MessageStatus=sent"),
        pair("status", "SM1 sent")
    );
    assert_eq!(
        named("MessageSid=SM1&MessageStatus=read"),
        pair("status", "SM1 read")
    );

    let raw = fixture::delivery("", "MessageSid=SM1");
    assert_eq!(
        Twilio.verify(&account, &raw),
        Err(VerifyError::MissingHeader("x-twilio-signature"))
    );
    let without = fixture::account(json!({}));
    assert_eq!(Twilio.verify(&without, &raw), Err(VerifyError::NoSecret));
    let answer = Twilio.acknowledgement();
    assert_eq!(
        (answer.media_type, answer.body.as_str()),
        ("text/xml", "<Response></Response>")
    );
}

#[tokio::test]
async fn a_message_goes_out_and_asks_for_news_of_itself() {
    let queued = record("SM7", "outbound-api", "Guten Tag", "05:00:01");
    let network = FakeNetwork::start(Vec::new()).await;
    let cases = [
        (json!({}), "From", "+4930555000", "Basic QUMxOjEyMzQ1"),
        (
            json!({"messaging_service": "MG1"}),
            "MessagingServiceSid",
            "MG1",
            "Basic QUMxOjEyMzQ1",
        ),
        (
            json!({"api_key": "SK1"}),
            "From",
            "+4930555000",
            "Basic U0sxOmh1c2g=",
        ),
    ];
    for (settings, sender, value, authorised) in cases {
        network.then(Script::json(201, &queued));
        let account = account(&network, settings);
        let receipt = Twilio
            .send(&account, &sms("Guten Tag"), &fixture::http())
            .await;
        let receipt = receipt.expect("Twilio takes it");
        assert_eq!(receipt.network_id, "SM7");
        assert_eq!(receipt.at, Timestamp::from_seconds(NOW.as_seconds() + 1));
        let asked = network.last_asked();
        assert_eq!(asked.path, "/2010-04-01/Accounts/AC1/Messages.json");
        assert_eq!(asked.header("authorization"), Some(authorised));
        let expected = [
            ("To", "+4915112345678"),
            ("Body", "Guten Tag"),
            (sender, value),
            (
                "StatusCallback",
                "https://care.example/hooks/key?message=9001",
            ),
        ];
        let form = asked_form(&network);
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(form, expected);
    }
    network.then(Script::json(201, &queued));
    let first = Outbound {
        thread: None,
        recipient: Some("+4915112345678".to_owned()),
        ..sms("Hallo")
    };
    let account = account(&network, json!({"number": "+4930555111"}));
    assert!(
        Twilio
            .send(&account, &first, &fixture::http())
            .await
            .is_ok()
    );
    assert!(asked_form(&network).contains(&("From".to_owned(), "+4930555111".to_owned())));
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let cases = [
        (refused(401, 20_003), "auth_broken"),
        (refused(404, 20_404), "auth_broken"),
        (refused(403, 20_403), "forbidden"),
        (refused(400, 21_211), "recipient_gone"),
        (refused(400, 21_614), "recipient_gone"),
        (refused(400, 21_606), "forbidden"),
        (refused(400, 21_608), "forbidden"),
        (refused(400, 21_612), "forbidden"),
        (refused(400, 21_610), "opted_out"),
        (refused(400, 21_617), "content_rejected"),
        (refused(400, 63_016), "window_closed"),
        (refused(400, 99_999), "content_rejected"),
        (refused(429, 20_429), "retry_backoff"),
        (refused(429, 20_429).with("retry-after", "7"), "retry_after"),
        (Script::text(500, ""), "retry_backoff"),
        (
            Script::text(503, "").with("retry-after", "7"),
            "retry_after",
        ),
        (Script::text(418, ""), "bug"),
        (Script::text(201, "<html>"), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, class) in cases {
        network.then(script.clone());
        let account = account(&network, json!({}));
        let error = Twilio.send(&account, &sms("Hallo"), &fixture::http()).await;
        let error = error.expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        if let SendError::RetryAfter { wait, .. } = error {
            assert_eq!(wait, Duration::from_secs(7));
        }
    }
}

#[test]
fn what_went_wrong_later_has_its_class() {
    let cases = [
        (Some(30_003), "retry_backoff"),
        (Some(30_005), "recipient_gone"),
        (Some(30_006), "recipient_gone"),
        (Some(30_007), "content_rejected"),
        (Some(30_008), "retry_backoff"),
        (Some(21_610), "opted_out"),
        (None, "bug"),
    ];
    for (code, class) in cases {
        assert_eq!(outbound::class_of(code), class, "{code:?}");
    }
}

#[tokio::test]
async fn what_cannot_go_is_refused_before_anything_is_asked() {
    let network = FakeNetwork::start(Vec::new()).await;
    let account = account(&network, json!({}));
    let file = OutboundAttachment {
        name: "plan.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: vec![1],
        alt: None,
    };
    let with_file = Action::Reply {
        body: "x".to_owned(),
        attachments: vec![file],
    };
    let edit = Action::Edit {
        network_id: "SM7".to_owned(),
        body: "x".to_owned(),
    };
    let cases = [
        // The sign of the euro takes two septets.
        (sms(&format!("{}€", "a".repeat(1_599))), "content_rejected"),
        (sms(&"ё".repeat(1_601)), "content_rejected"),
        (sms("  "), "content_rejected"),
        (
            Outbound {
                action: with_file,
                ..sms("")
            },
            "content_rejected",
        ),
        (
            Outbound {
                action: edit,
                ..sms("")
            },
            "forbidden",
        ),
        (
            Outbound {
                visibility: Visibility::Public,
                ..sms("x")
            },
            "forbidden",
        ),
        (
            Outbound {
                thread: None,
                recipient: None,
                ..sms("x")
            },
            "recipient_gone",
        ),
        (
            Outbound {
                thread: None,
                ..sms("x")
            },
            "forbidden",
        ),
    ];
    for (outbound, class) in cases {
        let error = Twilio.send(&account, &outbound, &fixture::http()).await;
        assert_eq!(
            error.expect_err("it is refused").class(),
            class,
            "{outbound:?}"
        );
    }
    assert!(network.asked().is_empty());
}

#[tokio::test]
async fn a_lost_message_is_found_by_its_words_and_its_number() {
    let body = "Guten Tag, wir sehen nach.";
    let other_number = {
        let mut other = record("SM6", "outbound-api", body, "04:59:58");
        other["to"] = json!("+49999");
        other
    };
    let page = |messages: Vec<Value>| Script::json(200, &json!({"messages": messages}));
    let network = FakeNetwork::start(vec![
        Script::Close,
        page(vec![
            record("SM1", "inbound", body, "04:59:59"),
            other_number,
            record("SM8", "outbound-api", body, "04:59:57"),
        ]),
        page(vec![
            record("SM5", "outbound-api", "Anderes", "04:59:57"),
            record("SM4", "outbound-api", body, "03:59:00"),
        ]),
        Script::text(500, ""),
        Script::text(200, "<html>"),
    ])
    .await;
    let (account, http) = (account(&network, json!({})), fixture::http());
    let lost = Twilio.send(&account, &sms(body), &http).await;
    assert_eq!(lost.expect_err("the answer is lost").class(), "uncertain");

    let found = Twilio.look_for(&account, &sms(body), &http).await;
    assert_eq!(
        found.expect("it runs").expect("it is there").network_id,
        "SM8"
    );
    assert_eq!(
        network.last_asked().path,
        "/2010-04-01/Accounts/AC1/Messages.json?To=%2B4915112345678&PageSize=100"
    );
    assert_eq!(Twilio.look_for(&account, &sms(body), &http).await, Ok(None));
    for class in ["retry_backoff", "unreadable"] {
        let error = Twilio.look_for(&account, &sms(body), &http).await;
        assert_eq!(error.expect_err("it cannot be asked").class(), class);
    }
}

#[tokio::test]
async fn a_lost_message_is_found_as_twilio_writes_it_and_on_later_pages() {
    let ours = "„Gleis 7“ – bis gleich…";
    let theirs = "Sent from your Twilio trial account - \"Gleis 7\" - bis gleich...";
    let network = FakeNetwork::start(vec![
        Script::json(
            200,
            &json!({"messages": [record("SM5", "outbound-api", "Anderes", "04:59:57")],
                "next_page_uri": "/2010-04-01/Accounts/AC1/Messages.json?Page=1"}),
        ),
        Script::json(
            200,
            &json!({"messages": [record("SM4", "outbound-api", theirs, "02:59:57")],
                "next_page_uri": null}),
        ),
    ])
    .await;
    let outbound = Outbound {
        first_tried_at: Some("2026-11-22T03:00:00Z".parse().expect("a time")),
        ..sms(ours)
    };
    let found = Twilio
        .look_for(&account(&network, json!({})), &outbound, &fixture::http())
        .await;
    assert_eq!(
        found.expect("it runs").expect("it is there").network_id,
        "SM4"
    );
}

#[tokio::test]
async fn the_list_fills_history_and_gaps() {
    let picture = {
        let mut picture = record("SM2", "inbound", "", "04:10:00");
        picture["num_media"] = json!("1");
        picture
    };
    let network = FakeNetwork::start(vec![
        Script::json(
            200,
            &json!({"messages": [
            record("SM3", "inbound", "drei", "04:20:00"), picture,
            record("SM9", "outbound-api", "ours", "04:05:00"), {"odd": 1}],
            "next_page_uri": "/2010-04-01/Accounts/AC1/Messages.json?Page=1"}),
        ),
        Script::json(
            200,
            &json!({"media_list": [{"sid": "ME1", "content_type": "image/jpeg",
            "uri": "/2010-04-01/Accounts/AC1/Messages/SM2/Media/ME1.json"}]}),
        ),
        Script::json(
            200,
            &json!({"messages": [record("SM1", "inbound", "eins", "04:00:00")],
            "next_page_uri": null}),
        ),
        Script::json(
            200,
            &json!({"messages": [
            record("SM4", "inbound", "vier", "04:30:00"),
            record("SM3", "inbound", "drei", "04:20:00"),
            record("SM0", "inbound", "alt", "03:00:00")], "next_page_uri": null}),
        ),
        Script::text(429, "").with("retry-after", "30"),
        Script::text(500, ""),
    ])
    .await;
    let (account, http) = (
        account(&network, json!({"number": "+4930555000"})),
        fixture::http(),
    );
    let keys = |polled: &Polled| -> Vec<String> {
        polled
            .deliveries
            .iter()
            .map(|raw| raw.key.clone())
            .collect()
    };
    let first = Twilio.poll(&account, None, &http).await.expect("it runs");
    assert_eq!(keys(&first), ["SM1", "SM2", "SM3"], "oldest first");
    assert!(
        network.asked()[0]
            .path
            .contains("DateSent%3E=2026-11-15&PageSize=1000&To=%2B4930555000"),
        "{}",
        network.asked()[0].path
    );
    let files = String::from_utf8_lossy(&first.deliveries[1].body).into_owned();
    assert!(files.contains("/Messages/SM2/Media/ME1\""), "{files}");

    let second = Twilio
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it runs");
    assert_eq!(keys(&second), ["SM4"], "neither again nor from before");
    assert_eq!(second.next_in, Some(Duration::from_mins(1)));

    let mut cursor = second.cursor;
    for (class, seconds) in [("retry_after", 30), ("retry_backoff", 120)] {
        let polled = Twilio
            .poll(&account, Some(&cursor), &http)
            .await
            .expect("it is told");
        assert_eq!(polled.trouble.expect("something is wrong").class(), class);
        assert_eq!(polled.next_in, Some(Duration::from_secs(seconds)));
        assert_eq!(polled.cursor, cursor, "nothing is passed over");
        cursor = polled.cursor;
    }
}

#[tokio::test]
async fn a_probe_names_what_is_wrong() {
    let cases = [
        (
            Script::json(200, &json!({"sid": "AC1", "status": "active"})),
            None,
        ),
        (
            Script::json(200, &json!({"sid": "AC1", "status": "suspended"})),
            Some(FindingClass::Restricted),
        ),
        (refused(401, 20_003), Some(FindingClass::Token)),
        (refused(403, 20_403), Some(FindingClass::Permission)),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, expected) in cases {
        network.then(script);
        let findings = Twilio
            .probe(&account(&network, json!({})), &fixture::http())
            .await;
        let findings = findings.expect("it can be asked");
        assert_eq!(findings.first().map(|finding| finding.class), expected);
        assert_eq!(network.last_asked().path, "/2010-04-01/Accounts/AC1.json");
    }
    network.then(Script::Close);
    let down = Twilio
        .probe(&account(&network, json!({})), &fixture::http())
        .await;
    assert_eq!(down.expect_err("it is down").class(), "retry_backoff");
}

#[tokio::test]
async fn files_open_with_the_token_at_twilio_alone() {
    let network = FakeNetwork::start(vec![Script::text(200, "x"), Script::text(404, "")]).await;
    let elsewhere = FakeNetwork::start(vec![Script::text(200, "y")]).await;
    let (account, http) = (account(&network, json!({})), fixture::http());
    let theirs = network.url("/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1");
    assert_eq!(
        Twilio.fetch_file(&account, &theirs, 10, &http).await,
        Ok(b"x".to_vec())
    );
    assert!(network.last_asked().header("authorization").is_some());
    let gone = Twilio.fetch_file(&account, &theirs, 10, &http).await;
    assert_eq!(gone.expect_err("it is gone").class(), "recipient_gone");
    let other = elsewhere.url("/a");
    assert_eq!(
        Twilio.fetch_file(&account, &other, 10, &http).await,
        Ok(b"y".to_vec())
    );
    assert_eq!(elsewhere.last_asked().header("authorization"), None);
}
