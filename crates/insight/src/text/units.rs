//! A post cut once for all verdicts: folded words, emoji and marks in their order, with the sentence each stands in.
//! Nothing is judged here.

use crate::text::fold;
use crate::text::phrases::Hit;
use crate::text::scan::{self, Kind};

/// Longer runs are keys or noise; their beginning is enough.
const LONGEST_WORD: usize = 40;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Word,
    Hashtag,
    Mention,
    Emoji,
    /// `?` or `!`, however often it is repeated.
    Mark,
}

/// One word, emoji or mark of a post.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Folded; empty for a mention, which is a name and no word.
    pub(crate) plain: String,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kind: UnitKind,
    /// Counts from 0; a mark belongs to the sentence that it ends.
    pub(crate) sentence: u32,
    /// True for a word of three letters or more in capitals.
    pub(crate) shouted: bool,
}

/// All units of a post.
#[derive(Debug, Default)]
pub(crate) struct Units {
    pub(crate) list: Vec<Unit>,
    pub(crate) links: usize,
}

impl Units {
    /// The bytes that hits cover, in order, overlapping ones joined.
    pub(crate) fn spans<'h>(&self, hits: impl Iterator<Item = &'h Hit>) -> Vec<(usize, usize)> {
        let mut spans: Vec<(usize, usize)> = hits
            .map(|hit| (self.list[hit.from].from, self.list[hit.to - 1].to))
            .collect();
        spans.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::with_capacity(spans.len());
        for (from, to) in spans {
            match joined.last_mut() {
                Some(last) if from < last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        joined
    }
}

/// Cuts a post.
pub(crate) fn cut(text: &str) -> Units {
    let mut units = Units {
        list: Vec::with_capacity(text.len() / 5 + 4),
        links: 0,
    };
    let mut cutter = Cutter::default();
    let mut at = 0;

    for word in scan::scan(text) {
        if !word.joined {
            cutter.read_between(&text[at..word.from], at, &mut units);
        }
        at = word.to;
        // The host of an address is no word of the post.
        if cutter.in_link {
            continue;
        }
        let written = &text[word.from..word.to];
        let kind = match word.kind {
            Kind::Plain => UnitKind::Word,
            Kind::Hashtag => UnitKind::Hashtag,
            Kind::Mention => UnitKind::Mention,
        };
        let plain = if kind == UnitKind::Mention {
            String::new()
        } else {
            fold::fold(&written[..written.floor_char_boundary(LONGEST_WORD)]).plain
        };
        let sentence = cutter.next_sentence(written, units.list.last());
        units.list.push(Unit {
            plain,
            from: word.from,
            to: word.to,
            kind,
            sentence,
            shouted: is_shouted(written),
        });
    }
    cutter.read_between(&text[at..], at, &mut units);
    units
}

fn is_shouted(written: &str) -> bool {
    let mut letters = 0;
    for c in written.chars() {
        if c.is_lowercase() || c.is_ascii_digit() {
            return false;
        }
        letters += 1;
    }
    letters >= 3
}

#[derive(Default)]
struct Cutter {
    sentence: u32,
    /// A sentence has ended; the next word opens a new one.
    ended: bool,
    /// Ended by a full stop, which may also belong to `Art. 15`.
    by_stop: bool,
    /// Inside of an address, up to the next blank.
    in_link: bool,
}

impl Cutter {
    fn next_sentence(&mut self, written: &str, last: Option<&Unit>) -> u32 {
        // `Art. 15`, and `zum 31.12. beendet`.
        let after_day = last.is_some_and(|unit| {
            unit.plain.len() <= 2 && unit.plain.starts_with(|c: char| c.is_ascii_digit())
        });
        let goes_on = self.by_stop
            && written.starts_with(|c: char| c.is_ascii_digit() || (after_day && c.is_lowercase()));
        if self.ended && !goes_on {
            self.sentence += 1;
        }
        self.ended = false;
        self.by_stop = false;
        self.sentence
    }

    fn read_between(&mut self, between: &str, at: usize, units: &mut Units) {
        if between == " " && !self.in_link {
            return;
        }
        let mut rest = between;
        while !rest.is_empty() {
            let here = at + between.len() - rest.len();
            if self.in_link {
                // The path of an address ends no sentence.
                let Some(end) = rest.find(char::is_whitespace) else {
                    return;
                };
                self.in_link = false;
                rest = &rest[end..];
                continue;
            }
            let link = rest.find("http").or_else(|| rest.find("www."));
            let Some(link) = link else {
                self.read_signs(rest, here, units);
                return;
            };
            self.read_signs(&rest[..link], here, units);
            units.links += 1;
            self.in_link = true;
            rest = &rest[link..];
        }
    }

    fn read_signs(&mut self, signs: &str, at: usize, units: &mut Units) {
        let mut previous = '\0';
        for (offset, c) in signs.char_indices() {
            let from = at + offset;
            match c {
                '?' | '!' if previous != c => self.push_mark(c, from, units),
                '.' | ';' | '…' | '\n' => {
                    self.by_stop = c == '.' && !self.ended;
                    self.ended = true;
                }
                _ if is_emoji(c) && previous != c => units.list.push(Unit {
                    plain: c.to_string(),
                    from,
                    to: from + c.len_utf8(),
                    kind: UnitKind::Emoji,
                    sentence: self.sentence,
                    shouted: false,
                }),
                _ => {}
            }
            if !matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}') {
                previous = c;
            }
        }
        self.read_faces(signs, at, units);
    }

    fn push_mark(&mut self, c: char, from: usize, units: &mut Units) {
        units.list.push(Unit {
            plain: c.to_string(),
            from,
            to: from + 1,
            kind: UnitKind::Mark,
            sentence: self.sentence,
            shouted: false,
        });
        self.ended = true;
        self.by_stop = false;
    }

    /// `:)` and `:(` are emoji, too.
    fn read_faces(&self, between: &str, at: usize, units: &mut Units) {
        if !between.contains([':', ';', '=']) {
            return;
        }
        for (face, emoji) in FACES {
            if let Some(offset) = between.find(face) {
                units.list.push(Unit {
                    plain: (*emoji).to_owned(),
                    from: at + offset,
                    to: at + offset + face.len(),
                    kind: UnitKind::Emoji,
                    sentence: self.sentence,
                    shouted: false,
                });
                return;
            }
        }
    }
}

