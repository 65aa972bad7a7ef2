//! The words of a mail: plain text where there is one, else what HTML says; flowed lines joined; and
//! the title without the prefixes that mail programs put before it.

use mail_parser::{Message, MessagePart, MimeHeaders as _, PartType};

use crate::text::html_to_text;

/// What mail programs put before the subject of an answer or a forwarded mail, and of absence notes.
const PREFIXES: [&str; 14] = [
    "re",
    "aw",
    "antw",
    "antwort",
    "wg",
    "fw",
    "fwd",
    "weitergeleitet",
    "rv",
    "sv",
    "vs",
    "tr",
    "automatische antwort",
    "automatic reply",
];

/// Returns what a mail says; some programs send a plain text that is empty beside a full HTML.
pub(super) fn text(message: &Message<'_>) -> String {
    let plain = joined(message, &message.text_body);
    if plain.is_empty() {
        joined(message, &message.html_body)
    } else {
        plain
    }
}

fn joined(message: &Message<'_>, parts: &[u32]) -> String {
    let texts: Vec<String> = parts
        .iter()
        .filter_map(|id| message.part(*id))
        .filter_map(words)
        .map(|text| text.trim_end().trim_start_matches('\n').to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    texts.join("\n\n")
}

fn words(part: &MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Text(text) => {
            let kind = part.content_type();
            let is = |name: &str, value: &str| {
                kind.and_then(|kind| kind.attribute(name))
                    .is_some_and(|given| given.eq_ignore_ascii_case(value))
            };
            Some(if is("format", "flowed") {
                unflow(text, is("delsp", "yes"))
            } else {
                text.replace("\r\n", "\n")
            })
        }
        PartType::Html(html) => Some(html_to_text(html)),
        _ => None,
    }
}

/// Joins the lines that a mail program broke only to keep them short (RFC 3676).
fn unflow(text: &str, delete_space: bool) -> String {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut flows = false;
    for line in text.lines() {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let words = &line[depth..];
        let words = words.strip_prefix(' ').unwrap_or(words);
        let is_signature = words == "-- ";
        match lines.last_mut() {
            Some((above, joined)) if flows && *above == depth && !is_signature => {
                if delete_space {
                    joined.pop();
                }
                joined.push_str(words);
            }
            _ => lines.push((depth, words.to_owned())),
        }
        flows = words.ends_with(' ') && !is_signature;
    }
    let lines: Vec<String> = lines
        .into_iter()
        .map(|(depth, words)| match depth {
            0 => words,
            depth => format!("{} {words}", ">".repeat(depth)),
        })
        .collect();
    lines.join("\n")
}

/// Takes the prefixes of answers and forwarded mails from a subject, however many there are.
pub(super) fn strip_prefixes(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some(shorter) = strip_prefix(rest) {
        rest = shorter;
    }
    rest
}

fn strip_prefix(subject: &str) -> Option<&str> {
    let (before, after) = subject.split_once(':')?;
    let before = before.trim_end();
    // Some programs count: "Re[2]:", "AW (3):".
    let word = match before.strip_suffix([']', ')']) {
        Some(counted) => counted
            .trim_end_matches(|sign: char| sign.is_ascii_digit())
            .strip_suffix(['[', '('])?
            .trim_end(),
        None => before,
    };
    PREFIXES
        .iter()
        .any(|prefix| word.eq_ignore_ascii_case(prefix))
        .then(|| after.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_go_however_many_there_are() {
        let cases = [
            ("AW: Re: WG: Bahnhof", "Bahnhof"),
            ("Antwort: Fwd: RE[2]: Aw (3): Bahnhof", "Bahnhof"),
            ("Automatische Antwort: Bahnhof", "Bahnhof"),
            ("Gleis 3: gesperrt", "Gleis 3: gesperrt"),
            ("Rettung: bitte", "Rettung: bitte"),
            ("Re:", ""),
            ("  Re :x", "x"),
            ("Re]: x", "Re]: x"),
        ];
        for (subject, title) in cases {
            assert_eq!(strip_prefixes(subject), title, "{subject}");
        }
    }

    #[test]
    fn flowed_lines_are_joined() {
        let cases = [
            ("one \r\ntwo\r\nthree", false, "one two\nthree"),
            ("> one \r\n> two\r\nthree", false, "> one two\nthree"),
            ("> one \r\ntwo", false, "> one \ntwo"),
            ("text \r\n-- \r\nAnna", false, "text \n-- \nAnna"),
            ("Bahn \r\nhof", true, "Bahnhof"),
            (" >not quoted", false, ">not quoted"),
        ];
        for (text, delete_space, joined) in cases {
            assert_eq!(unflow(text, delete_space), joined, "{text:?}");
        }
    }
}
