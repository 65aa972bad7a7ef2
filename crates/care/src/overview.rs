//! The supervisor's screen: how the queues stand, who waits longest in public, who is here, and how
//! the channels are. Numbers about queues and channels alone, none about a person's work.

use std::collections::BTreeMap;
use std::time::Duration;

use kulant_model::conversation::Status;
use kulant_model::ids::{AgentId, InboxId};
use kulant_model::message::DeliveryState;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::reading::{self, Assignee, Filter, Summary, TeamFilter};
use kulant_store::{Read, alerts, deliveries, inboxes, intakes};
use serde_json::Value as Json;

use crate::error::CareError;
use crate::presence::Present;
use crate::{Care, access};

/// Counting ends here; what is more is shown as "1000+".
pub const CAP: i64 = 1_000;
/// How many of those who wait longest in public are shown.
const OLDEST: i64 = 10;
const ALERTS: i64 = 100;
/// How old the newest words of what was resolved recently are at most.
const RECENT: Duration = Duration::from_hours(7 * 24);

/// A number that may be more than it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    pub count: i64,
    pub capped: bool,
}

/// How one team's queue stands.
#[derive(Debug, Clone)]
pub struct Queue {
    pub team: kulant_model::ids::TeamId,
    pub name: String,
    pub open: Count,
    pub unassigned: Count,
    pub waiting_public: Count,
    pub oldest_waiting_since: Option<Timestamp>,
}

/// How one inbox is.
#[derive(Debug, Clone)]
pub struct ChannelHealth {
    pub inbox: InboxId,
    pub name: String,
    pub channel: String,
    pub paused: bool,
    /// What is wrong with it, null if nothing is known to be.
    pub trouble: Json,
    pub lag_seconds: u64,
    pub queued_out: i64,
    pub failed_out: i64,
    pub quarantined: i64,
}

/// Everything on the screen.
#[derive(Debug, Clone)]
pub struct Overview {
    pub queues: Vec<Queue>,
    pub oldest_public: Vec<Summary>,
    pub present: Vec<Present>,
    pub channels: Vec<ChannelHealth>,
}

/// The counters beside the views, for one person.
#[derive(Debug, Clone)]
pub struct Counts {
    pub open_mine: Count,
    pub open_unassigned: Count,
    pub open_all: Count,
    pub waiting: Count,
    pub snoozed: Count,
    pub resolved_recent: Count,
    pub mentions: Count,
    pub quarantine: Count,
    pub teams: Vec<TeamCounts>,
}

/// The counters of one team's queue.
#[derive(Debug, Clone)]
pub struct TeamCounts {
    pub team: kulant_model::ids::TeamId,
    pub open: Count,
    pub unassigned: Count,
}

/// Loads the supervisor's screen.
pub async fn overview(care: &Care, person: &Person) -> Result<Overview, CareError> {
    access::require(person, Permission::ReadOverview)?;
    let (scope, now) = (person.scope.clone(), care.now());
    let present = care.presence.list(now);
    care.store
        .read(move |read| {
            let mut queues = Vec::new();
            for queue in reading::list_queues(read, &scope)? {
                let team = Some(TeamFilter::Team(queue.team));
                let open = open_of(team);
                let waiting_public = Count::of(reading::count_waiting_public(
                    read, &scope, queue.team, CAP,
                )?);
                queues.push(Queue {
                    team: queue.team,
                    name: queue.name,
                    open: count(read, &scope, &open)?,
                    unassigned: count(read, &scope, &unassigned(open))?,
                    waiting_public,
                    oldest_waiting_since: queue.oldest_waiting_since,
                });
            }
            let oldest = reading::list_oldest_public(read, &scope, OLDEST)?;
            Ok(Overview {
                queues,
                oldest_public: reading::list_summaries(read, &scope, &oldest)?,
                present,
                channels: channels(read, &scope, now)?,
            })
        })
        .await
}