const FACES: &[(&str, &str)] = &[
    (":-)", "🙂"),
    (":)", "🙂"),
    ("=)", "🙂"),
    (";-)", "😉"),
    (";)", "😉"),
    (":-(", "🙁"),
    (":(", "🙁"),
    (":-/", "😕"),
    (":/", "😕"),
];

/// Pictures and symbols; not the marks that only change the one before.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}' | '\u{1f900}'..='\u{1faff}' | '\u{203c}' | '\u{2b50}')
}

#[cfg(test)]
mod tests {
    use super::cut;

    fn line(text: &str) -> String {
        cut(text)
            .list
            .iter()
            .map(|unit| format!("{}{}", unit.plain, unit.sentence))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn words_marks_and_emoji_know_their_sentence() {
        assert_eq!(
            line("Hallo! Warum geht's nicht?? 😡😡 Art. 15 DSGVO."),
            "hallo0 !0 warum1 gehts1 nicht1 ?1 😡1 art2 152 dsgvo2"
        );
        assert_eq!(
            line("@lumenau na super. danke :)"),
            "0 na0 super0 danke1 🙂1"
        );
        assert_eq!(line("am 31.12. weg. Neu"), "am0 310 120 weg0 neu1");
        assert_eq!(line(""), "");
        assert!(cut("NEIN danke").list[0].shouted);
        assert_eq!(cut("siehe https://lumenau.example/a?b hier").links, 1);
    }
}
