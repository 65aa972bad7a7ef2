//! Turns a text into features: words and their neighbours, stems, signs and emoji, runs of characters.
//! Features are numbers made from what they stand for; nothing is learned here.

use std::collections::HashMap;

use crate::text::scan::{self, Kind};
use crate::text::{compound, fold, stem};

/// Texts are read up to this many bytes; what follows changes no verdict.
pub(crate) const LONGEST_TEXT: usize = 20_000;
const LONGEST_WORD: usize = 40;
/// The kinds of features that are weighed against each other: words, and runs of characters.
pub(crate) const VIEWS: usize = 2;

/// Which stems words are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stems {
    None,
    German,
    English,
}

/// What is read from a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    /// The shortest and longest run of characters.
    pub(crate) runs: (u8, u8),
    /// Whether runs go on over the blanks between words.
    pub(crate) across: bool,
    /// How many neighbouring words make one feature at most.
    pub(crate) words: u8,
    /// Whether two words with one between them make a feature.
    pub(crate) skips: bool,
    /// Whether words after a negation are read as other words.
    pub(crate) negations: bool,
    pub(crate) compounds: bool,
    pub(crate) stems: Stems,
}

impl Recipe {
    /// What is read where nothing better is known.
    pub(crate) fn usual(stems: Stems) -> Self {
        Self {
            runs: (2, 4),
            across: true,
            words: 2,
            skips: true,
            negations: false,
            compounds: false,
            stems,
        }
    }
}

/// One feature, and the pieces of the text it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feature {
    /// The number; its last bit is the view.
    pub(crate) key: u32,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// A word, sign or emoji of the text by its byte range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// What it is called among the words.
    name: u64,
    stem: u64,
    sign: bool,
}

/// The view a feature belongs to.
pub(crate) fn view(key: u32) -> usize {
    (key & 1) as usize
}

/// Reads texts; kept from text to text for the sake of speed.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) pieces: Vec<Piece>,
    chars: Vec<(char, u32)>,
    stems: HashMap<Box<str>, u64>,
    stem: String,
}

const MULTIPLY: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(sum: u64, next: u64) -> u64 {
    (sum.rotate_left(5) ^ next).wrapping_mul(MULTIPLY)
}

fn finish(sum: u64, view: u32) -> u32 {
    let mixed = (sum ^ (sum >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed >> 32) as u32 & !1) | view
}

fn name_of(kind: u64, word: &str) -> u64 {
    let mut sum = mix(0x51, kind);
    for part in word.as_bytes().chunks(8) {
        let mut bytes = [0_u8; 8];
        bytes[..part.len()].copy_from_slice(part);
        sum = mix(sum, u64::from_le_bytes(bytes));
    }
    mix(sum, word.len() as u64)
}

mod kinds {
    pub(super) const WORD: u64 = 1;
    pub(super) const MENTION: u64 = 2;
    pub(super) const HASHTAG: u64 = 3;
    pub(super) const SIGN: u64 = 4;
    pub(super) const ADDRESS: u64 = 5;
    pub(super) const STEM: u64 = 6;
    pub(super) const PAIR: u64 = 7;
    pub(super) const SKIP: u64 = 8;
    pub(super) const NEGATED: u64 = 9;
    pub(super) const PART: u64 = 10;
    pub(super) const SHAPE: u64 = 11;
    pub(super) const RUN: u64 = 12;
    pub(super) const TRIPLE: u64 = 13;
    pub(super) const NUMBER: u64 = 14;
}

const NEGATIONS: &[&str] = &[
    "not", "no", "never", "none", "nobody", "nothing", "cannot", "cant", "dont", "doesnt", "didnt",
    "isnt", "wasnt", "wont", "wouldnt", "couldnt", "shouldnt", "arent", "werent", "havent",
    "hasnt", "hadnt", "without", "nicht", "nich", "nix", "nichts", "nie", "niemals", "kein",
    "keine", "keinen", "keinem", "keiner", "keines", "ohne", "niemand", "weder", "kaum",
];

impl Reader {
    /// Gives every feature of a text to `take`.
    pub(crate) fn read(&mut self, text: &str, recipe: &Recipe, mut take: impl FnMut(Feature)) {
        let text = beginning(text);
        self.cut(text, recipe, &mut take);
        self.neighbours(recipe, &mut take);
        self.runs(recipe, &mut take);
    }

