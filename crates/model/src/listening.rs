//! The listening post's words: what a search looks for, how it stands, and which hits become somebody's
//! matter by themselves. Comparing texts is not done here.

use serde::{Deserialize, Serialize};

use crate::words;

words! {
    /// Whether a search runs.
    SearchState {
        /// Being written and tried; it asks no network.
        Draft => "draft",
        On => "on",
        /// Goes on collecting, tells nobody, and takes nothing up.
        Muted => "muted",
    }
}

impl SearchState {
    /// Returns whether networks are asked.
    pub const fn runs(self) -> bool {
        matches!(self, Self::On | Self::Muted)
    }
}

/// What a search looks for: any of the words, hashtags and mentions, and nothing of what is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// Several words with blanks between them are a phrase.
    pub words: Vec<String>,
    pub hashtags: Vec<String>,
    pub mentions: Vec<String>,
    pub without: Vec<String>,
    /// Whether a word of five letters or more may have one wrong.
    pub slips: bool,
    /// BCP 47; empty means every language.
    pub languages: Vec<String>,
}

impl Terms {
    /// Returns whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.hashtags.is_empty() && self.mentions.is_empty()
    }
}

/// Which hits become conversations by themselves: all of them, or those that meet every condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TakeUp {
    /// Only those that ask something.
    pub question: bool,
    /// Only those that have one of these words.
    pub words: Vec<String>,
}
