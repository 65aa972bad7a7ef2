//! The classifier end to end on invented texts: it learns, explains, is corrected, is kept in a file, and bears any input.

mod files;
mod learning;
mod rows;

use kulant_insight::classify::{Classifier, Example, Wish, train};

/// Invented messages to a railway of three kinds; each number makes another one.
fn message(kind: usize, number: usize) -> String {
    const PLACES: [&str; 6] = [
        "Seeburg", "Altenau", "Nordheim", "Talstadt", "Birkenau", "Lindow",
    ];
    const STARTS: [[&str; 4]; 3] = [
        [
            "Der Zug nach",
            "Schon wieder fällt die Bahn aus:",
            "Keine Durchsage in",
            "Über eine Stunde Verspätung in",
        ],
        [
            "Danke an das Team in",
            "Super Fahrt nach",
            "Sehr freundliche Zugbegleiterin vor",
            "Pünktlich und sauber in",
        ],
        [
            "Wann fährt der nächste Zug nach",
            "Wo bekomme ich eine Fahrkarte nach",
            "Wie komme ich nach",
            "Gilt mein Ticket in",
        ],
    ];
    const ENDS: [[&str; 3]; 3] = [
        [
            "ist ausgefallen, eine Frechheit",
            "nervt gewaltig",
            "und niemand hilft 😡",
        ],
        ["weiter so", "das war toll 👍", "vielen lieben Dank"],
        ["am Sonntag?", "und was kostet das?", "mit dem Fahrrad?"],
    ];
    let place = PLACES[number % 6];
    let start = STARTS[kind][number / 6 % 4];
    let end = ENDS[kind][number / 24 % 3];
    format!("{start} {place} {end}")
}

const KINDS: [&str; 3] = ["complaint", "praise", "question"];

fn messages() -> Vec<(String, &'static str)> {
    (0..60)
        .flat_map(|number| (0..3).map(move |kind| (message(kind, number), KINDS[kind])))
        .collect()
}

fn learned() -> Classifier {
    let messages = messages();
    let examples: Vec<Example<'_>> = messages
        .iter()
        .map(|(text, label)| Example { text, label })
        .collect();
    train(&examples, &Wish::default(), |_| {}).unwrap()
}

fn bytes(model: &Classifier) -> Vec<u8> {
    let mut bytes = Vec::new();
    model.save(&mut bytes).unwrap();
    bytes
}
