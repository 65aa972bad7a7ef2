//! E-mail addresses. Those of an office (service@, info@) belong to no person and are hints.

use super::{Personal, PersonalKind};

/// Mailboxes that several people read.
const OFFICES: &[&str] = &[
    "abuse",
    "admin",
    "contact",
    "datenschutz",
    "feedback",
    "help",
    "hilfe",
    "hello",
    "hallo",
    "impressum",
    "info",
    "jobs",
    "kontakt",
    "kundenservice",
    "kundendienst",
    "mail",
    "newsletter",
    "no-reply",
    "noreply",
    "office",
    "presse",
    "press",
    "privacy",
    "sales",
    "service",
    "support",
    "team",
    "vertrieb",
    "webmaster",
];

pub(super) fn find(text: &str, found: &mut Vec<Personal>) {
    for (at, sign) in text.char_indices().filter(|(_, c)| matches!(c, '@' | '＠')) {
        let from = local_start(text, at);
        let to = domain_end(text, at + sign.len_utf8());
        let local = &text[from..at];
        // `@anna@town.example` is somebody's account at Mastodon.
        let is_account = text[..from].ends_with(['@', '＠', '/']);
        let Some(to) = to.filter(|_| !local.is_empty() && !is_account) else {
            continue;
        };
        let office = local.to_ascii_lowercase();
        found.push(Personal {
            kind: PersonalKind::Email,
            from,
            to,
            sure: !OFFICES.contains(&office.as_str()),
        });
    }
}

fn local_start(text: &str, at: usize) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let start = text[..at]
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_part(*c))
        .last()
        .map_or(at, |(start, _)| start);
    let leading = text[start..at].len()
        - text[start..at]
            .trim_start_matches(['.', '-', '+', '%'])
            .len();
    start + leading
}

/// A domain has labels of letters, digits and hyphens, and ends in at least two letters.
fn domain_end(text: &str, from: usize) -> Option<usize> {
    let len = text[from..]
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '．')))
        .unwrap_or(text.len() - from);
    let domain = text[from..from + len].trim_end_matches(['.', '-', '．']);
    let (name, end) = domain.rsplit_once(['.', '．'])?;
    let named = name.chars().next().is_some_and(char::is_alphanumeric);
    let ends_well = end.chars().count() >= 2 && end.chars().all(char::is_alphabetic);
    (named && ends_well).then_some(from + domain.len())
}
