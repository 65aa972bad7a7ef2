//! Telephone numbers that are valid for their plan: international ones anywhere, national ones as Germany writes them.

use phonenumber::country;

use super::context;
use super::glyphs::Glyphs;
use super::{Personal, PersonalKind};

/// E.164 allows fifteen digits; two more stand for `00`.
const MOST_DIGITS: usize = 17;
/// Shorter ones are short codes, which belong to nobody.
const FEWEST_DIGITS: usize = 7;

pub(super) fn find(text: &str, glyphs: &Glyphs, found: &mut Vec<Personal>) {
    let mut place = 0;
    while place < glyphs.0.len() {
        let end =
            begins_number(glyphs, place).and_then(|national| number_end(glyphs, place, national));
        let Some(end) = end else {
            place += 1;
            continue;
        };
        let (from, to) = (glyphs.0[place].from, glyphs.0[end].to);
        let is_phone = context::has(text, from, to, context::PHONE);
        let is_other = context::has_before(text, from, context::GOODS) || goes_on(glyphs, place);
        found.push(Personal {
            kind: PersonalKind::Phone,
            from,
            to,
            sure: is_phone || !is_other,
        });
        place = end + 1;
    }
}

/// Tells whether a number may begin here, and whether it is a national one.
fn begins_number(glyphs: &Glyphs, place: usize) -> Option<bool> {
    let before = glyphs.before(place);
    if before.is_alphanumeric() || matches!(before, '+' | '|' | ',' | '#') {
        return None;
    }
    let at = place + usize::from(glyphs.at(place) == '(');
    if glyphs.at(at) == '+' {
        return glyphs.at(at + 1).is_ascii_digit().then_some(false);
    }
    if glyphs.at(at) != '0' || after_digit(glyphs, place) {
        return None;
    }
    if glyphs.at(at + 1) == '0' {
        return Some(false);
    }
    // Area codes have at least two digits behind the 0: `08.30` and `01.02.` are times and dates.
    let area = (at..glyphs.0.len())
        .take_while(|place| glyphs.at(*place).is_ascii_digit())
        .count();
    (area >= 3).then_some(true)
}

/// Digits right before it are more likely its beginning.
fn goes_on(glyphs: &Glyphs, place: usize) -> bool {
    place >= 2 && glyphs.before(place) == ' ' && glyphs.at(place - 2).is_ascii_digit()
}

/// `2023/0123` and `1.000` go on, they do not begin.
fn after_digit(glyphs: &Glyphs, place: usize) -> bool {
    let sign = glyphs.before(place);
    matches!(sign, '.' | '/' | '-' | ':')
        && place >= 2
        && glyphs.at(place - 2).is_ascii_alphanumeric()
}

/// Returns the place of the last digit of the longest valid number that begins here.
fn number_end(glyphs: &Glyphs, place: usize, national: bool) -> Option<usize> {
    let mut digits = String::with_capacity(MOST_DIGITS + 1);
    let mut ends = Vec::new();
    let mut gap = 0;
    for at in place..glyphs.0.len() {
        let c = glyphs.at(at);
        if c.is_ascii_digit() {
            if is_trunk_zero(glyphs, at) && !national {
                gap = 0;
                continue;
            }
            digits.push(c);
            gap = 0;
            if digits.len() > MOST_DIGITS {
                break;
            }
            if !glyphs.at(at + 1).is_ascii_digit() {
                ends.push((digits.len(), at));
            }
        } else if at == place && matches!(c, '+' | '(')
            || matches!(c, ' ' | '\u{a0}' | '-' | '/' | '.' | '(' | ')' | '+') && gap < 3
        {
            gap += 1;
        } else {
            break;
        }
    }
    ends.iter()
        .rev()
        .filter(|(count, end)| *count >= FEWEST_DIGITS && !glyphs.at(end + 1).is_alphanumeric())
        .find(|(count, _)| is_valid(&digits[..*count], national))
        .map(|(_, end)| *end)
}

/// The 0 of `+49 (0) 170` is not dialled from abroad.
fn is_trunk_zero(glyphs: &Glyphs, at: usize) -> bool {
    glyphs.at(at) == '0' && glyphs.before(at) == '(' && glyphs.at(at + 1) == ')'
}

fn is_valid(digits: &str, national: bool) -> bool {
    let (region, number) = if national {
        (Some(country::Id::DE), digits.to_owned())
    } else {
        (None, format!("+{}", digits.trim_start_matches("00")))
    };
    phonenumber::parse(region, number).is_ok_and(|number| number.is_valid())
}
