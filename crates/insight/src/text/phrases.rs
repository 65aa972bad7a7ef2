//! A small pattern language over folded words: how the word lists say what a phrase is.
//! It knows no language and no verdict; the lists in `lexicon` give patterns their labels.

use std::collections::HashMap;

use crate::lexicon::{WordMap, WordSet};
use crate::text::fold;
use crate::text::units::{Unit, UnitKind, Units};

/// How many words may stand in `..` and in `...`.
const SHORT_GAP: usize = 3;
const LONG_GAP: usize = 8;
/// No phrase has more units.
const LONGEST_PHRASE: usize = 48;
/// How far before a phrase a negation reaches.
const NEGATION_REACH: usize = 3;
/// `*word*` looks only into words of so many letters.
const LONG_WORD: usize = 7;

/// A label's place in its list.
pub(crate) type Label = u16;

/// A phrase that was found: the units from `from` up to but without `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hit {
    pub(crate) label: Label,
    pub(crate) weight: f32,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

enum Step {
    Words(u16),
    Maybe(u16),
    Gap(usize),
    Start,
    End,
}

struct Pattern {
    label: Label,
    weight: f32,
    steps: Vec<Step>,
    not_negated: bool,
    excludes: bool,
}

/// Word lists compiled for reading.
///
/// A list has `[label weight]` headings and one pattern a line. Of a pattern, blanks part the steps:
/// `word` as folded, `word*` a beginning, `*word` an end, `*word*` anywhere in a long word, `~word` with one slip forgiven,
/// `a|b` either, `@name` a class (`@name = a b c`), `(a)` may be missing, `..` up to three words between, `...` up to eight,
/// `<` and `>` the beginning and end of a sentence.
/// `& ` before two or three steps: in any order, with up to three words between each.
/// `^` before a pattern: not where a negation stands within three words before it or inside; `!` before it: what it covers
/// is no match of the label.
#[derive(Default)]
pub(crate) struct Phrases {
    labels: Vec<String>,
    whole: WordMap<Vec<u16>>,
    beginnings: WordMap<Vec<u16>>,
    ends: WordMap<Vec<u16>>,
    inside: Vec<(String, u16)>,
    slips: WordMap<Vec<(Box<str>, u16)>>,
    patterns: Vec<Pattern>,
    /// Patterns by the element that they begin with.
    by_first: Vec<Vec<u16>>,
    negations: WordSet,
}

impl Phrases {
    /// Compiles lists: (prefix of the labels, text).
    pub(crate) fn compile(lists: &[(&str, &str)], negations: &[&str]) -> Self {
        let mut compiler = Compiler::default();
        for (prefix, text) in lists {
            compiler.read_list(prefix, text);
        }
        let mut phrases = compiler.phrases;
        phrases.negations = negations
            .iter()
            .map(|word| fold::fold(word).plain.into_boxed_str())
            .collect();
        phrases
    }

    /// Finds a label by its full name (`matter.legal`).
    pub(crate) fn label(&self, name: &str) -> Option<Label> {
        let at = self.labels.iter().position(|label| label == name)?;
        Label::try_from(at).ok()
    }

