//! Guesses whether a text is German or English, by the small words that only one of them has.
//! `guess` says nothing where a text is too short to tell; `judge` says `other` where it looks like neither.

use std::sync::LazyLock;

use crate::lexicon::{self, WordSet};
use crate::text::fold;
use crate::text::scan;
use crate::text::units::{UnitKind, Units};

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

/// Words of neighbours' languages that neither German nor English has, folded.
const OTHER: &[&str] = &[
    "le", "la", "les", "des", "une", "est", "et", "je", "vous", "nous", "pas", "pour", "avec",
    "dans", "mon", "ma", "mes", "votre", "sur", "qui", "que", "el", "los", "las", "por", "para",
    "una", "con", "mi", "no", "es", "esta", "muy", "como", "pero", "il", "gli", "che", "non",
    "per", "sono", "mio", "della", "di", "e", "ik", "het", "een", "van", "niet", "mijn", "voor",
    "maar", "jullie", "naar", "bir", "ve", "bu", "icin", "ne", "cok", "degil", "nie", "jest",
    "sie", "na", "czy", "dla", "do", "eu", "nao", "um", "uma", "com", "voce", "os", "mais", "jag",
    "och", "det", "inte", "pa", "meu", "minha", "merci", "bonjour", "gracias", "hola", "ciao",
    "grazie", "obrigado",
];
/// Further words for a post that is to be told in any case, folded: too common in both to search by, or too long a list.
const MORE_GERMAN: &[&str] = &[
    "danke",
    "hallo",
    "moin",
    "nix",
    "doch",
    "sehr",
    "gut",
    "ganz",
    "gibts",
    "hab",
    "bis",
    "als",
    "wurde",
    "zwischen",
    "gegen",
    "durch",
    "wegen",
    "alle",
    "alles",
    "keinen",
    "einem",
    "eines",
    "diese",
    "dieser",
    "dieses",
    "kommt",
    "geht",
    "gehen",
    "fahrt",
    "zug",
    "bahn",
    "werden",
    "wurden",
    "unter",
    "vor",
    "beim",
    "ans",
    "ins",
    "denn",
    "dann",
    "da",
    "also",
    "eben",
    "halt",
    "liebe",
    "lieber",
    "guten",
    "tag",
    "abend",
    "viele",
    "vielen",
    "mehr",
    "gegen",
    "strasse",
    "stadt",
    "neue",
    "neuen",
    "neuer",
    "ab",
    "ohne",
    "sowie",
    "laut",
    "richtung",
    "uhr",
    "hbf",
    "bahnhof",
    "aufzug",
    "gleis",
    "leute",
    "sagt",
    "macht",
    "was",
    "hier",
    "eigentlich",
    "endlich",
    "leider",
    "gerade",
];
const MORE_ENGLISH: &[&str] = &[
    "thanks", "thank", "hello", "hi", "hey", "help", "im", "dont", "cant", "ive", "its", "after",
    "before", "did", "had", "her", "his", "into", "like", "make", "more", "new", "now", "off",
    "only", "other", "over", "said", "still", "than", "them", "then", "these", "time", "us", "use",
    "very", "want", "way", "well", "work", "yes", "yet", "love", "good", "great", "got", "getting",
    "need", "never", "one", "same", "sent", "some", "should", "could", "tried", "trying", "guys",
    "ok", "okay", "lol", "awesome", "done", "back", "because", "let", "know", "will", "yall",
    "working", "was", "phone", "flight", "order", "account", "worst", "best", "ever", "day",
    "days", "another", "every", "really",
];
/// Three letters that stand often in one of the two languages and seldom in the other.
const GERMAN_THREES: &[&str] = &[
    "sch", "ich", "cht", "ung", "ein", "eit", "tig", "gen", "ckt", "lic", "ahr", "uhr", "zug",
    "tzt", "rau", "eue", "hei", "kei", "bei", "nde", "ier", "uss", "ach", "och",
];
const ENGLISH_THREES: &[&str] = &[
    "the", "ing", "ion", "thi", "wha", "oul", "ght", "ays", "eas", "oun", "our", "ity", "ake",
    "ook", "ous", "ave", "ll ", "ple", "ate", "ver", "ome", "ess", "ice", "you",
];

