//! German and English word lists as data, read once and looked up by their folded spelling.
//! The lists are written for this project; dictionaries under other licences are not mixed in.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::text::fold;
use crate::text::phrases::Phrases;
use crate::text::stem;

static PARTS_DE: &str = include_str!("parts_de.txt");
static FUNCTION_WORDS_TEXT: &str = include_str!("function_words.txt");

/// A small multiplicative hash (FNV-1a): the keys are short words of our own, so nobody can choose them against us.
pub(crate) struct WordHasher(u64);

impl Default for WordHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u64::from(*byte);
            self.0 = self.0.wrapping_mul(0x0100_0000_01b3);
        }
    }
}

pub(crate) type WordMap<V> = HashMap<Box<str>, V, BuildHasherDefault<WordHasher>>;
pub(crate) type WordSet = HashSet<Box<str>, BuildHasherDefault<WordHasher>>;

/// A word that compounds are made of.
pub(crate) struct Part {
    /// The folded word as it stands in the list.
    pub(crate) word: Box<str>,
    /// Its German stem, folded.
    pub(crate) stem: Box<str>,
    /// True where the word stands only in front of another (Groß-störung).
    pub(crate) only_front: bool,
}

/// The German word parts and the words that only look like compounds.
pub(crate) struct Parts {
    by_form: WordMap<u16>,
    words: Vec<Part>,
    opaque: WordSet,
}

impl Parts {
    /// Finds a part by a folded form: the word itself, or a feminine without its last e (Schul-weg).
    pub(crate) fn find(&self, form: &str) -> Option<&Part> {
        self.by_form
            .get(form)
            .map(|index| &self.words[usize::from(*index)])
    }

    /// Tells whether a folded word only looks like a compound (Hochzeit).
    pub(crate) fn is_opaque(&self, word: &str) -> bool {
        self.opaque.contains(word)
    }

    #[cfg(test)]
    pub(crate) fn count_words(&self) -> usize {
        self.words.iter().filter(|part| !part.only_front).count()
    }
}

/// The German parts, read on first use.
pub(crate) static PARTS: LazyLock<Parts> = LazyLock::new(|| read_parts(PARTS_DE));

static FUNCTION_WORDS: LazyLock<WordSet> = LazyLock::new(|| {
    words_of(FUNCTION_WORDS_TEXT)
        .map(|word| fold::fold(word).plain.into_boxed_str())
        .collect()
});

/// Tells whether a folded word has no subject of its own (`die`, `with`).
pub(crate) fn is_function_word(plain: &str) -> bool {
    plain.len() <= 12 && FUNCTION_WORDS.contains(plain)
}

/// What turns the words after it into their opposite.
const NEGATIONS: &[&str] = &[
    "nicht",
    "kein",
    "keine",
    "keinen",
    "keinem",
    "keiner",
    "keinerlei",
    "nie",
    "niemals",
    "ohne",
    "weder",
    "nichts",
    "not",
    "no",
    "never",
    "dont",
    "doesnt",
    "didnt",
    "wont",
    "isnt",
    "wasnt",
    "arent",
    "cant",
    "cannot",
    "couldnt",
    "shouldnt",
    "wouldnt",
    "havent",
    "hasnt",
    "without",
    "neither",
    "nor",
    "aint",
    "nix",
    "net",
    "nich",
];

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::compile(
        &[
            ("matter", include_str!("matters.txt")),
            ("matter", include_str!("families.txt")),
            ("sentiment", include_str!("sentiment.txt")),
            ("urgency", include_str!("urgency.txt")),
            ("kind", include_str!("kinds.txt")),
        ],
        NEGATIONS,
    )
});

/// Makes a set of words that are folded already.
pub(crate) fn set_of(lists: &[&[&str]]) -> WordSet {
    lists.concat().into_iter().map(Into::into).collect()
}

/// All phrases that verdicts are made of, compiled on first use.
pub(crate) fn phrases() -> &'static Phrases {
    &PHRASES
}

/// Compiles the phrases that the tone of a draft is judged by.
pub(crate) fn tone_phrases() -> Phrases {
    Phrases::compile(&[("tone", include_str!("tone.txt"))], NEGATIONS)
}

/// How much each sign says for each kind of post: lines of a sign and eight numbers.
pub(crate) const KIND_WEIGHTS: &str = include_str!("kind_weights.txt");

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
}

fn read_parts(text: &str) -> Parts {
    let mut list = Parts {
        by_form: WordMap::default(),
        words: Vec::new(),
        opaque: WordSet::default(),
    };

    for entry in words_of(text) {
        let word = entry.trim_start_matches(['+', '!']);
        let folded = fold::fold(word);
        if entry.starts_with('!') {
            list.opaque.insert(folded.plain.as_str().into());
            continue;
        }
        // Two letters (Ei, Öl) would cut half the language.
        if folded.plain.len() < 3 {
            continue;
        }
        add_part(&mut list, &folded, entry.starts_with('+'));
    }
    list
}

fn add_part(list: &mut Parts, folded: &fold::Folded, only_front: bool) {
    if let Some(index) = list.by_form.get(folded.plain.as_str()) {
        // A word listed both ways is a full noun.
        list.words[usize::from(*index)].only_front &= only_front;
        return;
    }
    let index = u16::try_from(list.words.len()).expect("the list has fewer than 65,536 words");
    let mut stem = String::new();
    stem::german(&folded.spoken, &mut stem);
    list.words.push(Part {
        word: folded.plain.as_str().into(),
        stem: stem.as_str().into(),
        only_front,
    });
    list.by_form.insert(folded.plain.as_str().into(), index);

    // Feminines drop their e in front of another word: Schule, Schul-weg. A real word of that form wins later.
    let shortened = folded.plain.strip_suffix('e');
    if let Some(short) = shortened.filter(|short| short.len() >= 5 && !short.ends_with('e')) {
        list.by_form.entry(short.into()).or_insert(index);
    }
}

#[cfg(test)]
mod tests {
    use super::PARTS;

    #[test]
    fn the_list_is_large_and_finds_words_by_folded_form() {
        assert!(PARTS.count_words() >= 1_500, "{}", PARTS.count_words());
        assert_eq!(&*PARTS.find("storung").unwrap().word, "storung");
        assert_eq!(&*PARTS.find("schul").unwrap().word, "schule");
        assert!(PARTS.find("gross").unwrap().only_front);
        assert!(PARTS.is_opaque("hochzeit"));
        assert!(PARTS.find("ei").is_none());
    }
}