    /// All labels whose names begin with a prefix, with the rest of their names.
    pub(crate) fn labels_of<'p>(&'p self, prefix: &str) -> Vec<(Label, &'p str)> {
        let found = self.labels.iter().enumerate();
        found
            .filter_map(|(at, name)| Some((Label::try_from(at).ok()?, name.strip_prefix(prefix)?)))
            .collect()
    }

    /// Tells whether a folded word turns what follows into its opposite.
    pub(crate) fn is_negation(&self, plain: &str) -> bool {
        self.negations.contains(plain)
    }

    /// Finds all phrases of a post, in the order of their beginnings.
    pub(crate) fn find(&self, units: &Units) -> Vec<Hit> {
        let post = self.mark_elements(units);
        let mut hits = Vec::new();
        let mut excluded = Vec::new();

        for at in 0..units.list.len() {
            for element in post.elements(at) {
                for index in &self.by_first[usize::from(*element)] {
                    let pattern = &self.patterns[usize::from(*index)];
                    let Some(to) = post.match_steps(&pattern.steps, at, at) else {
                        continue;
                    };
                    if pattern.not_negated && self.is_negated(&units.list, at, to) {
                        continue;
                    }
                    let hit = Hit {
                        label: pattern.label,
                        weight: pattern.weight,
                        from: at,
                        to,
                    };
                    if pattern.excludes {
                        excluded.push(hit);
                    } else {
                        hits.push(hit);
                    }
                }
            }
        }
        if !excluded.is_empty() {
            hits.retain(|hit| {
                // A phrase is short, so only what begins nearby can overlap; all stand in the order of their beginnings.
                let first =
                    excluded.partition_point(|other| other.from + LONGEST_PHRASE < hit.from);
                !excluded[first..]
                    .iter()
                    .take_while(|other| other.from < hit.to)
                    .any(|other| other.label == hit.label && hit.from < other.to)
            });
        }
        hits
    }

    fn is_negated(&self, list: &[Unit], from: usize, to: usize) -> bool {
        let sentence = list[from].sentence;
        let before = list[from.saturating_sub(NEGATION_REACH)..from]
            .iter()
            .filter(|unit| unit.sentence == sentence);
        before
            .chain(&list[from..to])
            .any(|unit| self.is_negation(&unit.plain))
    }

    fn mark_elements<'u>(&self, units: &'u Units) -> Marked<'u> {
        let mut post = Marked {
            list: &units.list,
            elements: Vec::with_capacity(units.list.len() * 3),
            ends: Vec::with_capacity(units.list.len()),
        };
        for unit in &units.list {
            let from = post.elements.len();
            if unit.kind != UnitKind::Mention {
                self.add_elements(&unit.plain, &mut post.elements);
            }
            post.elements[from..].sort_unstable();
            // Equal neighbours of this unit only.
            let mut keep = from;
            for at in from..post.elements.len() {
                if at == from || post.elements[at] != post.elements[keep - 1] {
                    post.elements[keep] = post.elements[at];
                    keep += 1;
                }
            }
            post.elements.truncate(keep);
            post.ends.push(keep);
        }
        post
    }

    fn add_elements(&self, plain: &str, elements: &mut Vec<u16>) {
        if let Some(found) = self.whole.get(plain) {
            elements.extend(found);
        }
        for (cut, _) in plain.char_indices().skip(1) {
            if let Some(found) = self.beginnings.get(&plain[..cut]) {
                elements.extend(found);
            }
            if let Some(found) = self.ends.get(&plain[cut..]) {
                elements.extend(found);
            }
        }
        if let Some(found) = self.beginnings.get(plain) {
            elements.extend(found);
        }
        if let Some(found) = self.ends.get(plain) {
            elements.extend(found);
        }
        if plain.len() >= LONG_WORD {
            for (part, element) in &self.inside {
                if plain.contains(part.as_str()) {
                    elements.push(*element);
                }
            }
        }
        if plain.len() >= 5 && plain.is_ascii() {
            self.add_slips(plain, elements);
        }
    }

    fn add_slips(&self, plain: &str, elements: &mut Vec<u16>) {
        let mut look = |key: &str| {
            for (word, element) in self.slips.get(key).into_iter().flatten() {
                if is_one_slip(plain.as_bytes(), word.as_bytes()) {
                    elements.push(*element);
                }
            }
        };
        look(plain);
        let mut shorter = String::with_capacity(plain.len());
        for leave in 0..plain.len() {
            shorter.clear();
            shorter.push_str(&plain[..leave]);
            shorter.push_str(&plain[leave + 1..]);
            look(&shorter);
        }
    }
}

/// One letter more, less, changed, or two neighbours swapped.
fn is_one_slip(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    if a.is_empty() || b.is_empty() {
        return a.len() + b.len() <= 1;
    }
    a[1..] == *b
        || *a == b[1..]
        || a[1..] == b[1..]
        || (a.len() >= 2 && b.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..])
}

/// The units of a post with the elements that each of them meets.
struct Marked<'u> {
    list: &'u [Unit],
    elements: Vec<u16>,
    ends: Vec<usize>,
}

