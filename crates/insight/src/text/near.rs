//! Near-duplicates among posts: character shingles, `MinHash` and bands (formulas.md 9).
//! Reposts that a network marks by an id are grouped by that before they come here.

use std::collections::{HashMap, HashSet};

/// Bands and rows of a signature: half alike are found in 47 of 100 cases, four fifths alike nearly always.
const BANDS: usize = 20;
const ROWS: usize = 5;
/// Shingles beyond this add nothing to a comparison of posts.
const MOST_SHINGLES: usize = 20_000;

/// The three-letter shingles of a post, each once, as hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shingles(Vec<u64>);

impl Shingles {
    /// Cuts a post: lower case, punctuation as blanks, one blank at most.
    pub fn of(text: &str) -> Self {
        let mut letters: Vec<char> = Vec::with_capacity(text.len());
        for c in text.chars().flat_map(char::to_lowercase) {
            let c = if c.is_alphanumeric() { c } else { ' ' };
            if c != ' ' || letters.last().is_some_and(|last| *last != ' ') {
                letters.push(c);
            }
        }
        if letters.last() == Some(&' ') {
            letters.pop();
        }
        let mut hashes: Vec<u64> = letters
            .windows(3)
            .take(MOST_SHINGLES)
            .map(|three| {
                three
                    .iter()
                    .fold(0, |hash, c| mix(hash ^ u64::from(u32::from(*c))))
            })
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// How many shingles there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How many shingles two posts share.
    pub fn count_common(&self, other: &Self) -> usize {
        self.0
            .iter()
            .filter(|hash| other.0.binary_search(hash).is_ok())
            .count()
    }

    /// The Jaccard likeness: shared shingles of all.
    #[expect(clippy::cast_precision_loss, reason = "counts of shingles are small")]
    pub fn likeness(&self, other: &Self) -> f64 {
        let common = self.count_common(other);
        let all = self.0.len() + other.0.len() - common;
        if all == 0 {
            0.0
        } else {
            common as f64 / all as f64
        }
    }

    /// The keys under which likely near-duplicates meet: one for each band.
    fn band_keys(&self) -> [u64; BANDS] {
        let mut keys = [0; BANDS];
        for (band, key) in keys.iter_mut().enumerate() {
            for row in 0..ROWS {
                let seed = mix(u64::try_from(band * ROWS + row + 1).unwrap_or_default());
                let least = self
                    .0
                    .iter()
                    .map(|hash| mix(hash ^ seed))
                    .min()
                    .unwrap_or_default();
                *key = mix(*key ^ least);
            }
        }
        keys
    }
}

/// The likelihood that two posts of a likeness meet in a band: 1−(1−sʳ)ᵇ.
pub fn catch_rate(likeness: f64, bands: i32, rows: i32) -> f64 {
    1.0 - (1.0 - likeness.powi(rows)).powi(bands)
}

/// Groups posts that are at least so alike; returns the group of each post, named by its first post.
pub fn group(texts: &[&str], least_likeness: f64) -> Vec<usize> {
    let shingles: Vec<Shingles> = texts.iter().map(|text| Shingles::of(text)).collect();
    let mut groups: Vec<usize> = (0..texts.len()).collect();
    let mut met: HashMap<(usize, u64), usize> = HashMap::new();

    for at in 0..texts.len() {
        if shingles[at].count() == 0 {
            continue;
        }
        let mut tried = HashSet::new();
        for (band, key) in shingles[at].band_keys().into_iter().enumerate() {
            let first = *met.entry((band, key)).or_insert(at);
            let group = groups[first];
            if groups[at] == at
                && first != at
                && tried.insert(first)
                && shingles[at].likeness(&shingles[first]) >= least_likeness
            {
                groups[at] = group;
            }
        }
    }
    groups
}

/// Spreads the bits of a number (the last steps of `SplitMix64`).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::{Shingles, catch_rate, group};

    const FIRST: &str = "Mein Internet ist seit heute Morgen weg!";
    const SECOND: &str = "mein internet ist seit heute früh weg";

    #[test]
    fn shingles_and_likeness() {
        let (first, second) = (Shingles::of(FIRST), Shingles::of(SECOND));
        assert_eq!(
            (first.count(), second.count(), first.count_common(&second)),
            (37, 35, 29)
        );
        assert_eq!(format!("{:.6}", first.likeness(&second)), "0.674419");
        assert_eq!(Shingles::of("").count(), 0);
    }

    #[test]
    fn catch_rates() {
        for (likeness, bands, rows, expected) in [
            (0.8, 20, 5, "0.999644"),
            (0.5, 20, 5, "0.470051"),
            (0.3, 20, 5, "0.047494"),
            (0.5, 32, 4, "0.873211"),
        ] {
            assert_eq!(
                format!("{:.6}", catch_rate(likeness, bands, rows)),
                expected
            );
        }
    }

    #[test]
    fn near_duplicates_are_grouped() {
        let texts = [
            FIRST,
            "Wann fährt der nächste Zug?",
            SECOND,
            "",
            "",
            "MEIN INTERNET ist seit heute Morgen weg",
        ];
        assert_eq!(group(&texts, 0.6), [0, 1, 0, 3, 4, 0]);
    }
}
