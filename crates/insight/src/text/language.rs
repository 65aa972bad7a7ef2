//! Guesses whether a text is German or English, by the small words that only one of them has.
//! It says nothing where a text is too short to tell; no other language is known here.

use crate::text::fold;
use crate::text::scan;

/// Words of German that are none of English, folded.
const GERMAN: &[&str] = &[
    "aber", "auch", "auf", "aus", "bei", "bin", "bitte", "das", "dass", "dem", "den", "der", "des",
    "die", "ein", "eine", "einen", "einer", "er", "es", "euch", "euer", "eure", "fur", "gibt",
    "habe", "haben", "hat", "heute", "ich", "ihr", "im", "immer", "ist", "ja", "jetzt", "kann",
    "kein", "keine", "mal", "man", "mein", "meine", "mich", "mir", "mit", "morgen", "nach",
    "nicht", "noch", "nun", "nur", "oder", "schon", "sein", "seit", "sich", "sie", "sind", "uber",
    "und", "uns", "vom", "von", "warum", "weil", "wenn", "wer", "wie", "wieder", "wieso", "wir",
    "wird", "wo", "zu", "zum", "zur",
];
/// Words of English that are none of German, folded.
const ENGLISH: &[&str] = &[
    "a", "about", "again", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "do",
    "does", "for", "from", "get", "has", "have", "how", "i", "if", "is", "it", "just", "me", "my",
    "no", "not", "of", "on", "or", "our", "out", "please", "she", "since", "so", "that", "the",
    "their", "there", "they", "this", "to", "today", "up", "we", "were", "what", "when", "where",
    "which", "who", "why", "with", "would", "you", "your",
];

/// Returns the language of a text as BCP 47 writes it; none where that cannot be told.
pub fn guess(text: &str) -> Option<&'static str> {
    let (mut german, mut english) = (0, 0);
    for word in scan::scan(text) {
        let plain = fold::fold(&text[word.from..word.to]).plain;
        german += usize::from(GERMAN.contains(&plain.as_str()));
        english += usize::from(ENGLISH.contains(&plain.as_str()));
    }
    match german.cmp(&english) {
        std::cmp::Ordering::Greater => Some("de"),
        std::cmp::Ordering::Less => Some("en"),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn small_words_tell_the_language() {
        for (text, expected) in [
            ("Warum fällt der Zug heute schon wieder aus?", Some("de")),
            ("Why is the train late again today?", Some("en")),
            ("Für mich ist das kein Service", Some("de")),
            ("Lumenau Router", None),
            ("", None),
            (
                "Ich finde euren Support great and helpful, danke euch",
                Some("de"),
            ),
        ] {
            assert_eq!(guess(text), expected, "{text}");
        }
    }
}
