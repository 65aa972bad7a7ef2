//! What the supervisor's screen shows of queues: who waits how long, and who does so in public.

use kulant_model::ids::{ConversationId, TeamId};
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::Read;
use crate::sql::value::Value;

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
