//! Recorded calls, and the ways in which people write numbers.

use kulant_model::message::Visibility;

use super::*;
use crate::fixture;

#[test]
fn recorded_calls_are_translated() {
    fixture::run(&Phone);
}

#[test]
fn one_number_is_written_in_one_way() {
    let german = fixture::account(json!({}));
    for (typed, written) in [
        ("030 123456", Some("+4930123456")),
        ("(030) 12 34-56", Some("+4930123456")),
        ("030/123456", Some("+4930123456")),
        ("+49 (0)30 123456", Some("+4930123456")),
        ("0049 30 123456", Some("+4930123456")),
        ("+49 170 1234567", Some("+491701234567")),
        ("+1 (415) 867-5309", Some("+14158675309")),
        ("110", Some("110")),
        ("4711", Some("4711")),
        ("", None),
        ("+", None),
        ("0", None),
        ("+0301", None),
        ("unbekannt", None),
        ("030 123456 Frau Meier", None),
        ("+1234567890123456", None),
        // With neither area nor country nobody can say whose it is.
        ("1234567", None),
    ] {
        assert_eq!(number(&german, typed).as_deref(), written, "{typed}");
    }
    let austrian = fixture::account(json!({"country_code": "43"}));
    assert_eq!(
        number(&austrian, "01 5123456").as_deref(),
        Some("+4315123456")
    );
}

#[test]
fn a_country_code_has_one_to_three_digits() {
    for (code, good) in [("49", true), ("1", true), ("380", true)]
        .into_iter()
        .chain([
            ("+49", false),
            ("049", false),
            ("4930", false),
            ("de", false),
        ])
    {
        let faults = Phone.validate_settings(&json!({"country_code": code}));
        assert_eq!(faults.is_empty(), good, "{code}: {faults:?}");
    }
}

#[test]
fn a_call_is_kept_as_it_is_read() {
    let call = Call {
        id: "c-1".to_owned(),
        caller: "+4930123456".to_owned(),
        number: Some("+4930123456".to_owned()),
        thread: "+4930123456".to_owned(),
        said: "Der Anschluss ist tot.".to_owned(),
        ..Call::default()
    };
    let raw = call.delivery(fixture::NOW);
    assert_eq!((raw.kind.as_str(), raw.key.as_str()), (KIND, "c-1"));
    let account = fixture::account(json!({}));
    let translation = Phone.translate(&account, &raw).expect("it is readable");
    let [crate::inbound::Inbound::Post(post)] = &translation.taken[..] else {
        panic!("a call is a post: {translation:?}");
    };
    assert_eq!(post.visibility, Visibility::Private);
    assert_eq!(post.author.name, "+4930123456");
    assert_eq!(post.platform_at, fixture::NOW);
}
