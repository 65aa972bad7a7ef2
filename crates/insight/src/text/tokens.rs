//! Tokens for full-text search, the same for every index: texts become tokens when they are stored, queries when they are asked.
//! Tokens hold letters and digits only, so that FTS5 `unicode61` and PostgreSQL `simple` read them alike.
//! No language is guessed and no index is known here.

// What a text is indexed as: first its words in order (folded: `zuege`, `Züge` -> `zuge`), so that phrases can be asked for;
// then, each once, whatever else it should be found by: German and English stems, the parts of compounds, the spelling as written,
// words that hang together written as one (`e-mail` -> `email`), hashtags and mentions with their sign.

use crate::lexicon::{self, WordSet};
use crate::text::compound;
use crate::text::fold::{self, Folded};
use crate::text::scan::{self, Kind, Word};
use crate::text::stem;

/// Stands for the # of a hashtag inside a token.
const HASHTAG: &str = "hashtag";
/// Stands for the @ of a mention inside a token.
const MENTION: &str = "mention";
/// Longer runs are keys or noise; their beginning is enough.
const LONGEST_TOKEN: usize = 48;

/// One thing a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryTerm {
    /// The ways to meet the term: a token, or several tokens with blanks between them that must stand side by side.
    pub alternatives: Vec<String>,
    /// True for the word being typed: the last token of the *first* alternative also matches as the beginning of a token.
    pub prefix: bool,
    /// True for `-word`: what meets the term is left out.
    pub excluded: bool,
}

/// Returns the tokens of a text joined by blanks.
pub fn index_tokens(text: &str) -> String {
    let words = scan::scan(text);
    let mut tokens = String::with_capacity(text.len() * 3);
    let mut more = More::default();
    let mut plains: Vec<String> = Vec::with_capacity(words.len());

    for (index, word) in words.iter().enumerate() {
        let folded = fold_word(text, word);
        add_word_tokens(text, word, &folded, &mut more);
        plains.push(folded.plain);

        let run_ends = words.get(index + 1).is_none_or(|next| !next.joined);
        if run_ends {
            add_run_tokens(&words, &plains, index, &mut more);
        }
    }

    let mut seen = WordSet::default();
    for plain in &plains {
        push_token(&mut tokens, plain);
        seen.insert(plain.as_str().into());
    }
    // Backwards, so that the parts of a compound do not stand side by side like a phrase.
    for token in more.tokens.iter().rev() {
        if !seen.contains(token.as_str()) {
            push_token(&mut tokens, token);
            seen.insert(token.as_str().into());
        }
    }
    tokens
}

/// Reads a query: words, "phrases", `-exclusions`; the last word counts as still being typed unless a blank follows it.
pub fn query_tokens(query: &str) -> Vec<QueryTerm> {
    let units = cut_query(query);
    let mut terms = Vec::with_capacity(units.len());

    for unit in &units {
        let typed = unit.open_end && !unit.excluded;
        if unit.phrase {
            terms.extend(phrase_term(unit, typed));
            continue;
        }
        let words = scan::scan(unit.text);
        let mut from = 0;
        while from < words.len() {
            let to = run_end(&words, from);
            let last = to == words.len() && ends_in_word(unit.text);
            terms.push(run_term(unit, &words[from..to], typed && last));
            from = to;
        }
    }
    terms
}

/// Tells whether indexed tokens meet all terms: what an index should answer, for tests and for rows not yet indexed.
pub fn matches(terms: &[QueryTerm], tokens: &str) -> bool {
    let tokens: Vec<&str> = tokens.split_whitespace().collect();
    terms.iter().all(|term| {
        let met = (0..tokens.len()).any(|at| find_alternative(term, &tokens[at..]).is_some());
        met != term.excluded
    })
}

/// Returns how many of the leading tokens meet the term.
pub(super) fn find_alternative(term: &QueryTerm, tokens: &[&str]) -> Option<usize> {
    let alternatives = term.alternatives.iter().enumerate();
    alternatives
        .filter_map(|(index, alternative)| {
            let wanted: Vec<&str> = alternative.split(' ').collect();
            let found = tokens.get(..wanted.len())?;
            let (last, before) = wanted.split_last()?;
            let (found_last, found_before) = found.split_last()?;
            let typed = term.prefix && index == 0 && found_last.starts_with(last);
            (before == found_before && (last == found_last || typed)).then_some(wanted.len())
        })
        .max()
}

