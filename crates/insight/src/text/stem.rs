//! German and English stems of one word, by the Snowball rules.
//! Which language a word is in is not asked: short posts mix both, so the index keeps either stem.

use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use crate::text::fold;

static GERMAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::German));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// Words up to this many letters are their own stems.
pub(crate) const UNSTEMMED_LETTERS: usize = 3;

/// Writes the folded German stem of a lower-case word with its umlauts (`züge` -> `zug`).
pub(crate) fn german(spoken: &str, stem: &mut String) {
    stem.clear();
    if spoken.len() <= UNSTEMMED_LETTERS {
        stem.push_str(spoken);
        return;
    }
    // Bus doubles its s in the plural, which no rule of the stemmer undoes.
    if matches!(spoken, "busse" | "bussen" | "busses") {
        stem.push_str("bus");
        return;
    }
    // The stemmer ends by taking the umlauts off; other marks (Café) are left.
    let found = GERMAN.stem(spoken);
    if found.is_ascii() {
        stem.push_str(&found);
    } else {
        stem.push_str(&fold::strip_marks(&found));
    }
}

/// Writes the English stem of a folded word (`delays` -> `delay`).
pub(crate) fn english(plain: &str, stem: &mut String) {
    stem.clear();
    if plain.len() <= UNSTEMMED_LETTERS || !plain.is_ascii() {
        stem.push_str(plain);
        return;
    }
    stem.push_str(&ENGLISH.stem(plain));
}

#[cfg(test)]
mod tests {
    use super::{english, german};

    #[test]
    fn stems() {
        let mut stem = String::new();
        for (word, expected) in [
            ("züge", "zug"),
            ("zügen", "zug"),
            ("störungen", "storung"),
            ("bahn", "bahn"),
        ] {
            german(word, &mut stem);
            assert_eq!(stem, expected);
        }
        for (word, expected) in [
            ("delays", "delay"),
            ("cancelled", "cancel"),
            ("refunding", "refund"),
        ] {
            english(word, &mut stem);
            assert_eq!(stem, expected);
        }
    }
}