    fn cut(&mut self, text: &str, recipe: &Recipe, take: &mut impl FnMut(Feature)) {
        self.pieces.clear();
        self.chars.clear();
        self.chars.push((' ', 0));
        if self.stems.len() > 50_000 {
            self.stems.clear();
        }
        let words = scan::scan(text);
        let mut at = 0;
        let mut negated = 0_u8;
        for word in &words {
            if word.from > at {
                self.signs(text, at, word.from, &mut negated);
            }
            at = word.to;
            self.word(text, word, recipe, &mut negated, take);
        }
        self.signs(text, at, text.len(), &mut negated);
    }

    fn word(
        &mut self,
        text: &str,
        word: &scan::Word,
        recipe: &Recipe,
        negated: &mut u8,
        take: &mut impl FnMut(Feature),
    ) {
        let raw = cut_to(&text[word.from..word.to], LONGEST_WORD);
        let place = self.pieces.len() as u32;
        let mut give = |sum: u64| {
            take(Feature {
                key: finish(sum, 0),
                from: place,
                to: place + 1,
            });
        };
        let folded = fold::fold(raw);
        let plain = squeeze(&folded.plain);

        let name = match word.kind {
            Kind::Mention => {
                give(mix(kinds::SHAPE, kinds::MENTION));
                name_of(kinds::MENTION, &plain)
            }
            Kind::Hashtag => {
                give(mix(kinds::SHAPE, kinds::HASHTAG));
                give(name_of(kinds::HASHTAG, &plain));
                name_of(kinds::WORD, &plain)
            }
            Kind::Plain => name_of(kinds::WORD, &plain),
        };
        give(name);
        if plain.bytes().any(|byte| byte.is_ascii_digit()) {
            give(mix(kinds::NUMBER, plain.len().min(6) as u64));
        }
        if raw.len() > 2
            && raw.chars().any(char::is_uppercase)
            && !raw.chars().any(char::is_lowercase)
        {
            give(mix(kinds::SHAPE, 1));
        }
        if plain.len() < folded.plain.len() {
            give(mix(kinds::SHAPE, 2));
        }
        let stem = self.stem_of(&folded.spoken, &plain, recipe.stems);
        if recipe.stems != Stems::None && word.kind != Kind::Mention {
            give(stem);
        }
        if recipe.compounds && word.kind != Kind::Mention {
            for part in compound::split(&plain).iter() {
                give(name_of(kinds::PART, &part.stem));
            }
        }
        if recipe.negations {
            if NEGATIONS.contains(&plain.as_str()) || raw.ends_with("n't") || raw.ends_with("n’t")
            {
                *negated = 4;
            } else if *negated > 0 {
                *negated -= 1;
                give(mix(kinds::NEGATED, name));
            }
        }
        self.pieces.push(Piece {
            from: word.from,
            to: word.to,
            name,
            stem,
            sign: false,
        });
        if self.chars.last().is_some_and(|(c, _)| *c != ' ') {
            self.chars.push((' ', place));
        }
        if word.kind == Kind::Mention {
            self.chars.push(('@', place));
        }
        self.chars.extend(plain.chars().map(|c| (c, place)));
    }

    fn stem_of(&mut self, spoken: &str, plain: &str, stems: Stems) -> u64 {
        if stems == Stems::None {
            return name_of(kinds::WORD, plain);
        }
        if let Some(known) = self.stems.get(spoken) {
            return *known;
        }
        if stems == Stems::German {
            stem::german(spoken, &mut self.stem);
        } else {
            stem::english(plain, &mut self.stem);
        }
        let name = name_of(kinds::STEM, &self.stem);
        self.stems.insert(spoken.into(), name);
        name
    }

