//! What is going to happen, soonest first; equal times keep the order in which they were planned.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::item::Millis;

/// Something that will happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// The next customer writes to a company, and the one after that is planned.
    Story { brand: usize },
    /// The next beat of a matter that follows by itself.
    Beat { matter: usize, beat: usize },
    /// Nobody has answered for a while.
    Silence { matter: usize },
    /// The company answers by itself (in the past only).
    OwnAnswer { matter: usize },
    /// The customer takes an answer of the company in one mood.
    Take {
        matter: usize,
        answer: String,
        mood: Mood,
    },
    /// The promised call has not come.
    Promise { matter: usize, round: u8 },
    /// A company posts something, and the next is planned.
    CompanyPost { brand: usize },
    /// Somebody comments under a company's post.
    Comment { post: String, launch: Option<usize> },
    /// Another customer answers under a comment.
    Aside { parent: String },
    /// A launch post appears (in the past only).
    Launch { launch: usize },
    /// A comment under the last launch, and the next is planned.
    LaunchTrickle { launch: usize },
    /// A disturbance goes on; `ends_at` is the end of its stage.
    Outage {
        outage: usize,
        stage: usize,
        ends_at: Millis,
    },
    /// The company speaks about a disturbance (in the past only).
    Notice { outage: usize, notice: usize },
}

/// How an answer is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mood {
    Thanks,
    Still,
    Like,
}

#[derive(Debug, Default)]
pub(crate) struct Agenda {
    due: BinaryHeap<Reverse<(Millis, u64, Event)>>,
    planned: u64,
}

impl Agenda {
    pub(crate) fn plan(&mut self, at: Millis, event: Event) {
        self.planned += 1;
        self.due.push(Reverse((at, self.planned, event)));
    }

    pub(crate) fn next_at(&self) -> Option<Millis> {
        self.due.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the next event that is due.
    pub(crate) fn take_due(&mut self, until: Millis) -> Option<(Millis, Event)> {
        if self.next_at()? > until {
            return None;
        }
        self.due.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
