//! How X counts: a table of weights, every link 23 whatever its length, every emoji sequence 2.
//! The table is the third of X's published configurations; links are also known by their domain alone.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

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

/// The longest part of a domain between two dots.
const LABEL: usize = 63;

/// The ends of domains that make a link of two words with a dot between them.
static ENDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("top_level_domains.txt")
        .split_whitespace()
        .collect()
});

/// Counts a text as X does.
pub(super) fn weight(text: &str) -> usize {
    let text: Vec<char> = text.nfc().collect();
    let mut weight = 0;
    let mut at = 0;
    for (start, end) in links(&text) {
        weight += written(&text[at..start]) + LINK;
        at = end;
    }
    weight + written(&text[at..])
}

/// Counts what is no link.
fn written(text: &[char]) -> usize {
    let text: String = text.iter().collect();
    text.graphemes(true)
        .map(|sign| {
            let sign: Vec<char> = sign.chars().collect();
            let drawn = picture(&sign);
            let rest = sign[drawn..].iter().copied().map(light_or_heavy);
            usize::from(drawn > 0) * HEAVY + rest.sum::<usize>()
        })
        .sum()
}

fn light_or_heavy(sign: char) -> usize {
    if within(sign, &LIGHT) { 1 } else { HEAVY }
}

fn within(sign: char, ranges: &[(u32, u32)]) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&u32::from(sign)))
}

/// Returns how many code points at the beginning of a sign are one emoji sequence.
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
    let mut length = 1;
    while let Some(&next) = sign.get(length) {
        let joined = next == JOINER
            && sign
                .get(length + 1)
                .is_some_and(|next| within(*next, &PICTURES));
        let belongs = next == DRAWN
            || joined
            || within(next, &PICTURES)
            // Flags of parts of countries are spelled in tags.
            || (0xE_0020..=0xE_007F).contains(&u32::from(next));
        if !belongs {
            break;
        }
        length += 1;
    }
    length
}

