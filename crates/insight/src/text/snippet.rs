//! A piece of a text around the first hit, with the hits marked.
//! Ranges count characters of the returned piece, so that any client can draw them; no markup is made here.

use std::ops::Range;

use crate::text::scan::{self, Word};
use crate::text::tokens::{self, QueryTerm};

/// A piece of a text and where the query was met in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The piece; an ellipsis stands where something was left out, line breaks are blanks.
    pub text: String,
    /// The hits as ranges of characters of `text`, in order, without overlap.
    pub hits: Vec<Range<usize>>,
}

/// Cuts at most `max_chars` characters around the first hit; without a hit, the beginning.
pub fn snippet(text: &str, terms: &[QueryTerm], max_chars: usize) -> Snippet {
    let hits = find_hits(text, terms);
    let chars: Vec<char> = text.chars().collect();
    let (from, to) = choose_window(&chars, hits.first(), max_chars);

    let mut piece = String::with_capacity((to - from) * 2);
    let cut_before = from > 0;
    if cut_before {
        piece.push('…');
    }
    piece.extend(
        chars[from..to]
            .iter()
            .map(|c| if c.is_whitespace() { ' ' } else { *c }),
    );
    if to < chars.len() {
        piece.push('…');
    }
    let shift = usize::from(cut_before);
    let hits = hits
        .into_iter()
        .filter(|hit| hit.start < to && hit.end > from)
        .map(|hit| hit.start.max(from) - from + shift..hit.end.min(to) - from + shift)
        .collect();
    Snippet { text: piece, hits }
}

/// Finds the words of a text that meet a term, as ranges of characters.
fn find_hits(text: &str, terms: &[QueryTerm]) -> Vec<Range<usize>> {
    let words = scan::scan(text);
    let mut hit = vec![false; words.len()];
    let tokens: Vec<Vec<String>> = words
        .iter()
        .map(|word| tokens::tokens_of_word(text, word))
        .collect();
    let plains: Vec<&str> = tokens.iter().map(|tokens| tokens[0].as_str()).collect();
    let wanted = || terms.iter().filter(|term| !term.excluded);

    for (index, tokens) in tokens.iter().enumerate() {
        for term in wanted() {
            if tokens
                .iter()
                .any(|token| tokens::find_alternative(term, &[token]).is_some())
            {
                hit[index] = true;
            }
            if let Some(count) = tokens::find_alternative(term, &plains[index..]) {
                hit[index..index + count].fill(true);
            }
        }
    }
    for run in runs(&words) {
        let joined = tokens::tokens_of_run(text, &words[run.clone()]);
        let met = |term: &QueryTerm| {
            joined
                .iter()
                .any(|token| tokens::find_alternative(term, &[token]).is_some())
        };
        if wanted().any(met) {
            hit[run].fill(true);
        }
    }
    join_neighbours(text, &words, &hit)
}

fn runs(words: &[Word]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if word.joined => run.end = index + 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// Turns byte places into characters; hits that hang together become one.
fn join_neighbours(text: &str, words: &[Word], hit: &[bool]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut chars_before = 0;
    let mut bytes_before = 0;
    let mut count_to = |byte: usize| {
        chars_before += text[bytes_before..byte].chars().count();
        bytes_before = byte;
        chars_before
    };

    let mut last_hit: Option<usize> = None;
    for (index, word) in words.iter().enumerate().filter(|(index, _)| hit[*index]) {
        let from = count_to(word.from);
        let to = count_to(word.to);
        let hangs_on = word.joined && last_hit == index.checked_sub(1) && last_hit.is_some();
        match ranges.last_mut() {
            Some(range) if hangs_on => range.end = to,
            _ => ranges.push(from..to),
        }
        last_hit = Some(index);
    }
    ranges
}

fn choose_window(chars: &[char], first: Option<&Range<usize>>, max_chars: usize) -> (usize, usize) {
    if chars.len() <= max_chars {
        return (0, chars.len());
    }
    // A third of the room stands before the hit; the end of the text is used up.
    let start = first.map_or(0, |hit| hit.start.saturating_sub(max_chars / 3));
    let start = start.min(chars.len() - max_chars);
    let end = start + max_chars;

    let is_gap = |at: usize| chars[at].is_whitespace();
    let limit = first.map_or(end, |hit| hit.start).min(end);
    let from = if start == 0 {
        0
    } else {
        (start..limit)
            .find(|at| is_gap(*at))
            .map_or(start, |at| at + 1)
    };
    let least = first.map_or(from, |hit| hit.end).max(from).min(end);
    let to = if end == chars.len() {
        end
    } else {
        (least..=end).rev().find(|at| is_gap(*at)).unwrap_or(end)
    };
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::{Snippet, snippet};
    use crate::text::tokens::query_tokens;

    fn marked(text: &str, query: &str, max_chars: usize) -> String {
        let Snippet { text, hits } = snippet(text, &query_tokens(query), max_chars);
        let mut line = String::new();
        for (index, c) in text.chars().enumerate() {
            if hits.iter().any(|hit| hit.start == index) {
                line.push('[');
            }
            line.push(c);
            if hits.iter().any(|hit| hit.end == index + 1) {
                line.push(']');
            }
        }
        line
    }

    #[test]
    fn hits_are_marked() {
        for (text, query, expected) in [
            (
                "Heute fahren keine Züge.",
                "zug ",
                "Heute fahren keine [Züge].",
            ),
            ("Großstörung im Netz", "störung ", "[Großstörung] im Netz"),
            ("Eine E-Mail kam", "email ", "Eine [E-Mail] kam"),
            (
                "im Netz ist im Netz",
                "\"netz ist\"",
                "im [Netz] [ist] im Netz",
            ),
            ("DE-4711/22 fehlt", "DE-4711/22 ", "[DE-4711/22] fehlt"),
            (
                "Verspätung schon wieder",
                "vers",
                "[Verspätung] schon wieder",
            ),
            ("Der Bus\nkam nicht", "-bus nicht ", "Der Bus kam [nicht]"),
            ("nichts davon", "bahn ", "nichts davon"),
        ] {
            assert_eq!(marked(text, query, 100), expected);
        }
    }

    #[test]
    fn long_texts_are_cut_at_blanks_around_the_first_hit() {
        let text = "Seit heute früh warte ich, und niemand sagt mir, wann mein Anschluss in Seeburg fährt, das ist doch kein Zustand.";
        assert_eq!(
            marked(text, "anschluss ", 40),
            "…wann mein [Anschluss] in Seeburg fährt,…"
        );
        let piece = snippet(text, &query_tokens("anschluss "), 40);
        assert!(piece.text.chars().count() <= 42);
        assert_eq!(marked(text, "gibtsnicht ", 20), "Seit heute früh…");
        assert_eq!(
            marked(text, "zustand ", 30),
            "…das ist doch kein [Zustand]."
        );
    }

    #[test]
    fn every_length_is_safe() {
        let text = "Ünïcödé 🚆🚆 Störung äöü-äöü ßßß";
        for max_chars in 0..40 {
            let piece = snippet(text, &query_tokens("störung äöü"), max_chars);
            let count = piece.text.chars().count();
            assert!(
                piece
                    .hits
                    .iter()
                    .all(|hit| hit.start <= hit.end && hit.end <= count)
            );
        }
    }
}
