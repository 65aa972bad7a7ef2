//! Character references of HTML: numbers, and the names that people's programs write.

use std::borrow::Cow;

/// The longest name between `&` and `;` that is looked at.
const LONGEST_NAME: usize = 10;

/// The characters from 160 to 255 by name, in their order.
#[rustfmt::skip]
const LATIN_1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect",
    "uml", "copy", "ordf", "laquo", "not", "shy", "reg", "macr",
    "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
    "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest",
    "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil",
    "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml",
    "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times",
    "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig",
    "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil",
    "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml",
    "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide",
    "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// Other characters by name.
#[rustfmt::skip]
const NAMED: [(&str, char); 45] = [
    ("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''),
    ("ndash", '–'), ("mdash", '—'), ("hellip", '…'), ("bull", '•'), ("euro", '€'),
    ("lsquo", '‘'), ("rsquo", '’'), ("sbquo", '‚'), ("ldquo", '“'), ("rdquo", '”'),
    ("bdquo", '„'), ("lsaquo", '‹'), ("rsaquo", '›'), ("trade", '™'), ("dagger", '†'),
    ("Dagger", '‡'), ("permil", '‰'), ("prime", '′'), ("Prime", '″'), ("minus", '−'),
    ("larr", '←'), ("uarr", '↑'), ("rarr", '→'), ("darr", '↓'), ("harr", '↔'),
    ("le", '≤'), ("ge", '≥'), ("ne", '≠'), ("asymp", '≈'), ("infin", '∞'),
    ("check", '✓'), ("hearts", '♥'), ("star", '☆'), ("OElig", 'Œ'), ("oelig", 'œ'),
    ("Scaron", 'Š'), ("scaron", 'š'), ("ensp", ' '), ("emsp", ' '), ("thinsp", ' '),
];

/// Replaces character references once; what is none stays as it is.
pub(crate) fn decode_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let name = rest[1..]
            .bytes()
            .take(LONGEST_NAME + 1)
            .position(|byte| byte == b';')
            .and_then(|end| rest.get(1..=end));
        if let Some((character, length)) =
            name.and_then(|name| Some((character(name)?, name.len() + 2)))
        {
            out.push(character);
            rest = &rest[length..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|character| *character != '\0');
    }
    let latin = LATIN_1
        .iter()
        .zip(160_u8..=255)
        .find(|(known, _)| **known == name);
    match latin {
        Some((_, code)) => Some(char::from(code)),
        None => NAMED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, character)| *character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_once() {
        let cases = [
            ("a &amp;amp; b", "a &amp; b"),
            ("&auml;&ouml;&uuml;&szlig;&Auml;", "äöüßÄ"),
            (
                "&bdquo;Hallo&ldquo; &ndash; 5&nbsp;&euro;",
                "„Hallo“ – 5\u{a0}€",
            ),
            ("&#228;&#xE4;&#X1F600;", "ää😀"),
            ("&#0;&#xD800;&#99999999;", "&#0;&#xD800;&#99999999;"),
            ("&unknown; & &; R&D &amp", "&unknown; & &; R&D &amp"),
            ("&yuml;&nbsp;&times;", "ÿ\u{a0}×"),
            ("&ä;&äöü", "&ä;&äöü"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode_entities(text), expected, "{text}");
        }
    }
}
