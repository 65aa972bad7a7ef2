//! The client against a fake network on this machine.

use super::*;
use crate::fixture::{FakeNetwork, NOW, Script, http};

fn closed() -> Http {
    Http::new(&HttpPolicy::default()).expect("the client can be made")
}

#[tokio::test]
async fn this_machine_is_out_of_reach_unless_allowed() {
    let network = FakeNetwork::start(vec![Script::text(200, "in")]).await;
    let port = network.address.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "0x7f000001",
        "2130706433",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
    ] {
        let error = closed()
            .send(Request::get(format!("http://{host}:{port}/")))
            .await
            .expect_err("inner addresses are refused");
        assert!(matches!(error, HttpError::Blocked(_)), "{host}: {error:?}");
        assert_eq!(SendError::from(error).class(), "forbidden");
    }
    assert!(network.asked().is_empty(), "nothing reached the server");
    let answer = http().send(Request::get(network.url("/"))).await;
    assert_eq!(answer.expect("private is allowed here").body, b"in");
}

#[tokio::test]
async fn a_name_with_one_inner_address_is_refused() {
    let guard = Guard {
        names: vec![(
            "blog.example".to_owned(),
            vec![[93, 184, 216, 34].into(), [10, 0, 0, 1].into()],
        )],
        ..Guard::default()
    };
    let http = Http::with_guard(guard, &HttpPolicy::default()).expect("the client can be made");
    let error = http.send(Request::get("http://blog.example/")).await;
    assert!(matches!(error, Err(HttpError::Blocked(_))), "{error:?}");
    let checked = http.check_resolved("http://blog.example/").await;
    assert!(matches!(checked, Err(HttpError::Blocked(_))), "{checked:?}");
    assert_eq!(http.check_resolved("http://nowhere.invalid/").await, Ok(()));
}

#[tokio::test]
async fn only_web_addresses_are_asked() {
    for url in [
        "ftp://example.com/",
        "file:///etc/passwd",
        "nonsense",
        "data:,x",
    ] {
        let error = closed().send(Request::get(url)).await;
        assert!(matches!(error, Err(HttpError::BadAddress(_))), "{url}");
    }
}

#[tokio::test]
async fn redirects_are_followed_and_checked() {
    let other = FakeNetwork::start(vec![Script::text(200, "there")]).await;
    let network = FakeNetwork::start(vec![
        Script::text(301, "").with("location", "/b"),
        Script::text(308, "").with("location", other.url("/c")),
    ])
    .await;
    let request = Request::get(network.url("/a"))
        .header("authorization", "Bearer hush")
        .header("if-none-match", "\"1\"");
    let answer = http().send(request).await.expect("it is there");
    assert_eq!(answer.body, b"there");
    assert_eq!(answer.moved_to, Some(other.url("/c")));
    let first = &network.asked()[1];
    assert_eq!(
        (first.path.as_str(), first.header("authorization")),
        ("/b", Some("Bearer hush"))
    );
    let stranger = other.last_asked();
    assert_eq!(
        stranger.header("authorization"),
        None,
        "secrets stay at home"
    );
    assert_eq!(stranger.header("if-none-match"), Some("\"1\""));
}

#[tokio::test]
async fn a_redirect_inwards_or_in_circles_is_refused() {
    let network = FakeNetwork::start(Vec::new()).await;
    network.then(Script::text(302, "").with("location", "http://169.254.169.254/latest"));
    let error = http().send(Request::get(network.url("/"))).await;
    assert!(matches!(error, Err(HttpError::Blocked(_))), "{error:?}");
    network.then(Script::text(302, "").with("location", "file:///etc/passwd"));
    let error = http().send(Request::get(network.url("/"))).await;
    assert!(matches!(error, Err(HttpError::BadAddress(_))), "{error:?}");

    for _ in 0..6 {
        network.then(Script::text(302, "").with("location", "/again"));
    }
    let error = http().send(Request::get(network.url("/"))).await;
    assert_eq!(
        error.expect_err("it goes in circles"),
        HttpError::TooManyRedirects
    );
    assert_eq!(network.asked().len(), 2 + 6);
}

