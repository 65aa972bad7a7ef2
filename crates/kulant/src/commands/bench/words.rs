//! Invented posts for benches: German and English, common words common and rare ones rare, the same
//! for the same number.

use serde_json::{Value, json};

/// Words by how common they are, the commonest first.
const WORDS: [&str; 120] = [
    "die",
    "der",
    "und",
    "ist",
    "nicht",
    "ich",
    "the",
    "zug",
    "in",
    "das",
    "seit",
    "heute",
    "mit",
    "auf",
    "wieder",
    "bahn",
    "to",
    "verspätung",
    "keine",
    "minuten",
    "hallo",
    "warum",
    "internet",
    "train",
    "late",
    "again",
    "danke",
    "wann",
    "kommt",
    "app",
    "ticket",
    "service",
    "geht",
    "ausfall",
    "strecke",
    "bahnhof",
    "hilfe",
    "bitte",
    "störung",
    "router",
    "anschluss",
    "wlan",
    "please",
    "help",
    "anybody",
    "station",
    "platform",
    "delayed",
    "cancelled",
    "refund",
    "money",
    "rechnung",
    "vertrag",
    "kündigung",
    "preis",
    "tarif",
    "kunde",
    "hotline",
    "stunden",
    "warten",
    "schaffner",
    "freundlich",
    "sitzplatz",
    "reservierung",
    "koffer",
    "fahrrad",
    "toilette",
    "klimaanlage",
    "heizung",
    "kalt",
    "heiß",
    "laut",
    "sauber",
    "pünktlich",
    "endlich",
    "wirklich",
    "immer",
    "nie",
    "morgen",
    "abend",
    "nacht",
    "montag",
    "freitag",
    "wochenende",
    "urlaub",
    "arbeit",
    "schule",
    "kinder",
    "familie",
    "berlin",
    "hamburg",
    "köln",
    "dresden",
    "altenau",
    "seeburg",
    "tannfeld",
    "signal",
    "weiche",
    "oberleitung",
    "glasfaser",
    "mast",
    "netz",
    "empfang",
    "roaming",
    "norway",
    "switzerland",
    "holiday",
    "weekend",
    "morning",
    "evening",
    "driver",
    "seat",
    "window",
    "luggage",
    "bicycle",
    "quiet",
    "clean",
    "punctual",
    "lost",
    "found",
];

/// The commonest words that a person would search for or not, for the hardest searches.
pub(super) fn commonest(count: usize) -> &'static [&'static str] {
    &WORDS[..count.min(WORDS.len())]
}

/// Returns a word by its place, over and over, for the other searches.
pub(super) fn word(number: usize) -> &'static str {
    WORDS[number % WORDS.len()]
}

/// Writes the post of a number; `run` keeps two runs on one database apart.
pub(super) fn post(run: &str, number: u64, time: kulant_model::time::Timestamp) -> Value {
    let author = mixed(number) % 20_000;
    json!({
        "type": "post",
        "id": format!("{run}-{number}"),
        "text": text(number),
        "author": {"id": format!("u-{author}"), "name": format!("Person {author}")},
        "time": time,
        "visibility": "public",
    })
}

/// Eight to thirty words; the chance of a word falls with its place, and one is rare.
fn text(number: u64) -> String {
    let length = 8 + mixed(number ^ 0xabcd) % 23;
    let mut text = String::with_capacity(200);
    for place in 0..length {
        let chance = mixed(number.wrapping_mul(31).wrapping_add(place)) as f64 / u64::MAX as f64;
        let index = (chance * chance * WORDS.len() as f64) as usize;
        text.push_str(WORDS[index.min(WORDS.len() - 1)]);
        text.push(' ');
    }
    text.push_str("fall");
    text.push_str(&(number % 50_021).to_string());
    text
}

/// `SplitMix64`: spreads numbers that lie side by side.
pub(super) fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
