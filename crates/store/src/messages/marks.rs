//! What stands at a message beside its words: how it is doing at its network, whether we hid it or the
//! listening post found it, and how we reacted.

use kulant_model::ids::{InboxId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::Value;
use crate::sql::{Read, Tx};

/// What stands at a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    pub message: MessageId,
    /// Whether the listening post found it.
    pub found: bool,
    /// Since when it is hidden from the public, by us.
    pub hidden_at: Option<Timestamp>,
    pub figures: Option<Figures>,
}

/// How a message is doing at its network, as far as the network tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub views: Option<i64>,
    pub likes: Option<i64>,
    pub replies: Option<i64>,
    pub told_at: Timestamp,
}

/// Lists what stands at messages.
pub fn list_marks(read: &mut Read<'_>, ids: &[MessageId]) -> Result<Vec<Marks>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT m.id, m.found_at, m.hidden_at, f.told_at, f.views, f.likes, f.replies
         FROM (VALUES {keys}) AS k
         JOIN messages m ON m.id = k.column1
         LEFT JOIN figures f ON f.message_id = m.id
         WHERE m.found_at IS NOT NULL OR m.hidden_at IS NOT NULL OR f.told_at IS NOT NULL",
        &[],
        &keys,
        |row| {
            let told_at: Option<Timestamp> = row.get(3)?;
            let figures = match told_at {
                None => None,
                Some(told_at) => Some(Figures {
                    views: row.get(4)?,
                    likes: row.get(5)?,
                    replies: row.get(6)?,
                    told_at,
                }),
            };
            Ok(Marks {
                message: row.get(0)?,
                found: row.get::<Option<Timestamp>>(1)?.is_some(),
                hidden_at: row.get(2)?,
                figures,
            })
        },
    )
}

/// Notes since when a message is hidden from the public, or that it is no more.
pub fn set_hidden(
    tx: &mut Tx<'_>,
    id: MessageId,
    hidden_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET hidden_at = $2 WHERE id = $1",
        &params![id, hidden_at],
    )?;
    Ok(())
}

/// Keeps how messages of an inbox are doing, by the network's ids; what a network tells nothing of
/// stays, what it told before something newer does not count, and of unknown messages nothing is kept.
pub fn save_figures(
    tx: &mut Tx<'_>,
    inbox: InboxId,
    told: &[(&str, Figures)],
) -> Result<(), StoreError> {
    let keys: Vec<Vec<Value>> = told
        .iter()
        .map(|(id, _)| params![inbox, *id].into())
        .collect();
    let known: Vec<(MessageId, String)> = tx.query_keys(
        "SELECT m.id, m.network_id FROM (VALUES {keys}) AS k
         JOIN messages m ON m.inbox_id = k.column1 AND m.network_id = k.column2
         WHERE m.deleted_at IS NULL",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (id, figures) in told {
        let Some((message, _)) = known.iter().find(|(_, network_id)| network_id == id) else {
            continue;
        };
        tx.execute(
            "INSERT INTO figures (message_id, views, likes, replies, told_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (message_id) DO UPDATE SET
               views = COALESCE(excluded.views, figures.views),
               likes = COALESCE(excluded.likes, figures.likes),
               replies = COALESCE(excluded.replies, figures.replies),
               told_at = excluded.told_at
             WHERE excluded.told_at >= figures.told_at",
            &params![
                *message,
                figures.views,
                figures.likes,
                figures.replies,
                figures.told_at
            ],
        )?;
    }
    Ok(())
}

/// Notes that we reacted to a message, or that we took it back.
pub fn set_own_reaction(
    tx: &mut Tx<'_>,
    id: MessageId,
    kind: &str,
    given_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    match given_at {
        Some(given_at) => tx.execute(
            "INSERT INTO own_reactions (message_id, kind, given_at) VALUES ($1, $2, $3)
             ON CONFLICT (message_id, kind) DO NOTHING",
            &params![id, kind, given_at],
        )?,
        None => tx.execute(
            "DELETE FROM own_reactions WHERE message_id = $1 AND kind = $2",
            &params![id, kind],
        )?,
    };
    Ok(())
}
