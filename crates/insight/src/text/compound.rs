//! Cutting German compounds into the words they are made of (Großstörung -> groß + störung).

// How it cuts: a word is covered from left to right by words of the list, each with an ending or a linking element
// (Verspätung-s-alarm, Kunde-n-karte); of all coverings the one with the fewest pieces wins, then the one with the longest
// last piece. Where nothing covers the whole word, a listed word of five letters or more at its end counts after
// an unknown beginning of at least four (Lumenau-rechnung). Words that only look like compounds are listed as such.

use crate::lexicon::{PARTS, Part};

/// The fewest letters a compound can have (Bahnhof has seven).
const SHORTEST: usize = 7;
/// The most letters looked at; longer runs are no words.
const LONGEST: usize = 40;
const MOST_PIECES: usize = 5;
const LONGEST_PIECE: usize = 20;

/// Endings and linking elements, which are the same letters.
const ENDINGS: [&str; 8] = ["", "s", "n", "e", "en", "es", "er", "ern"];

/// The pieces of a compound: where each begins and ends in the word (with its ending), and the listed word.
#[derive(Default)]
pub(crate) struct Pieces {
    pieces: Vec<(usize, usize, &'static Part)>,
}

impl Pieces {
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Part> + '_ {
        self.pieces.iter().map(|(_, _, part)| *part)
    }

    /// The spans of neighbouring pieces that are compounds themselves (Haupt-[bahnhof]).
    pub(crate) fn inner_spans(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let count = self.pieces.len();
        (0..count).flat_map(move |from| {
            (from + 1..count)
                .filter(move |to| to - from + 1 < count)
                .map(move |to| (self.pieces[from].0, self.pieces[to].1))
        })
    }

    /// The spans of the single pieces, with their endings.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.pieces.iter().map(|(from, to, _)| (*from, *to))
    }

    /// True where the whole word is covered by listed words.
    pub(crate) fn covers_whole_word(&self) -> bool {
        self.pieces.len() > 1
    }
}

/// Cuts a folded word; the answer is empty where it is no compound.
pub(crate) fn split(word: &str) -> Pieces {
    let none = Pieces::default();
    if word.len() < SHORTEST || word.len() > LONGEST {
        return none;
    }
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) || is_opaque(word) {
        return none;
    }

    let covering = cover(word);
    if !covering.is_empty() {
        return covering;
    }
    if PARTS.find(without_ending(word)).is_some() || PARTS.find(word).is_some() {
        return none;
    }
    find_tail(word)
}

fn is_opaque(word: &str) -> bool {
    ENDINGS.iter().any(|ending| {
        word.strip_suffix(ending)
            .is_some_and(|base| PARTS.is_opaque(base))
    })
}

fn without_ending(word: &str) -> &str {
    ENDINGS[1..]
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|base| PARTS.find(base).is_some())
        .unwrap_or(word)
}

/// A way to reach a place in the word: how many pieces, how long the last, and where it came from.
#[derive(Clone, Copy)]
struct Reach {
    pieces: usize,
    last_len: usize,
    from: usize,
    part: &'static Part,
}

fn cover(word: &str) -> Pieces {
    let len = word.len();
    let mut reached: [Option<Reach>; LONGEST + 1] = [None; LONGEST + 1];

    for from in 0..=len.saturating_sub(3) {
        let pieces_before = match (from, reached[from]) {
            (0, _) => 0,
            (_, Some(reach)) if reach.pieces < MOST_PIECES => reach.pieces,
            _ => continue,
        };
        for base_end in from + 3..=len.min(from + LONGEST_PIECE) {
            let Some(part) = PARTS.find(&word[from..base_end]) else {
                continue;
            };
            for ending in ENDINGS {
                let to = base_end + ending.len();
                if to > len || &word[base_end..to] != ending {
                    continue;
                }
                if part.only_front && (to == len || !ending.is_empty()) {
                    continue;
                }
                // The shortened form (Schul-) stands only in front of another word.
                let shortened = part.word.len() != base_end - from;
                if shortened && (to == len || !ending.is_empty()) {
                    continue;
                }
                // One piece that is the whole word is no cut.
                if from == 0 && to == len {
                    continue;
                }
                let reach = Reach {
                    pieces: pieces_before + 1,
                    last_len: base_end - from,
                    from,
                    part,
                };
                let better = reached[to].is_none_or(|known| {
                    (reach.pieces, known.last_len) < (known.pieces, reach.last_len)
                });
                if better {
                    reached[to] = Some(reach);
                }
            }
        }
    }

    let mut pieces = Vec::new();
    let mut at = len;
    while at > 0 {
        let Some(reach) = reached[at] else {
            return Pieces::default();
        };
        pieces.push((reach.from, at, reach.part));
        at = reach.from;
    }
    pieces.reverse();
    Pieces { pieces }
}

fn find_tail(word: &str) -> Pieces {
    for from in 4..word.len().saturating_sub(4) {
        let tail = &word[from..];
        let known = ENDINGS
            .iter()
            .filter_map(|ending| tail.strip_suffix(ending))
            .filter(|base| base.len() >= 5)
            .find_map(|base| {
                PARTS
                    .find(base)
                    .filter(|part| part.word.len() == base.len())
            });
        if let Some(part) = known.filter(|part| !part.only_front) {
            return Pieces {
                pieces: vec![(from, word.len(), part)],
            };
        }
    }
    Pieces::default()
}

#[cfg(test)]
mod tests {
    use super::split;

    fn pieces(word: &str) -> Vec<&str> {
        split(word).iter().map(|part| &*part.word).collect()
    }

    #[test]
    fn compounds_are_cut() {
        for (word, expected) in [
            ("grossstorung", vec!["gross", "storung"]),
            ("bahnhof", vec!["bahn", "hof"]),
            ("bahnhofe", vec!["bahn", "hof"]),
            ("hauptbahnhof", vec!["haupt", "bahn", "hof"]),
            ("senderliste", vec!["sender", "liste"]),
            ("verspatungsalarm", vec!["verspatung", "alarm"]),
            ("kundenkarte", vec!["kunde", "karte"]),
            ("schulweg", vec!["schule", "weg"]),
            ("ladekabel", vec!["lade", "kabel"]),
            ("glasfaseranschluss", vec!["glasfaser", "anschluss"]),
            ("stromausfalle", vec!["strom", "ausfall"]),
            ("lumenaurechnung", vec!["rechnung"]),
            ("waschmaschinen", vec!["wasch", "maschine"]),
            ("wlanrouter", vec!["wlan", "router"]),
        ] {
            assert_eq!(pieces(word), expected, "{word}");
        }
    }

    #[test]
    fn words_that_are_none_stay_whole() {
        for word in [
            "hochzeit",
            "ruckzug",
            "verspatung",
            "storungen",
            "zeitungen",
            "restart",
            "information",
            "platform",
            "aktuell",
            "delayed",
            "understanding",
            "interest",
            "umzug",
            "preise",
            "begleitung",
        ] {
            assert_eq!(pieces(word), Vec::<&str>::new(), "{word}");
        }
    }

    #[test]
    fn inner_compounds_are_known() {
        let word = "hauptbahnhof";
        let inner: Vec<_> = split(word)
            .inner_spans()
            .map(|(from, to)| &word[from..to])
            .collect();
        assert_eq!(inner, ["hauptbahn", "bahnhof"]);
    }
}
