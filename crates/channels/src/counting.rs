//! How each network counts the length of a text.

pub mod sms;
mod x;

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

/// What a link counts where links count alike, whatever their length.
const LINK_WEIGHT: usize = 23;

/// How a network counts the length of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Unicode code points.
    Characters,
    /// What a reader sees as one sign.
    Graphemes,
    /// UTF-8 bytes.
    Bytes,
    /// Graphemes, but every link counts 23, and of `@user@host` only `@user` counts.
    Weighted,
    /// By X's table of weights: most signs of ours 1, others and emoji 2, every link 23.
    WeightedWide,
    /// UTF-16 code units.
    Utf16,
    /// What fits into SMS: GSM-7 septets, or UTF-16 code units where a sign is not in GSM-7.
    Sms,
}

/// Counts the length of a text the way a network does.
pub fn count_length(text: &str, counting: Counting) -> usize {
    match counting {
        Counting::Characters => text.chars().count(),
        Counting::Graphemes => graphemes(text),
        Counting::Bytes => text.len(),
        Counting::Weighted => weighted(text),
        Counting::WeightedWide => x::weight(text),
        Counting::Utf16 => text.encode_utf16().count(),
        Counting::Sms => sms::units(text),
    }
}

fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

fn weighted(text: &str) -> usize {
    let mut rest = text;
    let mut length = 0;
    while let Some(start) = link_start(rest) {
        let link = &rest[start..];
        let end = link_length(link);
        length += graphemes(&without_hosts(&rest[..start])) + LINK_WEIGHT;
        rest = &link[end..];
    }
    length + graphemes(&without_hosts(rest))
}

/// Writes every `@user@host` as `@user`.
pub(crate) fn without_hosts(text: &str) -> String {
    let in_name = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.' | '-');
    let in_host = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '.' | '-');
    let run = |text: &str, belongs: &dyn Fn(char) -> bool| {
        text.find(|sign: char| !belongs(sign)).unwrap_or(text.len())
    };
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, behind) = (&rest[..at], &rest[at + 1..]);
        let name = &behind[..run(behind, &in_name)];
        let host = behind[name.len()..].strip_prefix('@').unwrap_or_default();
        let host = host[..run(host, &in_host)].trim_end_matches(['.', '-']);
        let inside_word = before
            .chars()
            .next_back()
            .or_else(|| short.chars().next_back());
        let inside_word = inside_word
            .is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '=' | '/'));
        let is_name = name.starts_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '_')
            && !name.ends_with(['.', '-']);
        short.push_str(before);
        short.push('@');
        rest = behind;
        if is_name && !inside_word && host.chars().count() > 1 {
            short.push_str(name);
            rest = &behind[name.len() + 1 + host.len()..];
        }
    }
    short.push_str(rest);
    short
}

/// Finds where the next `http://` or `https://` with something behind it begins.
fn link_start(text: &str) -> Option<usize> {
    text.match_indices("http").map(|(at, _)| at).find(|&at| {
        let link = &text[at..];
        let behind = link
            .strip_prefix("https://")
            .or_else(|| link.strip_prefix("http://"));
        let inside_word = text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        !inside_word && behind.is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
    })
}

/// Returns the bytes of a link up to white space; punctuation at its end belongs to the sentence.
fn link_length(link: &str) -> usize {
    let end = link
        .find(|character: char| character.is_whitespace() || matches!(character, '<' | '>' | '"'))
        .unwrap_or(link.len());
    let mut link = &link[..end];
    while let Some(last) = link.chars().next_back() {
        let closes_nothing = last == ')' && !link.contains('(');
        if !closes_nothing && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'') {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_as_the_network_counts() {
        let cases = [
            ("", Counting::Graphemes, 0),
            ("Grüße", Counting::Characters, 5),
            ("Grüße", Counting::Bytes, 7),
            ("Gru\u{308}ße", Counting::Characters, 6),
            ("Gru\u{308}ße", Counting::Graphemes, 5),
            ("👩‍👩‍👧 hi", Counting::Graphemes, 4),
            ("👩‍👩‍👧 hi", Counting::Characters, 8),
            (
                "see https://example.com/a/very/long/path/indeed now",
                Counting::Weighted,
                31,
            ),
            ("https://a.de", Counting::Weighted, 23),
            ("(https://a.de).", Counting::Weighted, 26),
            ("https://a.de/x_(y)", Counting::Weighted, 23),
            ("http:// is no link", Counting::Weighted, 18),
            ("xhttps://a.de", Counting::Weighted, 13),
            ("https://a.de und https://b.de", Counting::Weighted, 51),
            ("@anna@netz.example Hallo", Counting::Weighted, 11),
            ("@anna Hallo @ben.k@a-b.example.", Counting::Weighted, 19),
            ("(@anna@netz.example)", Counting::Weighted, 7),
            ("post@netz.example", Counting::Weighted, 17),
            ("x@anna@netz.example", Counting::Weighted, 19),
            ("@anna.@netz.example", Counting::Weighted, 19),
            ("@@ @ @a@ @a@b", Counting::Weighted, 13),
            (
                "@anna@netz.example https://a.de/@x@y.z",
                Counting::Weighted,
                29,
            ),
        ];
        for (text, counting, length) in cases {
            assert_eq!(
                count_length(text, counting),
                length,
                "{text:?} by {counting:?}"
            );
        }
    }
}
