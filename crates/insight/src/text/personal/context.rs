//! Words within thirty characters of a number that say what it is, or that it is something else.

/// How far a word may stand from the number, in characters (formulas.md 10).
const REACH: usize = 30;

/// Words by a card's number.
pub(super) const CARD: &[&str] = &[
    "karte",
    "card",
    "visa",
    "mastercard",
    "amex",
    "kredit",
    "credit",
];
/// Words by a tax id.
pub(super) const TAX: &[&str] = &["steuer", "idnr", "id-nr", "tax", "tin"];
/// Words by numbers of orders, parcels and devices, which are nobody's card or account.
pub(super) const GOODS: &[&str] = &[
    "sendung",
    "paket",
    "tracking",
    "track",
    "bestell",
    "auftrag",
    "order",
    "imei",
    "serien",
    "serial",
    "rechnung",
    "invoice",
    "ticket",
    "artikel",
    "ean",
    "isbn",
    "vorgang",
    "case",
    "referenz",
    "reference",
];
/// Words by a telephone number.
pub(super) const PHONE: &[&str] = &[
    "tel",
    "fon",
    "handy",
    "mobil",
    "phone",
    "call",
    "ruf",
    "anruf",
    "nummer erreich",
    "whatsapp",
    "sms",
    "cell",
];
/// Words by a date of birth.
pub(super) const BIRTH: &[&str] = &[
    "gebor",
    "geb.",
    "geb:",
    "geb ",
    "geburtsdatum",
    "geburtstag",
    "birth",
    "born",
    "dob",
    "d.o.b",
];
/// Words by somebody's own address.
pub(super) const HOME: &[&str] = &[
    "adresse",
    "anschrift",
    "wohn",
    "address",
    "i live",
    "my place",
    "deliver",
    "liefer",
    "zu hause",
    "zuhause",
    "daheim",
];
/// Words by an address in the internet.
pub(super) const NETWORK: &[&str] = &["ip", "server", "host", "dns", "router", "gateway", "vpn"];
/// Words by a licence plate.
pub(super) const PLATE: &[&str] = &[
    "kennzeichen",
    "nummernschild",
    "kfz",
    "plate",
    "auto ",
    "wagen",
    "car ",
];

/// Tells whether one of the words stands within reach before or after a place.
pub(super) fn has(text: &str, from: usize, to: usize, words: &[&str]) -> bool {
    near(&before(text, from), words) || near(&after(text, to), words)
}

/// Tells whether one of the words stands within reach before a place.
pub(super) fn has_before(text: &str, from: usize, words: &[&str]) -> bool {
    near(&before(text, from), words)
}

fn before(text: &str, from: usize) -> String {
    let start = text[..from]
        .char_indices()
        .rev()
        .nth(REACH - 1)
        .map_or(0, |(at, _)| at);
    text[start..from].to_lowercase()
}

fn after(text: &str, to: usize) -> String {
    text[to..]
        .chars()
        .take(REACH)
        .collect::<String>()
        .to_lowercase()
}

/// A word counts from its beginning: `ip` is not in `shipping`.
fn near(around: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        around.match_indices(word).any(|(at, _)| {
            let stands_alone = !around[..at].ends_with(char::is_alphanumeric);
            stands_alone || word.len() >= 4
        })
    })
}
