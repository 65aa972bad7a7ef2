//! A text as single characters with their places: full-width and other forms of letters and digits as plain ones.
//! Addresses of web pages are blanked out, because the numbers in them are nobody's.

use unicode_normalization::UnicodeNormalization;

/// One character and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    /// The character; forms of an ASCII character are that character.
    pub(super) c: char,
    /// Where it begins in the text, in bytes.
    pub(super) from: usize,
    /// Where it ends in the text, in bytes.
    pub(super) to: usize,
}

/// The characters of a text.
pub(super) struct Glyphs(pub(super) Vec<Glyph>);

impl Glyphs {
    pub(super) fn of(text: &str) -> Self {
        let mut glyphs: Vec<Glyph> = Vec::with_capacity(text.len());
        for (from, c) in text.char_indices() {
            let to = from + c.len_utf8();
            if is_unseen(c) {
                continue;
            }
            glyphs.push(Glyph {
                c: plain(c),
                from,
                to,
            });
        }
        let mut glyphs = Self(glyphs);
        glyphs.blank_addresses();
        glyphs
    }

    /// Returns the character at a place, a blank beyond the ends.
    pub(super) fn at(&self, place: usize) -> char {
        self.0.get(place).map_or(' ', |glyph| glyph.c)
    }

    /// Returns the character before a place, a blank before the first.
    pub(super) fn before(&self, place: usize) -> char {
        place.checked_sub(1).map_or(' ', |before| self.at(before))
    }

    fn blank_addresses(&mut self) {
        let mut place = 0;
        while place < self.0.len() {
            if self.begins(place, "http://")
                || self.begins(place, "https://")
                || self.begins(place, "www.")
            {
                while place < self.0.len() && !self.at(place).is_whitespace() {
                    // A sign that no number goes over.
                    self.0[place].c = '|';
                    place += 1;
                }
            }
            place += 1;
        }
    }

    fn begins(&self, place: usize, word: &str) -> bool {
        word.chars()
            .enumerate()
            .all(|(offset, c)| self.at(place + offset).eq_ignore_ascii_case(&c))
    }
}

/// Zero-width characters are not seen by the reader and hide nothing.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
}

fn plain(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => return '-',
        _ => {}
    }
    let mut forms = std::iter::once(c).nfkc();
    match (forms.next(), forms.next()) {
        (Some(form), None) if form.is_ascii() => form,
        _ if c.is_whitespace() => ' ',
        _ => c,
    }
}
