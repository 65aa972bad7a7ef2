//! Keywords: what one post is about as its writer wrote it, and which words a time span has more of than another.
//! Counts authors, not posts (formulas.md 9); inflection is folded, compounds count for their last part, too.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::lexicon::{self, WordSet};
use crate::text::compound;
use crate::text::fold;
use crate::text::personal::{self, OwnPatterns, Personal};
use crate::text::stem;
use crate::text::units::{self, Unit, UnitKind, Units};

/// The most keywords of one post.
const MOST: usize = 5;
/// Words shown as a trend are this far from chance, come from so many authors and stand in so many posts.
const LEAST_Z: f64 = 1.96;
const LEAST_AUTHORS: u32 = 3;
const LEAST_POSTS: u32 = 5;

/// Words of every post, folded, beside the function words.
const COMMON: &[&str] = &[
    "hallo",
    "hello",
    "moin",
    "servus",
    "danke",
    "dank",
    "bitte",
    "gruss",
    "grusse",
    "liebe",
    "lieber",
    "liebes",
    "team",
    "thanks",
    "thank",
    "please",
    "help",
    "hilfe",
    "want",
    "need",
    "know",
    "think",
    "make",
    "made",
    "going",
    "gonna",
    "good",
    "great",
    "back",
    "time",
    "times",
    "still",
    "even",
    "said",
    "says",
    "tell",
    "told",
    "call",
    "called",
    "work",
    "works",
    "working",
    "worked",
    "mal",
    "halt",
    "tag",
    "guten",
    "morgen",
    "abend",
    "leute",
    "leider",
    "endlich",
    "wurde",
    "geht",
    "ging",
    "kommt",
    "kommen",
    "sagt",
    "sagen",
    "gesagt",
    "weiss",
    "stunden",
    "minuten",
    "uhr",
    "today",
    "tomorrow",
    "yesterday",
    "gestern",
    "jahr",
    "jahre",
    "week",
    "month",
    "months",
    "year",
    "years",
    "hours",
    "hour",
    "minutes",
    "days",
    "been",
    "dont",
    "cant",
    "doesnt",
    "isnt",
    "didnt",
    "wont",
    "ive",
    "youre",
    "thats",
    "someone",
    "anyone",
    "everyone",
    "everything",
    "anything",
    "something",
    "nothing",
    "getting",
    "trying",
    "using",
    "like",
    "love",
    "really",
    "seriously",
    "okay",
    "http",
    "https",
    "lol",
    "omg",
    "yes",
    "nein",
    "doch",
    "sowas",
    "eures",
    "guys",
    "thing",
    "things",
    "way",
    "lot",
    "right",
    "now",
    "new",
    "one",
    "two",
    "three",
    "also",
    "super",
    "toll",
    "gut",
    "schlecht",
    "besser",
    "richtig",
    "bald",
    "sofort",
    "again",
    "ever",
    "sure",
    "sorry",
    "keep",
    "keeps",
    "look",
    "take",
    "give",
    "gave",
    "come",
    "came",
    "went",
    "gone",
    "find",
    "found",
    "feel",
    "let",
    "put",
    "try",
    "tried",
    "happen",
    "happened",
    "iban",
    "nie",
    "nix",
    "gar",
    "total",
    "echt",
    "bin",
    "bist",
    "war",
    "waren",
    "hab",
    "habs",
    "ne",
    "nen",
    "rt",
    "re",
];

static COMMON_SET: LazyLock<WordSet> = LazyLock::new(|| lexicon::set_of(&[COMMON]));

/// Returns the keywords of a post.
pub fn find(text: &str) -> Vec<String> {
    let personal = personal::find(text, &OwnPatterns::default());
    of_post(text, &units::cut(text), &personal)
}

/// Personal data is no keyword, also where it is only a hint.
pub(crate) fn of_post(text: &str, units: &Units, personal: &[Personal]) -> Vec<String> {
    let list = &units.list;
    let mut candidates: Vec<(u32, usize, String)> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut at = 0;
    while at < list.len() {
        let unit = &list[at];
        let Some(mut rank) = rank(text, list, at) else {
            at += 1;
            continue;
        };
        let mut last = at;
        if let Some(next) = list.get(at + 1)
            && next.from == unit.to + 1
            && next.sentence == unit.sentence
            && text.as_bytes()[unit.to] == b' '
            && belongs_to(text, list, at)
        {
            last = at + 1;
            rank += 2;
        }
        let to = list[last].to;
        if is_personal(personal, unit.from, to) {
            at += 1;
            continue;
        }
        let written = &text[unit.from..to];
        let key: String = list[at..=last].iter().map(stem_of).collect();
        if seen.insert(key) {
            candidates.push((rank, at, written.to_owned()));
        }
        at = last + 1;
    }
    candidates.sort_by_key(|(rank, at, _)| (std::cmp::Reverse(*rank), *at));
    candidates.truncate(MOST);
    candidates
        .into_iter()
        .map(|(_, _, written)| written)
        .collect()
}