struct Lists {
    german: WordSet,
    english: WordSet,
    other: WordSet,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists {
    german: lexicon::set_of(&[GERMAN, MORE_GERMAN]),
    english: lexicon::set_of(&[ENGLISH, MORE_ENGLISH]),
    other: lexicon::set_of(&[OTHER]),
});

/// Tells the language of a post that is cut already: `de`, `en` or `other`.
pub(crate) fn judge(text: &str, units: &Units) -> &'static str {
    let lists = &*LISTS;
    let (mut german, mut english, mut other) = (0.0_f32, 0.0_f32, 0.0_f32);
    for unit in &units.list {
        let plain = unit.plain.as_str();
        if !matches!(unit.kind, UnitKind::Word | UnitKind::Hashtag) || plain.is_empty() {
            continue;
        }
        let is_german = lists.german.contains(plain);
        let is_english = lists.english.contains(plain);
        german += f32::from(u8::from(is_german));
        english += f32::from(u8::from(is_english));
        // A word of ours that others have too is still more likely ours.
        let shared = if is_german || is_english { 0.4 } else { 1.0 };
        if lists.other.contains(plain) {
            other += shared;
        }
        if !is_german && !is_english && plain.len() >= 4 {
            german += 0.25 * count_threes(plain, GERMAN_THREES);
            english += 0.25 * count_threes(plain, ENGLISH_THREES);
        }
        if plain.len() >= 7 && lexicon::PARTS.find(plain).is_some() {
            german += 0.5;
        }
    }
    let (mut latin, mut foreign) = (0_usize, 0_usize);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        match c {
            'ä' | 'ö' | 'ü' | 'ß' | 'Ä' | 'Ö' | 'Ü' => {
                german += 0.3;
                latin += 1;
            }
            'ñ' | 'ç' | 'ã' | 'õ' | 'ı' | 'ş' | 'ğ' | 'ł' | 'ż' | 'ę' | 'ą' | 'å' | 'ø' | 'ê'
            | 'ù' | 'ò' | 'ì' => {
                other += 0.6;
                latin += 1;
            }
            'é' | 'è' | 'à' | 'á' | 'í' | 'ó' | 'ú' => {
                other += 0.3;
                latin += 1;
            }
            _ if u32::from(c) < 0x250 => latin += 1,
            _ => foreign += 1,
        }
    }

    if foreign > latin || other > german.max(english) || german.max(english) == 0.0 {
        return "other";
    }
    if german >= english { "de" } else { "en" }
}

fn count_threes(plain: &str, threes: &[&str]) -> f32 {
    let found = threes
        .iter()
        .filter(|three| plain.contains(**three))
        .count();
    f32::from(u8::try_from(found.min(4)).unwrap_or(4))
}

#[cfg(test)]
mod tests {
    use super::{guess, judge};
    use crate::text::units;

    #[test]
    fn other_languages_are_told_honestly() {
        for (text, expected) in [
            ("Störung in Nordtal", "de"),
            ("Zugausfall Richtung Lumenau", "de"),
            ("Internet outage again", "en"),
            ("@lumenau thanks!", "en"),
            ("Bonjour, je n'ai pas de réseau depuis ce matin", "other"),
            (
                "Mi internet no funciona desde ayer, por favor ayuda",
                "other",
            ),
            ("Интернет не работает", "other"),
            ("インターネットが使えません", "other"),
            ("İnternetim çalışmıyor, ne zaman düzelecek?", "other"),
            ("😡😡😡", "other"),
            ("", "other"),
        ] {
            assert_eq!(judge(text, &units::cut(text)), expected, "{text}");
        }
    }

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
