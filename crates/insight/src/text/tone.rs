//! The tone of a draft: hints for whoever writes a reply, each with its words and its reason, all of them dismissible.
//! Pure and fixed; it changes nothing and stops nothing.

use std::sync::LazyLock;

use crate::lexicon::{self, WordSet};
use crate::text::fold;
use crate::text::kind::MessageKind;
use crate::text::personal::{self, OwnPatterns};
use crate::text::phrases::{Hit, Label, Phrases};
use crate::text::sentiment::Mood;
use crate::text::units::{self, Unit, UnitKind, Units};

/// A greeting stands within so many words of the beginning.
const GREETING_REACH: usize = 4;
/// A sentence of fewer words says nothing of its own.
const SHORTEST_SENTENCE: usize = 4;
/// A single word in capitals may be an abbreviation; two with so many letters together are not.
const SHOUTED_LETTERS: usize = 9;

/// How a brand addresses people in German.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Formally.
    Sie,
    /// By first name.
    Du,
}

/// What is wrong with a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HintCode {
    PersonalData,
    TooLong,
    MissingApology,
    MissingGreeting,
    Blame,
    Deflection,
    Voice,
    Shouting,
    Jargon,
    Guideline,
}

impl HintCode {
    /// Returns the name as the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PersonalData => "personal_data",
            Self::TooLong => "too_long",
            Self::MissingApology => "missing_apology",
            Self::MissingGreeting => "missing_greeting",
            Self::Blame => "blame",
            Self::Deflection => "deflection",
            Self::Voice => "voice",
            Self::Shouting => "shouting",
            Self::Jargon => "jargon",
            Self::Guideline => "guideline",
        }
    }
}

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is about.
    pub code: HintCode,
    /// The words it is about, in bytes; none where something is missing.
    pub span: Option<(usize, usize)>,
    /// Why, in the language of the draft.
    pub reason: String,
}

/// One rule of the operator's own: a phrase and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guideline {
    /// Words as they are written; a star at the end of a word stands for any ending.
    pub phrase: String,
    /// Shown to whoever writes it.
    pub hint: String,
}

/// The operator's own guidelines.
#[derive(Debug, Default)]
pub struct Guidelines {
    /// Phrases with their hints.
    pub table: Vec<Guideline>,
    /// Addresses and telephone numbers of the operator, which are no personal data.
    pub own_contacts: Vec<String>,
    /// Number patterns of the operator's own.
    pub patterns: OwnPatterns,
}

/// A draft and what is known about its place.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'d> {
    /// What is being written.
    pub text: &'d str,
    /// `de` or `en`; any other language gets only the hints that need no words.
    pub language: &'d str,
    /// How the brand addresses people in German.
    pub voice: Voice,
    /// True where anybody can read the reply.
    pub public: bool,
    /// True for the first reply of a conversation, which greets.
    pub opens: bool,
    /// How many characters the network takes, if it says.
    pub longest: Option<usize>,
    /// What the customer wrote, as it was read.
    pub answers: Option<(MessageKind, Mood)>,
}

/// Returns the hints for a draft, the weightiest first and in the order of the text; none for an empty draft.
pub fn find(draft: &Draft, guidelines: &Guidelines) -> Vec<Hint> {
    if draft.text.trim().is_empty() {
        return Vec::new();
    }
    let units = units::cut(draft.text);
    let mut hints = Hints {
        german: draft.language == "de",
        list: Vec::new(),
    };

    if draft.public {
        add_personal_data(draft.text, guidelines, &mut hints);
    }
    if let Some(longest) = draft.longest
        && let Some((end, _)) = draft.text.char_indices().nth(longest)
    {
        hints.add(HintCode::TooLong, Some((end, draft.text.len())));
    }
    add_shouting(draft.text, &units, &mut hints);
    if matches!(draft.language, "de" | "en") {
        add_wording(draft, &units, &mut hints);
    }
    for guideline in &guidelines.table {
        for span in places_of(&guideline.phrase, &units) {
            hints.list.push(Hint {
                code: HintCode::Guideline,
                span: Some(span),
                reason: guideline.hint.clone(),
            });
        }
    }

    hints.list.sort_by_key(|hint| (hint.code, hint.span));
    hints.list
}

struct Hints {
    german: bool,
    list: Vec<Hint>,
}

impl Hints {
    fn add(&mut self, code: HintCode, span: Option<(usize, usize)>) {
        let reason = if self.german {
            german_reason(code)
        } else {
            english_reason(code)
        };
        self.list.push(Hint {
            code,
            span,
            reason: reason.to_owned(),
        });
    }
}