/// Finds where links begin and end, in order.
fn links(text: &[char]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if !text.contains(&'.') {
        return found;
    }
    let mut free = 0;
    let mut at = 0;
    while at < text.len() {
        // A link stands behind a sign that cannot be part of a name, or at the very beginning.
        let behind = may_stand_before(text[at]).then_some(at + 1);
        let begin = (at == 0).then_some(0);
        let next = behind
            .into_iter()
            .chain(begin)
            .filter(|start| *start >= free)
            .find_map(|start| link(text, start));
        match next {
            Some((link, end)) => {
                found.extend(link);
                free = end;
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

fn may_stand_before(sign: char) -> bool {
    !(sign.is_ascii_alphanumeric()
        || matches!(
            sign,
            '@' | '＠' | '$' | '#' | '＃' | '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}'
        ))
}

/// Reads a link that begins here; gives what of it counts as one, and where to read on.
fn link(text: &[char], start: usize) -> Option<(Vec<(usize, usize)>, usize)> {
    let protocol = protocol(&text[start..]);
    let with_protocol = protocol.and_then(|length| {
        let domain = domain_end(text, start + length)?;
        Some((start + length, domain, true))
    });
    let (domain, domain_end, has_protocol) =
        with_protocol.or_else(|| domain_end(text, start).map(|end| (start, end, false)))?;

    let port = run(text, domain_end + 1, |sign| sign.is_ascii_digit());
    let after_port = if text.get(domain_end) == Some(&':') && port > domain_end + 1 {
        port
    } else {
        domain_end
    };
    let path = (text.get(after_port) == Some(&'/')).then(|| path_end(text, after_port + 1));
    let end = query_end(text, path.unwrap_or(after_port));

    let labels_fit = text[domain..domain_end]
        .split(|sign| *sign == '.')
        .all(|label| label.len() <= LABEL);
    if !labels_fit {
        return Some((Vec::new(), end));
    }
    if has_protocol {
        return Some((vec![(start, end)], end));
    }
    let before = start.checked_sub(1).map(|before| text[before]);
    if matches!(before, Some('-' | '_' | '.' | '/')) {
        return Some((Vec::new(), end));
    }
    // Without a protocol only Latin domains count, and a query only behind a path.
    let mut latin = latin_domains(text, domain, domain_end);
    if let (Some(last), Some(_)) = (latin.last_mut(), path) {
        last.1 = end;
    }
    Some((latin, end))
}

fn protocol(text: &[char]) -> Option<usize> {
    ["https://", "http://"].into_iter().find_map(|protocol| {
        let length = protocol.len();
        let head: String = text.get(..length)?.iter().collect();
        head.eq_ignore_ascii_case(protocol).then_some(length)
    })
}

/// Returns where a domain ends that begins here: as many parts as possible, the last of them known.
fn domain_end(text: &[char], start: usize) -> Option<usize> {
    let mut end = None;
    let mut label = start;
    loop {
        let dot = run(text, label, |sign| {
            is_domain_sign(sign) || matches!(sign, '_' | '-')
        });
        let part = &text[label..dot];
        let whole = part.first().copied().is_some_and(is_domain_sign)
            && part.last().copied().is_some_and(is_domain_sign);
        if !whole || text.get(dot) != Some(&'.') {
            return end;
        }
        if !part.contains(&'_') {
            end = known_end(text, dot + 1).or(end);
        }
        label = dot + 1;
    }
}

/// Returns where a known end of a domain ends that begins here.
fn known_end(text: &[char], start: usize) -> Option<usize> {
    let closes = |end: usize| {
        text.get(end)
            .is_none_or(|next| !next.is_ascii_alphanumeric() && !matches!(next, '@' | '+' | '-'))
    };
    let longest = run(text, start, |sign| is_domain_sign(sign) || sign == '-');
    let by_name = (start + 1..=longest).rev().find(|end| {
        let name: String = text[start..*end].iter().collect();
        closes(*end) && ENDS.contains(name.to_lowercase().as_str())
    });
    by_name.or_else(|| {
        let head: String = text.iter().skip(start).take(4).collect();
        let end = run(text, start + 4, |sign| {
            sign.is_ascii_alphanumeric() || sign == '-'
        });
        (head.eq_ignore_ascii_case("xn--") && end > start + 4).then_some(end)
    })
}

/// Returns the stretches of a domain that are domains by themselves in Latin letters.
fn latin_domains(text: &[char], start: usize, end: usize) -> Vec<(usize, usize)> {
    let text = &text[..end];
    let mut found = Vec::new();
    let mut at = start;
    while at < end {
        let mut label = at;
        let mut best = None;
        loop {
            let dot = run(text, label, |sign| {
                sign.is_ascii_alphanumeric() || sign == '-' || is_latin_accent(sign)
            });
            if dot == label || text.get(dot) != Some(&'.') {
                break;
            }
            best = known_end(text, dot + 1).or(best);
            label = dot + 1;
        }
        match best {
            Some(best) => {
                found.push((at, best));
                at = best;
            }
            None => at += 1,
        }
    }
    found
}

fn path_end(text: &[char], start: usize) -> usize {
    let mut at = start;
    let mut end = start;
    while let Some(&sign) = text.get(at) {
        if let Some(behind) = balanced(text, at) {
            at = behind;
            end = behind;
        } else if is_path_sign(sign) {
            at += 1;
            if is_last_path_sign(sign) {
                end = at;
            }
        } else {
            break;
        }
    }
    end
}

/// Returns where a bracket closes that opens here, with at most one more inside.
fn balanced(text: &[char], start: usize) -> Option<usize> {
    if text.get(start) != Some(&'(') {
        return None;
    }
    let inner = run(text, start + 1, is_path_sign);
    match text.get(inner) {
        Some(')') if inner > start + 1 => Some(inner + 1),
        Some('(') => {
            let deepest = run(text, inner + 1, is_path_sign);
            if deepest == inner + 1 || text.get(deepest) != Some(&')') {
                return None;
            }
            let close = run(text, deepest + 1, is_path_sign);
            (text.get(close) == Some(&')')).then_some(close + 1)
        }
        _ => None,
    }
}

fn query_end(text: &[char], start: usize) -> usize {
    if text.get(start) != Some(&'?') {
        return start;
    }
    let is_query_sign =
        |sign: char| sign.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(sign);
    let longest = run(text, start + 1, is_query_sign);
    let last = text[start + 1..longest]
        .iter()
        .rposition(|sign| sign.is_ascii_alphanumeric() || "-_&=#/".contains(*sign));
    last.map_or(start, |last| start + 1 + last + 1)
}

/// Returns where a run of such signs ends.
fn run(text: &[char], start: usize, belongs: impl Fn(char) -> bool) -> usize {
    let mut end = start.min(text.len());
    while text.get(end).is_some_and(|sign| belongs(*sign)) {
        end += 1;
    }
    end
}

fn is_domain_sign(sign: char) -> bool {
    let is_space = matches!(sign, '\u{9}'..='\u{D}' | ' ' | '\u{85}' | '\u{A0}' | '\u{1680}'
        | '\u{180E}' | '\u{2000}'..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{202F}' | '\u{205F}'
        | '\u{3000}');
    let turns = matches!(sign, '\u{202A}'..='\u{202E}' | '\u{61C}' | '\u{200E}' | '\u{200F}'
        | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}');
    !(is_space || turns || "!'#%&()*+,\\-./:;<=>?@[]^_{|}~$".contains(sign))
}

fn is_path_sign(sign: char) -> bool {
    is_last_path_sign(sign) || "!*';:,.$%[]\u{2013}~@|&".contains(sign)
}

fn is_last_path_sign(sign: char) -> bool {
    sign.is_ascii_alphanumeric()
        || ('\u{400}'..='\u{4FF}').contains(&sign)
        || "+-=_#/".contains(sign)
        || is_latin_accent(sign)
}

fn is_latin_accent(sign: char) -> bool {
    matches!(sign, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{24F}' | '\u{253}'
        | '\u{254}' | '\u{256}' | '\u{257}' | '\u{259}' | '\u{25B}' | '\u{263}' | '\u{268}'
        | '\u{26F}' | '\u{272}' | '\u{289}' | '\u{28B}' | '\u{2BB}' | '\u{300}'..='\u{36F}'
        | '\u{1E00}'..='\u{1EFF}')
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

    /// The expected numbers are those of X's own library, twitter-text 3.1.0 for JavaScript.
    #[test]
    fn two_thousand_texts_weigh_what_the_networks_library_says() {
        let texts: Vec<(String, usize)> =
            serde_json::from_str(include_str!("fixtures/x.json")).expect("a list of pairs");
        assert!(texts.len() >= 2_000);
        let wrong: Vec<String> = texts
            .iter()
            .filter(|(text, expected)| weight(text) != *expected)
            .map(|(text, expected)| format!("{text:?}: {} and not {expected}", weight(text)))
            .collect();
        assert!(
            wrong.is_empty(),
            "{} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}
