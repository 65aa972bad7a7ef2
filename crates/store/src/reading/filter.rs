//! What a list or a search is narrowed to, written as conditions.

use kulant_model::conversation::{Priority, Status};
use kulant_model::ids::{AgentId, BrandId, ContactId, InboxId, TagId, TeamId};
use kulant_model::message::Kind;
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;

use crate::scope;
use crate::sql::value::Value;

/// Who must be responsible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    Agent(AgentId),
    Nobody,
}

/// Which team's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TeamFilter {
    Team(TeamId),
    Nobody,
}

impl Assignee {
    const fn id(self) -> Option<AgentId> {
        match self {
            Self::Agent(agent) => Some(agent),
            Self::Nobody => None,
        }
    }
}

impl TeamFilter {
    const fn id(self) -> Option<TeamId> {
        match self {
            Self::Team(team) => Some(team),
            Self::Nobody => None,
        }
    }
}

/// What a list is narrowed to; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub statuses: Vec<Status>,
    /// One of these, for each list that is not empty.
    pub inboxes: Vec<InboxId>,
    pub teams: Vec<TeamFilter>,
    pub assignees: Vec<Assignee>,
    /// All of these.
    pub tags: Vec<TagId>,
    pub brands: Vec<BrandId>,
    pub kinds: Vec<Kind>,
    pub priorities: Vec<Priority>,
    pub visibilities: Vec<String>,
    pub unread: Option<bool>,
    pub mentioned: Option<AgentId>,
    pub contact: Option<ContactId>,
    /// Only where the newest message is not older.
    pub newest_after: Option<Timestamp>,
}

/// By which way a branch of a list finds the conversations of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InboxWay {
    /// Those that began there, and those that only have messages from there.
    Any,
    Origin,
    Elsewhere,
}

/// Writes the conditions of a filter within a scope, for a table called `c`.
pub(crate) fn conditions(scope: &Scope, filter: &Filter, params: &mut Vec<Value>) -> String {
    branch_conditions(scope, filter, InboxWay::Any, params)
}

pub(super) fn branch_conditions(
    scope: &Scope,
    filter: &Filter,
    way: InboxWay,
    params: &mut Vec<Value>,
) -> String {
    let mut all = vec!["c.joined_into IS NULL".to_owned()];
    if *scope != Scope::Everything {
        all.push(scope::condition(scope, "c.team_id", params));
    }
    narrow(filter, way, params, &mut all);
    all.join(" AND ")
}

fn narrow(filter: &Filter, way: InboxWay, params: &mut Vec<Value>, all: &mut Vec<String>) {
    one_of("c.status", &filter.statuses, params, all);
    let teams: Vec<Option<TeamId>> = filter.teams.iter().map(|team| team.id()).collect();
    one_of_or_null("c.team_id", &teams, params, all);
    let agents: Vec<Option<AgentId>> = filter.assignees.iter().map(|one| one.id()).collect();
    one_of_or_null("c.agent_id", &agents, params, all);
    if !filter.inboxes.is_empty() {
        let mut ways = Vec::with_capacity(filter.inboxes.len());
        for inbox in &filter.inboxes {
            params.push((*inbox).into());
            let place = params.len();
            let origin = format!("c.inbox_id = ${place}");
            let elsewhere = format!(
                "c.id IN (SELECT ci.conversation_id FROM conversation_inboxes ci \
                 WHERE ci.inbox_id = ${place})"
            );
            ways.push(match way {
                InboxWay::Any => format!("{origin} OR {elsewhere}"),
                InboxWay::Origin => origin,
                InboxWay::Elsewhere => elsewhere,
            });
        }
        all.push(format!("({})", ways.join(" OR ")));
    }
    for tag in &filter.tags {
        params.push((*tag).into());
        all.push(format!(
            "c.id IN (SELECT ct.conversation_id FROM conversation_tags ct WHERE ct.tag_id = ${})",
            params.len()
        ));
    }
    one_of("c.brand_id", &filter.brands, params, all);
    one_of("c.kind", &filter.kinds, params, all);
    one_of("c.priority", &filter.priorities, params, all);
    let visibilities: Vec<&str> = filter.visibilities.iter().map(String::as_str).collect();
    one_of("c.visibility", &visibilities, params, all);
    if let Some(unread) = filter.unread {
        equals("c.unread", unread, params, all);
    }
    if let Some(contact) = filter.contact {
        equals("c.contact_id", contact, params, all);
    }
    if let Some(oldest) = filter.newest_after {
        params.push(oldest.into());
        all.push(format!("c.surfaced_at >= ${}", params.len()));
    }
    if let Some(agent) = filter.mentioned {
        params.push(agent.into());
        all.push(format!(
            "c.id IN (SELECT n.conversation_id FROM mentions n \
             WHERE n.agent_id = ${} AND n.read_at IS NULL)",
            params.len()
        ));
    }
}

pub(super) fn equals(
    column: &str,
    value: impl Into<Value>,
    params: &mut Vec<Value>,
    all: &mut Vec<String>,
) {
    params.push(value.into());
    all.push(format!("{column} = ${}", params.len()));
}

fn one_of<T: Copy + Into<Value>>(
    column: &str,
    values: &[T],
    params: &mut Vec<Value>,
    all: &mut Vec<String>,
) {
    match values {
        [] => {}
        [one] => equals(column, *one, params, all),
        many => {
            let places: Vec<String> = many
                .iter()
                .map(|value| {
                    params.push((*value).into());
                    format!("${}", params.len())
                })
                .collect();
            all.push(format!("{column} IN ({})", places.join(", ")));
        }
    }
}

/// As `one_of`, where none among the values stands for a column that is empty.
fn one_of_or_null<T: Copy + Into<Value>>(
    column: &str,
    values: &[Option<T>],
    params: &mut Vec<Value>,
    all: &mut Vec<String>,
) {
    let some: Vec<T> = values.iter().copied().flatten().collect();
    if some.len() == values.len() {
        one_of(column, &some, params, all);
        return;
    }
    let mut ways = vec![format!("{column} IS NULL")];
    one_of(column, &some, params, &mut ways);
    all.push(format!("({})", ways.join(" OR ")));
}
