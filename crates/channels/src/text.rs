//! HTML → plain text that reads well: paragraphs, lists, quotes, addresses of links.
//! What comes out is text and never markup, whatever went in.

mod entities;

pub(crate) use entities::decode_entities;

/// Elements whose content nobody reads.
const UNREAD: [&str; 9] = [
    "script", "style", "template", "iframe", "object", "svg", "noscript", "head", "math",
];
/// Elements with an empty line around them.
const PARAGRAPHS: [&str; 15] = [
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "dl",
    "blockquote",
    "pre",
    "table",
    "figure",
    "hr",
];
/// Elements on a line of their own.
const LINES: [&str; 17] = [
    "div",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "aside",
    "nav",
    "li",
    "tr",
    "dt",
    "dd",
    "figcaption",
    "form",
    "address",
    "fieldset",
    "caption",
];
/// How deep quotes are shown.
const DEEPEST_QUOTE: usize = 5;

/// Turns HTML into plain text.
pub(crate) fn html_to_text(html: &str) -> String {
    let mut writer = Writer::default();
    // Behind the last `>` nothing can be markup; looking for one again and again would take forever.
    let markup_ends = html.rfind('>').unwrap_or(0);
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        if html.len() - rest.len() + start > markup_ends {
            break;
        }
        writer.text(&decode_entities(&rest[..start]));
        rest = &rest[start..];
        let Some((markup, after)) = Markup::read(rest) else {
            writer.text("<");
            rest = &rest[1..];
            continue;
        };
        rest = after;
        match markup {
            Markup::Nothing => {}
            Markup::Open(name, attributes) => {
                if UNREAD.contains(&name.as_str()) {
                    rest = after_element(rest, &name);
                } else {
                    writer.open(&name, attributes);
                }
            }
            Markup::Close(name) => writer.close(&name),
        }
    }
    writer.text(&decode_entities(rest));
    writer.finish()
}

/// One piece of markup.
enum Markup<'a> {
    Nothing,
    Open(String, &'a str),
    Close(String),
}

impl<'a> Markup<'a> {
    /// Reads the markup that a `<` begins, and returns what stands behind it.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        if let Some(comment) = text.strip_prefix("<!--") {
            let end = comment.find("-->").map_or(comment.len(), |end| end + 3);
            return Some((Self::Nothing, &comment[end..]));
        }
        let inside = &text[1..];
        let first = inside.chars().next()?;
        if !(first.is_ascii_alphabetic() || matches!(first, '/' | '!' | '?')) {
            return None;
        }
        let end = tag_end(inside)?;
        let (tag, after) = (&inside[..end], &inside[end + 1..]);
        if matches!(first, '!' | '?') {
            return Some((Self::Nothing, after));
        }
        let named = tag.strip_prefix('/').unwrap_or(tag);
        let name_end = named
            .find(|character: char| !character.is_ascii_alphanumeric())
            .unwrap_or(named.len());
        let name = named[..name_end].to_ascii_lowercase();
        let markup = if first == '/' {
            Self::Close(name)
        } else {
            Self::Open(name, &named[name_end..])
        };
        Some((markup, after))
    }
}

/// Finds the `>` of a tag, past those inside quoted attributes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    // A quote that nobody closed swallows the page; then the first `>` is the end.
    tag.find('>')
}

/// Returns what stands behind the end of an element whose content is not read.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(start) = rest.find("</") {
        rest = &rest[start + 2..];
        let closes = rest
            .get(..name.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(name));
        if closes {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
    }
    ""
}

/// Finds an attribute's value.
pub(crate) fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest
            .trim_start_matches(|character: char| character.is_whitespace() || character == '/');
        let end = rest.find(|character: char| character.is_whitespace() || character == '=')?;
        let (known, after) = (&rest[..end], rest[end..].trim_start());
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        if known.eq_ignore_ascii_case(name) {
            return Some(decode_entities(value).trim().to_owned());
        }
        rest = after;
    }
}

