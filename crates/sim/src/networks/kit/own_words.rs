//! What our accounts said through a network's own interface, for the demo world, whose customers answer.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::faults::lock;

/// Nobody has to listen: the oldest go.
const MOST: usize = 1_000;

/// Something one of our accounts said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnWord {
    /// The network's id of it.
    pub(crate) id: String,
    /// The account that said it: its id, as it was told on opening it.
    pub(crate) by: String,
    /// The network's id of what it answers.
    pub(crate) of: Option<String>,
    /// Whom it is for, where it is private: handle or id.
    pub(crate) to: Option<String>,
    pub(crate) text: String,
    pub(crate) private: bool,
}

/// What was said and nobody has heard yet.
#[derive(Default)]
pub(crate) struct OwnWords {
    words: Mutex<VecDeque<OwnWord>>,
    /// What was said since it was last asked for: ids.
    fresh: Mutex<Vec<String>>,
}

impl OwnWords {
    pub(crate) fn note(&self, word: OwnWord) {
        lock(&self.fresh).push(word.id.clone());
        let mut words = lock(&self.words);
        words.push_back(word);
        if words.len() > MOST {
            words.pop_front();
        }
    }

    /// Returns the ids of what was said since this was last asked for.
    pub(crate) fn fresh(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.fresh))
    }

    pub(crate) fn take(&self) -> Vec<OwnWord> {
        lock(&self.words).drain(..).collect()
    }
}