fn is_personal(personal: &[Personal], from: usize, to: usize) -> bool {
    // They stand in order and do not overlap.
    let after = personal.partition_point(|one| one.to <= from);
    personal.get(after).is_some_and(|one| one.from < to)
}

/// How much a word says about the subject; none where it says nothing.
fn rank(text: &str, list: &[Unit], at: usize) -> Option<u32> {
    let unit = &list[at];
    let plain = unit.plain.as_str();
    let letters = plain.bytes().filter(u8::is_ascii_lowercase).count();
    if !matches!(unit.kind, UnitKind::Word | UnitKind::Hashtag)
        || letters < 3 && plain.is_ascii()
        || lexicon::is_function_word(plain)
        || COMMON_SET.contains(plain)
    {
        return None;
    }
    let written = &text[unit.from..unit.to];
    let inner_capital = !unit.shouted && written.chars().skip(1).any(char::is_uppercase);
    let digits = plain.bytes().any(|byte| byte.is_ascii_digit());
    if inner_capital || digits {
        return Some(4);
    }
    let opens = at == 0 || list[at - 1].sentence != unit.sentence || list[at - 1].plain.is_empty();
    let capital = written.starts_with(char::is_uppercase);
    let known = lexicon::PARTS
        .find(plain)
        .is_some_and(|part| !part.only_front)
        || lexicon::PARTS.find(stem_of(unit).as_str()).is_some();
    if known || !compound::split(plain).is_empty() {
        return Some(3);
    }
    if capital && !opens || unit.kind == UnitKind::Hashtag {
        return Some(2);
    }
    (letters >= 5).then_some(1)
}

/// iPhone 4S, Entertain Sendeliste: a name with its number, or two nouns side by side.
fn belongs_to(text: &str, list: &[Unit], at: usize) -> bool {
    let (unit, next) = (&list[at], &list[at + 1]);
    if unit.kind != UnitKind::Word || next.kind != UnitKind::Word {
        return false;
    }
    let is_name = text[unit.from..unit.to].chars().any(char::is_uppercase);
    let starts_big = text[next.from..next.to].starts_with(char::is_uppercase);
    let numbered = next.plain.len() <= 4 && next.plain.bytes().any(|byte| byte.is_ascii_digit());
    if is_name && numbered {
        return true;
    }
    let opens = at == 0 || list[at - 1].sentence != unit.sentence || list[at - 1].plain.is_empty();
    let known_verb_like = opens
        && compound::split(&unit.plain).is_empty()
        && lexicon::PARTS.find(&unit.plain).is_none();
    is_name
        && starts_big
        && !known_verb_like
        && rank(text, list, at + 1).is_some_and(|rank| rank >= 2)
}

/// What inflected forms share.
fn stem_of(unit: &Unit) -> String {
    let mut stem = String::new();
    stem::german(&unit.plain, &mut stem);
    stem
}

/// One post for a comparison: who wrote it, and what.
#[derive(Debug, Clone, Copy)]
pub struct AuthoredText<'p> {
    /// Any number that is the same for the same author.
    pub author: u64,
    /// What was written.
    pub text: &'p str,
}

/// A word that one time span has more or less of than another.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// The word as most people wrote it.
    pub word: String,
    /// How many authors used it, in the span and in the span before.
    pub authors: (u32, u32),
    /// The weighted log-odds; above zero is more than before.
    pub delta: f64,
    /// How many standard errors that is.
    pub z: f64,
}

/// Weighted log-odds with an informative prior: (count, of how many) now and before, and the prior's weight.
///
/// Returns δ and z.
pub fn log_odds(now: (f64, f64), before: (f64, f64), prior: f64) -> (f64, f64) {
    let alpha = prior * (now.0 + before.0) / (now.1 + before.1);
    let odds = |(count, all): (f64, f64)| ((count + alpha) / (all + prior - count - alpha)).ln();
    let delta = odds(now) - odds(before);
    let error = (1.0 / (now.0 + alpha) + 1.0 / (before.0 + alpha)).sqrt();
    (delta, delta / error)
}