impl Marked<'_> {
    fn elements(&self, at: usize) -> &[u16] {
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.elements[from..self.ends[at]]
    }

    /// Returns where a match of all steps ends that goes on at `at`.
    fn match_steps(&self, steps: &[Step], start: usize, at: usize) -> Option<usize> {
        let Some((step, rest)) = steps.split_first() else {
            return Some(at);
        };
        let here = self.list.get(at);
        let same_sentence = here.is_some_and(|unit| unit.sentence == self.list[start].sentence);
        match step {
            Step::Words(element) => (same_sentence && self.elements(at).contains(element))
                .then(|| self.match_steps(rest, start, at + 1))
                .flatten(),
            Step::Maybe(element) => {
                let with = (same_sentence && self.elements(at).contains(element))
                    .then(|| self.match_steps(rest, start, at + 1))
                    .flatten();
                with.or_else(|| self.match_steps(rest, start, at))
            }
            Step::Gap(most) => (0..=*most)
                .map(|skip| at + skip)
                .take_while(|next| {
                    self.list
                        .get(*next)
                        .is_some_and(|unit| unit.sentence == self.list[start].sentence)
                })
                .find_map(|next| self.match_steps(rest, start, next)),
            Step::Start => {
                let opens = at == 0
                    || self.list[at - 1].kind == UnitKind::Mention
                    || !same_sentence
                    || self.list[at - 1].sentence != self.list[at].sentence;
                opens.then(|| self.match_steps(rest, start, at)).flatten()
            }
            Step::End => {
                let ends = !same_sentence
                    || here.is_some_and(|unit| {
                        matches!(
                            unit.kind,
                            UnitKind::Mark | UnitKind::Emoji | UnitKind::Hashtag
                        )
                    });
                ends.then(|| self.match_steps(rest, start, at)).flatten()
            }
        }
    }
}

#[derive(Default)]
struct Compiler {
    phrases: Phrases,
    classes: HashMap<String, String>,
    elements: HashMap<String, u16>,
}