fn german_reason(code: HintCode) -> &'static str {
    match code {
        HintCode::PersonalData => "Persönliche Angaben sind hier für alle sichtbar.",
        HintCode::TooLong => "Der Text ist länger, als das Netzwerk erlaubt.",
        HintCode::MissingApology => "Auf eine Beschwerde fehlt ein Wort des Bedauerns.",
        HintCode::MissingGreeting => "Die erste Antwort beginnt ohne Gruß.",
        HintCode::Blame => "Das klingt nach einem Vorwurf.",
        HintCode::Deflection => "Der Text verweist nur auf einen anderen Kanal.",
        HintCode::Voice => "Die Anrede passt nicht zu der der Marke.",
        HintCode::Shouting => "Großschreibung und viele Ausrufezeichen wirken laut.",
        HintCode::Jargon => "Das ist Fachsprache oder Amtsdeutsch.",
        HintCode::Guideline => "Eigene Regel",
    }
}

fn english_reason(code: HintCode) -> &'static str {
    match code {
        HintCode::PersonalData => "Personal details can be read by everybody here.",
        HintCode::TooLong => "The text is longer than the network allows.",
        HintCode::MissingApology => "An answer to a complaint lacks a word of regret.",
        HintCode::MissingGreeting => "The first reply begins without a greeting.",
        HintCode::Blame => "This sounds like blame.",
        HintCode::Deflection => "The text only points to another channel.",
        HintCode::Voice => "The form of address is not the brand's.",
        HintCode::Shouting => "Capitals and many exclamation marks are loud.",
        HintCode::Jargon => "This is jargon.",
        HintCode::Guideline => "Own rule",
    }
}

fn add_personal_data(text: &str, guidelines: &Guidelines, hints: &mut Hints) {
    let plain = |text: &str| -> String {
        let signs = text.chars().filter(|c| c.is_alphanumeric());
        signs.flat_map(char::to_lowercase).collect()
    };
    let own: Vec<String> = guidelines
        .own_contacts
        .iter()
        .map(|one| plain(one))
        .collect();
    for found in personal::find(text, &guidelines.patterns) {
        let is_own = own.contains(&plain(&text[found.from..found.to]));
        if found.sure && !is_own {
            hints.add(HintCode::PersonalData, Some((found.from, found.to)));
        }
    }
}

fn add_shouting(text: &str, units: &Units, hints: &mut Hints) {
    let list = &units.list;
    let mut at = 0;
    while at < list.len() {
        let is_loud = |unit: &Unit| unit.kind == UnitKind::Word && unit.shouted;
        let run = list[at..].iter().take_while(|unit| is_loud(unit)).count();
        let words = &list[at..at + run];
        let letters: usize = words.iter().map(|unit| unit.plain.len()).sum();
        let loud = match words {
            [] => false,
            [one] => WORDING.labels.is_emphasis(&one.plain),
            _ => {
                letters >= SHOUTED_LETTERS
                    && words
                        .iter()
                        .any(|unit| unit.plain.len() > 5 || WORDING.labels.is_emphasis(&unit.plain))
            }
        };
        if loud {
            hints.add(HintCode::Shouting, Some((list[at].from, words[run - 1].to)));
        }
        at += run.max(1);
    }
    let mut from = 0;
    while let Some(begin) = text[from..].find("!!").map(|place| from + place) {
        let count = text[begin..]
            .bytes()
            .take_while(|byte| *byte == b'!')
            .count();
        hints.add(HintCode::Shouting, Some((begin, begin + count)));
        from = begin + count;
    }
}

fn add_wording(draft: &Draft, units: &Units, hints: &mut Hints) {
    let labels = &WORDING.labels;
    let hits = WORDING.phrases.find(units);
    let of = |label: Label| hits.iter().filter(move |hit| hit.label == label);

    let greets = of(labels.greeting).any(|hit| hit.from <= GREETING_REACH);
    if draft.opens && !greets {
        hints.add(HintCode::MissingGreeting, None);
    }
    let complains = matches!(draft.answers, Some((MessageKind::Complaint, _)));
    if complains && of(labels.apology).next().is_none() {
        hints.add(HintCode::MissingApology, None);
    }
    for (code, label) in [
        (HintCode::Blame, labels.blame),
        (HintCode::Jargon, labels.jargon),
    ] {
        for span in units.spans(of(label)) {
            hints.add(code, Some(span));
        }
    }
    if let Some(span) = units.spans(of(labels.deflection)).first()
        && is_bare(units, &hits, labels)
    {
        hints.add(HintCode::Deflection, Some(*span));
    }
    if draft.language == "de" {
        add_voice(draft, units, &hits, hints);
    }
}