#[tokio::test]
async fn a_temporary_redirect_is_no_new_address() {
    let network = FakeNetwork::start(vec![
        Script::text(301, "").with("location", "/b"),
        Script::text(307, "").with("location", "/c"),
        Script::text(200, ""),
    ])
    .await;
    let answer = http().send(Request::get(network.url("/a"))).await;
    let answer = answer.expect("it is there");
    assert_eq!((answer.url, answer.moved_to), (network.url("/c"), None));
}

#[tokio::test]
async fn what_changes_something_is_not_redirected() {
    let network = FakeNetwork::start(vec![Script::text(307, "").with("location", "/b")]).await;
    let answer = http()
        .send(Request::post_json(network.url("/a"), b"{}".to_vec()))
        .await;
    assert_eq!(answer.expect("an answer is an answer").status, 307);
    assert_eq!(network.asked().len(), 1);
}

#[tokio::test]
async fn a_large_answer_is_not_read_to_its_end() {
    let policy = HttpPolicy {
        allow_private: true,
        body_limit: 1_000,
        ..HttpPolicy::default()
    };
    let http = Http::new(&policy).expect("the client can be made");
    let network = FakeNetwork::start(vec![
        Script::text(200, &"a".repeat(1_000)),
        Script::text(200, &"a".repeat(1_001)),
        Script::Answer {
            status: 200,
            headers: vec![("content-encoding", "gzip".to_owned())],
            body: gzip("a".repeat(100_000).as_bytes()),
        },
    ])
    .await;
    let answer = http.send(Request::get(network.url(""))).await;
    let answer = answer.expect("it is just small enough");
    assert_eq!((answer.body.len(), answer.moved_to), (1_000, None));
    for _ in 0..2 {
        let error = http.send(Request::get(network.url("/"))).await;
        assert_eq!(
            error.expect_err("it is too large"),
            HttpError::TooLarge { limit: 1_000 }
        );
    }
}

#[tokio::test]
async fn a_request_may_ask_for_more_or_less() {
    let body = "a".repeat(2_000);
    let network =
        FakeNetwork::start(vec![Script::text(200, &body), Script::text(200, &body)]).await;
    for (limit, fits) in [(2_000, true), (1_999, false)] {
        let request = Request::get(network.url("/")).limit(limit);
        assert_eq!(http().send(request).await.is_ok(), fits, "{limit}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_not_a_missing_connection() {
    let network = FakeNetwork::start(vec![Script::Close, Script::Truncate, Script::Stall]).await;
    for _ in 0..3 {
        let error = http()
            .send(Request::post_json(network.url("/"), Vec::new()))
            .await
            .expect_err("no answer comes");
        assert!(matches!(error, HttpError::Lost(_)), "{error:?}");
        assert_eq!(error.clone().when_asking().class(), "retry_backoff");
        assert_eq!(SendError::from(error).class(), "uncertain");
    }
    assert_eq!(network.asked().len(), 3, "nothing is tried twice");
}

#[test]
fn waiting_times_are_seconds_or_dates() {
    let answer = |value: &str| Answer {
        status: 429,
        headers: vec![("Retry-After".to_owned(), value.to_owned())],
        body: Vec::new(),
        url: String::new(),
        moved_to: None,
    };
    let cases = [
        ("120", Some(120)),
        ("999999999", Some(86_400)),
        ("Sun, 22 Nov 2026 05:02:00 GMT", Some(120)),
        ("Sun, 22 Nov 2026 04:00:00 GMT", Some(0)),
        ("soon", None),
    ];
    for (value, seconds) in cases {
        let wait = answer(value).retry_after(NOW);
        assert_eq!(wait.map(|wait| wait.as_secs()), seconds, "{value}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("writing into memory works");
    encoder.finish().expect("writing into memory works")
}
