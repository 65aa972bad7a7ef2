//! Where somebody lives or was born, drives or surfs: postal addresses, dates of birth, licence plates, addresses in the internet.

use super::context;
use super::glyphs::Glyphs;
use super::{Personal, PersonalKind};

/// Ends of German street names.
const STREETS: &[&str] = &[
    "straße", "strasse", "str.", "str", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer",
    "chaussee", "steig",
];
/// English words for a street.
const ROADS: &[&str] = &[
    "street",
    "road",
    "avenue",
    "lane",
    "drive",
    "boulevard",
    "ave",
    "rd",
    "st",
];
/// How far a postcode may stand behind a street, in characters.
const POSTCODE_REACH: usize = 24;

pub(super) fn find(text: &str, glyphs: &Glyphs, found: &mut Vec<Personal>) {
    let words = words(glyphs);
    for index in 0..words.len() {
        let finds = [
            german_address(glyphs, &words, index),
            english_address(glyphs, &words, index),
        ];
        for (first, last, complete) in finds.into_iter().flatten() {
            push(
                text,
                glyphs,
                (first, last),
                PersonalKind::Address,
                complete,
                context::HOME,
                found,
            );
        }
        if let Some(last) = date_end(glyphs, words[index].0) {
            let (from, to) = (glyphs.0[words[index].0].from, glyphs.0[last].to);
            if context::has_before(text, from, context::BIRTH) {
                found.push(Personal {
                    kind: PersonalKind::DateOfBirth,
                    from,
                    to,
                    sure: true,
                });
            }
        }
        if let Some(last) = internet_end(glyphs, words[index].0) {
            push(
                text,
                glyphs,
                (words[index].0, last),
                PersonalKind::IpAddress,
                false,
                context::NETWORK,
                found,
            );
        }
        if let Some(last) = plate_end(glyphs, words[index].0) {
            let (from, to) = (glyphs.0[words[index].0].from, glyphs.0[last].to);
            if context::has(text, from, to, context::PLATE) {
                found.push(Personal {
                    kind: PersonalKind::LicencePlate,
                    from,
                    to,
                    sure: true,
                });
            }
        }
    }
}

/// Keeps a find: sure where it is complete or a word beside it confirms it.
fn push(
    text: &str,
    glyphs: &Glyphs,
    (first, last): (usize, usize),
    kind: PersonalKind,
    complete: bool,
    confirming: &[&str],
    found: &mut Vec<Personal>,
) {
    let (from, to) = (glyphs.0[first].from, glyphs.0[last].to);
    found.push(Personal {
        kind,
        from,
        to,
        sure: complete || context::has(text, from, to, confirming),
    });
}

/// Returns the places of each word's first and last character.
fn words(glyphs: &Glyphs) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut place = 0;
    while place < glyphs.0.len() {
        if glyphs.at(place).is_alphanumeric() {
            let first = place;
            while glyphs.at(place + 1).is_alphanumeric() {
                place += 1;
            }
            words.push((first, place));
        }
        place += 1;
    }
    words
}

fn word(glyphs: &Glyphs, (first, last): (usize, usize)) -> String {
    (first..=last).map(|place| glyphs.at(place)).collect()
}

fn is_capitalised(glyphs: &Glyphs, word: (usize, usize)) -> bool {
    glyphs.at(word.0).is_uppercase()
}

/// Tells whether two words are parted by blanks, commas and dots alone.
fn adjoin(glyphs: &Glyphs, left: (usize, usize), right: (usize, usize)) -> bool {
    right.0 - left.1 <= 4
        && (left.1 + 1..right.0)
            .all(|place| glyphs.at(place).is_whitespace() || matches!(glyphs.at(place), ',' | '.'))
}

