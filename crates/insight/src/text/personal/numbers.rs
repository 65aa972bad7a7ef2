//! Numbers with a checksum: IBANs, cards, tax ids, with blanks, breaks and hyphens between their digits.

use super::checksum;
use super::context;
use super::glyphs::Glyphs;
use super::{Personal, PersonalKind};

/// More than this between two digits is the end of a number (a break with an indent has three).
const WIDEST_GAP: usize = 3;

pub(super) fn find(text: &str, glyphs: &Glyphs, found: &mut Vec<Personal>) {
    find_ibans(glyphs, found);
    for run in runs(glyphs) {
        find_card(text, glyphs, &run, found);
        find_tax_ids(text, glyphs, &run, found);
    }
}

fn find_ibans(glyphs: &Glyphs, found: &mut Vec<Personal>) {
    let mut place = 0;
    while place < glyphs.0.len() {
        match iban_at(glyphs, place) {
            Some(end) => {
                found.push(Personal {
                    kind: PersonalKind::Iban,
                    from: glyphs.0[place].from,
                    to: glyphs.0[end].to,
                    sure: true,
                });
                place = end + 1;
            }
            None => place += 1,
        }
    }
}

/// Returns the place of the last character of an IBAN that begins here.
fn iban_at(glyphs: &Glyphs, place: usize) -> Option<usize> {
    let first = glyphs.at(place);
    if !first.is_ascii_alphabetic() {
        return None;
    }
    let second = match glyphs.at(place + 1) {
        c if is_separator(c) => glyphs.at(place + 2),
        c => c,
    };
    if !second.is_ascii_alphabetic() {
        return None;
    }
    if glyphs.before(place).is_alphanumeric() && !follows_its_name(glyphs, place) {
        return None;
    }
    let length = checksum::iban_length(first, second)?;

    let mut characters = Vec::with_capacity(length);
    let mut gap = 0;
    for at in place..glyphs.0.len() {
        let c = glyphs.at(at);
        if c.is_ascii_alphanumeric() {
            characters.push(c);
            gap = 0;
        } else if is_separator(c) && gap < WIDEST_GAP {
            gap += 1;
        } else {
            return None;
        }
        if characters.len() == length {
            let ends = !glyphs.at(at + 1).is_ascii_alphanumeric();
            return (ends && checksum::is_iban(&characters)).then_some(at);
        }
        if (3..=4).contains(&characters.len()) && !characters[2..].iter().all(char::is_ascii_digit)
        {
            return None;
        }
    }
    None
}

fn follows_its_name(glyphs: &Glyphs, place: usize) -> bool {
    let name: Option<String> = place
        .checked_sub(4)
        .map(|from| (from..place).map(|at| glyphs.at(at)).collect());
    name.is_some_and(|name| name.eq_ignore_ascii_case("iban"))
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '/' | '_')
}

/// Digits with separators between them, group by group: the places of each group's first and last digit.
struct Run(Vec<(usize, usize)>);

/// Cuts the text into runs of digits; a letter at either side takes a group out.
fn runs(glyphs: &Glyphs) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut place = 0;
    while place < glyphs.0.len() {
        if !glyphs.at(place).is_ascii_digit() {
            place += 1;
            continue;
        }
        let first = place;
        while glyphs.at(place + 1).is_ascii_digit() {
            place += 1;
        }
        let near = groups.last().is_some_and(|(_, last)| {
            (last + 1..first).len() <= WIDEST_GAP
                && (last + 1..first).all(|at| is_separator(glyphs.at(at)))
        });
        if !near && !groups.is_empty() {
            runs.push(Run(std::mem::take(&mut groups)));
        }
        groups.push((first, place));
        place += 1;
    }
    if !groups.is_empty() {
        runs.push(Run(groups));
    }
    runs
}

