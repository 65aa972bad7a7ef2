//! Who is here, who reads or writes in which conversation: in memory alone, never stored, forgotten
//! 45 seconds after somebody last said so. `note` takes a report as a plain value, so that reports
//! from another node can be handed in by the same door.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use kulant_model::ids::{AgentId, ConversationId, TeamId};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_model::words;
use kulant_store::conversations;
use tokio::sync::broadcast;

use crate::Care;
use crate::access;
use crate::error::CareError;

/// How long a report counts.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(45);
/// How many changes a slow listener may lag behind.
const BACKLOG: usize = 1_024;

words! {
    /// What somebody does at the desk.
    Activity { Reading => "reading", Writing => "writing", Here => "here", Gone => "gone" }
}

/// What somebody says of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub agent: AgentId,
    pub name: String,
    pub activity: Activity,
    /// The conversation on their screen and the team whose people may hear of it.
    pub conversation: Option<(ConversationId, Option<TeamId>)>,
    pub at: Timestamp,
}

/// Somebody who is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub agent: AgentId,
    pub name: String,
    pub activity: Activity,
    pub conversation: Option<ConversationId>,
    pub team: Option<TeamId>,
    /// Since when without a break.
    pub since: Timestamp,
    last_at: Timestamp,
}

/// What listeners are told; each is the whole truth about its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// Who is in a conversation.
    Conversation {
        id: ConversationId,
        team: Option<TeamId>,
        agents: Vec<Present>,
    },
    /// Who is here at all.
    Here(Vec<Present>),
}

/// Everybody who is here.
#[derive(Debug)]
pub struct Presence {
    people: Mutex<HashMap<AgentId, Present>>,
    changes: broadcast::Sender<Changed>,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            people: Mutex::default(),
            changes: broadcast::channel(BACKLOG).0,
        }
    }
}

impl Presence {
    /// Hears every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    /// Takes a report in and tells listeners what it changed.
    pub fn note(&self, report: Report) {
        let mut people = self.lock();
        let before = people.get(&report.agent).cloned();
        let (conversation, team) = match report.conversation {
            Some((id, team)) => (Some(id), team),
            None => (None, None),
        };
        let after = (report.activity != Activity::Gone).then(|| Present {
            agent: report.agent,
            name: report.name,
            activity: report.activity,
            conversation,
            team,
            since: before.as_ref().map_or(report.at, |before| before.since),
            last_at: report.at,
        });
        match &after {
            Some(after) => people.insert(report.agent, after.clone()),
            None => people.remove(&report.agent),
        };
        self.tell(&people, before.as_ref(), after.as_ref());
    }

    /// Forgets whoever said nothing for too long.
    pub fn forget_silent(&self, now: Timestamp) {
        let mut people = self.lock();
        let silent: Vec<AgentId> = people
            .values()
            .filter(|present| now.since(present.last_at) > FORGOTTEN_AFTER)
            .map(|present| present.agent)
            .collect();
        for agent in silent {
            let before = people.remove(&agent);
            self.tell(&people, before.as_ref(), None);
        }
    }

    /// Returns everybody who is here, by name.
    pub fn list(&self, now: Timestamp) -> Vec<Present> {
        let people = self.lock();
        sorted(
            people
                .values()
                .filter(|present| now.since(present.last_at) <= FORGOTTEN_AFTER),
        )
    }

    /// Returns who is in which conversation, each conversation with the whole truth about it.
    pub fn list_conversations(&self, now: Timestamp) -> Vec<Changed> {
        let present = self.list(now);
        let mut told: Vec<ConversationId> =
            present.iter().filter_map(|one| one.conversation).collect();
        told.sort_unstable();
        told.dedup();
        told.into_iter()
            .map(|id| {
                let agents: Vec<Present> = present
                    .iter()
                    .filter(|one| one.conversation == Some(id))
                    .cloned()
                    .collect();
                Changed::Conversation {
                    id,
                    team: agents.first().and_then(|one| one.team),
                    agents,
                }
            })
            .collect()
    }