    /// Reads what stands between words: signs, emoticons, emoji, and that there was an address.
    fn signs(&mut self, text: &str, from: usize, to: usize, negated: &mut u8) {
        let gap = &text[from..to];
        if gap.bytes().all(|byte| byte == b' ') {
            return;
        }
        let mut chars = gap.char_indices().peekable();
        let mut first = true;
        while let Some((offset, c)) = chars.next() {
            if c.is_whitespace()
                || c.is_control()
                || matches!(c, '\u{fe0f}' | '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}')
            {
                continue;
            }
            let start = from + offset;
            if c.is_alphanumeric() {
                // The scheme or the path of an address.
                let mut end = start + c.len_utf8();
                while let Some((offset, _)) = chars.next_if(|(_, next)| !next.is_whitespace()) {
                    end = from + offset + gap[offset..].chars().next().map_or(1, char::len_utf8);
                }
                if first || c == 'h' || c == 'w' {
                    self.sign(start, end, name_of(kinds::ADDRESS, ""), None);
                }
                first = false;
                continue;
            }
            if matches!(c, '.' | '!' | '?' | ',' | ';') {
                *negated = 0;
            }
            if !c.is_ascii() {
                let mut letters = [0_u8; 4];
                let name = name_of(kinds::SIGN, c.encode_utf8(&mut letters));
                self.sign(start, start + c.len_utf8(), name, Some(c));
                continue;
            }
            let mut run = String::new();
            run.push(c);
            let mut end = start + 1;
            while let Some((offset, next)) = chars.next_if(|(_, next)| next.is_ascii_punctuation())
            {
                end = from + offset + 1;
                // !!! is kept of !!!!!, but :) of :))).
                let third = run.len() == 2 && run.starts_with(next);
                if !run.ends_with(next) || run.len() < 2 || third {
                    run.push(next);
                }
                if run.len() > 8 {
                    break;
                }
            }
            let name = name_of(kinds::SIGN, &run);
            self.sign(start, end, name, Some(c));
        }
    }

    fn sign(&mut self, from: usize, to: usize, name: u64, shown: Option<char>) {
        let place = self.pieces.len() as u32;
        self.pieces.push(Piece {
            from,
            to,
            name,
            stem: name,
            sign: true,
        });
        if let Some(c) = shown {
            if self.chars.last().is_some_and(|(c, _)| *c != ' ') {
                self.chars.push((' ', place));
            }
            self.chars.push((c, place));
        }
    }

    fn neighbours(&self, recipe: &Recipe, take: &mut impl FnMut(Feature)) {
        let pieces = &self.pieces;
        for at in 0..pieces.len() {
            let piece = &pieces[at];
            if piece.sign {
                take(Feature {
                    key: finish(piece.name, 0),
                    from: at as u32,
                    to: at as u32 + 1,
                });
            }
            let mut give = |sum: u64, to: usize| {
                take(Feature {
                    key: finish(sum, 0),
                    from: at as u32,
                    to: to as u32,
                });
            };
            if recipe.words < 2 {
                continue;
            }
            if at == 0 {
                give(mix(mix(kinds::PAIR, 0), piece.name), 1);
            }
            if let Some(next) = pieces.get(at + 1) {
                give(mix(mix(kinds::PAIR, piece.stem), next.stem), at + 2);
                if let Some(third) = pieces.get(at + 2) {
                    if recipe.words > 2 {
                        give(
                            mix(mix(mix(kinds::TRIPLE, piece.stem), next.stem), third.stem),
                            at + 3,
                        );
                    }
                    if recipe.skips {
                        give(mix(mix(kinds::SKIP, piece.stem), third.stem), at + 3);
                    }
                }
            } else {
                give(mix(mix(kinds::PAIR, piece.name), 1), at + 1);
            }
        }
    }

    fn runs(&mut self, recipe: &Recipe, take: &mut impl FnMut(Feature)) {
        let (shortest, longest) = (usize::from(recipe.runs.0), usize::from(recipe.runs.1));
        if longest == 0 {
            return;
        }
        self.chars
            .push((' ', self.pieces.len().saturating_sub(1) as u32));
        let chars = &self.chars;
        for from in 0..chars.len() {
            let mut sum = kinds::RUN;
            for length in 1..=longest {
                let Some((c, piece)) = chars.get(from + length - 1) else {
                    break;
                };
                sum = mix(sum, u64::from(*c as u32));
                if length >= shortest {
                    let first = chars[from].1;
                    take(Feature {
                        key: finish(sum, 1),
                        from: first.min(*piece),
                        to: *piece + 1,
                    });
                }
                if !recipe.across && *c == ' ' && length > 1 {
                    break;
                }
            }
        }
    }
}

/// Takes letters written more than twice in a row (sooooo) down to two.
fn squeeze(word: &str) -> String {
    let mut squeezed = String::with_capacity(word.len());
    let mut last = ['\0'; 2];
    for c in word.chars() {
        if last == [c, c] && !c.is_ascii_digit() {
            continue;
        }
        squeezed.push(c);
        last = [last[1], c];
    }
    squeezed
}

fn beginning(text: &str) -> &str {
    cut_to(text, LONGEST_TEXT)
}

fn cut_to(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
