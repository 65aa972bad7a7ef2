//! Texts as a Mastodon server reads them: who and what is named, how long it is, and its HTML.

use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;

/// The domain of the simulated server.
pub(super) const DOMAIN: &str = "social.example";
/// What every link counts.
const LINK: usize = 23;

/// A stretch of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Plain(&'a str),
    /// `@name` or `@name@domain`, without the first sign.
    Mention(&'a str),
    Tag(&'a str),
    Link(&'a str),
}

/// Cuts a text into its pieces.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    let mut before = ' ';
    while let Some(sign) = text[at..].chars().next() {
        let rest = &text[at..];
        let alone = !before.is_alphanumeric() && !matches!(before, '_' | '@' | '/');
        let found = match sign {
            '@' if alone => mention(rest).map(|length| (Piece::Mention(&rest[1..length]), length)),
            '#' if alone => tag(rest).map(|length| (Piece::Tag(&rest[1..length]), length)),
            'h' if !before.is_alphanumeric() => {
                link(rest).map(|length| (Piece::Link(&rest[..length]), length))
            }
            _ => None,
        };
        if let Some((piece, length)) = found {
            if plain < at {
                pieces.push(Piece::Plain(&text[plain..at]));
            }
            pieces.push(piece);
            at += length;
            plain = at;
            before = 'x';
        } else {
            at += sign.len_utf8();
            before = sign;
        }
    }
    if plain < text.len() {
        pieces.push(Piece::Plain(&text[plain..]));
    }
    pieces
}

/// Counts a text as the server does: by graphemes, links as 23, other servers' names without the server.
pub(super) fn length(text: &str) -> usize {
    let short: String = pieces(text)
        .iter()
        .map(|piece| match piece {
            Piece::Plain(plain) => (*plain).to_owned(),
            Piece::Mention(name) => format!("@{}", name.split('@').next().unwrap_or(name)),
            Piece::Tag(tag) => format!("#{tag}"),
            Piece::Link(_) => "x".repeat(LINK),
        })
        .collect();
    short.graphemes(true).count()
}

/// Writes a text as the server shows it; `address` knows the page of a name.
pub(super) fn html(text: &str, address: impl Fn(&str) -> Option<String>) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let mut html = String::new();
    for piece in pieces(text.trim_end()) {
        match piece {
            Piece::Plain(plain) => html.push_str(&escaped(plain)),
            Piece::Mention(name) => match address(name) {
                Some(url) => {
                    let short = escaped(name.split('@').next().unwrap_or(name));
                    let _ = write!(
                        html,
                        "<span class=\"h-card\" translate=\"no\"><a href=\"{url}\" class=\"u-url mention\">@<span>{short}</span></a></span>"
                    );
                }
                None => html.push_str(&escaped(&format!("@{name}"))),
            },
            Piece::Tag(tag) => {
                let (tag, low) = (escaped(tag), escaped(&tag.to_lowercase()));
                let _ = write!(
                    html,
                    "<a href=\"https://{DOMAIN}/tags/{low}\" class=\"mention hashtag\" rel=\"tag\">#<span>{tag}</span></a>"
                );
            }
            Piece::Link(url) => html.push_str(&shown_link(url)),
        }
    }
    let paragraphs: Vec<String> = html
        .split("\n\n")
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>", paragraph.replace('\n', "<br />")))
        .collect();
    paragraphs.concat()
}

fn shown_link(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let cut = rest.char_indices().nth(30).map_or(rest.len(), |(at, _)| at);
    let class = if cut < rest.len() {
        " class=\"ellipsis\""
    } else {
        ""
    };
    format!(
        "<a href=\"{0}\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">{1}</span><span{class}>{2}</span><span class=\"invisible\">{3}</span></a>",
        escaped(url),
        escaped(scheme),
        escaped(&rest[..cut]),
        escaped(&rest[cut..])
    )
}

fn mention(rest: &str) -> Option<usize> {
    let name = run(&rest[1..], |sign| {
        sign.is_ascii_alphanumeric() || sign == '_'
    });
    if name == 0 {
        return None;
    }
    let end = 1 + name;
    let Some(domain) = rest[end..].strip_prefix('@') else {
        return Some(end);
    };
    let host = run(domain, |sign| {
        sign.is_alphanumeric() || matches!(sign, '.' | '-')
    });
    let host = domain[..host].trim_end_matches(['.', '-']).len();
    Some(if host == 0 { end } else { end + 1 + host })
}

fn tag(rest: &str) -> Option<usize> {
    let length = run(&rest[1..], |sign| sign.is_alphanumeric() || sign == '_');
    let word = &rest[1..=length];
    (!word.is_empty() && word.chars().any(|sign| !sign.is_numeric())).then_some(1 + length)
}

fn link(rest: &str) -> Option<usize> {
    let after = rest
        .strip_prefix("https://")
        .or_else(|| rest.strip_prefix("http://"))?;
    let start = rest.len() - after.len();
    let length = run(after, |sign| {
        !sign.is_whitespace() && !matches!(sign, '<' | '>' | '"')
    });
    let mut url = after[..length].trim_end_matches(['.', ',', ';', ':', '!', '?']);
    if url.ends_with(')') && !url.contains('(') {
        url = url.trim_end_matches(')');
    }
    (url.chars().next().is_some_and(char::is_alphanumeric)).then_some(start + url.len())
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|sign| !belongs(sign)).unwrap_or(text.len())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::{Piece, html, length, pieces};

    #[test]
    fn names_tags_and_links_are_found() {
        let found = pieces("Hallo @anna@netz.example, a@b #Störung https://a.de/x).");
        assert_eq!(
            found,
            [
                Piece::Plain("Hallo "),
                Piece::Mention("anna@netz.example"),
                Piece::Plain(", a@b "),
                Piece::Tag("Störung"),
                Piece::Plain(" "),
                Piece::Link("https://a.de/x"),
                Piece::Plain(")."),
            ]
        );
    }

    #[test]
    fn lengths_are_counted_as_documented() {
        assert_eq!(
            length("https://example.de/a/very/long/path/that/counts"),
            23
        );
        assert_eq!(length("@anna@netz.example Hallo"), 11);
        assert_eq!(length("👨‍👩‍👧‍👦 ja"), 4);
    }

    #[test]
    fn html_is_as_servers_write_it() {
        let page = |name: &str| (name == "anna").then(|| "https://social.example/@anna".to_owned());
        let shown = html("@anna <b>\nzwei\n\n#Bahn @niemand", page);
        assert!(shown.starts_with("<p><span class=\"h-card\""));
        assert!(shown.contains("&lt;b&gt;<br />zwei</p><p><a href"));
        assert!(shown.ends_with("@niemand</p>"));
    }
}
