//! Numbers that only the operator knows: customers, contracts, orders, by patterns with a check and words beside them.

use regex::{Regex, RegexBuilder};

use super::checksum;
use super::context;
use super::{Personal, PersonalKind};

/// A pattern may not grow a program larger than this.
const LARGEST_PROGRAM: usize = 1 << 20;

/// How the digits of a number are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Not at all: a word beside it must confirm it.
    None,
    /// By Luhn's sum.
    Luhn,
}

/// One pattern of the operator's.
#[derive(Debug, Clone)]
pub struct OwnPattern {
    /// What the number is called: `customer number`.
    pub name: String,
    /// A regular expression for the number alone.
    pub pattern: String,
    /// Words of which one stands within thirty characters of a true number.
    pub words: Vec<String>,
    /// The check of its digits.
    pub check: Check,
}

/// Why a pattern cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// The expression cannot be read, or is too large.
    #[error("the pattern of {name:?} cannot be used: {reason}")]
    Unreadable {
        /// The name of the pattern.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The expression fits everywhere.
    #[error("the pattern of {name:?} fits an empty text")]
    FitsNothing {
        /// The name of the pattern.
        name: String,
    },
}

/// All patterns of an operator, ready to be looked for.
#[derive(Debug, Default)]
pub struct OwnPatterns(Vec<(Regex, OwnPattern)>);

impl OwnPatterns {
    /// Makes the patterns ready.
    ///
    /// # Errors
    /// Where an expression cannot be read, is too large, or fits an empty text.
    pub fn new(patterns: Vec<OwnPattern>) -> Result<Self, PatternError> {
        let mut ready = Vec::with_capacity(patterns.len());
        for mut pattern in patterns {
            let regex = RegexBuilder::new(&pattern.pattern)
                .size_limit(LARGEST_PROGRAM)
                .build()
                .map_err(|error| PatternError::Unreadable {
                    name: pattern.name.clone(),
                    reason: error.to_string(),
                })?;
            if regex.is_match("") {
                return Err(PatternError::FitsNothing { name: pattern.name });
            }
            for word in &mut pattern.words {
                *word = word.to_lowercase();
            }
            ready.push((regex, pattern));
        }
        Ok(Self(ready))
    }

    pub(super) fn find(&self, text: &str, found: &mut Vec<Personal>) {
        for (regex, pattern) in &self.0 {
            let words: Vec<&str> = pattern.words.iter().map(String::as_str).collect();
            for hit in regex.find_iter(text) {
                let (from, to) = (hit.start(), hit.end());
                let part_of_more = text[..from].ends_with(char::is_alphanumeric)
                    || text[to..].starts_with(char::is_alphanumeric);
                let digits: Vec<u32> = hit
                    .as_str()
                    .chars()
                    .filter_map(|c| c.to_digit(10))
                    .collect();
                let checked = pattern.check == Check::Luhn && checksum::passes_luhn(&digits);
                let refuted = pattern.check == Check::Luhn && !checked;
                if part_of_more || refuted {
                    continue;
                }
                found.push(Personal {
                    kind: PersonalKind::Own(pattern.name.clone()),
                    from,
                    to,
                    sure: checked || context::has(text, from, to, &words),
                });
            }
        }
    }
}
