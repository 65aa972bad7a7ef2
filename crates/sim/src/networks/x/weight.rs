//! The length of a post as X counts it: most signs of ours 1, others and every emoji 2, every link 23.

use unicode_segmentation::UnicodeSegmentation as _;

const LINK: usize = 23;
/// The endings by which bare names of sites are known here; the real list is longer.
const ENDINGS: [&str; 12] = [
    "de", "com", "org", "net", "eu", "at", "ch", "io", "app", "info", "shop", "example",
];

/// Counts a text.
pub(super) fn weight(text: &str) -> usize {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_end();
            match link_in(bare) {
                Some(link) => {
                    LINK + signs(&bare.replacen(link, "", 1)) + signs(&word[bare.len()..])
                }
                None => signs(word),
            }
        })
        .sum()
}

/// Finds the link of a word.
pub(super) fn link_in(word: &str) -> Option<&str> {
    let start = word.find("https://").or_else(|| word.find("http://"));
    if let Some(start) = start {
        return Some(word[start..].trim_end_matches(['.', ',', '!', '?', ')', ';', ':']));
    }
    let bare = word.trim_matches(['(', ')', '.', ',', '!', '?', ';', ':', '"']);
    let host = bare.split('/').next().unwrap_or_default();
    let (before, ending) = host.rsplit_once('.')?;
    let is_host = !before.is_empty()
        && before
            .chars()
            .all(|sign| sign.is_alphanumeric() || matches!(sign, '.' | '-'));
    (is_host && ENDINGS.contains(&ending.to_lowercase().as_str())).then_some(bare)
}

fn signs(text: &str) -> usize {
    text.graphemes(true)
        .map(|cluster| {
            if cluster.chars().any(is_emoji) {
                return 2;
            }
            cluster.chars().map(weight_of).sum()
        })
        .sum()
}

fn weight_of(sign: char) -> usize {
    let light = matches!(
        u32::from(sign),
        0..=0x10FF | 0x2000..=0x200D | 0x2010..=0x201F | 0x2032..=0x2037
    );
    if light { 1 } else { 2 }
}

fn is_emoji(sign: char) -> bool {
    matches!(u32::from(sign), 0x2600..=0x27BF | 0x1F000..=0x1FAFF | 0xFE0F)
}

#[cfg(test)]
mod tests {
    use super::weight;

    #[test]
    fn the_measured_lengths_are_met() {
        let cases = [
            ("ä", 1),
            ("Ồ", 2),
            ("日本", 4),
            ("👨‍👩‍👧‍👦", 2),
            ("👍🏽", 2),
            ("https://example.de", 23),
            ("example.de", 23),
            ("www.example.de", 23),
            ("example.de/hilfe", 23),
            ("#hilfe @telekom_hilft", 21),
            ("Siehe https://example.de/a.", 30),
        ];
        for (text, expected) in cases {
            assert_eq!(weight(text), expected, "{text}");
        }
    }
}
