//! Cutting a text into words with their places: plain words, hashtags, mentions, the host of an address.
//! Words that hang together by a hyphen, dot, slash or @ know it (DE-4711/22). Nothing is folded here.

use unicode_normalization::char::is_combining_mark;

/// What kind of thing a word stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Hashtag,
    Mention,
}

/// One word, by its byte range in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kind: Kind,
    /// True where it hangs on the word before without a blank.
    pub(crate) joined: bool,
}

/// Cuts a text into words.
pub(crate) fn scan(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 6 + 1);
    let mut at = 0;
    let mut before = ' ';

    while let Some(c) = char_at(text, at) {
        let rest = &text[at..];
        if !is_letter(before) {
            if let Some(scheme) = scheme_len(rest) {
                at = scan_address(text, at + scheme, &mut words);
                before = ' ';
                continue;
            }
            let sign = match c {
                '#' => Some(Kind::Hashtag),
                '@' => Some(Kind::Mention),
                _ => None,
            };
            let next = char_at(text, at + c.len_utf8());
            if let Some(kind) = sign.filter(|_| next.is_some_and(starts_word)) {
                at = scan_run(text, at + c.len_utf8(), kind, &mut words);
                before = 'x';
                continue;
            }
        }
        if starts_word(c) && !is_keycap(rest) {
            at = scan_run(text, at, Kind::Plain, &mut words);
            before = 'x';
        } else {
            at += c.len_utf8();
            before = c;
        }
    }
    words
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

fn starts_word(c: char) -> bool {
    c.is_alphanumeric()
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && (is_combining_mark(c) || c == '\u{ad}'))
}

/// Emoji keycaps are digits followed by a variation selector or the enclosing key.
fn is_keycap(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next().is_some_and(|c| c.is_ascii_digit())
        && matches!(chars.next(), Some('\u{fe0f}' | '\u{20e3}'))
}

fn scheme_len(rest: &str) -> Option<usize> {
    ["https://", "http://", "www."].iter().find_map(|scheme| {
        rest.get(..scheme.len())
            .filter(|start| start.eq_ignore_ascii_case(scheme))
            .map(str::len)
    })
}

/// Reads a web address: the words of its host are kept, path and query are passed over.
fn scan_address(text: &str, from: usize, words: &mut Vec<Word>) -> usize {
    let rest = &text[from..];
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ')' | ']' | '|'))
        .map_or(text.len(), |len| from + len);
    let address = &text[from..end];
    let host_len = address
        .find(['/', '?', '#', ':', ','])
        .unwrap_or(address.len());
    let host = &address[..host_len];
    let skip = if host
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("www."))
    {
        4
    } else {
        0
    };

    let mut joined = false;
    let mut at = from + skip;
    for label in host[skip..].split(['.', '-', '_', '@']) {
        if !label.is_empty() && label.chars().all(is_letter) {
            words.push(Word {
                from: at,
                to: at + label.len(),
                kind: Kind::Plain,
                joined,
            });
            joined = true;
        }
        at += label.len() + 1;
    }
    end
}

/// Reads words that hang together, beginning at a letter or digit.
fn scan_run(text: &str, from: usize, kind: Kind, words: &mut Vec<Word>) -> usize {
    let mut word_from = from;
    let mut joined = false;
    let mut before = ' ';
    let mut chars = text[from..].char_indices().peekable();

    while let Some((offset, c)) = chars.next() {
        let at = from + offset;
        let next = chars.peek().map_or(' ', |(_, next)| *next);
        if is_letter(c) || is_apostrophe(c) && is_letter(before) && is_letter(next) {
            before = c;
            continue;
        }
        words.push(Word {
            from: word_from,
            to: at,
            kind,
            joined,
        });
        if !is_letter(before) || !starts_word(next) || !connects(kind, before, c, next) {
            return at;
        }
        word_from = at + c.len_utf8();
        joined = true;
        before = c;
    }
    words.push(Word {
        from: word_from,
        to: text.len(),
        kind,
        joined,
    });
    text.len()
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

fn connects(kind: Kind, before: char, c: char, next: char) -> bool {
    match kind {
        Kind::Hashtag => c == '_',
        Kind::Mention => matches!(c, '.' | '_' | '-' | '@'),
        Kind::Plain => match c {
            '-' | '‐' | '‑' | '–' | '/' | '.' | '_' | '@' | '&' | '+' => true,
            ',' | ':' => before.is_ascii_digit() && next.is_ascii_digit(),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, scan};

    fn words(text: &str) -> String {
        let mut line = String::new();
        for word in scan(text) {
            line.push_str(if word.joined { "+" } else { " " });
            line.push_str(match word.kind {
                Kind::Plain => "",
                Kind::Hashtag => "#",
                Kind::Mention => "@",
            });
            line.push_str(&text[word.from..word.to]);
        }
        line
    }

    #[test]
    fn texts_are_cut_into_words() {
        for (text, expected) in [
            ("Hallo, Welt!", " Hallo Welt"),
            ("DE-4711/22.", " DE+4711+22"),
            ("#Störung @lumenau.", " #Störung @lumenau"),
            ("a@b.example", " a+b+example"),
            (
                "siehe https://www.nordtal-bahn.example/faq?x=1#y bitte",
                " siehe nordtal+bahn+example bitte",
            ),
            ("WWW.Lumenau.example/hilfe", " Lumenau+example"),
            ("49,90 € um 8:15, danke", " 49+90 um 8+15 danke"),
            ("geht’s don't 'nein'", " geht’s don't nein"),
            ("🚆🚆 super 👍🏽", " super"),
            ("1️⃣ Zug", " Zug"),
            ("Züge,Busse", " Züge Busse"),
            ("", ""),
            ("- - --", ""),
            ("@anna@ort.example ja", " @anna+@ort+@example ja"),
            ("(https://x.example)", " x+example"),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}
