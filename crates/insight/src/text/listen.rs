//! What a saved search looks for, and whether a text has it: words, phrases, hashtags, mentions, what is
//! left out, small slips of the pen. Pure; which texts are looked through is not known here.

use crate::text::fold;
use crate::text::language;
use crate::text::scan::{self, Kind};
use crate::text::tokens::{self, QueryTerm};

/// From how many letters a word may be misspelt and still be meant.
const LETTERS_FOR_SLIPS: usize = 5;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wording {
    /// Any of these words; several with blanks between them are a phrase.
    pub words: Vec<String>,
    /// Any of these, with or without their sign.
    pub hashtags: Vec<String>,
    /// Anybody of these, with or without their sign.
    pub mentions: Vec<String>,
    /// None of these words or phrases.
    pub without: Vec<String>,
    /// Whether a word of five letters or more may have one wrong.
    pub slips: bool,
    /// BCP 47; empty means every language.
    pub languages: Vec<String>,
}

/// A wording made ready for many texts.
#[derive(Debug, Clone)]
pub struct Listener {
    any: Vec<Wanted>,
    without: Vec<Wanted>,
    languages: Vec<String>,
}

/// One thing that a text may have.
#[derive(Debug, Clone)]
enum Wanted {
    /// What the search index would find.
    Terms(Vec<QueryTerm>),
    /// Words in order, each of which may have a slip.
    Slips(Vec<String>),
    /// Somebody's handle, in small letters.
    Mention(String),
}

/// A text made ready to be compared.
struct Heard {
    tokens: String,
    plains: Vec<String>,
    /// The handles of those it speaks to, in small letters.
    mentions: Vec<String>,
}

impl Listener {
    pub fn new(wording: &Wording) -> Self {
        let words = wording.words.iter().flat_map(|words| {
            let slips = wording.slips.then(|| Wanted::slips(words)).flatten();
            Wanted::words(words).into_iter().chain(slips)
        });
        let hashtags = wording.hashtags.iter();
        let hashtags = hashtags.filter_map(|tag| Wanted::hashtag(tag));
        let mentions = wording.mentions.iter();
        let mentions = mentions.filter_map(|name| Wanted::mention(name));
        Self {
            any: words.chain(hashtags).chain(mentions).collect(),
            without: wording
                .without
                .iter()
                .filter_map(|words| Wanted::words(words))
                .collect(),
            languages: wording
                .languages
                .iter()
                .map(|language| primary(language))
                .collect(),
        }
    }

    /// Returns whether a text has something of what is looked for, and nothing of what is left out.
    pub fn hears(&self, text: &str) -> bool {
        let heard = Heard::of(text);
        self.any.iter().any(|wanted| wanted.is_in(&heard)) && !self.leaves(text, &heard)
    }

    /// Returns whether a text has something that is left out, or is in a language nobody asked for;
    /// a language that cannot be told is no reason.
    pub fn leaves_out(&self, text: &str) -> bool {
        self.leaves(text, &Heard::of(text))
    }

    fn leaves(&self, text: &str, heard: &Heard) -> bool {
        let other_language = !self.languages.is_empty()
            && language::guess(text)
                .is_some_and(|language| !self.languages.iter().any(|wanted| wanted == language));
        other_language || self.without.iter().any(|wanted| wanted.is_in(heard))
    }
}

impl Heard {
    fn of(text: &str) -> Self {
        let words = scan::scan(text);
        let mut mentions: Vec<(usize, usize)> = Vec::new();
        for word in words.iter().filter(|word| word.kind == Kind::Mention) {
            match mentions.last_mut() {
                Some(run) if word.joined => run.1 = word.to,
                _ => mentions.push((word.from, word.to)),
            }
        }
        Self {
            tokens: tokens::index_tokens(text),
            plains: plain_words(text),
            mentions: mentions
                .into_iter()
                .map(|(from, to)| text[from..to].to_lowercase())
                .collect(),
        }
    }
}

impl Wanted {
    /// Reads a word, a phrase, or something with its sign.
    fn words(words: &str) -> Option<Self> {
        let words = words.trim();
        match words.chars().next()? {
            '#' => return Self::hashtag(words),
            '@' => return Self::mention(words),
            _ => {}
        }
        let plain: String = words.chars().filter(|c| !is_quote(*c)).collect();
        let query = if plain.split_whitespace().count() > 1 {
            format!("\"{plain}\" ")
        } else {
            format!("{} ", plain.trim_start_matches('-'))
        };
        Self::terms(&query)
    }

    fn slips(words: &str) -> Option<Self> {
        let plains = plain_words(words);
        let is_plain = !words.trim_start().starts_with(['#', '@']);
        (is_plain && !plains.is_empty()).then_some(Self::Slips(plains))
    }

    fn hashtag(tag: &str) -> Option<Self> {
        Self::terms(&format!("#{} ", tag.trim().trim_start_matches('#')))
    }

    fn mention(name: &str) -> Option<Self> {
        let name = name.trim().trim_start_matches('@').to_lowercase();
        (!name.is_empty()).then_some(Self::Mention(name))
    }

    fn terms(query: &str) -> Option<Self> {
        let terms = tokens::query_tokens(query);
        let says_something = terms
            .iter()
            .any(|term| term.alternatives.iter().any(|one| !one.is_empty()));
        says_something.then_some(Self::Terms(terms))
    }