/// Returns the digits from one group to another.
fn digits(glyphs: &Glyphs, groups: &[(usize, usize)]) -> Vec<u32> {
    groups
        .iter()
        .flat_map(|(first, last)| *first..=*last)
        .filter_map(|place| glyphs.at(place).to_digit(10))
        .collect()
}

fn stands_free(glyphs: &Glyphs, groups: &[(usize, usize)]) -> bool {
    let (Some((first, _)), Some((_, last))) = (groups.first(), groups.last()) else {
        return false;
    };
    !glyphs.before(*first).is_alphanumeric() && !glyphs.at(last + 1).is_alphanumeric()
}

/// Lengths of cards, the commonest first.
const CARD_LENGTHS: [usize; 7] = [16, 15, 14, 13, 19, 18, 17];
/// More groups than this are a table or a countdown.
const MOST_GROUPS: usize = 40;

fn find_card(text: &str, glyphs: &Glyphs, run: &Run, found: &mut Vec<Personal>) {
    let groups = &run.0[..run.0.len().min(MOST_GROUPS)];
    let mut from = 0;
    while from < groups.len() {
        let window = CARD_LENGTHS.iter().find_map(|length| {
            let to = (from..groups.len()).find(|to| width(&groups[from..=*to]) >= *length)?;
            let window = &groups[from..=to];
            let fits = width(window) == *length
                && stands_free(glyphs, window)
                && checksum::passes_luhn(&digits(glyphs, window));
            fits.then_some(to)
        });
        let Some(to) = window else {
            from += 1;
            continue;
        };
        let (start, end) = (glyphs.0[groups[from].0].from, glyphs.0[groups[to].1].to);
        let is_card = context::has(text, start, end, context::CARD);
        let is_other = context::has_before(text, start, context::GOODS)
            || hangs_on_letters(glyphs, &groups[..from]);
        found.push(Personal {
            kind: PersonalKind::Card,
            from: start,
            to: end,
            sure: is_card || !is_other && is_written_as_a_card(&groups[from..=to]),
        });
        from = to + 1;
    }
}

fn width(groups: &[(usize, usize)]) -> usize {
    groups.iter().map(|(first, last)| last - first + 1).sum()
}

/// What follows `DE89` belongs to it, be its check digits right or wrong.
fn hangs_on_letters(glyphs: &Glyphs, before: &[(usize, usize)]) -> bool {
    before.iter().any(|(first, last)| {
        glyphs.before(*first).is_alphabetic() || glyphs.at(last + 1).is_alphabetic()
    })
}

/// Scores and countdowns pass Luhn's check as well: without a word beside it, a card has groups of two digits and more, or single ones.
fn is_written_as_a_card(groups: &[(usize, usize)]) -> bool {
    let singles = groups.iter().filter(|(first, last)| first == last).count();
    singles <= 1 || singles == groups.len()
}

fn find_tax_ids(text: &str, glyphs: &Glyphs, run: &Run, found: &mut Vec<Personal>) {
    let groups = &run.0[..run.0.len().min(MOST_GROUPS)];
    let mut from = 0;
    while from < groups.len() {
        let to = (from..groups.len()).find(|to| width(&groups[from..=*to]) >= 11);
        let window = to.map(|to| &groups[from..=to]);
        let fits = window.is_some_and(|window| {
            width(window) == 11
                && stands_free(glyphs, window)
                && checksum::is_tax_id(&digits(glyphs, window))
        });
        if let (Some(to), true) = (to, fits) {
            let (start, end) = (glyphs.0[groups[from].0].from, glyphs.0[groups[to].1].to);
            let named = context::has(text, start, end, context::TAX);
            let other = context::has_before(text, start, context::GOODS)
                || context::has_before(text, start, context::PHONE)
                || hangs_on_letters(glyphs, &groups[..from])
                || glyphs.before(groups[from].0) == '+';
            found.push(Personal {
                kind: PersonalKind::TaxId,
                from: start,
                to: end,
                sure: named || !other,
            });
            from = to;
        }
        from += 1;
    }
}
