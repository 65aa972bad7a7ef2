//! How X counts: a table of weights, every link 23 whatever its length, every emoji sequence 2.
//! The table is the third of X's published configurations; links are also known by their domain alone.

use std::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::links::{self, Known};

/// What a link counts.
const LINK: usize = 23;
/// What a sign outside the light ranges counts, and an emoji sequence.
const HEAVY: usize = 2;
/// The signs that count one: Latin and its neighbours, and the usual punctuation.
const LIGHT: [(u32, u32); 4] = [
    (0x0000, 0x10FF),
    (0x2000, 0x200D),
    (0x2010, 0x201F),
    (0x2032, 0x2037),
];
/// Where signs stand that are drawn as pictures.
const PICTURES: [(u32, u32); 20] = [
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x2199),
    (0x21A9, 0x21AA),
    (0x231A, 0x231B),
    (0x2328, 0x2328),
    (0x23CF, 0x23FA),
    (0x24C2, 0x24C2),
    (0x25AA, 0x25AB),
    (0x25B6, 0x25B6),
    (0x25C0, 0x25C0),
    (0x25FB, 0x25FE),
    (0x2600, 0x27BF),
    (0x2934, 0x2935),
    (0x2B05, 0x2B55),
    (0x3030, 0x303D),
    (0x3297, 0x3299),
    (0x1_F000, 0x1_FAFF),
];
const JOINER: char = '\u{200D}';
const DRAWN: char = '\u{FE0F}';
const WRITTEN: char = '\u{FE0E}';
const KEY: char = '\u{20E3}';
const FLAG_LETTERS: RangeInclusive<char> = '\u{1F1E6}'..='\u{1F1FF}';
const TAGS: RangeInclusive<char> = '\u{E0020}'..='\u{E007F}';
/// What an emoji of several can end with.
const LAST_JOINED: &str =
    "♀♂⚕⚖⚧✈☠❄⬛➡↔↕🌈🌫🌾🍳🍼🎄🎓🎤🎨🏫🏭👦👧💥💨💫💻💼🔥🔧🔬🗨🚀🚒🟩🟫🦯🦰🦱🦲🦳🦺🦼🦽🧒🩰🩹🫲";
/// Two of these are one emoji only with a bond between them.
const GROWN_UP: [char; 3] = ['👨', '👩', '🧑'];
const BOND: [char; 3] = ['❤', '💋', '🤝'];

/// Counts a text as X does.
pub(super) fn weight(text: &str) -> usize {
    let text: Vec<char> = text.nfc().collect();
    let mut weight = 0;
    let mut at = 0;
    for (start, end) in links::find(&text, Known::ByDomain) {
        weight += written(&text[at..start]) + LINK;
        at = end;
    }
    weight + written(&text[at..])
}

/// Counts what is no link.
fn written(text: &[char]) -> usize {
    let text: String = text.iter().collect();
    text.graphemes(true).map(sign).sum()
}

/// Counts what a reader sees as one sign: an emoji, or one with more behind it, or no emoji.
fn sign(sign: &str) -> usize {
    let sign: Vec<char> = sign.chars().collect();
    let mut weight = 0;
    let mut at = 0;
    while at < sign.len() {
        let drawn = picture(&sign[at..]);
        weight += if drawn > 0 {
            HEAVY
        } else {
            light_or_heavy(sign[at])
        };
        at += drawn.max(1);
    }
    weight
}

fn light_or_heavy(sign: char) -> usize {
    if within(sign, &LIGHT) { 1 } else { HEAVY }
}

fn within(sign: char, ranges: &[(u32, u32)]) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&u32::from(sign)))
}

/// Returns how many code points at the beginning are one emoji sequence; what is joined, but to no
/// emoji there is, is not.
fn picture(sign: &[char]) -> usize {
    let Some(&first) = sign.first() else {
        return 0;
    };
    if sign.contains(&KEY) && matches!(first, '0'..='9' | '#' | '*') {
        return sign.len();
    }
    let second = sign.get(1).copied();
    let is_picture = match first {
        '©' | '®' => second == Some(DRAWN),
        _ => within(first, &PICTURES) && second != Some(WRITTEN),
    };
    if !is_picture {
        return 0;
    }
    let (mut whole, mut ends, mut last) = (1, true, first);
    let mut at = 1;
    while let Some(&next) = sign.get(at) {
        let belongs = match next {
            JOINER => {
                let joined = sign.get(at + 1).copied().unwrap_or_default();
                ends = LAST_JOINED.contains(joined)
                    || (GROWN_UP.contains(&joined) && BOND.contains(&last));
                last = joined;
                at += 1;
                true
            }
            DRAWN if at == 1 => !FLAG_LETTERS.contains(&last),
            DRAWN => u32::from(last) <= 0xFFFF || matches!(last, '🌫' | '🗨'),
            _ => within(next, &PICTURES),
        };
        if !belongs {
            break;
        }
        at += 1;
        if ends {
            whole = at;
        }
    }
    // Flags of parts of countries are spelled in tags, up to the one that ends them.
    let tags = &sign[whole..];
    let spelled = tags.iter().all(|tag| TAGS.contains(tag)) && tags.last() == Some(TAGS.end());
    if spelled { sign.len() } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts_weigh_what_they_should() {
        let cases = [
            ("", 0),
            ("ä", 1),
            ("a\u{301}", 1),
            ("Ồ", 2),
            ("日本", 4),
            ("👨‍👩‍👧‍👦", 2),
            ("👍🏽", 2),
            ("1️⃣", 2),
            ("👨‍👩", 5),
            ("👩‍❤️‍👨", 2),
            ("👩‍❤️‍👨‍™️", 5),
            ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
            ("🏴󠁧󠁢", 6),
            ("🇩🇪🇦", 4),
            ("🫱🏽‍🫲🏿", 2),
            ("©", 1),
            ("☎\u{FE0E}", 4),
            ("https://example.de", 23),
            ("example.de", 23),
            ("example.com", 23),
            ("www.example.de", 23),
            ("example.de/hilfe", 23),
            ("#hilfe @telekom_hilft", 21),
        ];
        for (text, expected) in cases {
            assert_eq!(weight(text), expected, "{text:?}");
        }
    }
}
