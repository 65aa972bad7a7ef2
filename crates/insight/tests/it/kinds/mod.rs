//! The kinds of 900 labelled posts (labels.csv, GUIDELINES.md): how far the two readings agree, and how well
//! those who ask for service are found on day one.

use std::collections::HashMap;
use std::path::Path;

use kulant_insight::text::reading;

static LABELS: &str = include_str!("labels.csv");

struct Label {
    set: String,
    id: String,
    language: String,
    kind: String,
    readings: [String; 2],
}

fn labels() -> Vec<Label> {
    let mut reader = csv::Reader::from_reader(LABELS.as_bytes());
    reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let field = |at: usize| row[at].to_owned();
            Label {
                set: field(0),
                id: field(1),
                language: field(2),
                kind: field(3),
                readings: [field(4), field(5)],
            }
        })
        .collect()
}

fn asks(kind: &str) -> bool {
    matches!(kind, "request" | "question" | "complaint")
}

/// Cohen's kappa of two lists of words.
fn kappa(pairs: &[(String, String)]) -> f64 {
    let count =
        |of: &dyn Fn(&(String, String)) -> bool| pairs.iter().filter(|pair| of(pair)).count();
    #[expect(clippy::cast_precision_loss, reason = "there are 900 of them")]
    let share = |count: usize| count as f64 / pairs.len() as f64;
    let kinds: std::collections::BTreeSet<&String> =
        pairs.iter().flat_map(|(a, b)| [a, b]).collect();
    let observed = share(count(&|(a, b)| a == b));
    let expected: f64 = kinds
        .iter()
        .map(|kind| share(count(&|(a, _)| a == *kind)) * share(count(&|(_, b)| b == *kind)))
        .sum();
    (observed - expected) / (1.0 - expected)
}

#[test]
fn two_readings_agree() {
    let labels = labels();
    assert_eq!(labels.len(), 900);
    let kinds: Vec<_> = labels
        .iter()
        .map(|label| (label.readings[0].clone(), label.readings[1].clone()))
        .collect();
    let service: Vec<_> = kinds
        .iter()
        .map(|(a, b)| (asks(a).to_string(), asks(b).to_string()))
        .collect();
    println!(
        "kind {:.3}, asks for service {:.3}",
        kappa(&kinds),
        kappa(&service)
    );
    assert!((kappa(&kinds) - 0.914).abs() < 0.001);
    assert!((kappa(&service) - 0.944).abs() < 0.001);
}

#[test]
fn those_who_ask_for_service_are_found_on_day_one() {
    let Some(data) = crate::recorded::folder() else {
        return;
    };
    let texts = texts(&data);
    for (language, least_recall, least_precision) in [("en", 0.92, 0.80), ("de", 0.75, 0.40)] {
        let (mut hit, mut missed, mut wrong) = (0.0, 0.0, 0.0);
        for label in labels().iter().filter(|label| label.language == language) {
            let text = texts
                .get(&(label.set.as_str(), label.id.clone()))
                .unwrap_or_else(|| panic!("{} {} is not in the sets", label.set, label.id));
            match (
                asks(&label.kind),
                reading::read(text).kind.asks_for_service(),
            ) {
                (true, true) => hit += 1.0,
                (true, false) => missed += 1.0,
                (false, true) => wrong += 1.0,
                (false, false) => {}
            }
        }
        let (recall, precision) = (hit / (hit + missed), hit / (hit + wrong));
        println!("{language}: recall {recall:.3}, precision {precision:.3}");
        assert!(recall >= least_recall, "{language}: recall {recall:.3}");
        assert!(
            precision >= least_precision,
            "{language}: precision {precision:.3}"
        );
    }
}

/// Returns the texts of the sets by set and id.
fn texts(data: &Path) -> HashMap<(&'static str, String), String> {
    let mut texts = HashMap::new();
    for (set, file, id) in [
        ("twcs", "twcs/twcs_first5k.csv.gz", "tweet_id"),
        ("twcs", "twcs/spotify_inbound.csv.gz", "tweet_id"),
        ("germeval2017", "germeval2017/train.jsonl.gz", "id"),
        ("mobasa", "mobasa/dev.jsonl.gz", "id"),
    ] {
        let path = data.join(file);
        let ids = crate::recorded::texts(&path, id);
        for (id, text) in ids.into_iter().zip(crate::recorded::texts(&path, "text")) {
            // One of the files writes its ids as broken numbers.
            texts.insert((set, id.trim_end_matches(".0").to_owned()), text);
        }
    }
    texts
}
