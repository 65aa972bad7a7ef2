//! Links as X and Mastodon find them in a text: by a protocol, or by a domain with a known end.
//! Nothing is opened or looked up; that a link leads nowhere does not make it shorter.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The longest part of a domain between two dots, as the network of networks writes it.
const LABEL: usize = 63;
/// The longest address, with its protocol and its domain as it is written abroad.
const ADDRESS: usize = 4096;
/// How long the name of a link that X made itself may be.
const OWN_NAME: usize = 40;

/// The ends of domains that make a link of two words with a dot between them.
static ENDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("top_level_domains.txt")
        .split_whitespace()
        .collect()
});

/// Which links a network knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// With `http://` or `https://` before them.
    ByProtocol,
    /// Also by their domain alone, but none with a domain that cannot be registered.
    ByDomain,
}

/// Finds where links begin and end, in order.
pub(super) fn find(text: &[char], known: Known) -> Vec<(usize, usize)> {
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
            .find_map(|start| read(text, start, known));
        match next {
            Some((links, end)) => {
                found.extend(links);
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
fn read(text: &[char], start: usize, known: Known) -> Option<(Vec<(usize, usize)>, usize)> {
    let with_protocol = protocol(&text[start..]).and_then(|length| {
        let domain = domain_end(text, start + length)?;
        Some((start + length, domain))
    });
    if known == Known::ByProtocol {
        let end = address_end(text, with_protocol?.1).1;
        return Some((vec![(start, end)], end));
    }
    let (domain, domain_end) =
        with_protocol.or_else(|| domain_end(text, start).map(|end| (start, end)))?;
    let (path, end) = address_end(text, domain_end);

    if !can_be_registered(&text[domain..domain_end], end - start) {
        return Some((Vec::new(), end));
    }
    if with_protocol.is_some() {
        let own = own_link(text, domain, domain_end).unwrap_or(Some(end));
        return Some((own.map(|end| (start, end)).into_iter().collect(), end));
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

/// Returns where the path ends that stands behind a domain, if one does, and where the address ends.
fn address_end(text: &[char], domain_end: usize) -> (Option<usize>, usize) {
    let port = run(text, domain_end + 1, |sign| sign.is_ascii_digit());
    let after_port = if text.get(domain_end) == Some(&':') && port > domain_end + 1 {
        port
    } else {
        domain_end
    };
    let path = (text.get(after_port) == Some(&'/')).then(|| path_end(text, after_port + 1));
    (path, query_end(text, path.unwrap_or(after_port)))
}

/// Tells whether names of such length exist, written as they are abroad.
fn can_be_registered(domain: &[char], length: usize) -> bool {
    let mut abroad = 0;
    for label in domain.split(|sign| *sign == '.') {
        let label_length = punycode_length(label);
        if label_length > LABEL {
            return false;
        }
        abroad += label_length + 1;
    }
    "https://".len() + length + abroad <= ADDRESS + domain.len() + 1
}

/// Returns how long a part of a domain is in ASCII (RFC 3492), with its mark where it needs one.
fn punycode_length(label: &[char]) -> usize {
    let plain = label.iter().filter(|sign| sign.is_ascii()).count();
    if plain == label.len() {
        return plain;
    }
    let mut length = "xn--".len() + plain + usize::from(plain > 0);
    let (mut code, mut delta, mut bias, mut done) = (128_usize, 0_usize, 72_usize, plain);
    while done < label.len() {
        let codes = label.iter().map(|sign| *sign as usize);
        let next = codes.clone().filter(|other| *other >= code).min();
        let next = next.expect("a sign is left that is not ASCII");
        delta += (next - code) * (done + 1);
        code = next;
        for other in codes {
            delta += usize::from(other < code);
            if other == code {
                length += digits(delta, bias);
                bias = adapted(delta, done + 1, done == plain);
                delta = 0;
                done += 1;
            }
        }
        delta += 1;
        code += 1;
    }
    length
}

/// Returns how many digits of changing worth a number takes.
fn digits(mut number: usize, bias: usize) -> usize {
    let mut count = 1_usize;
    loop {
        let threshold = (count * 36).saturating_sub(bias).clamp(1, 26);
        if number < threshold {
            return count;
        }
        number = (number - threshold) / (36 - threshold);
        count += 1;
    }
}

fn adapted(delta: usize, signs: usize, is_first: bool) -> usize {
    let mut delta = delta / if is_first { 700 } else { 2 };
    delta += delta / signs;
    let mut bias = 0;
    while delta > 455 {
        delta /= 35;
        bias += 36;
    }
    bias + 36 * delta / (delta + 38)
}

/// Returns where a link ends that X made itself, whatever follows it; none where its name is too long.
fn own_link(text: &[char], domain: usize, domain_end: usize) -> Option<Option<usize>> {
    let host: String = text[domain..domain_end].iter().collect();
    if !host.eq_ignore_ascii_case("t.co") || text.get(domain_end) != Some(&'/') {
        return None;
    }
    let name = domain_end + 1;
    let end = run(text, name, |sign| sign.is_ascii_alphanumeric());
    if end == name {
        return None;
    }
    Some((end - name <= OWN_NAME).then(|| query_end(text, end)))
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
    fn links_begin_and_end_where_the_networks_see_them() {
        let long = format!("https://{}.de", "ü".repeat(60));
        let widest = format!("https://a.de/{}", "b".repeat(4_080));
        let cases: [(&str, &[&str], &[&str]); 9] = [
            ("a.de b.d", &["a.de"], &[]),
            (
                "(https://a.de/x).",
                &["https://a.de/x"],
                &["https://a.de/x"],
            ),
            (
                "https://t.co/ab/c",
                &["https://t.co/ab"],
                &["https://t.co/ab/c"],
            ),
            (
                "http://T.co/ab?c=d/",
                &["http://T.co/ab?c=d/"],
                &["http://T.co/ab?c=d/"],
            ),
            ("https://t.co/", &["https://t.co/"], &["https://t.co/"]),
            ("xhttps://a.de", &[], &[]),
            (&long, &[], &[&long]),
            (&widest, &[], &[&widest]),
            (
                "https://日本.de/日",
                &["https://日本.de/"],
                &["https://日本.de/"],
            ),
        ];
        for (text, by_domain, by_protocol) in cases {
            let text: Vec<char> = text.chars().collect();
            for (known, links) in [
                (Known::ByDomain, by_domain),
                (Known::ByProtocol, by_protocol),
            ] {
                let found = find(&text, known).into_iter();
                let found: Vec<String> = found
                    .map(|(start, end)| text[start..end].iter().collect())
                    .collect();
                assert_eq!(found, links, "{known:?}");
            }
        }
    }

    /// The expected forms are those of the examples of RFC 3492 and of names in use.
    #[test]
    fn names_are_as_long_as_they_are_abroad() {
        let cases = [
            ("hilfe", "hilfe"),
            ("müller", "xn--mller-kva"),
            ("bücher", "xn--bcher-kva"),
            ("рф", "xn--p1ai"),
            ("ひとつ屋根の下2", "xn--2-u9tlzr9756bt3uc0v"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
        ];
        for (label, abroad) in cases {
            let label: Vec<char> = label.chars().collect();
            assert_eq!(punycode_length(&label), abroad.len(), "{abroad}");
        }
    }
}
