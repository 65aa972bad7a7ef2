//! How Mastodon counts: signs as a reader sees them, every link 23, and of `@user@host` only `@user`.
//! Links are known as its web client knows them, names as its server does, which judges in the end.

use unicode_normalization::char::is_combining_mark;

use super::graphemes;
use super::links::{self, Known};

/// What stands for a link while a text is counted.
const LINK: &str = "xxxxxxxxxxxxxxxxxxxxxxx";

/// Counts a text as Mastodon does.
pub(super) fn length(text: &str) -> usize {
    graphemes(&rewrite(text, |_| LINK.to_owned()))
}

/// Writes every `@user@host` as `@user`.
pub(crate) fn without_hosts(text: &str) -> String {
    rewrite(text, |link| link.iter().collect())
}

/// A stretch of a text that is more than words.
enum Part {
    Link,
    /// How many signs the name takes without its host.
    Name(usize),
}

fn rewrite(text: &str, link: impl Fn(&[char]) -> String) -> String {
    let text: Vec<char> = text.chars().collect();
    let links = links::find(&text, Known::ByProtocol).into_iter();
    let mut parts: Vec<(usize, usize, Part)> = links
        .map(|(start, end)| (start, end, Part::Link))
        .chain(names(&text))
        .collect();
    parts.sort_by_key(|(start, ..)| *start);

    let mut short = String::new();
    let mut at = 0;
    for (start, end, part) in parts {
        // What begins inside another is part of it.
        if start < at {
            continue;
        }
        short.extend(&text[at..start]);
        match part {
            Part::Link => short.push_str(&link(&text[start..end])),
            Part::Name(length) => short.extend(&text[start..start + length]),
        }
        at = end;
    }
    short.extend(&text[at..]);
    short
}

/// Finds where `@user` and `@user@host` stand.
fn names(text: &[char]) -> Vec<(usize, usize, Part)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|sign| *sign == '@') {
        let start = at + next;
        at = start + 1;
        let before = start.checked_sub(1).map(|before| text[before]);
        let inside = before.is_some_and(|sign| is_word(sign) || matches!(sign, '=' | '/'));
        let user = words(text, at, |sign| sign.is_ascii_alphanumeric() || sign == '_');
        if inside || user == at {
            continue;
        }
        let host = words(text, user + 1, is_word);
        let has_host = text.get(user) == Some(&'@') && host > user + 1;
        at = if has_host { host } else { user };
        let goes_on = matches!(text.get(at), Some('@' | '＠'))
            || text.get(at..at + 3) == Some(&[':', '/', '/']);
        if !goes_on {
            found.push((start, at, Part::Name(user - start)));
        }
    }
    found
}

/// Returns where words end that dots and hyphens hold together.
fn words(text: &[char], start: usize, belongs: impl Fn(char) -> bool) -> usize {
    let run = |start: usize, belongs: &dyn Fn(char) -> bool| {
        let rest = text.get(start..).unwrap_or_default().iter();
        start + rest.take_while(|sign| belongs(**sign)).count()
    };
    let mut end = run(start, &belongs);
    while end > start {
        let next = run(end, &|sign| matches!(sign, '.' | '-'));
        let word = run(next, &belongs);
        if next == end || word == next {
            break;
        }
        end = word;
    }
    end
}

fn is_word(sign: char) -> bool {
    let joins = matches!(
        sign,
        '_' | '\u{203F}' | '\u{2040}' | '\u{2054}' | '\u{FE33}' | '\u{FE34}' | '\u{FE4D}'
            ..='\u{FE4F}' | '\u{FF3F}'
    );
    sign.is_alphanumeric() || is_combining_mark(sign) || joins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_as_long_as_mastodon_says() {
        let cases = [
            ("", 0),
            ("see https://example.com/a/very/long/path/indeed now", 31),
            ("https://a.de", 23),
            ("(https://a.de).", 26),
            ("https://a.de/x_(y)", 23),
            ("http:// is no link", 18),
            ("xhttps://a.de", 13),
            ("https://a.de und https://b.de", 51),
            ("https://netz.example", 20),
            ("@anna@netz.example Hallo", 11),
            ("@anna Hallo @ben.k@a-b.example.", 19),
            ("(@anna@netz.example)", 7),
            ("post@netz.example", 17),
            ("x@anna@netz.example", 19),
            ("@anna.@netz.example", 19),
            ("@@ @ @a@ @a@b", 11),
            ("@anna@netz.example@x", 20),
            ("@anna@netz.example://x", 22),
            ("@anna@netz.example https://a.de/@x@y.z", 29),
        ];
        for (text, expected) in cases {
            assert_eq!(length(text), expected, "{text:?}");
        }
    }

    #[test]
    fn only_hosts_of_names_are_left_out() {
        let text = "@anna@netz.example und @ben: https://a.de/@x@y.de, post@netz.example";
        let short = "@anna und @ben: https://a.de/@x@y.de, post@netz.example";
        assert_eq!(without_hosts(text), short);
    }
}
