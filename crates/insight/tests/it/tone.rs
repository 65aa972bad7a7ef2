//! Hints for drafts: what each of them must say, and the near misses that must stay without.

use kulant_insight::text::kind::MessageKind;
use kulant_insight::text::sentiment::Mood;
use kulant_insight::text::tone::{self, Draft, Guideline, Guidelines, HintCode, Voice};

const DRAFT: Draft<'static> = Draft {
    text: "",
    language: "de",
    voice: Voice::Sie,
    public: true,
    opens: false,
    longest: None,
    answers: None,
};

/// The codes of a draft with their words.
fn shown<'t>(draft: &Draft<'t>, guidelines: &Guidelines) -> Vec<(&'static str, &'t str)> {
    tone::find(draft, guidelines)
        .into_iter()
        .map(|hint| {
            assert!(!hint.reason.is_empty());
            let words = hint.span.map_or("", |(from, to)| &draft.text[from..to]);
            (hint.code.name(), words)
        })
        .collect()
}

fn check(language: &'static str, voice: Voice, cases: &[(&str, &[(&str, &str)])]) {
    for (text, expected) in cases {
        let draft = Draft {
            text,
            language,
            voice,
            ..DRAFT
        };
        assert_eq!(shown(&draft, &Guidelines::default()), *expected, "{text}");
    }
}

#[test]
fn german_drafts_with_sie() {
    check(
        "de",
        Voice::Sie,
        &[
            (
                "Wie bereits erwähnt, ist der Techniker am Montag da.",
                &[("blame", "Wie bereits erwähnt")],
            ),
            (
                "Sie hätten das früher melden müssen.",
                &[("blame", "Sie hätten das früher melden müssen")],
            ),
            ("Das ist Ihr Fehler.", &[("blame", "Ihr Fehler")]),
            ("Das ist nicht Ihr Fehler, sondern unserer.", &[]),
            ("Wir haben vergessen, Ihnen zu schreiben.", &[]),
            (
                "Ihr Ticket liegt beim Second Level.",
                &[("jargon", "Ticket"), ("jargon", "Second Level")],
            ),
            ("Ihre Fahrkarte liegt bereit.", &[]),
            ("Das geht NICHT.", &[("shouting", "NICHT")]),
            ("Der Zug kommt gleich!!", &[("shouting", "!!")]),
            ("BITTE WARTEN SIE.", &[("shouting", "BITTE WARTEN SIE")]),
            ("IBAN und WLAN LTE DSL sind da!", &[]),
            (
                "Kannst du uns deine Nummer nennen?",
                &[("voice", "du"), ("voice", "deine")],
            ),
            ("Können Sie uns sagen, wann es begann?", &[]),
            (
                "Bitte wenden Sie sich an unsere Hotline.",
                &[("deflection", "wenden Sie sich an")],
            ),
            (
                "Der Fehler ist gefunden und morgen behoben. Bei Fragen wenden Sie sich an unsere Hotline.",
                &[],
            ),
            (
                "Die IBAN DE89 3704 0044 0532 0130 00 stimmt.",
                &[("personal_data", "DE89 3704 0044 0532 0130 00")],
            ),
            ("Vorgang 4711 vom 3. Mai ist erledigt.", &[]),
            (" \n", &[]),
        ],
    );
}

#[test]
fn german_drafts_with_du() {
    check(
        "de",
        Voice::Du,
        &[
            ("Haben Sie das Gerät neu gestartet?", &[("voice", "Sie")]),
            ("Wir melden uns morgen bei Ihnen.", &[("voice", "Ihnen")]),
            (
                "Die Kollegin kommt am Montag. Sie bringt den Router mit.",
                &[],
            ),
            ("Hast du das Gerät neu gestartet?", &[]),
            (
                "Schick uns bitte eine DM.",
                &[("deflection", "Schick uns bitte eine DM")],
            ),
            ("Wir schicken dir heute eine Mail.", &[]),
        ],
    );
}