/// The tokens that one word of a text is found by alone: its plain form first.
pub(super) fn tokens_of_word(text: &str, word: &Word) -> Vec<String> {
    let folded = fold_word(text, word);
    let mut more = More::default();
    add_word_tokens(text, word, &folded, &mut more);
    more.tokens.insert(0, folded.plain);
    more.tokens
}

/// The tokens that a run of words hanging together is found by as a whole.
pub(super) fn tokens_of_run(text: &str, run: &[Word]) -> Vec<String> {
    let plains: Vec<String> = run.iter().map(|word| fold_word(text, word).plain).collect();
    let mut more = More::default();
    add_joined_tokens(run[0].kind, &plains, &mut more);
    more.tokens
}

/// Tokens besides the words in order; a token may come twice until the end.
#[derive(Default)]
struct More {
    tokens: Vec<String>,
    stem: String,
}

impl More {
    fn add(&mut self, token: &str) {
        if !token.is_empty() {
            self.tokens.push(token.to_owned());
        }
    }

    fn add_stems(&mut self, spoken: &str, plain: &str, written: &str) {
        if !plain.bytes().all(|byte| byte.is_ascii_lowercase())
            || plain.len() <= stem::UNSTEMMED_LETTERS
            || lexicon::is_function_word(plain)
        {
            return;
        }
        let mut found = std::mem::take(&mut self.stem);
        stem::german(spoken, &mut found);
        if found != plain {
            self.add(&found);
        }
        stem::english(written, &mut found);
        if found != plain {
            self.add(&found);
        }
        self.stem = found;
    }
}

fn push_token(tokens: &mut String, token: &str) {
    if token.is_empty() {
        return;
    }
    if !tokens.is_empty() {
        tokens.push(' ');
    }
    tokens.push_str(token);
}

fn fold_word(text: &str, word: &Word) -> Folded {
    let word_text = &text[word.from..word.to];
    fold::fold(&word_text[..word_text.floor_char_boundary(LONGEST_TOKEN)])
}

fn add_word_tokens(text: &str, word: &Word, folded: &Folded, more: &mut More) {
    let plain = folded.plain.as_str();
    let written = folded.written.as_deref().unwrap_or(plain);
    if let Some(written) = &folded.written {
        more.add(written);
    }
    more.add_stems(&folded.spoken, plain, written);
    add_parts(plain, more);

    if let Some(cut) = letters_before_digits(plain) {
        more.add(&plain[..cut]);
        more.add(&plain[cut..]);
    }
    if word.kind == Kind::Hashtag {
        add_camel_words(&text[word.from..word.to], more);
    }
}

fn add_parts(plain: &str, more: &mut More) {
    let pieces = compound::split(plain);
    if pieces.is_empty() {
        return;
    }
    for part in pieces.iter() {
        more.add(&part.word);
        if part.stem != part.word {
            more.add(&part.stem);
        }
        // A listed word may be a compound itself: Glasfaser-anschluss holds Faser.
        add_parts(&part.word, more);
    }
    for (from, to) in pieces.inner_spans() {
        more.add_stems(&plain[from..to], &plain[from..to], &plain[from..to]);
        more.add(&plain[from..to]);
    }
}

/// #NordtalBahn is found by Nordtal and by Bahn.
fn add_camel_words(written: &str, more: &mut More) {
    let mut from = 0;
    let mut before_lower = false;
    let mut cuts = Vec::new();
    for (at, c) in written.char_indices() {
        if before_lower && c.is_uppercase() {
            cuts.push(at);
        }
        before_lower = c.is_lowercase();
    }
    if cuts.is_empty() {
        return;
    }
    cuts.push(written.len());
    for cut in cuts {
        let folded = fold::fold(&written[from..cut]);
        more.add_stems(&folded.spoken, &folded.plain, &folded.plain);
        more.add(&folded.plain);
        from = cut;
    }
}

