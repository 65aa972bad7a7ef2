//! Conversations as people read them: filtered within a scope, paged by key, with all their names.

mod filter;
mod overview;

use kulant_model::conversation::Status;
use kulant_model::ids::{AgentId, ContactId, ConversationId, MessageId, TagId};
use kulant_model::message::Direction;
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;

use crate::conversations::{self, Conversation};
use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::Read;
use crate::sql::value::Value;

pub(crate) use filter::conditions;
pub use filter::{Assignee, Filter, TeamFilter};
use filter::{InboxWay, branch_conditions, equals};
pub use overview::{Queue, count_waiting_public, list_oldest_public, list_queues, list_team_ids};

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

/// How many branches a list is cut into at most, so that each runs along one index.
const BRANCHES: usize = 48;

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
        Sort::Newest => ("surfaced_at", "DESC", "<"),
        Sort::Oldest => ("surfaced_at", "ASC", ">"),
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
            brand_name: row.get(30)?,
            inbox_name: row.get(31)?,
            channel: row.get(32)?,
            team_name: row.get(33)?,
            agent_name: row.get(34)?,
            contact_name: row.get(35)?,
            handle: row.get(36)?,
            opening: row.get(37)?,
            preview: row.get::<Option<String>>(38)?.unwrap_or_default(),
            preview_direction: row.get::<Option<Direction>>(39)?.unwrap_or(Direction::In),
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
             ORDER BY c.surfaced_at DESC, c.id DESC LIMIT $1"
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