/// Tells whether every sentence that says something points elsewhere, greets, thanks or regrets.
fn is_bare(units: &Units, hits: &[Hit], labels: &Labels) -> bool {
    let Some(last) = units.list.last() else {
        return false;
    };
    let sentences = usize::try_from(last.sentence).unwrap_or(usize::MAX) + 1;
    let mut words = vec![0_usize; sentences];
    for unit in units.list.iter().filter(|unit| unit.kind == UnitKind::Word) {
        words[unit.sentence as usize] += 1;
    }
    let idle = [
        labels.deflection,
        labels.greeting,
        labels.apology,
        labels.pleasantry,
    ];
    for hit in hits.iter().filter(|hit| idle.contains(&hit.label)) {
        words[units.list[hit.from].sentence as usize] = 0;
    }
    words.into_iter().all(|count| count < SHORTEST_SENTENCE)
}

fn add_voice(draft: &Draft, units: &Units, hits: &[Hit], hints: &mut Hints) {
    let labels = &WORDING.labels;
    if draft.voice == Voice::Sie {
        for span in units.spans(hits.iter().filter(|hit| hit.label == labels.informal)) {
            hints.add(HintCode::Voice, Some(span));
        }
        return;
    }
    for (at, unit) in units.list.iter().enumerate() {
        // At the beginning of a sentence `Sie` and `Ihr` may be others than the reader.
        let opens = at == 0
            || units.list[at - 1].sentence != unit.sentence
            || units.list[at - 1].kind == UnitKind::Mention;
        let written = &draft.text[unit.from..unit.to];
        let formal = matches!(
            written,
            "Sie" | "Ihnen" | "Ihr" | "Ihre" | "Ihren" | "Ihrem" | "Ihrer" | "Ihres"
        );
        if formal && (!opens || written == "Ihnen") {
            hints.add(HintCode::Voice, Some((unit.from, unit.to)));
        }
    }
}

/// Finds a phrase of the operator's table; its words stand side by side.
fn places_of(phrase: &str, units: &Units) -> Vec<(usize, usize)> {
    let words: Vec<(String, bool)> = phrase
        .split(|c: char| !(c.is_alphanumeric() || c == '*' || c == '\''))
        .map(|word| {
            (
                fold::fold(word.trim_end_matches('*')).plain,
                word.ends_with('*'),
            )
        })
        .filter(|(plain, _)| !plain.is_empty())
        .collect();
    if words.is_empty() {
        return Vec::new();
    }
    units
        .list
        .windows(words.len())
        .filter(|window| {
            window.iter().zip(&words).all(|(unit, (plain, open))| {
                unit.sentence == window[0].sentence
                    && (unit.plain == *plain || (*open && unit.plain.starts_with(plain.as_str())))
            })
        })
        .map(|window| (window[0].from, window[words.len() - 1].to))
        .collect()
}

struct Wording {
    phrases: Phrases,
    labels: Labels,
}

struct Labels {
    greeting: Label,
    apology: Label,
    blame: Label,
    jargon: Label,
    deflection: Label,
    pleasantry: Label,
    informal: Label,
    emphasis: WordSet,
}

impl Labels {
    fn is_emphasis(&self, plain: &str) -> bool {
        self.emphasis.contains(plain)
    }
}

static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    let phrases = lexicon::tone_phrases();
    let label = |name: &str| {
        let found = phrases.label(&format!("tone.{name}"));
        found.expect("every label of the tone has its phrases")
    };
    let labels = Labels {
        greeting: label("greeting"),
        apology: label("apology"),
        blame: label("blame"),
        jargon: label("jargon"),
        deflection: label("deflection"),
        pleasantry: label("pleasantry"),
        informal: label("informal"),
        emphasis: lexicon::set_of(&[EMPHASIS]),
    };
    Wording { phrases, labels }
});

/// Words that are no abbreviation when they stand alone in capitals; folded.
const EMPHASIS: &[&str] = &[
    "nicht", "nie", "niemals", "immer", "sofort", "jetzt", "bitte", "kein", "keine", "alle",
    "alles", "endlich", "muss", "mussen", "nur", "selbst", "not", "never", "always", "please",
    "must", "now", "every", "stop", "only", "read", "again",
];
