//! What is learned, how it is explained, and what a correction does.

use std::collections::BTreeMap;

use kulant_insight::classify::{Desk, Example, TrainError, Wish, train};

use super::{KINDS, bytes, learned, message, messages};

#[test]
fn what_was_learned_holds_for_texts_not_seen() {
    let model = learned();
    let mut desk = Desk::default();
    assert_eq!(model.labels(), KINDS);
    for number in 60..72 {
        for (kind, label) in KINDS.iter().enumerate() {
            let text = message(kind, number);
            let verdict = model.judge(&mut desk, &text);
            assert_eq!(model.labels()[verdict.best], *label, "{text}");
            let sum: f32 = verdict.scores.iter().sum();
            assert!((sum - 1.0).abs() < 1e-4, "{sum}");
            assert!(verdict.scores.iter().all(|score| *score <= verdict.score));
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_model() {
    assert_eq!(bytes(&learned()), bytes(&learned()));
    let messages = messages();
    let examples: Vec<Example<'_>> = messages
        .iter()
        .map(|(text, label)| Example { text, label })
        .collect();
    let other = Wish {
        seed: 2,
        ..Wish::default()
    };
    let other = train(&examples, &other, |_| {}).unwrap();
    assert_ne!(bytes(&learned()), bytes(&other));
}

#[test]
fn the_words_that_decided_are_shown_by_characters() {
    let model = learned();
    let mut desk = Desk::default();
    let text = "😡😡 Die Fahrt nach Ötzheim ist ausgefallen";
    let reasons = model.explain(&mut desk, text, 0, 3);
    let chars: Vec<char> = text.chars().collect();
    let words: Vec<String> = reasons
        .iter()
        .map(|reason| chars[reason.start..reason.end].iter().collect())
        .collect();
    assert!(words.contains(&"ausgefallen".to_owned()), "{words:?}");
    assert!(
        reasons
            .windows(2)
            .all(|pair| pair[0].weight >= pair[1].weight)
    );
    assert!(reasons.iter().map(|reason| reason.weight).sum::<f32>() <= 1.001);
}

#[test]
fn a_correction_is_learned_at_once_and_leaves_the_rest() {
    let mut model = learned();
    let mut desk = Desk::default();
    let text = "Der Zug nach Seeburg war ein Traum";
    let before = model.judge(&mut desk, text);
    assert_ne!(model.labels()[before.best], "praise");
    for _ in 0..20 {
        assert!(model.correct(&mut desk, text, "praise"));
    }
    let after = model.judge(&mut desk, text);
    assert_eq!(model.labels()[after.best], "praise");
    assert!(!model.correct(&mut desk, text, "no such label"));

    let messages = messages();
    let quality = model.measure(messages.iter().map(|(text, label)| (text.as_str(), *label)));
    assert!(quality.accuracy > 0.95, "{}", quality.accuracy);
}

#[test]
fn what_is_dear_to_miss_is_found_sooner() {
    let messages = messages();
    let examples: Vec<Example<'_>> = messages
        .iter()
        .map(|(text, label)| Example { text, label })
        .collect();
    let costs = BTreeMap::from([("question".to_owned(), 1000.0)]);
    let dear = train(
        &examples,
        &Wish {
            costs,
            ..Wish::default()
        },
        |_| {},
    )
    .unwrap();
    let mut desk = Desk::default();
    let doubtful = "Seeburg";
    let (plain, dear) = (
        learned().judge(&mut desk, doubtful),
        dear.judge(&mut Desk::default(), doubtful),
    );
    assert!(dear.scores[2] > plain.scores[2]);
    assert_eq!(dear.best, 2);
}

#[test]
fn what_cannot_be_learned_is_said() {
    let one = [
        Example {
            text: "a",
            label: "x",
        },
        Example {
            text: "b",
            label: "x",
        },
    ];
    assert_eq!(
        train(&[], &Wish::default(), |_| {}).unwrap_err(),
        TrainError::NoExamples
    );
    assert_eq!(
        train(&one, &Wish::default(), |_| {}).unwrap_err(),
        TrainError::OneLabel("x".to_owned())
    );
}

#[test]
fn two_examples_are_enough_to_begin() {
    let examples = [
        Example {
            text: "Danke!",
            label: "praise",
        },
        Example {
            text: "Frechheit!",
            label: "complaint",
        },
    ];
    let model = train(&examples, &Wish::default(), |_| {}).unwrap();
    let verdict = model.judge(&mut Desk::default(), "danke schön");
    assert_eq!(model.labels()[verdict.best], "praise");
}

#[test]
fn any_text_gets_a_verdict() {
    let model = learned();
    let mut desk = Desk::default();
    let million = "Zug fällt aus! ".repeat(70_000);
    let letters = "a".repeat(1_000_000);
    let signs = "!?".repeat(500_000);
    let family = "👩‍👩‍👧‍👦".repeat(3_000);
    let mixed =
        "\u{202e}\u{0}\u{feff}\u{301}ﬁ\u{1f3fd}#️⃣ @ # @@ ## http:// https://x www. \u{e000}\r\n\t";
    for text in [
        "", " ", "\u{301}", "@", "#", "1️⃣", mixed, &million, &letters, &signs, &family,
    ] {
        let verdict = model.judge(&mut desk, text);
        assert!(verdict.scores.iter().all(|score| score.is_finite()));
        for reason in model.explain(&mut desk, text, verdict.best, 5) {
            assert!(reason.start < reason.end && reason.end <= text.chars().count());
        }
    }
    let odd: Vec<Example<'_>> = [mixed, "", &letters, &family]
        .iter()
        .zip(["a", "b", "a", "b"])
        .map(|(text, label)| Example { text, label })
        .collect();
    train(&odd, &Wish::default(), |_| {}).unwrap();
}

#[test]
fn arbitrary_bytes_get_a_verdict() {
    let model = learned();
    let mut desk = Desk::default();
    let mut state = 7_u64;
    for length in 0..400 {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        let text = String::from_utf8_lossy(&bytes);
        let verdict = model.judge(&mut desk, &text);
        assert!(verdict.score > 0.0 && verdict.score <= 1.0);
    }
}