impl Compiler {
    fn read_list(&mut self, prefix: &str, text: &str) {
        let mut label = None;
        let mut weight = 1.0;
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some((name, words)) = line.split_once(" = ").filter(|_| line.starts_with('@')) {
                let joined = words.split_whitespace().collect::<Vec<_>>().join("|");
                self.classes.insert(name.to_owned(), joined);
                continue;
            }
            if let Some(heading) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                let (name, number) = heading.split_once(' ').unwrap_or((heading, "1"));
                weight = number.parse().expect("a weight is a number");
                label = Some(self.find_label(&format!("{prefix}.{name}")));
                continue;
            }
            let label = label.expect("a pattern stands below a label");
            match line.strip_prefix("& ") {
                Some(steps) => self.add_in_any_order(label, weight, steps),
                None => self.add_pattern(label, weight, line),
            }
        }
    }

    fn add_in_any_order(&mut self, label: Label, weight: f32, steps: &str) {
        let steps: Vec<&str> = steps.split_whitespace().collect();
        let orders: &[&[usize]] = match steps.len() {
            2 => &[&[0, 1], &[1, 0]],
            3 => &[
                &[0, 1, 2],
                &[0, 2, 1],
                &[1, 0, 2],
                &[1, 2, 0],
                &[2, 0, 1],
                &[2, 1, 0],
            ],
            _ => panic!("two or three steps in any order: {steps:?}"),
        };
        for order in orders {
            let ordered: Vec<&str> = order.iter().map(|at| steps[*at]).collect();
            self.add_pattern(label, weight, &ordered.join(" .. "));
        }
    }

    fn find_label(&mut self, name: &str) -> Label {
        if let Some(label) = self.phrases.label(name) {
            return label;
        }
        self.phrases.labels.push(name.to_owned());
        Label::try_from(self.phrases.labels.len() - 1).expect("there are few labels")
    }

    fn add_pattern(&mut self, label: Label, weight: f32, line: &str) {
        let excludes = line.starts_with("! ");
        let not_negated = line.starts_with("^ ");
        let body = if excludes || not_negated {
            &line[2..]
        } else {
            line
        };
        let mut steps = Vec::new();
        let mut first = None;

        for word in body.split_whitespace() {
            let step = match word {
                ".." => Step::Gap(SHORT_GAP),
                "..." => Step::Gap(LONG_GAP),
                "<" => Step::Start,
                ">" => Step::End,
                _ => {
                    let inner = word
                        .strip_prefix('(')
                        .and_then(|rest| rest.strip_suffix(')'));
                    if let Some(inner) = inner {
                        Step::Maybe(self.find_element(inner))
                    } else {
                        let element = self.find_element(word);
                        first = first.or(Some(element));
                        Step::Words(element)
                    }
                }
            };
            steps.push(step);
        }
        let first = first.expect("a pattern has a word");
        // A pattern is found by its first word: only `<` may stand before that.
        debug_assert!(
            matches!(
                steps.iter().find(|step| !matches!(step, Step::Start)),
                Some(Step::Words(_))
            ),
            "{line}"
        );
        let index = u16::try_from(self.phrases.patterns.len()).expect("there are few patterns");
        self.phrases.patterns.push(Pattern {
            label,
            weight,
            steps,
            not_negated,
            excludes,
        });
        self.phrases.by_first[usize::from(first)].push(index);
    }

    fn find_element(&mut self, word: &str) -> u16 {
        let mut atoms: Vec<String> = Vec::new();
        for part in word.split('|') {
            if part.starts_with('@') {
                let class = self.classes.get(part);
                let class = class.unwrap_or_else(|| panic!("no class {part}"));
                atoms.extend(class.split('|').map(str::to_owned));
            } else {
                atoms.push(part.to_owned());
            }
        }
        atoms.sort_unstable();
        atoms.dedup();
        let key = atoms.join("|");
        if let Some(element) = self.elements.get(&key) {
            return *element;
        }
        let element = u16::try_from(self.elements.len()).expect("there are few elements");
        self.elements.insert(key, element);
        self.phrases.by_first.push(Vec::new());
        for atom in &atoms {
            self.add_atom(atom, element);
        }
        element
    }

    fn add_atom(&mut self, atom: &str, element: u16) {
        let bare = atom.trim_matches('*').trim_start_matches('~');
        let folded = fold::fold(bare).plain;
        let plain = if folded.is_empty() {
            bare.to_owned()
        } else {
            folded
        };
        let key = plain.as_str().into();
        let phrases = &mut self.phrases;
        match (atom.starts_with('*'), atom.ends_with('*')) {
            (true, true) if atom.len() > 2 => phrases.inside.push((plain, element)),
            (true, false) => phrases.ends.entry(key).or_default().push(element),
            (false, true) => phrases.beginnings.entry(key).or_default().push(element),
            _ if atom.starts_with('~') => self.add_slip_atom(&plain, element),
            _ => phrases.whole.entry(key).or_default().push(element),
        }
    }

    fn add_slip_atom(&mut self, plain: &str, element: u16) {
        let slips = &mut self.phrases.slips;
        let mut keys: Vec<String> = vec![plain.to_owned()];
        keys.extend((0..plain.len()).map(|at| format!("{}{}", &plain[..at], &plain[at + 1..])));
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let entry = slips.entry(key.into_boxed_str()).or_default();
            entry.push((plain.into(), element));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Phrases;
    use crate::text::units;

    const LIST: &str = "\
@me = ich wir i we
# a note
[leaving 2]
@me kündig*
~kündigung ist raus
cancel .. contract
^ vertrag beenden
! kündig* .. an
bin weg >
< schluss (jetzt)
";

    fn found(text: &str) -> Vec<String> {
        let phrases = Phrases::compile(&[("x", LIST)], &["nicht", "kein"]);
        let units = units::cut(text);
        phrases
            .find(&units)
            .iter()
            .map(|hit| {
                assert_eq!(Some(hit.label), phrases.label("x.leaving"));
                text[units.list[hit.from].from..units.list[hit.to - 1].to].to_owned()
            })
            .collect()
    }

    #[test]
    fn patterns_are_found() {
        for (text, expected) in [
            ("So, ich kündige!", vec!["ich kündige"]),
            ("wir kuendigen", vec!["wir kuendigen"]),
            ("ich kündige das heute an", vec![]),
            ("ich. Kündigen", vec![]),
            ("Kündigug ist raus", vec!["Kündigug ist raus"]),
            ("Kündiguungg ist raus", vec![]),
            (
                "cancel this awful contract",
                vec!["cancel this awful contract"],
            ),
            ("cancel the one that was my contract", vec![]),
            ("den Vertrag beenden", vec!["Vertrag beenden"]),
            ("nicht den Vertrag beenden", vec![]),
            ("dann bin weg. ja", vec!["bin weg"]),
            ("bin weg vom Fenster", vec![]),
            ("Jetzt ist Schluss", vec![]),
            ("@lumenau Schluss jetzt", vec!["Schluss jetzt"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