/// ICE4711 is cut before its digits; the answer is the place of the cut.
fn letters_before_digits(plain: &str) -> Option<usize> {
    let cut = plain.find(|c: char| c.is_ascii_digit())?;
    let letters = plain[..cut].bytes().all(|byte| byte.is_ascii_lowercase());
    let digits = plain[cut..].bytes().all(|byte| byte.is_ascii_digit());
    (cut > 0 && letters && digits).then_some(cut)
}

fn add_run_tokens(words: &[Word], plains: &[String], last: usize, more: &mut More) {
    let first = (0..=last)
        .rev()
        .find(|index| !words[*index].joined)
        .unwrap_or(0);
    add_joined_tokens(words[first].kind, &plains[first..=last], more);

    // "ICE 4711", "S 3": a short name and its number, written apart.
    if first == last
        && last > 0
        && words[last].from == words[last - 1].to + 1
        && is_short(&plains[last], |byte| byte.is_ascii_digit(), 5)
        && is_short(&plains[last - 1], |byte| byte.is_ascii_lowercase(), 3)
    {
        more.add(&format!("{}{}", plains[last - 1], plains[last]));
    }
}

fn is_short(plain: &str, belongs: fn(u8) -> bool, longest: usize) -> bool {
    (1..=longest).contains(&plain.len()) && plain.bytes().all(belongs)
}

fn add_joined_tokens(kind: Kind, plains: &[String], more: &mut More) {
    let joined = plains.concat();
    if joined.len() > LONGEST_TOKEN {
        return;
    }
    match kind {
        Kind::Plain => {}
        Kind::Hashtag => more.add(&format!("{HASHTAG}{joined}")),
        Kind::Mention => {
            more.add(&format!("{MENTION}{joined}"));
            if plains.len() > 1 {
                more.add(&format!("{MENTION}{}", plains[0]));
            }
        }
    }
    if plains.len() > 1 {
        more.add_stems(&joined, &joined, &joined);
        more.add(&joined);
    }
}

/// A piece of a query between blanks or quotation marks.
struct Unit<'q> {
    text: &'q str,
    phrase: bool,
    excluded: bool,
    /// True where the query ends right here, so more letters may follow.
    open_end: bool,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '„' | '“' | '”' | '»' | '«')
}

fn cut_query(query: &str) -> Vec<Unit<'_>> {
    let mut units = Vec::new();
    let mut rest = query.trim_start();

    while let Some(first) = rest.chars().next() {
        let after_sign = rest
            .strip_prefix('-')
            .filter(|after| after.starts_with(|c: char| !c.is_whitespace() && c != '-'));
        let excluded = after_sign.is_some();
        let body = after_sign.unwrap_or(rest);
        let opening = body.chars().next().filter(|c| is_quote(*c));

        let (text, tail, phrase) = if let Some(quote) = opening {
            let inner = &body[quote.len_utf8()..];
            match inner.char_indices().find(|(_, c)| is_quote(*c)) {
                Some((end, closing)) => (&inner[..end], &inner[end + closing.len_utf8()..], true),
                None => (inner, "", true),
            }
        } else {
            let end = body
                .find(|c: char| c.is_whitespace() || is_quote(c))
                .unwrap_or(body.len());
            (&body[..end], &body[end..], false)
        };
        let closed = phrase && query.trim_end().ends_with(is_quote);
        units.push(Unit {
            text,
            phrase,
            excluded,
            open_end: tail.is_empty() && !closed,
        });
        rest = tail.trim_start();
        debug_assert!(rest.len() < query.len() || first.is_whitespace());
    }
    units
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(char::is_alphanumeric)
}

fn run_end(words: &[Word], from: usize) -> usize {
    words[from + 1..]
        .iter()
        .position(|word| !word.joined)
        .map_or(words.len(), |count| from + 1 + count)
}

fn phrase_term(unit: &Unit<'_>, typed: bool) -> Option<QueryTerm> {
    let words = scan::scan(unit.text);
    let prefix = typed && ends_in_word(unit.text);
    let plains: Vec<String> = words
        .iter()
        .map(|word| fold_word(unit.text, word).plain)
        .collect();

    (!plains.is_empty()).then(|| QueryTerm {
        alternatives: vec![plains.join(" ")],
        prefix,
        excluded: unit.excluded,
    })
}