    fn is_in(&self, heard: &Heard) -> bool {
        match self {
            Self::Terms(terms) => tokens::matches(terms, &heard.tokens),
            Self::Slips(wanted) => heard.plains.windows(wanted.len()).any(|found| {
                let mut pairs = wanted.iter().zip(found);
                pairs.all(|(wanted, found)| is_meant(wanted, found))
            }),
            Self::Mention(name) => heard.mentions.iter().any(|handle| {
                // On networks of many servers the server's name may follow.
                let rest = handle.strip_prefix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
            }),
        }
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '„' | '“' | '”' | '»' | '«')
}

fn primary(language: &str) -> String {
    let primary = language.split('-').next().unwrap_or_default();
    primary.to_lowercase()
}

/// Returns the words of a text in their order, folded.
fn plain_words(text: &str) -> Vec<String> {
    scan::scan(text)
        .iter()
        .map(|word| fold::fold(&text[word.from..word.to]).plain)
        .collect()
}

/// Returns whether a word is the wanted one, or has one slip in it.
fn is_meant(wanted: &str, found: &str) -> bool {
    if wanted == found {
        return true;
    }
    let wanted: Vec<char> = wanted.chars().collect();
    let found: Vec<char> = found.chars().collect();
    let may_slip = wanted.len() >= LETTERS_FOR_SLIPS && wanted.iter().all(|c| c.is_alphabetic());
    may_slip && has_one_slip(&wanted, &found)
}

/// Returns whether one letter is too many, missing, another one, or changed places with the next.
fn has_one_slip(wanted: &[char], found: &[char]) -> bool {
    let same = wanted
        .iter()
        .zip(found)
        .take_while(|(one, other)| one == other)
        .count();
    let (wanted, found) = (&wanted[same..], &found[same..]);
    match (wanted, found) {
        ([_, rest @ ..], found) if rest == found => true,
        (wanted, [_, rest @ ..]) if rest == wanted => true,
        ([_, rest @ ..], [_, others @ ..]) if rest == others => true,
        ([a, b, rest @ ..], [c, d, others @ ..]) => a == d && b == c && rest == others,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Listener, Wording};

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn wording(words: &[&str]) -> Wording {
        Wording {
            words: list(words),
            ..Wording::default()
        }
    }

    fn check(wording: &Wording, cases: &[(&str, bool)]) {
        let listener = Listener::new(wording);
        for (text, expected) in cases {
            assert_eq!(listener.hears(text), *expected, "{wording:?} in {text:?}");
        }
    }

    #[test]
    fn words_are_heard_in_their_forms() {
        check(
            &wording(&["Störung", "Zug"]),
            &[
                ("Schon wieder eine stoerung in Nordtal", true),
                ("Die Störungen nehmen zu", true),
                ("Netzstörung seit Stunden", true),
                ("Alle Züge stehen", true),
                ("Alles läuft", false),
                ("", false),
            ],
        );
    }

    #[test]
    fn phrases_stand_side_by_side() {
        check(
            &wording(&["Nordtal Bahn"]),
            &[
                ("Die Nordtal-Bahn steht", true),
                ("Im Nordtal fährt keine Bahn", false),
            ],
        );
    }

    #[test]
    fn hashtags_and_mentions_need_their_sign() {
        let wording = Wording {
            hashtags: list(&["#lumenau", "Nordtalbahn"]),
            mentions: list(&["lumenau_hilft"]),
            ..Wording::default()
        };
        check(
            &wording,
            &[
                ("Danke #Lumenau", true),
                ("Danke Lumenau", false),
                ("#nordtalbahn steht", true),
                ("Hallo @lumenau_hilft, bitte melden", true),
                ("Hallo @lumenau_hilft@ort.example", true),
                ("Hallo @lumenau_hilft_nicht", false),
                ("lumenau_hilft", false),
            ],
        );
    }

    #[test]
    fn what_is_left_out_wins() {
        let wording = Wording {
            without: list(&["Gewinnspiel", "#werbung", "zu verkaufen"]),
            ..wording(&["Router"])
        };
        check(
            &wording,
            &[
                ("Router kaputt", true),
                ("Router im Gewinnspiel", false),
                ("Router #Werbung", false),
                ("Router zu verkaufen", false),
                ("Router zu alt, Haus verkaufen", true),
            ],
        );
    }

    #[test]
    fn one_slip_is_forgiven_in_long_words_only() {
        let with_slips = Wording {
            slips: true,
            ..wording(&["Lumenau", "Netz", "Nordtal Bahn", "12345"])
        };
        check(
            &with_slips,
            &[
                ("Lumenua ist weg", true),
                ("Lumnau ist weg", true),
                ("Lumennau ist weg", true),
                ("Lumenaa ist weg", true),
                ("Lumena ist weg", true),
                ("Lmenua ist weg", false),
                ("Netx ist weg", false),
                ("Nordtl Bahn steht", true),
                ("Nordtl Bann steht", false),
                ("Nummer 12346", false),
            ],
        );
        check(&wording(&["Lumenau"]), &[("Lumenua ist weg", false)]);
    }

    #[test]
    fn other_languages_are_left_out_where_they_can_be_told() {
        let wording = Wording {
            languages: list(&["de-AT"]),
            ..wording(&["Lumenau"])
        };
        check(
            &wording,
            &[
                ("Lumenau ist heute weg", true),
                ("Lumenau is down again, why?", false),
                ("Lumenau!", true),
            ],
        );
    }

    #[test]
    fn nothing_is_looked_for_by_signs_alone() {
        check(
            &wording(&["", "  ", "#", "!!", "-"]),
            &[("irgendetwas !! - #", false)],
        );
    }
}
