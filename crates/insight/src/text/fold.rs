//! Folding a word to the letters that the index compares: NFKC, lower case, ß as ss, umlauts in both spellings.
//! Not stemming, and not cutting texts into words.

use unicode_normalization::UnicodeNormalization;

/// A word folded in three ways.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Folded {
    /// Lower case with umlauts restored (`zuege` -> `züge`): what the German stemmer understands.
    pub(crate) spoken: String,
    /// `spoken` without any marks (`zuge`): the main token.
    pub(crate) plain: String,
    /// The word as it was written without marks (`zuege`), where that differs from `plain`.
    pub(crate) written: Option<String>,
}

/// Folds a finished word.
pub(crate) fn fold(word: &str) -> Folded {
    fold_with(word, false)
}

/// Folds a word that is still being typed: `stoe` at the end may become `stö`.
pub(crate) fn fold_typed(word: &str) -> Folded {
    fold_with(word, true)
}

fn fold_with(word: &str, typed: bool) -> Folded {
    let lower = lower(word);
    let spoken = restore_umlauts(&lower, typed);

    let plain = strip_marks(&spoken);
    let written = (spoken != lower).then(|| strip_marks(&lower));
    Folded {
        spoken,
        plain,
        written,
    }
}

fn lower(word: &str) -> String {
    if word.is_ascii() {
        let mut lower = word.to_ascii_lowercase();
        lower.retain(|c| c != '\'');
        return lower;
    }
    let mut lower = String::with_capacity(word.len() + 2);
    for c in word.nfkc().flat_map(char::to_lowercase) {
        match c {
            'ß' => lower.push_str("ss"),
            '\'' | '’' | '\u{ad}' | '\u{200d}' | '\u{fe0f}' => {}
            _ => lower.push(c),
        }
    }
    lower
}

/// Removes marks from letters, so that é and e, ä and a are the same token.
pub(crate) fn strip_marks(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut plain = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            _ if c.is_ascii() => plain.push(c),
            'ä' => plain.push('a'),
            'ö' | 'ø' => plain.push('o'),
            'ü' => plain.push('u'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ł' => plain.push('l'),
            'đ' => plain.push('d'),
            _ => plain.extend(
                std::iter::once(c)
                    .nfd()
                    .filter(|part| part.is_alphanumeric()),
            ),
        }
    }
    plain
}

/// Beginnings of words in which ae, oe, ue are two sounds (or English), so that Poet does not become Pöt.
const TWO_SOUNDS: &[&str] = &[
    "aero", "bluet", "blues", "continue", "cruel", "does", "duell", "duett", "fuel", "goes",
    "guerilla", "guess", "guest", "heroes", "influen", "israel", "issue", "koeffiz", "koexist",
    "maestr", "manuel", "michael", "menuett", "oboe", "phoenix", "poem", "poesi", "poet", "queue",
    "raphael", "samuel", "shoes", "soeben", "statue", "suez", "toes", "tuesday", "value", "zuerst",
];

/// Turns ae, oe, ue into ä, ö, ü where a German would read them so.
fn restore_umlauts(word: &str, typed: bool) -> String {
    let bytes = word.as_bytes();
    let candidate = bytes
        .windows(2)
        .any(|pair| pair[1] == b'e' && matches!(pair[0], b'a' | b'o' | b'u'));
    if !candidate || TWO_SOUNDS.iter().any(|start| word.starts_with(start)) {
        return word.to_owned();
    }

    let mut restored = String::with_capacity(word.len());
    let mut rest_from = 0;
    let mut at = 0;
    while at + 1 < bytes.len() {
        if bytes[at + 1] == b'e' && is_one_sound(bytes, at, typed) {
            restored.push_str(&word[rest_from..at]);
            restored.push(match bytes[at] {
                b'a' => 'ä',
                b'o' => 'ö',
                _ => 'ü',
            });
            at += 2;
            rest_from = at;
        } else {
            at += 1;
        }
    }
    restored.push_str(&word[rest_from..]);
    restored
}

fn is_one_sound(word: &[u8], at: usize, typed: bool) -> bool {
    let before = at.checked_sub(1).map(|index| word[index]);
    let after = &word[at + 2..];
    // Statue, Shoe, Reggae: at the end of a word it is hardly ever an umlaut; while typing we cannot know.
    if after.is_empty() && !(typed && word.len() > 3) {
        return false;
    }
    match word[at] {
        // neue, bauen, Quelle, aktuell, manuell, visuell
        b'u' => {
            let latin = matches!(before, Some(b't' | b'd' | b'n' | b's' | b'x' | b'v'))
                && at >= 3
                && after.first() == Some(&b'l');
            !matches!(before, Some(b'a' | b'e' | b'o' | b'q')) && !latin
        }
        b'a' | b'o' => !matches!(before, Some(b'a' | b'e')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{fold, fold_typed};

    #[test]
    fn umlauts_meet_in_every_spelling() {
        for (left, right) in [
            ("Züge", "zuege"),
            ("ZÜGE", "ZUEGE"),
            ("Störung", "stoerung"),
            ("Straße", "STRASSE"),
            ("Große", "grosse"),
            ("Verspa\u{308}tung", "Verspaetung"),
            ("café", "CAFE"),
            ("geht’s", "gehts"),
            ("ﬁnden", "finden"),
            ("Müll", "Muell"),
            ("Ärger", "aerger"),
        ] {
            assert_eq!(fold(left).plain, fold(right).plain, "{left} {right}");
        }
    }

    #[test]
    fn two_sounds_stay_two_letters() {
        for word in [
            "neue",
            "aktuell",
            "poet",
            "bauen",
            "quelle",
            "manuell",
            "individuell",
            "statue",
            "michael",
            "bluetooth",
            "teuer",
            "value",
            "request",
            "does",
            "steuer",
        ] {
            assert_eq!(fold(word).plain, word);
            assert_eq!(fold(word).written, None, "{word}");
        }
    }

    #[test]
    fn a_word_being_typed_may_end_in_an_umlaut() {
        assert_eq!(fold_typed("stoe").plain, "sto");
        assert_eq!(fold("stoe").plain, "stoe");
        assert_eq!(fold("zuege").written.as_deref(), Some("zuege"));
    }
}