/// Returns the words that the posts of now have more or less of than those before, the surest first.
pub fn find_trends(
    now: &[AuthoredText<'_>],
    before: &[AuthoredText<'_>],
    prior: f64,
) -> Vec<Trend> {
    let (now, before) = (Counts::of(now), Counts::of(before));
    let total = (f64::from(now.total), f64::from(before.total));
    if total.0 + total.1 == 0.0 {
        return Vec::new();
    }
    let keys: HashSet<&String> = now.terms.keys().chain(before.terms.keys()).collect();

    let mut trends: Vec<Trend> = keys
        .into_iter()
        .filter_map(|key| {
            let (here, there) = (now.terms.get(key), before.terms.get(key));
            let authors = (count_authors(here), count_authors(there));
            let posts = here.map_or(0, |term| term.posts) + there.map_or(0, |term| term.posts);
            if posts < LEAST_POSTS || authors.0.max(authors.1) < LEAST_AUTHORS {
                return None;
            }
            let (delta, z) = log_odds(
                (f64::from(authors.0), total.0),
                (f64::from(authors.1), total.1),
                prior,
            );
            (z.abs() > LEAST_Z).then(|| Trend {
                word: here.or(there).map(Term::commonest).unwrap_or_default(),
                authors,
                delta,
                z,
            })
        })
        .collect();
    trends.sort_by(|a, b| b.z.total_cmp(&a.z).then_with(|| a.word.cmp(&b.word)));
    trends
}

fn count_authors(term: Option<&Term>) -> u32 {
    term.map_or(0, |term| {
        u32::try_from(term.authors.len()).unwrap_or(u32::MAX)
    })
}

#[derive(Default)]
struct Term {
    authors: HashSet<u64>,
    posts: u32,
    written: HashMap<String, u32>,
}

impl Term {
    fn commonest(&self) -> String {
        let best = self
            .written
            .iter()
            .max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
        best.map(|(written, _)| written.clone()).unwrap_or_default()
    }
}

#[derive(Default)]
struct Counts {
    terms: HashMap<String, Term>,
    /// Authors of all terms together.
    total: u32,
}

impl Counts {
    fn of(posts: &[AuthoredText<'_>]) -> Self {
        let mut counts = Self::default();
        for post in posts {
            let units = units::cut(post.text);
            let mut seen = HashSet::new();
            for at in 0..units.list.len() {
                if rank(post.text, &units.list, at).is_none() {
                    continue;
                }
                let unit = &units.list[at];
                let written = &post.text[unit.from..unit.to];
                counts.add(stem_of(unit), written, post.author, &mut seen);
                // Großstörung counts for Störung, too.
                if let Some(part) = compound::split(&unit.plain).iter().last() {
                    counts.add(part.stem.to_string(), &part.word, post.author, &mut seen);
                }
                let pair = units.list.get(at + 1).is_some_and(|next| {
                    next.from == unit.to + 1
                        && next.sentence == unit.sentence
                        && belongs_to(post.text, &units.list, at)
                });
                if pair {
                    let next = &units.list[at + 1];
                    let key = format!("{} {}", stem_of(unit), fold::fold(&stem_of(next)).plain);
                    counts.add(key, &post.text[unit.from..next.to], post.author, &mut seen);
                }
            }
        }
        counts
    }

    fn add(&mut self, key: String, written: &str, author: u64, seen: &mut HashSet<String>) {
        let term = self.terms.entry(key.clone()).or_default();
        if term.authors.insert(author) {
            self.total += 1;
        }
        if seen.insert(key) {
            term.posts += 1;
            *term.written.entry(written.to_owned()).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AuthoredText, find, find_trends, log_odds};

    #[test]
    fn weighted_log_odds() {
        let check = |now, before, expected: (&str, &str)| {
            let (delta, z) = log_odds(now, before, 500.0);
            assert_eq!(
                (format!("{delta:.6}"), format!("{z:.6}")),
                (expected.0.to_owned(), expected.1.to_owned())
            );
        };
        check((40.0, 1000.0), (60.0, 10_000.0), ("1.599031", "8.209131"));
        check(
            (10.0, 1000.0),
            (150.0, 10_000.0),
            ("-0.266452", "-1.051168"),
        );
    }

    #[test]
    fn keywords_come_out_as_people_write_them() {
        for (text, expected) in [
            ("Mein iPhone 4S lädt nicht mehr", "iPhone 4S"),
            ("Gibt es eine Großstörung in Nordtal?", "Großstörung"),
            (
                "Wo finde ich die Entertain Sendeliste?",
                "Entertain Sendeliste",
            ),
            ("schon wieder störung hier", "störung"),
            ("My router keeps rebooting", "router"),
        ] {
            assert!(
                find(text).iter().any(|word| word == expected),
                "{text}: {:?}",
                find(text)
            );
        }
        assert!(find("@lumenau danke euch!").is_empty());
    }

    #[test]
    fn trends_count_authors() {
        let mut now = Vec::new();
        for author in 0..40 {
            now.push(AuthoredText {
                author,
                text: "Die Störungen!",
            });
            now.push(AuthoredText {
                author: 99,
                text: "Gewinne Schuhe",
            });
        }
        let before: Vec<AuthoredText<'_>> = (0..200)
            .map(|author| AuthoredText {
                author,
                text: if author % 20 == 0 {
                    "eine Störung im Zug"
                } else {
                    "der Zug war voll"
                },
            })
            .collect();
        let trends = find_trends(&now, &before, 500.0);
        assert_eq!(trends[0].word, "Störungen");
        assert_eq!(trends[0].authors, (40, 10));
        assert!(
            trends.iter().all(|trend| trend.word != "Schuhe"),
            "{trends:?}"
        );
        assert_eq!(trends.last().unwrap().word, "Zug");
        assert!(find_trends(&[], &[], 500.0).is_empty());
    }
}