    fn tell(
        &self,
        people: &HashMap<AgentId, Present>,
        before: Option<&Present>,
        after: Option<&Present>,
    ) {
        let place = |present: Option<&Present>| {
            present.and_then(|present| Some((present.conversation?, present.activity)))
        };
        if place(before) != place(after) {
            let mut places: Vec<(ConversationId, Option<TeamId>)> = [before, after]
                .into_iter()
                .flatten()
                .filter_map(|present| Some((present.conversation?, present.team)))
                .collect();
            places.reverse();
            places.dedup_by_key(|(id, _)| *id);
            for (id, team) in places {
                let agents = sorted(
                    people
                        .values()
                        .filter(|present| present.conversation == Some(id)),
                );
                // Nobody listening is no fault.
                drop(
                    self.changes
                        .send(Changed::Conversation { id, team, agents }),
                );
            }
        }
        if before.is_some() != after.is_some() {
            drop(self.changes.send(Changed::Here(sorted(people.values()))));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AgentId, Present>> {
        self.people
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn sorted<'p>(people: impl Iterator<Item = &'p Present>) -> Vec<Present> {
    let mut people: Vec<Present> = people.cloned().collect();
    people.sort_by(|a, b| (&a.name, a.agent).cmp(&(&b.name, b.agent)));
    people
}

/// Takes in what somebody says of themselves; a conversation must be one they may see.
pub async fn report(
    care: &Care,
    person: &Person,
    conversation: Option<ConversationId>,
    activity: Activity,
) -> Result<(), CareError> {
    access::require(person, Permission::ReadConversations)?;
    let wanted = conversation.filter(|_| activity != Activity::Gone);
    let conversation = match wanted {
        None => None,
        Some(id) => {
            let scope = person.scope.clone();
            let found: Option<conversations::Conversation> = care
                .store
                .read(move |read| conversations::find(read, id).map_err(CareError::from))
                .await?;
            let row = found
                .filter(|row| scope.includes(row.team))
                .ok_or(CareError::NotFound)?;
            Some((row.id, row.team))
        }
    };
    care.presence.note(Report {
        agent: person.agent,
        name: person.name.clone(),
        activity,
        conversation,
        at: care.now(),
    });
    Ok(())
}

/// Returns whether a person may hear of a change: of a conversation only within the scope.
pub fn may_hear(person: &Person, change: &Changed) -> bool {
    match change {
        Changed::Conversation { team, .. } => {
            person.may(Permission::ReadConversations) && person.scope.includes(*team)
        }
        Changed::Here(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(agent: i64, at: i64, activity: Activity, conversation: Option<i64>) -> Report {
        Report {
            agent: AgentId(agent),
            name: format!("Agent {agent}"),
            activity,
            conversation: conversation.map(|id| (ConversationId(id), Some(TeamId(1)))),
            at: Timestamp::from_seconds(at),
        }
    }

    /// Everything told so far: conversation and how many are in it; none for who is here at all.
    fn told(heard: &mut broadcast::Receiver<Changed>) -> Vec<(Option<i64>, usize)> {
        let mut told = Vec::new();
        while let Ok(change) = heard.try_recv() {
            told.push(match change {
                Changed::Conversation { id, agents, .. } => (Some(id.0), agents.len()),
                Changed::Here(agents) => (None, agents.len()),
            });
        }
        told
    }

    #[test]
    fn listeners_hear_of_changes_and_of_nothing_else() {
        let presence = Presence::default();
        let mut heard = presence.subscribe();
        presence.note(says(1, 0, Activity::Reading, Some(7)));
        assert_eq!(told(&mut heard), [(Some(7), 1), (None, 1)]);
        presence.note(says(1, 20, Activity::Reading, Some(7)));
        assert_eq!(told(&mut heard), []);
        presence.note(says(1, 21, Activity::Writing, Some(7)));
        assert_eq!(told(&mut heard), [(Some(7), 1)]);
        presence.note(says(2, 22, Activity::Reading, Some(7)));
        assert_eq!(told(&mut heard), [(Some(7), 2), (None, 2)]);
        presence.note(says(2, 23, Activity::Reading, Some(8)));
        assert_eq!(told(&mut heard), [(Some(8), 1), (Some(7), 1)]);
        presence.note(says(2, 24, Activity::Gone, None));
        assert_eq!(told(&mut heard), [(Some(8), 0), (None, 1)]);
    }

    #[test]
    fn whoever_is_silent_for_45_seconds_is_forgotten() {
        let presence = Presence::default();
        presence.note(says(1, 0, Activity::Reading, Some(7)));
        presence.note(says(2, 30, Activity::Here, None));
        let mut heard = presence.subscribe();
        presence.forget_silent(Timestamp::from_seconds(45));
        assert_eq!(told(&mut heard), []);
        assert_eq!(presence.list(Timestamp::from_seconds(46)).len(), 1);
        presence.forget_silent(Timestamp::from_seconds(46));
        assert_eq!(told(&mut heard), [(Some(7), 0), (None, 1)]);
        let present = presence.list(Timestamp::from_seconds(60));
        assert_eq!(present[0].since, Timestamp::from_seconds(30));
    }
}
