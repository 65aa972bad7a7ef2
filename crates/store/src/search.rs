//! The full-text index: tokens made elsewhere, one row per message, newest found first.

use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::role::Scope;

use crate::error::StoreError;
use crate::params;
use crate::reading::{self, Filter};
use crate::sql::dialect::Dialect;
use crate::sql::value::Value;
use crate::sql::{Read, Tx};

/// One thing that a search asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Ways to meet it: a token, or tokens with blanks between them that stand side by side.
    pub alternatives: Vec<String>,
    /// The last token of the first alternative may be the beginning of a longer one.
    pub prefix: bool,
    pub excluded: bool,
}

/// Puts messages into the index, in place of what it had of them.
pub fn put(tx: &mut Tx<'_>, rows: &[(MessageId, String)]) -> Result<(), StoreError> {
    let dialect = tx.dialect();
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|(id, tokens)| params![*id, dialect.index_form(tokens)].into())
        .collect();
    tx.execute_rows(dialect.index_tokens(), &rows)?;
    Ok(())
}

/// Takes messages out of the index.
pub fn remove(tx: &mut Tx<'_>, ids: &[MessageId]) -> Result<(), StoreError> {
    for id in ids {
        tx.execute("DELETE FROM search WHERE rowid = $1", &params![*id])?;
    }
    Ok(())
}

/// Writes a part of the index anew without what was taken out of it, so that no byte of it stays in
/// the end; returns whether there was something to do. Small parts, because nobody else writes
/// meanwhile. `begins` takes up the whole index; without it, what was begun goes on.
pub fn purge_part(tx: &mut Tx<'_>, begins: bool) -> Result<bool, StoreError> {
    const PAGES: i64 = 500;
    if tx.dialect() == Dialect::Postgres {
        return Ok(false);
    }
    let before = count_changes(tx)?;
    let pages = if begins { -PAGES } else { PAGES };
    tx.execute(
        "INSERT INTO search (search, rank) VALUES ('merge', $1)",
        &params![pages],
    )?;
    // The statement itself counts as one.
    Ok(count_changes(tx)? - before >= 2)
}

fn count_changes(read: &mut Read<'_>) -> Result<i64, StoreError> {
    let count = read.query_one("SELECT total_changes()", &[], |row| row.get(0))?;
    Ok(count.unwrap_or(0))
}

/// Empties the index, so that its follower can fill it again.
pub fn clear(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => "INSERT INTO search (search) VALUES ('delete-all')",
        Dialect::Postgres => "DELETE FROM search",
    };
    tx.execute(sql, &[])?;
    Ok(())
}

/// Finds messages, newest first, before a given one: each with its conversation.
pub fn find(
    read: &mut Read<'_>,
    scope: &Scope,
    filter: &Filter,
    terms: &[Term],
    before: MessageId,
    limit: i64,
) -> Result<Vec<(MessageId, ConversationId)>, StoreError> {
    let Some(query) = read.dialect().search_query(terms) else {
        return Ok(Vec::new());
    };
    let mut params: Vec<Value> = params![query, before, limit].into();
    let conditions = reading::conditions(scope, filter, &mut params);
    let mut found = Vec::new();
    for (source, condition) in read.dialect().search_sources(1, 2) {
        let sql = format!(
            "SELECT m.id, m.conversation_id
             FROM {source} CROSS JOIN messages m CROSS JOIN conversations c
             WHERE {condition} AND m.id = search.rowid AND c.id = m.conversation_id
               AND {conditions}
             ORDER BY search.rowid DESC
             LIMIT $3"
        );
        found = read.query(&sql, &params, |row| Ok((row.get(0)?, row.get(1)?)))?;
        if found.len() as i64 == limit {
            break;
        }
    }
    Ok(found)
}

/// Lists which of these conversations have a message found at a given one or newer.
pub fn list_found_from(
    read: &mut Read<'_>,
    conversations: &[ConversationId],
    terms: &[Term],
    from: MessageId,
) -> Result<Vec<ConversationId>, StoreError> {
    let Some(query) = read.dialect().search_query(terms) else {
        return Ok(Vec::new());
    };
    let keys: Vec<Vec<Value>> = conversations.iter().map(|id| params![*id].into()).collect();
    let condition = read.dialect().search_match(1);
    read.query_keys(
        &format!(
            "SELECT k.column1 FROM (VALUES {{keys}}) AS k
             WHERE EXISTS (
               SELECT 1 FROM messages m CROSS JOIN search
               WHERE m.conversation_id = k.column1 AND m.id >= $2
                 AND search.rowid = m.id AND {condition})"
        ),
        &params![query, from],
        &keys,
        |row| row.get(0),
    )
}
