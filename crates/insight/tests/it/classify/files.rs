//! The model's file: what is written is read again, and a damaged one is refused.

use kulant_insight::classify::{Classifier, Desk, Example, LoadError, Wish, train};

use super::{bytes, learned, messages};

#[test]
fn a_model_comes_back_as_it_went() {
    let mut model = learned();
    model.correct(
        &mut Desk::default(),
        "Der Zug nach Seeburg war ein Traum",
        "praise",
    );
    let kept = bytes(&model);
    let back = Classifier::load(&kept[..]).unwrap();
    assert_eq!(bytes(&back), kept);
    let (mut one, mut other) = (Desk::default(), Desk::default());
    for (text, _) in messages() {
        assert_eq!(model.judge(&mut one, &text), back.judge(&mut other, &text));
    }
}

#[test]
fn a_model_of_many_classes_comes_back_as_it_went() {
    let pairs: Vec<(String, String)> = (0..600)
        .map(|number| {
            (
                format!("thema{} frage {number}", number % 40),
                format!("t{}", number % 40),
            )
        })
        .collect();
    let examples: Vec<Example<'_>> = pairs
        .iter()
        .map(|(text, label)| Example { text, label })
        .collect();
    let model = train(&examples, &Wish::default(), |_| {}).unwrap();
    let back = Classifier::load(&bytes(&model)[..]).unwrap();
    assert_eq!(bytes(&back), bytes(&model));
    let mut desk = Desk::default();
    let verdict = back.judge(&mut desk, "eine frage zu thema7");
    assert_eq!(back.labels()[verdict.best], "t7");
    assert_eq!(verdict, model.judge(&mut desk, "eine frage zu thema7"));
    let reasons = back.explain(&mut desk, "eine frage zu thema7", verdict.best, 1);
    assert_eq!((reasons[0].start, reasons[0].end), (14, 20));
}

#[test]
fn a_damaged_model_is_refused() {
    let kept = bytes(&learned());
    let mut damaged = kept.clone();
    for at in (0..kept.len())
        .step_by(kept.len() / 150 + 1)
        .chain(0..40)
        .chain(kept.len() - 20..kept.len())
    {
        for bit in [1_u8, 128] {
            damaged[at] ^= bit;
            assert!(Classifier::load(&damaged[..]).is_err(), "byte {at}");
            damaged[at] ^= bit;
        }
    }
    for length in (0..kept.len()).step_by(kept.len() / 100 + 1) {
        assert!(
            Classifier::load(&kept[..length]).is_err(),
            "cut at {length}"
        );
    }
    let mut longer = kept.clone();
    longer.push(0);
    assert!(Classifier::load(&longer[..]).is_err());
}

#[test]
fn a_model_that_lies_under_a_right_checksum_does_no_harm() {
    // Whoever makes a model by hand can make the checksum too: reading must stand on its own feet.
    let kept = bytes(&learned());
    let body = 18..kept.len() - 8;
    let mut state = 3_u64;
    for _ in 0..3_000 {
        let mut forged = kept.clone();
        for _ in 0..3 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let first = state >> 33 & 1 == 0;
            let reach = if first { 60 } else { body.len() };
            let at = body.start + (state >> 34) as usize % reach;
            forged[at] = (state >> 8) as u8;
        }
        let sum = forged[body.clone()]
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
                (sum ^ u64::from(*byte))
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .rotate_left(29)
            });
        forged[body.end..].copy_from_slice(&sum.to_le_bytes());
        if let Ok(model) = Classifier::load(&forged[..]) {
            let verdict = model.judge(&mut Desk::default(), "Der Zug nach Seeburg fällt aus!");
            assert!(verdict.best < model.labels().len());
        }
    }
}

#[test]
fn what_is_no_model_is_called_so() {
    assert!(matches!(
        Classifier::load(&b""[..]),
        Err(LoadError::Foreign)
    ));
    assert!(matches!(
        Classifier::load(&b"{\"label\":1}"[..]),
        Err(LoadError::Foreign)
    ));
    let mut later = bytes(&learned());
    later[8] = 9;
    assert!(matches!(
        Classifier::load(&later[..]),
        Err(LoadError::Version(9))
    ));
}
