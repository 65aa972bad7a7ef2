//! Conversations as people read them: filtered within a scope, paged by key, with all their names.

use kulant_model::conversation::{Priority, Status};
use kulant_model::ids::{
    AgentId, BrandId, ContactId, ConversationId, InboxId, MessageId, TagId, TeamId,
};
use kulant_model::message::{Direction, Kind};
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;

use crate::conversations::{self, Conversation};
use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::Read;
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

/// In which order a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Newest,
    Oldest,
    /// Whoever waits longest first; only those who wait.
    Waiting,
}

/// A place in a list: the value that it is sorted by, and the id.
pub type Place = (Timestamp, ConversationId);

/// A conversation with everything that a row of a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub row: Conversation,
    pub brand_name: String,
    pub inbox_name: String,
    pub channel: String,
    pub team_name: Option<String>,
    pub agent_name: Option<String>,
    pub contact_name: Option<String>,
    pub handle: Option<String>,
    /// The beginning of the first words, where nobody gave a subject.
    pub opening: Option<String>,
    pub preview: String,
    pub preview_direction: Direction,
    pub tags: Vec<(TagId, String, String)>,
}

/// By which way a branch of a list finds the conversations of an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InboxWay {
    /// Those that began there, and those that only have messages from there.
    Any,
    Origin,
    Elsewhere,
}

/// How many branches a list is cut into at most, so that each runs along one index.
const BRANCHES: usize = 48;

/// Writes the conditions of a filter within a scope, for a table called `c`.
pub(crate) fn conditions(scope: &Scope, filter: &Filter, params: &mut Vec<Value>) -> String {
    branch_conditions(scope, filter, InboxWay::Any, params)
}

