//! Filling the blanks of a text (`{line}`, `{order}`), the same way throughout one matter.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::content::{Brand, Language, Phrase};
use crate::dice::Dice;

/// What was filled in before in the same matter.
pub(crate) type Blanks = BTreeMap<String, String>;

/// Fills the blanks of a text.
pub(crate) fn fill(
    text: &str,
    brand: &Brand,
    lang: Language,
    blanks: &mut Blanks,
    dice: &mut Dice,
) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        if !blanks.contains_key(name) {
            let value = choose(name, brand, lang, blanks, dice);
            blanks.insert(name.to_owned(), value);
        }
        filled.push_str(&blanks[name]);
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

/// Puts a phrase together from one of each of its parts.
pub(crate) fn compose(phrase: &Phrase, dice: &mut Dice) -> String {
    let mut text = String::new();
    for part in phrase.iter().filter_map(|parts| dice.pick(parts)) {
        if !text.is_empty() && !part.is_empty() && !part.starts_with([',', '.', '!', '?']) {
            text.push(' ');
        }
        text.push_str(part);
    }
    text
}

fn choose(name: &str, brand: &Brand, lang: Language, blanks: &Blanks, dice: &mut Dice) -> String {
    match name {
        "handle" => format!("@{}", brand.handle),
        "company" => brand.name.clone(),
        "minutes" => dice.between(12, 95).to_string(),
        "few" => dice.between(2, 6).to_string(),
        "days" => dice.between(3, 21).to_string(),
        "number" => dice.between(1_000, 9_999).to_string(),
        "percent" => (dice.between(2, 9) * 10).to_string(),
        "order" => {
            let prefix: String = brand
                .handle
                .chars()
                .take(2)
                .flat_map(char::to_uppercase)
                .collect();
            format!(
                "{prefix}-{}/{}",
                dice.between(10_000, 99_999),
                dice.between(1, 9)
            )
        }
        "time" => {
            let (hour, minute) = (dice.between(6, 21), dice.between(0, 59));
            format!("{hour}:{minute:02}")
        }
        "afternoon" => format!("{}:{:02}", dice.between(13, 17), dice.between(0, 59)),
        "amount" => {
            let (whole, cents) = (
                dice.between(9, 240),
                dice.below(10) * 10 + 9 - dice.below(2) * 5,
            );
            match lang {
                Language::De => format!("{whole},{cents:02} €"),
                Language::En => format!("€{whole}.{cents:02}"),
            }
        }
        _ => choose_word(name, brand, blanks, dice),
    }
}

/// Words come from the company's list; `{place2}` is another one than `{place}`.
fn choose_word(name: &str, brand: &Brand, blanks: &Blanks, dice: &mut Dice) -> String {
    let list = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let Some(words) = brand.words.get(list) else {
        let mut unknown = String::new();
        let _ = write!(unknown, "{{{name}}}");
        return unknown;
    };
    let taken: Vec<&String> = blanks
        .iter()
        .filter(|(key, _)| key.starts_with(list))
        .map(|(_, value)| value)
        .collect();
    let free: Vec<&String> = words.iter().filter(|word| !taken.contains(word)).collect();
    dice.pick(&free).map_or_else(
        || words.first().cloned().unwrap_or_default(),
        |word| (*word).clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::{Blanks, compose, fill};
    use crate::content::{CONTENT, Language};
    use crate::dice::Dice;

    #[test]
    fn blanks_keep_their_value_in_a_matter() {
        let brand = &CONTENT.brands[0];
        let mut blanks = Blanks::new();
        let mut dice = Dice::from_parts(&[3]);
        let text = fill(
            "{place} {place} {place2} {order}",
            brand,
            Language::De,
            &mut blanks,
            &mut dice,
        );
        let words: Vec<&str> = text.split(' ').collect();
        assert_eq!(words[0], words[1]);
        assert_ne!(blanks["place"], blanks["place2"]);
        assert!(!text.contains('{'), "{text}");
    }

    #[test]
    fn phrases_take_one_of_each_part() {
        let phrase = vec![
            vec!["Na".to_owned()],
            vec![String::new()],
            vec!["gut".to_owned()],
            vec!["!".to_owned()],
        ];
        assert_eq!(compose(&phrase, &mut Dice::from_parts(&[1])), "Na gut!");
    }

    #[test]
    fn every_blank_of_the_content_can_be_filled() {
        let content = &*CONTENT;
        for story in &content.stories {
            let brand = content
                .brands
                .iter()
                .find(|brand| brand.slug == story.brand)
                .unwrap();
            let beats = story.then.iter().flat_map(|beat| &beat.say);
            let texts = [
                &story.open,
                &story.reply,
                &story.thanks,
                &story.still,
                &story.promise,
                &story.silent,
            ];
            for text in texts.into_iter().flatten().chain(beats) {
                let mut dice = Dice::from_parts(&[9]);
                let filled = fill(text, brand, story.lang, &mut Blanks::new(), &mut dice);
                assert!(!filled.contains(['{', '}']), "{}: {filled}", story.id);
            }
        }
    }
}