fn run_term(unit: &Unit<'_>, run: &[Word], typed: bool) -> QueryTerm {
    let kind = run[0].kind;
    let finished: Vec<Folded> = run.iter().map(|word| fold_word(unit.text, word)).collect();
    let mut plains: Vec<String> = finished.iter().map(|folded| folded.plain.clone()).collect();
    let mut more = More::default();

    if typed && let (Some(last), Some(word)) = (plains.last_mut(), run.last()) {
        *last = fold::fold_typed(&unit.text[word.from..word.to]).plain;
        last.truncate(last.floor_char_boundary(LONGEST_TOKEN));
    }
    let joined = plains.concat();
    match kind {
        Kind::Hashtag => more.add(&format!("{HASHTAG}{joined}")),
        Kind::Mention => more.add(&format!("{MENTION}{joined}")),
        Kind::Plain => more.add(&plains.join(" ")),
    }
    if kind == Kind::Plain {
        if let [folded] = finished.as_slice() {
            add_word_alternatives(folded, &mut more);
        } else {
            more.add(&joined);
            more.add_stems(&joined, &joined, &joined);
        }
    }

    // One letter as a beginning would meet everything.
    let prefix = typed && joined.chars().count() >= 2;
    let mut alternatives: Vec<String> = Vec::with_capacity(more.tokens.len());
    for token in more.tokens {
        if !alternatives.contains(&token) {
            alternatives.push(token);
        }
    }
    QueryTerm {
        alternatives,
        prefix,
        excluded: unit.excluded,
    }
}

fn add_word_alternatives(folded: &Folded, more: &mut More) {
    let plain = folded.plain.as_str();
    more.add(plain);
    let written = folded.written.as_deref().unwrap_or(plain);
    more.add(written);
    more.add_stems(&folded.spoken, plain, written);

    let pieces = compound::split(plain);
    if pieces.covers_whole_word() {
        let apart: Vec<&str> = pieces.spans().map(|(from, to)| &plain[from..to]).collect();
        more.add(&apart.join(" "));
    }
    if let Some(cut) = letters_before_digits(plain) {
        more.add(&format!("{} {}", &plain[..cut], &plain[cut..]));
    }
}

#[cfg(test)]
mod tests {
    use super::{index_tokens, query_tokens};

    #[test]
    fn words_come_first_in_order_then_the_rest_once() {
        assert_eq!(
            index_tokens("Züge, Züge und Busse"),
            "zuge zuge und busse buss bus zug"
        );
        assert_eq!(index_tokens(""), "");
        assert_eq!(index_tokens("🚆 👍"), "");
    }

    #[test]
    fn tokens_hold_letters_and_digits_only() {
        let tokens = index_tokens(
            "Größe: 1.234,56 € – a_b@c.example #Öl @x_y ÉCOLE „Straße“ ½ x² Ωmega 東京",
        );
        assert!(
            tokens.chars().all(|c| c.is_alphanumeric() || c == ' '),
            "{tokens}"
        );
    }

    #[test]
    fn queries_are_cut_into_terms() {
        let terms = query_tokens("Züge -Bus \"im Netz\" ver");
        assert_eq!(terms.len(), 4);
        assert_eq!(terms[0].alternatives, ["zuge", "zug"]);
        assert!(!terms[0].prefix && !terms[0].excluded);
        assert!(terms[1].excluded && !terms[1].prefix);
        assert_eq!(terms[2].alternatives, ["im netz"]);
        assert!(!terms[2].prefix);
        assert!(terms[3].prefix);
    }

    #[test]
    fn the_last_word_is_being_typed_until_a_blank() {
        assert!(query_tokens("bahn")[0].prefix);
        assert!(!query_tokens("bahn ")[0].prefix);
        assert!(!query_tokens("b")[0].prefix);
        assert!(!query_tokens("\"bahn\"")[0].prefix);
        assert!(query_tokens("\"im ba")[0].prefix);
        assert!(query_tokens("\"große Bahn\" ho").last().unwrap().prefix);
    }

    #[test]
    fn odd_queries_do_no_harm() {
        for query in [
            "", " ", "-", "--", "\"", "\"\"", "-\"", "#", "@", "- -", "…", "a-", "-a-b",
        ] {
            let _ = query_tokens(query);
        }
        assert!(query_tokens("-").is_empty());
        assert!(query_tokens("\"\"").is_empty());
    }
}
