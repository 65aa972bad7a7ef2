//! What a text takes of an SMS, and in how many parts it leaves (GSM 03.38, 3GPP TS 23.038).

use unicode_segmentation::UnicodeSegmentation;

/// The signs of the default alphabet that take one septet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The signs of the extension, which take two.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// Returns how many units a text takes: septets, or UTF-16 units where a sign is in neither table.
pub(super) fn units(text: &str) -> usize {
    septets(text).unwrap_or_else(|| text.encode_utf16().count())
}

/// Returns in how many parts a text leaves; an empty one in one.
pub fn parts(text: &str) -> usize {
    match septets(text) {
        Some(count) if count <= 160 => 1,
        Some(_) => fill(text.chars().map(width), 153),
        None => {
            let count = text.encode_utf16().count();
            if count <= 70 {
                1
            } else {
                fill(text.graphemes(true).flat_map(wide), 67)
            }
        }
    }
}

fn septets(text: &str) -> Option<usize> {
    text.chars()
        .map(|sign| is_known(sign).then(|| width(sign)))
        .sum()
}

fn is_known(sign: char) -> bool {
    BASIC.contains(sign) || EXTENDED.contains(sign)
}

fn width(sign: char) -> usize {
    if EXTENDED.contains(sign) { 2 } else { 1 }
}

/// Returns what a sign takes in UTF-16; the two halves of a line end may part.
fn wide(sign: &str) -> impl Iterator<Item = usize> {
    let (width, rest) = if sign == "\r\n" {
        (1, Some(1))
    } else {
        (sign.encode_utf16().count(), None)
    };
    std::iter::once(width).chain(rest)
}

/// Fills parts one after the other; what a reader sees as one sign is not torn apart.
fn fill(widths: impl Iterator<Item = usize>, room: usize) -> usize {
    let (mut parts, mut used) = (1, 0);
    for width in widths {
        if used + width > room {
            parts += 1;
            used = 0;
        }
        used += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_as_the_networks_of_phones_count() {
        let cases = [
            ("", 0, 1),
            ("Grüße", 5, 1),
            ("5 €", 4, 1),
            ("ç", 1, 1),
            ("„Hallo“", 7, 1),
            ("👍", 2, 1),
        ];
        for (text, length, count) in cases {
            assert_eq!((units(text), parts(text)), (length, count), "{text:?}");
        }
        assert_eq!(parts(&"a".repeat(160)), 1);
        assert_eq!(parts(&"a".repeat(161)), 2);
        assert_eq!(parts(&"a".repeat(306)), 2);
        assert_eq!(parts(&"a".repeat(307)), 3);
        // The sign of two septets does not fit into the last place of the first part.
        assert_eq!(
            parts(&format!("{}€{}", "a".repeat(152), "a".repeat(152))),
            3
        );
        assert_eq!(parts(&"ё".repeat(70)), 1);
        assert_eq!(parts(&"ё".repeat(71)), 2);
        assert_eq!(parts(&"👍".repeat(67)), 3);
        assert_eq!(parts(&"👩‍🚒".repeat(26)), 2);
        assert_eq!(parts(&"👩‍🚒".repeat(27)), 3);
    }
}