/// Writes text line by line.
#[derive(Default)]
struct Writer {
    out: String,
    /// Line ends owed before the next word.
    line_ends: usize,
    space: bool,
    quotes: usize,
    preformatted: usize,
    /// Open lists: none for dots, else the number of the next item.
    lists: Vec<Option<usize>>,
    /// Where the text of an open link began, and where it leads.
    link: Option<(usize, String)>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.line_ends = (self.line_ends + 1).min(2);
                }
                if !line.trim().is_empty() {
                    self.word(line.trim_end());
                }
            }
            return;
        }
        let mut words = text.split(char::is_whitespace).peekable();
        while let Some(word) = words.next() {
            if !word.is_empty() {
                self.word(word);
            }
            if words.peek().is_some() {
                self.space = true;
            }
        }
    }

    fn word(&mut self, word: &str) {
        if self.line_ends > 0 || self.out.is_empty() {
            if !self.out.is_empty() {
                for _ in 0..self.line_ends {
                    self.out.push('\n');
                }
            }
            for _ in 0..self.quotes.min(DEEPEST_QUOTE) {
                self.out.push_str("> ");
            }
        } else if self.space {
            self.out.push(' ');
        }
        self.line_ends = 0;
        self.space = false;
        self.out.push_str(word);
    }

    fn break_to(&mut self, line_ends: usize) {
        self.line_ends = self.line_ends.max(line_ends);
        self.space = false;
    }

    fn open(&mut self, name: &str, attributes: &str) {
        self.break_around(name);
        match name {
            "br" => {
                self.line_ends = (self.line_ends + 1).min(2);
                self.space = false;
            }
            "td" | "th" => self.space = true,
            "blockquote" => self.quotes += 1,
            "pre" => self.preformatted += 1,
            "ul" => self.lists.push(None),
            "ol" => self.lists.push(Some(1)),
            "li" => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "-".to_owned(),
                };
                let indent = "  ".repeat(self.lists.len().clamp(1, 6) - 1);
                self.word(&format!("{indent}{mark}"));
                self.space = true;
            }
            "img" => {
                if let Some(text) = attribute(attributes, "alt").filter(|text| !text.is_empty()) {
                    self.text(&format!("[{text}]"));
                }
            }
            "a" => {
                self.close_link();
                if let Some(address) = attribute(attributes, "href") {
                    self.link = Some((self.out.len(), address));
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "a" => self.close_link(),
            "blockquote" => self.quotes = self.quotes.saturating_sub(1),
            "pre" => self.preformatted = self.preformatted.saturating_sub(1),
            "ul" | "ol" => {
                self.lists.pop();
            }
            _ => {}
        }
        self.break_around(name);
    }

    /// Ends the line before and behind a block; lists inside lists stay close together.
    fn break_around(&mut self, name: &str) {
        let inner_list = matches!(name, "ul" | "ol") && !self.lists.is_empty();
        if PARAGRAPHS.contains(&name) && !inner_list {
            self.break_to(2);
        } else if LINES.contains(&name) || inner_list {
            self.break_to(1);
        }
    }

    /// Writes the address behind a link's text, unless the text is the address.
    fn close_link(&mut self) {
        let Some((start, address)) = self.link.take() else {
            return;
        };
        let shown = self.out.get(start..).unwrap_or_default().trim();
        let bare = |address: &str| {
            let address = address.split_once("://").map_or(address, |(_, rest)| rest);
            address
                .trim_start_matches("mailto:")
                .trim_start_matches("www.")
                .trim_end_matches('/')
                .to_lowercase()
        };
        let leads_out = ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| address.starts_with(scheme));
        if !leads_out || bare(shown) == bare(&address) {
            return;
        }
        let address = address.trim_start_matches("mailto:");
        let space = self.space;
        if shown.is_empty() {
            self.word(address);
        } else {
            self.line_ends = 0;
            self.space = true;
            self.word(&format!("({address})"));
        }
        self.space = space;
    }

    fn finish(mut self) -> String {
        self.close_link();
        self.out
            .retain(|character| !character.is_control() || matches!(character, '\n' | '\t'));
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_text_that_reads_well() {
        let cases = [
            ("", ""),
            ("plain &amp; simple", "plain & simple"),
            (
                "<p>Guten  Tag,</p>\n<p>der <b>Zug</b>\nf&auml;llt aus.</p>",
                "Guten Tag,\n\nder Zug fällt aus.",
            ),
            ("one<br>two<br/><br />three", "one\ntwo\n\nthree"),
            ("<div>a</div><div>b</div>", "a\nb"),
            (
                "<ul><li>one</li><li>two<ul><li>inner</li></ul></li></ul>end",
                "- one\n- two\n  - inner\n\nend",
            ),
            ("<ol><li>one<li>two</ol>", "1. one\n2. two"),
            (
                "<blockquote><p>said</p><p>more</p></blockquote><p>reply</p>",
                "> said\n\n> more\n\nreply",
            ),
            (
                "see <a href=\"https://a.de/x?b=1&amp;c=2\">the page</a>, please",
                "see the page (https://a.de/x?b=1&c=2), please",
            ),
            ("<a href=https://www.a.de/>a.de</a>", "a.de"),
            ("<a href='javascript:alert(1)'>click</a>", "click"),
            ("<a href='/relative'>here</a>", "here"),
            (
                "<a href=\"mailto:hilfe@a.de\">write</a>",
                "write (hilfe@a.de)",
            ),
            (
                "<a href='https://a.de'><img src=x alt='the map'></a>",
                "[the map] (https://a.de)",
            ),
            ("<a href='https://a.de'></a>!", "https://a.de!"),
            (
                "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
                "a b\nc",
            ),
            ("<pre>  let a = 1;\n    b</pre>", "  let a = 1;\n    b"),
            ("a<script>alert('<p>')</script>b<style>p{}</style>c", "abc"),
            ("a<SCRIPT>never closed", "a"),
            ("a<!-- hidden > <p> -->b<!DOCTYPE html><?xml x?>c", "abc"),
            ("1 < 2 and 3 > 2, a <3 b", "1 < 2 and 3 > 2, a <3 b"),
            ("end <unfinished", "end <unfinished"),
            ("<p title=\"a > b\">text</p>", "text"),
            ("<p title=\"never closed>text</p>", "text"),
            ("&lt;script&gt;", "<script>"),
            ("a&nbsp;b", "a b"),
            ("bell\u{7}", "bell"),
        ];
        for (html, text) in cases {
            assert_eq!(html_to_text(html), text, "{html}");
        }
    }

    #[test]
    fn deep_and_broken_markup_ends() {
        let deep = "<blockquote><ul><li>".repeat(20_000);
        assert!(html_to_text(&deep).len() < 2_000_000);
        let broken = "<a href=\"".repeat(500_000);
        assert!(html_to_text(&broken).len() <= broken.len());
        let hearts = format!("{}>", "<3".repeat(500_000));
        assert_eq!(html_to_text(&hearts), hearts);
    }
}