fn branch_conditions(
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
        all.push(format!("c.last_message_at >= ${}", params.len()));
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

fn equals(column: &str, value: impl Into<Value>, params: &mut Vec<Value>, all: &mut Vec<String>) {
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

/// Lists the ids of a page. Where a filter names several teams or statuses, or the scope does, each
/// of them runs along its own index and the few rows of all are sorted.
pub fn list_ids(
    read: &mut Read<'_>,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Place>, StoreError> {
    let (key, direction, compare) = match sort {
        Sort::Newest => ("last_message_at", "DESC", "<"),
        Sort::Oldest => ("last_message_at", "ASC", ">"),
        Sort::Waiting => ("waiting_since", "ASC", ">"),
    };
    let mut params: Vec<Value> = params![limit].into();
    let mut branches = Vec::new();
    for (scope, filter, way) in cut(scope, filter, sort) {
        let mut all = vec![branch_conditions(&scope, &filter, way, &mut params)];
        if sort == Sort::Waiting {
            all.push("c.waiting_since IS NOT NULL".to_owned());
        }
        let from = source(&filter, way, &mut params, &mut all);
        if let Some((at, id)) = after {
            params.extend(params![at, id]);
            let (at, id) = (params.len() - 1, params.len());
            all.push(format!(
                "c.{key} {compare}= ${at} AND (c.{key} {compare} ${at} OR c.id {compare} ${id})"
            ));
        }
        branches.push(format!(
            "SELECT * FROM (SELECT c.{key} AS at, c.id AS id FROM {from} WHERE {} \
             ORDER BY c.{key} {direction}, c.id {direction} LIMIT $1) AS branch{}",
            all.join(" AND "),
            branches.len()
        ));
    }
    let sql = format!(
        "{} ORDER BY at {direction}, id {direction} LIMIT $1",
        // A conversation may have messages from two inboxes of the filter; it is one row.
        branches.join(if filter.inboxes.is_empty() {
            " UNION ALL "
        } else {
            " UNION "
        })
    );
    read.query(&sql, &params, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Names the tables that a branch runs along. Where few rows of another table lead to the
/// conversations, that one comes first: the order of a cross join is kept by SQLite.
fn source(
    filter: &Filter,
    way: InboxWay,
    params: &mut Vec<Value>,
    all: &mut Vec<String>,
) -> &'static str {
    if let (InboxWay::Elsewhere, [inbox]) = (way, filter.inboxes.as_slice()) {
        equals("few.inbox_id", *inbox, params, all);
        all.push("c.id = few.conversation_id".to_owned());
        return "conversation_inboxes few CROSS JOIN conversations c";
    }
    if let Some(tag) = filter.tags.first() {
        equals("few.tag_id", *tag, params, all);
        all.push("c.id = few.conversation_id".to_owned());
        return "conversation_tags few CROSS JOIN conversations c";
    }
    "conversations c"
}

/// Cuts a filter into branches of one team, agent, inbox and status each, if there are not too many.
fn cut(scope: &Scope, filter: &Filter, sort: Sort) -> Vec<(Scope, Filter, InboxWay)> {
    let whole = vec![(scope.clone(), filter.clone(), InboxWay::Any)];
    let mut branches = match scope {
        Scope::Teams(teams) if !teams.is_empty() && filter.teams.is_empty() => teams
            .iter()
            .map(|team| (Scope::Teams([*team].into()), filter.clone(), InboxWay::Any))
            .collect(),
        _ => whole.clone(),
    };
    // The indexes of teams, agents, inboxes and of those who wait have the status before the time.
    let by_status = sort == Sort::Waiting
        || *scope != Scope::Everything
        || !(filter.inboxes.is_empty() && filter.teams.is_empty() && filter.assignees.is_empty());
    let statuses = match filter.statuses.as_slice() {
        [] if by_status => Status::ALL,
        some => some,
    };
    split(&mut branches, statuses, |branch, status| {
        branch.1.statuses = vec![*status];
    });
    split(&mut branches, &filter.teams, |branch, team| {
        branch.1.teams = vec![*team];
    });
    split(&mut branches, &filter.assignees, |branch, one| {
        branch.1.assignees = vec![*one];
    });
    split(&mut branches, &filter.inboxes, |branch, inbox| {
        branch.1.inboxes = vec![*inbox];
    });
    if !filter.inboxes.is_empty() {
        let ways = [InboxWay::Origin, InboxWay::Elsewhere];
        split(&mut branches, &ways, |branch, way| branch.2 = *way);
    }
    if branches.len() > BRANCHES {
        whole
    } else {
        branches
    }
}

/// Makes of each branch one for every choice.
fn split<T>(
    branches: &mut Vec<(Scope, Filter, InboxWay)>,
    choices: &[T],
    narrow: impl Fn(&mut (Scope, Filter, InboxWay), &T),
) {
    if choices.is_empty() || branches.len() > BRANCHES {
        return;
    }
    *branches = branches
        .iter()
        .flat_map(|branch| {
            choices.iter().map(|choice| {
                let mut branch = branch.clone();
                narrow(&mut branch, choice);
                branch
            })
        })
        .collect();
}

/// Counts what a filter finds, up to a cap.
pub fn count(
    read: &mut Read<'_>,
    scope: &Scope,
    filter: &Filter,
    cap: i64,
) -> Result<i64, StoreError> {
    let mut params: Vec<Value> = params![cap].into();
    let conditions = conditions(scope, filter, &mut params);
    Ok(read
        .query_one(
            &format!(
                "SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversations c WHERE {conditions} LIMIT $1) AS counted"
            ),
            &params,
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// Counts the mentions of somebody that they have not read, up to a cap.
pub fn count_mentions(
    read: &mut Read<'_>,
    scope: &Scope,
    agent: AgentId,
    cap: i64,
) -> Result<i64, StoreError> {
    let mut params: Vec<Value> = params![cap, agent].into();
    let in_scope = scope::condition(scope, "c.team_id", &mut params);
    Ok(read
        .query_one(
            &format!(
                "SELECT COUNT(*) FROM (
                   SELECT DISTINCT n.conversation_id FROM mentions n
                   JOIN conversations c ON c.id = n.conversation_id
                   WHERE n.agent_id = $2 AND n.read_at IS NULL AND {in_scope} LIMIT $1
                 ) AS counted"
            ),
            &params,
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// Loads what the rows of a list show, in the order of the ids; only what the scope includes.
pub fn list_summaries(
    read: &mut Read<'_>,
    scope: &Scope,
    ids: &[ConversationId],
) -> Result<Vec<Summary>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    let sql = format!(
        "SELECT {}, b.name, i.name, i.channel, t.name, g.name, COALESCE(k2.name, d.name), d.handle,
           COALESCE(r.title, substr(r.body, 1, 120)), substr(l.body, 1, 200), l.direction
         FROM (VALUES {{keys}}) AS k
         JOIN conversations c ON c.id = k.column1
         JOIN brands b ON b.id = c.brand_id
         JOIN inboxes i ON i.id = c.inbox_id
         LEFT JOIN teams t ON t.id = c.team_id
         LEFT JOIN agents g ON g.id = c.agent_id
         LEFT JOIN contacts k2 ON k2.id = c.contact_id
         LEFT JOIN identities d ON d.id = c.identity_id
         LEFT JOIN messages r ON r.id = c.root_message_id
         LEFT JOIN messages l ON l.id = c.last_message_id",
        conversations::COLUMNS
    );
    let mut found = read.query_keys(&sql, &[], &keys, |row| {
        Ok(Summary {
            row: conversations::conversation(row)?,
            brand_name: row.get(28)?,
            inbox_name: row.get(29)?,
            channel: row.get(30)?,
            team_name: row.get(31)?,
            agent_name: row.get(32)?,
            contact_name: row.get(33)?,
            handle: row.get(34)?,
            opening: row.get(35)?,
            preview: row.get::<Option<String>>(36)?.unwrap_or_default(),
            preview_direction: row.get::<Option<Direction>>(37)?.unwrap_or(Direction::In),
            tags: Vec::new(),
        })
    })?;
    found.retain(|summary| scope.includes(summary.row.team));
    let shown: Vec<ConversationId> = found.iter().map(|summary| summary.row.id).collect();
    for (id, tag, name, colour) in conversations::list_tags(read, &shown)? {
        if let Some(summary) = found.iter_mut().find(|summary| summary.row.id == id) {
            summary.tags.push((tag, name, colour));
        }
    }
    let place = |id: ConversationId| ids.iter().position(|wanted| *wanted == id);
    found.sort_by_key(|summary| place(summary.row.id));
    Ok(found)
}

/// How one team's queue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    pub team: TeamId,
    pub name: String,
    pub oldest_waiting_since: Option<Timestamp>,
}

/// Lists the teams within a scope with how long somebody has waited in each.
pub fn list_queues(read: &mut Read<'_>, scope: &Scope) -> Result<Vec<Queue>, StoreError> {
    let mut params = Vec::new();
    let in_scope = scope::condition(scope, "t.id", &mut params);
    read.query(
        &format!(
            "SELECT t.id, t.name,
               (SELECT MIN(c.waiting_since) FROM conversations c
                WHERE c.team_id = t.id AND c.status = 'open' AND c.joined_into IS NULL
                  AND c.waiting_since IS NOT NULL)
             FROM teams t
             WHERE t.archived_at IS NULL AND {in_scope}
             ORDER BY t.name
             LIMIT 500"
        ),
        &params,
        |row| {
            Ok(Queue {
                team: row.get(0)?,
                name: row.get(1)?,
                oldest_waiting_since: row.get(2)?,
            })
        },
    )
}

/// The condition that a conversation which waits does so in public: of one that went on in private, a
/// public message must be among those unanswered.
const WAITS_IN_PUBLIC: &str = "(c.visibility = 'public' OR (c.visibility = 'mixed' AND EXISTS (
    SELECT 1 FROM messages w
    WHERE w.conversation_id = c.id AND w.platform_at >= c.waiting_since AND w.visibility = 'public'
      AND w.direction = 'in' AND w.is_party = 1 AND w.deleted_at IS NULL
      AND (w.kind IS NULL OR w.kind IN ('request', 'question', 'complaint')))))";

/// Counts a team's conversations that wait in public, up to a cap.
pub fn count_waiting_public(
    read: &mut Read<'_>,
    scope: &Scope,
    team: TeamId,
    cap: i64,
) -> Result<i64, StoreError> {
    let mut params: Vec<Value> = params![cap + 1, team].into();
    let in_scope = scope::condition(scope, "c.team_id", &mut params);
    Ok(read
        .query_one(
            &format!(
                "SELECT COUNT(*) FROM (
                   SELECT 1 AS one FROM conversations c
                   WHERE c.team_id = $2 AND c.status = 'open' AND c.joined_into IS NULL
                     AND c.waiting_since IS NOT NULL AND {WAITS_IN_PUBLIC} AND {in_scope}
                   LIMIT $1
                 ) AS counted"
            ),
            &params,
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// Lists the teams in use within a scope, by name.
pub fn list_team_ids(read: &mut Read<'_>, scope: &Scope) -> Result<Vec<TeamId>, StoreError> {
    let mut params = Vec::new();
    let in_scope = scope::condition(scope, "t.id", &mut params);
    read.query(
        &format!(
            "SELECT t.id FROM teams t
             WHERE t.archived_at IS NULL AND {in_scope}
             ORDER BY t.name
             LIMIT 500"
        ),
        &params,
        |row| row.get(0),
    )
}

/// Lists those who have waited longest in public, within a scope.
pub fn list_oldest_public(
    read: &mut Read<'_>,
    scope: &Scope,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let mut params: Vec<Value> = params![limit].into();
    let in_scope = scope::condition(scope, "c.team_id", &mut params);
    read.query(
        &format!(
            "SELECT c.id FROM conversations c
             WHERE c.joined_into IS NULL AND c.waiting_since IS NOT NULL AND c.status = 'open'
               AND {WAITS_IN_PUBLIC} AND {in_scope}
             ORDER BY c.waiting_since, c.id
             LIMIT $1"
        ),
        &params,
        |row| row.get(0),
    )
}

/// Lists a contact's conversations within a scope, newest first.
pub fn list_of_contact(
    read: &mut Read<'_>,
    scope: &Scope,
    contact: ContactId,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let filter = Filter {
        contact: Some(contact),
        ..Filter::default()
    };
    let mut params: Vec<Value> = params![limit].into();
    let conditions = conditions(scope, &filter, &mut params);
    read.query(
        &format!(
            "SELECT c.id FROM conversations c WHERE {conditions}
             ORDER BY c.last_message_at DESC, c.id DESC LIMIT $1"
        ),
        &params,
        |row| row.get(0),
    )
}

/// Returns whether a message lies in a conversation within a scope.
pub fn may_see_message(
    read: &mut Read<'_>,
    scope: &Scope,
    message: MessageId,
) -> Result<bool, StoreError> {
    let mut params: Vec<Value> = params![message].into();
    let in_scope = scope::condition(scope, "c.team_id", &mut params);
    Ok(read
        .query_one(
            &format!(
                "SELECT c.id FROM messages m
                 JOIN conversations c ON c.id = m.conversation_id
                 WHERE m.id = $1 AND {in_scope}"
            ),
            &params,
            |row| row.get::<ConversationId>(0),
        )?
        .is_some())
}