#[test]
fn english_drafts() {
    check(
        "en",
        Voice::Sie,
        &[
            (
                "As already mentioned, it ships on Monday.",
                &[("blame", "As already mentioned")],
            ),
            (
                "You should have called us earlier.",
                &[("blame", "You should have called")],
            ),
            ("This is your own fault.", &[("blame", "your own fault")]),
            ("This is not your fault at all.", &[]),
            ("You should have it by Monday.", &[]),
            (
                "We escalated it to the second level.",
                &[("jargon", "escalated"), ("jargon", "second level")],
            ),
            ("The second train leaves at nine.", &[]),
            ("PLEASE wait.", &[("shouting", "PLEASE")]),
            ("NASA and ESA like our USB hub!", &[]),
            (
                "Please contact our support.",
                &[("deflection", "contact our")],
            ),
            (
                "Your refund of 20 euros left us today. For more, contact our support.",
                &[],
            ),
            (
                "Reach me at jo.doe@example.com",
                &[("personal_data", "jo.doe@example.com")],
            ),
        ],
    );
}

#[test]
fn the_first_reply_greets_and_a_complaint_hears_a_regret() {
    let complaint = Some((MessageKind::Complaint, Mood::Negative));
    for (language, text, answers, expected) in [
        (
            "de",
            "Der Zug fährt wieder.",
            complaint,
            vec!["missing_apology", "missing_greeting"],
        ),
        (
            "de",
            "@anna Hallo Anna, es tut uns leid. Der Zug fährt wieder.",
            complaint,
            vec![],
        ),
        (
            "de",
            "Guten Tag, der Zug fährt wieder.",
            complaint,
            vec!["missing_apology"],
        ),
        (
            "de",
            "Hallo, der Zug fährt wieder.",
            Some((MessageKind::Question, Mood::Neutral)),
            vec![],
        ),
        (
            "de",
            "Der Zug fährt. Sagen Sie der Kollegin gern hallo.",
            None,
            vec!["missing_greeting"],
        ),
        (
            "en",
            "Hi Jo, sorry about that. It is mended.",
            complaint,
            vec![],
        ),
        (
            "en",
            "Dear Jo, it is mended.",
            complaint,
            vec!["missing_apology"],
        ),
        (
            "en",
            "It is mended, we apologise.",
            complaint,
            vec!["missing_greeting"],
        ),
        ("fr", "Le train roule.", complaint, vec![]),
    ] {
        let draft = Draft {
            text,
            language,
            answers,
            opens: true,
            ..DRAFT
        };
        let codes: Vec<&str> = tone::find(&draft, &Guidelines::default())
            .iter()
            .map(|hint| hint.code.name())
            .collect();
        assert_eq!(codes, expected, "{text}");
    }
}

#[test]
fn lengths_privacy_and_the_operators_own_rules_count() {
    let guidelines = Guidelines {
        table: vec![
            Guideline {
                phrase: "leider nicht".to_owned(),
                hint: "Say what is possible.".to_owned(),
            },
            Guideline {
                phrase: "Störung*".to_owned(),
                hint: "We say interruption.".to_owned(),
            },
        ],
        own_contacts: vec!["hilfe@lumenau.example".to_owned()],
        ..Guidelines::default()
    };
    let text = "Das geht leider nicht. Die Störungen melden Sie an hilfe@lumenau.example";
    let hints = tone::find(&Draft { text, ..DRAFT }, &guidelines);
    let own: Vec<&str> = hints.iter().map(|hint| hint.reason.as_str()).collect();
    assert_eq!(own, ["Say what is possible.", "We say interruption."]);
    assert!(
        shown(
            &Draft {
                text: "Leider. Nicht jetzt.",
                ..DRAFT
            },
            &guidelines
        )
        .is_empty()
    );

    let private = Draft {
        text: "Ihre IBAN DE89 3704 0044 0532 0130 00 stimmt.",
        public: false,
        ..DRAFT
    };
    assert!(shown(&private, &guidelines).is_empty());

    let long = |text| Draft {
        text,
        longest: Some(8),
        ..DRAFT
    };
    assert!(shown(&long("Größe ok"), &guidelines).is_empty());
    let hints = tone::find(&long("Größe ok."), &guidelines);
    assert_eq!(hints[0].code, HintCode::TooLong);
    assert_eq!(hints[0].span, Some((10, 11)));
}
