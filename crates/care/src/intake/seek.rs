//! Which searches of the listening post a delivery concerns: the one that asked for it, or those that
//! look through whatever comes in. Decides what becomes of a hit; keeps nothing.

use std::collections::HashSet;

use kulant_channels::delivery::RawDelivery;
use kulant_channels::inbound::{Inbound, Post};
use kulant_insight::text::listen::Listener;
use kulant_model::ids::SearchId;
use kulant_model::listening::SearchState;
use kulant_model::message::Visibility;
use kulant_store::intakes::Waiting;
use kulant_store::searches;

use super::world::{Become, Sought};
use crate::Care;
use crate::accounts::Opened;
use crate::error::CareError;
use crate::searches::trial::spoken;
use crate::searches::wording::{self, Rule, Way};

/// The searches that run on an inbox, made ready.
pub(super) struct Seeking {
    running: Vec<Running>,
    hears_all: bool,
    /// Whether what no search hears is left out.
    only_listens: bool,
}

struct Running {
    id: SearchId,
    listener: Listener,
    rule: Option<Rule>,
    tells: bool,
}

impl Seeking {
    /// Reads which searches these deliveries concern; mostly none, and then nothing is asked.
    pub(super) async fn load(
        care: &Care,
        opened: &Opened,
        waiting: &[Waiting],
    ) -> Result<Self, CareError> {
        let way = wording::way_of(opened.channel);
        let hears_all = way == Way::Incoming;
        let only_listens = hears_all && opened.channel.only_listens(&opened.account(care.now()));
        let was_asked_for = |one: &Waiting| wording::search_of(&super::raw_of(one)).is_some();
        let mut running = Vec::new();
        if hears_all || (way == Way::Network && waiting.iter().any(was_asked_for)) {
            let inbox = opened.inbox.id;
            let rows: Vec<searches::Search> = care
                .store
                .read(move |read| searches::list_running_on(read, inbox).map_err(CareError::from))
                .await?;
            running = rows.iter().map(Running::of).collect();
        }
        Ok(Self {
            running,
            hears_all,
            only_listens,
        })
    }

    /// Returns whether something of a delivery may be left out.
    pub(super) fn may_leave_out(&self, raw: &RawDelivery) -> bool {
        self.only_listens || wording::search_of(raw).is_some()
    }

    /// Returns what searches make of the things in one delivery; what a search asked for and does not
    /// want after all is left out.
    pub(super) fn sift(
        &self,
        raw: &RawDelivery,
        taken: Vec<Inbound>,
    ) -> Vec<(Inbound, Vec<Sought>)> {
        let Some(asked) = wording::search_of(raw) else {
            if self.only_listens {
                return only_wanted(taken, |post| self.found(post));
            }
            return taken
                .into_iter()
                .map(|inbound| {
                    let sought = self.heard(&inbound);
                    (inbound, sought)
                })
                .collect();
        };
        let Some(search) = self.running.iter().find(|one| one.id == asked) else {
            // It was switched off meanwhile.
            return Vec::new();
        };
        only_wanted(taken, |post| Vec::from_iter(search.asked_for(post)))
    }

    /// Returns what searches find in a post of an inbox that is only listened to.
    fn found(&self, post: &Post) -> Vec<Sought> {
        let text = spoken(post.title.as_deref(), &post.text);
        let mut sought: Vec<Sought> = self
            .running
            .iter()
            .filter(|search| search.listener.hears(&text))
            .filter_map(|search| search.asked_for(post))
            .collect();
        // Where one of them takes it up, it is taken up.
        sought.sort_by_key(|sought| sought.becomes != Become::TakenUp);
        sought
    }

    fn heard(&self, inbound: &Inbound) -> Vec<Sought> {
        let Inbound::Post(post) = inbound else {
            return Vec::new();
        };
        if !self.hears_all || !is_public(post) {
            return Vec::new();
        }
        let text = spoken(post.title.as_deref(), &post.text);
        self.running
            .iter()
            .filter(|search| search.listener.hears(&text))
            .map(|search| search.sought(Become::Ordinary))
            .collect()
    }
}

impl Running {
    fn of(row: &searches::Search) -> Self {
        let is_on = row.state == SearchState::On;
        Self {
            id: row.id,
            listener: wording::listener_of(&wording::terms_of(&row.terms)),
            rule: wording::rule_of(&row.take_up)
                .filter(|_| is_on)
                .map(|rule| Rule::of(&rule)),
            tells: is_on,
        }
    }

    fn asked_for(&self, post: &Post) -> Option<Sought> {
        let text = spoken(post.title.as_deref(), &post.text);
        if !is_public(post) || self.listener.leaves_out(&text) {
            return None;
        }
        let takes_up = self.rule.as_ref().is_some_and(|rule| rule.takes_up(&text));
        Some(self.sought(if takes_up {
            Become::TakenUp
        } else {
            Become::Found
        }))
    }

    fn sought(&self, becomes: Become) -> Sought {
        Sought {
            search: self.id,
            becomes,
            tells: self.tells,
        }
    }
}

/// Leaves out the posts that nothing sought, and whatever is told of them.
fn only_wanted(
    taken: Vec<Inbound>,
    sought: impl Fn(&Post) -> Vec<Sought>,
) -> Vec<(Inbound, Vec<Sought>)> {
    let mut wanted: HashSet<String> = HashSet::new();
    taken
        .into_iter()
        .filter_map(|inbound| match &inbound {
            Inbound::Post(post) => {
                let sought = sought(post);
                if sought.is_empty() {
                    return None;
                }
                wanted.insert(post.network_id.clone());
                Some((inbound, sought))
            }
            Inbound::Edit(edit) if wanted.contains(&edit.network_id) => Some((inbound, Vec::new())),
            _ => None,
        })
        .collect()
}

fn is_public(post: &Post) -> bool {
    post.visibility == Visibility::Public && !post.author.own
}
