//! Tags: free words. Which conversation carries which tag is `conversations`' matter.

use kulant_model::ids::TagId;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::Row;
use crate::sql::{Read, Tx};

/// How far the uses of one tag are counted; beyond it the number would cost more than it tells.
pub const USES_COUNTED: i64 = 10_000;

/// A tag as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    pub colour: String,
    pub created_at: Timestamp,
}

/// Keeps a new tag; returns whether its name was free.
pub fn insert(tx: &mut Tx<'_>, tag: &Tag) -> Result<bool, StoreError> {
    let kept = tx.execute(
        "INSERT INTO tags (id, name, colour, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO NOTHING",
        &params![tag.id, &tag.name, &tag.colour, tag.created_at],
    )?;
    Ok(kept == 1)
}

/// Changes a tag's name and colour; returns whether it is there.
pub fn update(tx: &mut Tx<'_>, id: TagId, name: &str, colour: &str) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE tags SET name = $2, colour = $3 WHERE id = $1",
        &params![id, name, colour],
    )?;
    Ok(changed == 1)
}

/// Removes a tag, from every conversation too; returns whether it was there.
pub fn remove(tx: &mut Tx<'_>, id: TagId) -> Result<bool, StoreError> {
    tx.execute(
        "DELETE FROM conversation_tags WHERE tag_id = $1",
        &params![id],
    )?;
    let removed = tx.execute("DELETE FROM tags WHERE id = $1", &params![id])?;
    Ok(removed == 1)
}

/// Finds a tag.
pub fn find(read: &mut Read<'_>, id: TagId) -> Result<Option<Tag>, StoreError> {
    read.query_one(
        "SELECT id, name, colour, created_at FROM tags WHERE id = $1",
        &params![id],
        tag,
    )
}

/// Finds a tag by its name.
pub fn find_by_name(read: &mut Read<'_>, name: &str) -> Result<Option<Tag>, StoreError> {
    read.query_one(
        "SELECT id, name, colour, created_at FROM tags WHERE name = $1",
        &params![name],
        tag,
    )
}

/// Lists tags after a name in the order of names, each with how many conversations carry it,
/// counted up to `USES_COUNTED`.
pub fn list(read: &mut Read<'_>, after: &str, limit: i64) -> Result<Vec<(Tag, i64)>, StoreError> {
    read.query(
        "SELECT t.id, t.name, t.colour, t.created_at,
                (SELECT COUNT(*) FROM
                  (SELECT 1 FROM conversation_tags c WHERE c.tag_id = t.id LIMIT $3) AS counted)
         FROM tags t
         WHERE t.name > $1
         ORDER BY t.name LIMIT $2",
        &params![after, limit, USES_COUNTED],
        |row| Ok((tag(row)?, row.get(4)?)),
    )
}

/// Counts the conversations that carry a tag, up to `USES_COUNTED`.
pub fn count_uses(read: &mut Read<'_>, id: TagId) -> Result<i64, StoreError> {
    Ok(read
        .query_one(
            "SELECT COUNT(*) FROM
               (SELECT 1 FROM conversation_tags WHERE tag_id = $1 LIMIT $2) AS counted",
            &params![id, USES_COUNTED],
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

fn tag(row: &Row<'_>) -> Result<Tag, StoreError> {
    Ok(Tag {
        id: row.get(0)?,
        name: row.get(1)?,
        colour: row.get(2)?,
        created_at: row.get(3)?,
    })
}