/// Counts what stands behind the views of a person, each up to the cap.
pub async fn counts(care: &Care, person: &Person) -> Result<Counts, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let (scope, agent, now) = (person.scope.clone(), person.agent, care.now());
    let sees_quarantine = person.may(Permission::ReadQuarantine);
    care.store
        .read(move |read| {
            let of = |status: Status| Filter {
                statuses: vec![status],
                ..Filter::default()
            };
            let open = open_of(None);
            let mut teams = Vec::new();
            for team in reading::list_team_ids(read, &scope)? {
                let open = open_of(Some(TeamFilter::Team(team)));
                teams.push(TeamCounts {
                    team,
                    open: count(read, &scope, &open)?,
                    unassigned: count(read, &scope, &unassigned(open))?,
                });
            }
            Ok(Counts {
                open_mine: count(read, &scope, &owned(open.clone(), agent))?,
                open_unassigned: count(read, &scope, &unassigned(open.clone()))?,
                open_all: count(read, &scope, &open)?,
                waiting: count(read, &scope, &of(Status::Waiting))?,
                snoozed: count(read, &scope, &of(Status::Snoozed))?,
                resolved_recent: count(
                    read,
                    &scope,
                    &Filter {
                        newest_after: Some(now.before(RECENT)),
                        ..of(Status::Resolved)
                    },
                )?,
                mentions: Count::of(reading::count_mentions(read, &scope, agent, CAP + 1)?),
                quarantine: if sees_quarantine {
                    Count::of(intakes::count_quarantined(read, CAP + 1)?)
                } else {
                    Count::default()
                },
                teams,
            })
        })
        .await
}

/// Lists the failures that need a person, newest first: of conversations only within the scope.
pub async fn list_alerts(care: &Care, person: &Person) -> Result<Vec<alerts::Standing>, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let scope = person.scope.clone();
    care.store
        .read(move |read| alerts::list_in_scope(read, &scope, ALERTS).map_err(CareError::from))
        .await
}

/// Returns why an alert was raised, in the network's words, if they are known: those of the alert
/// itself, else of its broken inbox, else of its message.
pub fn reason_of(standing: &alerts::Standing) -> Option<String> {
    let of = |facts: &Json| Some(facts.get("detail")?.as_str()?.to_owned());
    let of_inbox = || of(&standing.trouble).filter(|_| standing.alert.kind == "inbox_broken");
    of(&standing.alert.facts)
        .or_else(of_inbox)
        .or_else(|| standing.failure_detail.clone())
        .filter(|detail| !detail.is_empty())
}

impl Count {
    /// Takes a number that was counted to one more than the cap.
    fn of(count: i64) -> Self {
        Self {
            count: count.min(CAP),
            capped: count > CAP,
        }
    }
}

fn count(
    read: &mut Read<'_>,
    scope: &kulant_model::role::Scope,
    filter: &Filter,
) -> Result<Count, CareError> {
    Ok(Count::of(reading::count(read, scope, filter, CAP + 1)?))
}

fn open_of(team: Option<TeamFilter>) -> Filter {
    Filter {
        statuses: vec![Status::Open],
        teams: team.into_iter().collect(),
        ..Filter::default()
    }
}

fn unassigned(filter: Filter) -> Filter {
    Filter {
        assignees: vec![Assignee::Nobody],
        ..filter
    }
}

fn owned(filter: Filter, agent: AgentId) -> Filter {
    Filter {
        assignees: vec![Assignee::Agent(agent)],
        ..filter
    }
}

fn channels(
    read: &mut Read<'_>,
    scope: &kulant_model::role::Scope,
    now: Timestamp,
) -> Result<Vec<ChannelHealth>, CareError> {
    const MOST: i64 = 500;
    let rows = inboxes::list(read, scope, 0, MOST)?;
    let ids: Vec<InboxId> = rows.iter().map(|row| row.id).collect();
    let waiting: BTreeMap<_, _> = inboxes::oldest_waiting(read, &ids)?.into_iter().collect();
    let quarantined: BTreeMap<_, _> = intakes::count_quarantined_by_inbox(read)?
        .into_iter()
        .collect();
    let leaving = deliveries::count(read)?;
    let in_state = |inbox: InboxId, states: &[DeliveryState]| -> i64 {
        leaving
            .iter()
            .filter(|(id, state, _)| *id == inbox && states.contains(state))
            .map(|(_, _, count)| count)
            .sum()
    };
    Ok(rows
        .into_iter()
        .map(|row| ChannelHealth {
            inbox: row.id,
            paused: row.paused_at.is_some(),
            lag_seconds: waiting
                .get(&row.id)
                .map_or(0, |since| now.since(*since).as_secs()),
            queued_out: in_state(row.id, &[DeliveryState::Queued, DeliveryState::Sending]),
            failed_out: in_state(row.id, &[DeliveryState::Failed, DeliveryState::Uncertain]),
            quarantined: quarantined.get(&row.id).copied().unwrap_or_default(),
            name: row.name,
            channel: row.channel,
            trouble: row.trouble,
        })
        .collect())
}
