//! The checksums of IBANs (ISO 13616, mod 97), cards (Luhn) and German tax ids (ISO 7064, mod 11, 10).

/// Lengths of IBANs by country (the SWIFT registry).
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

/// Returns how many characters an IBAN of the country has.
pub(super) fn iban_length(first: char, second: char) -> Option<usize> {
    let wanted = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
    LENGTHS
        .iter()
        .find(|(country, _)| country.chars().eq(wanted))
        .map(|(_, length)| *length)
}

/// Tells whether letters and digits are an IBAN with the right check digits.
pub(super) fn is_iban(characters: &[char]) -> bool {
    let (head, tail) = characters.split_at(4.min(characters.len()));
    let mut rest = 0_u32;
    for c in tail.iter().chain(head) {
        let Some(value) = c.to_digit(36) else {
            return false;
        };
        rest = if value < 10 {
            (rest * 10 + value) % 97
        } else {
            (rest * 100 + value) % 97
        };
    }
    characters.len() > 4 && rest == 1
}

/// Tells whether digits pass Luhn's check.
pub(super) fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// Tells whether eleven digits are a German tax id with the right check digit.
pub(super) fn is_tax_id(digits: &[u32]) -> bool {
    let [first, .., last] = digits else {
        return false;
    };
    if digits.len() != 11 || *first == 0 {
        return false;
    }
    let mut product = 10;
    for digit in &digits[..10] {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        product = 2 * sum % 11;
    }
    let check = match 11 - product {
        10 => 0,
        check => check,
    };
    check == *last
}

#[cfg(test)]
mod tests {
    use super::{is_iban, is_tax_id, passes_luhn};

    fn digits(text: &str) -> Vec<u32> {
        text.chars().filter_map(|c| c.to_digit(10)).collect()
    }

    #[test]
    fn the_vectors_of_the_formulas_hold() {
        for (iban, valid) in [
            ("DE89 3704 0044 0532 0130 00", true),
            ("AT61 1904 3002 3457 3201", true),
            ("CH93 0076 2011 6238 5295 7", true),
            ("GB82 WEST 1234 5698 7654 32", true),
            ("DE89 3704 0044 0532 0130 01", false),
        ] {
            let characters: Vec<char> = iban.chars().filter(|c| *c != ' ').collect();
            assert_eq!(is_iban(&characters), valid, "{iban}");
        }
        assert!(passes_luhn(&digits("4111 1111 1111 1111")));
        assert!(!passes_luhn(&digits("4111 1111 1111 1112")));
        for (id, valid) in [
            ("86095742719", true),
            ("47036892816", true),
            ("65929970489", true),
            ("86095742718", false),
            ("06095742719", false),
        ] {
            assert_eq!(is_tax_id(&digits(id)), valid, "{id}");
        }
    }
}