/// `Lindenstr. 12a, 50667 Köln`: the street's last word, its number, and best a postcode with its place.
fn german_address(
    glyphs: &Glyphs,
    words: &[(usize, usize)],
    index: usize,
) -> Option<(usize, usize, bool)> {
    let (street, number) = (*words.get(index)?, *words.get(index + 1)?);
    let name = word(glyphs, street).to_lowercase();
    let end = STREETS.iter().find(|end| name.ends_with(**end))?;
    let alone = name.len() == end.len();
    let is_number = house_number(&word(glyphs, number));
    if !is_number || !adjoin(glyphs, street, number) || !is_capitalised(glyphs, street) {
        return None;
    }
    // `Kölner Straße 5`: the word before belongs to it; `Platz 5` and `Weg 3` alone are seats and routes.
    let first = match index.checked_sub(1).map(|before| words[before]) {
        Some(before)
            if alone && is_capitalised(glyphs, before) && adjoin(glyphs, before, street) =>
        {
            before.0
        }
        _ if alone => return None,
        _ => street.0,
    };
    let (last, complete) = postcode_end(glyphs, words, index + 2, number.1);
    Some((first, last, complete))
}

fn house_number(word: &str) -> bool {
    let digits = word.chars().take_while(char::is_ascii_digit).count();
    let rest = &word[digits..];
    (1..=3).contains(&digits)
        && (rest.is_empty()
            || rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Returns where five digits and a capitalised word end behind a house number.
fn postcode_end(
    glyphs: &Glyphs,
    words: &[(usize, usize)],
    index: usize,
    last: usize,
) -> (usize, bool) {
    for at in index..(index + 3).min(words.len()) {
        let code = words[at];
        if code.0 - last > POSTCODE_REACH {
            break;
        }
        let is_code = code.1 - code.0 == 4
            && (code.0..=code.1).all(|place| glyphs.at(place).is_ascii_digit());
        let town = words
            .get(at + 1)
            .filter(|town| is_capitalised(glyphs, **town) && adjoin(glyphs, code, **town));
        if let (true, Some(town)) = (is_code, town) {
            return (town.1, true);
        }
    }
    (last, false)
}

/// `221B Baker Street, London NW1 6XE` and `12 Main St, Springfield, IL 62704`.
fn english_address(
    glyphs: &Glyphs,
    words: &[(usize, usize)],
    index: usize,
) -> Option<(usize, usize, bool)> {
    let number = *words.get(index)?;
    let text = word(glyphs, number);
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    if !(1..=5).contains(&digits) || text.len() > digits + 1 {
        return None;
    }
    let road = (index + 2..(index + 4).min(words.len()))
        .find(|at| ROADS.contains(&word(glyphs, words[*at]).to_lowercase().as_str()))?;
    let named = (index + 1..=road)
        .all(|at| is_capitalised(glyphs, words[at]) && adjoin(glyphs, words[at - 1], words[at]));
    if !named {
        return None;
    }
    let last = words[road].1;
    let code =
        (road + 1..(road + 6).min(words.len())).find(|at| is_foreign_code(glyphs, words, *at));
    Some(match code {
        Some(at) if words[at].0 - last <= 40 => (number.0, words[at].1, true),
        _ => (number.0, last, false),
    })
}

/// The second half of a British postcode behind its first, or five digits behind two capitals.
fn is_foreign_code(glyphs: &Glyphs, words: &[(usize, usize)], at: usize) -> bool {
    let (code, before) = (word(glyphs, words[at]), word(glyphs, words[at - 1]));
    let shape = |word: &str| -> String {
        word.chars()
            .map(|c| match c {
                '0'..='9' => '9',
                'A'..='Z' => 'A',
                _ => '?',
            })
            .collect()
    };
    let british = shape(&code) == "9AA"
        && matches!(
            shape(&before).as_str(),
            "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A"
        );
    british || shape(&code) == "99999" && shape(&before) == "AA"
}

/// Returns where a date with a year ends: `3.4.1985`, `03/04/85`, `1985-04-03`, `3. April 1985`.
fn date_end(glyphs: &Glyphs, first: usize) -> Option<usize> {
    if matches!(glyphs.before(first), '.' | '/' | '-') {
        return None;
    }
    let mut place = first;
    let mut numbers = Vec::with_capacity(3);
    while numbers.len() < 3 {
        let from = place;
        while glyphs.at(place).is_ascii_digit() {
            place += 1;
        }
        if place > from {
            let number: String = (from..place).map(|at| glyphs.at(at)).collect();
            numbers.push(number);
        } else {
            let month: String = (from..)
                .map(|at| glyphs.at(at))
                .take_while(|c| c.is_alphabetic())
                .collect();
            if !is_month(&month) {
                return None;
            }
            place += month.chars().count();
            numbers.push("1".to_owned());
        }
        if numbers.len() < 3 {
            let from = place;
            while place - from < 2 && matches!(glyphs.at(place), '.' | '/' | '-' | ' ' | ',') {
                place += 1;
            }
            if place == from {
                return None;
            }
        }
    }
    let value = |at: usize| numbers[at].parse::<u32>().unwrap_or(u32::MAX);
    let year_last =
        (1..=31).contains(&value(0)) && (1..=31).contains(&value(1)) && is_year(&numbers[2]);
    let year_first = numbers[0].len() == 4
        && is_year(&numbers[0])
        && (1..=12).contains(&value(1))
        && (1..=31).contains(&value(2));
    (year_last || year_first).then(|| place - 1)
}

fn is_month(word: &str) -> bool {
    let word = word.to_lowercase();
    let starts = [
        "jan", "feb", "mär", "maerz", "mar", "apr", "mai", "may", "jun", "jul", "aug", "sep",
        "okt", "oct", "nov", "dez", "dec",
    ];
    word.chars().count() <= 9 && starts.iter().any(|start| word.starts_with(start))
}

fn is_year(number: &str) -> bool {
    number.len() == 2 || number.len() == 4 && (number.starts_with("19") || number.starts_with("20"))
}

/// Returns where four numbers up to 255 with dots between them end.
fn internet_end(glyphs: &Glyphs, first: usize) -> Option<usize> {
    if glyphs.before(first) == '.' {
        return None;
    }
    let mut place = first;
    for part in 0..4 {
        let from = place;
        while glyphs.at(place).is_ascii_digit() {
            place += 1;
        }
        let number: String = (from..place).map(|at| glyphs.at(at)).collect();
        let fits = number.len() <= 3 && number.parse::<u16>().is_ok_and(|number| number <= 255);
        if !fits {
            return None;
        }
        if part < 3 {
            if glyphs.at(place) != '.' {
                return None;
            }
            place += 1;
        }
    }
    let goes_on = glyphs.at(place) == '.' && glyphs.at(place + 1).is_ascii_digit();
    let ends = !goes_on && !glyphs.at(place).is_alphanumeric();
    ends.then(|| place - 1)
}

/// Returns where a German plate ends: one to three letters, one or two more, one to four digits (`K-AB 123`, `M XY 4567E`).
fn plate_end(glyphs: &Glyphs, first: usize) -> Option<usize> {
    let mut place = first;
    let capitals = |place: &mut usize| {
        let from = *place;
        while glyphs.at(*place).is_uppercase() {
            *place += 1;
        }
        *place - from
    };
    let gap = |place: &mut usize| {
        let from = *place;
        while *place - from < 2 && matches!(glyphs.at(*place), ' ' | '-' | ':') {
            *place += 1;
        }
        *place - from
    };
    if !(1..=3).contains(&capitals(&mut place))
        || gap(&mut place) == 0
        || !(1..=2).contains(&capitals(&mut place))
    {
        return None;
    }
    gap(&mut place);
    let from = place;
    while glyphs.at(place).is_ascii_digit() {
        place += 1;
    }
    let digits = place - from;
    if matches!(glyphs.at(place), 'E' | 'H') {
        place += 1;
    }
    ((1..=4).contains(&digits) && !glyphs.at(place).is_alphanumeric()).then(|| place - 1)
}
