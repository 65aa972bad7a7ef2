//! The pieces of albums: messages of a network that are one message here.

use kulant_model::ids::{AttachmentId, InboxId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

/// One piece of an album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub network_id: String,
    pub album: String,
    /// The message that all pieces are here.
    pub message: MessageId,
    /// Whether words came with it.
    pub has_words: bool,
    pub attachment: Option<AttachmentId>,
    pub deleted_at: Option<Timestamp>,
}

const PIECE: &str =
    "p.network_id, p.album_key, p.message_id, p.has_words, p.attachment_id, p.deleted_at";

/// Lists all pieces of the albums of which one piece has one of these network ids.
pub fn list_beside(
    read: &mut Read<'_>,
    inbox: InboxId,
    network_ids: &[&str],
) -> Result<Vec<Piece>, StoreError> {
    list(read, inbox, network_ids, "network_id")
}

/// Lists all pieces of these albums.
pub fn list_of_albums(
    read: &mut Read<'_>,
    inbox: InboxId,
    albums: &[&str],
) -> Result<Vec<Piece>, StoreError> {
    list(read, inbox, albums, "album_key")
}

fn list(
    read: &mut Read<'_>,
    inbox: InboxId,
    keys: &[&str],
    column: &str,
) -> Result<Vec<Piece>, StoreError> {
    let keys: Vec<Vec<Value>> = keys.iter().map(|key| params![inbox, *key].into()).collect();
    read.query_keys(
        &format!(
            "SELECT DISTINCT {PIECE} FROM (VALUES {{keys}}) AS k
             JOIN pieces named ON named.inbox_id = k.column1 AND named.{column} = k.column2
             JOIN pieces p ON p.message_id = named.message_id"
        ),
        &[],
        &keys,
        piece,
    )
}

/// Keeps pieces as they are now.
pub fn save(tx: &mut Tx<'_>, inbox: InboxId, pieces: &[Piece]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = pieces
        .iter()
        .map(|piece| {
            params![
                inbox,
                &piece.network_id,
                &piece.album,
                piece.message,
                piece.has_words,
                piece.attachment,
                piece.deleted_at
            ]
            .into()
        })
        .collect();
    tx.insert(
        "INSERT INTO pieces (inbox_id, network_id, album_key, message_id, has_words, attachment_id, deleted_at)",
        &rows,
        "ON CONFLICT (inbox_id, network_id) DO UPDATE SET deleted_at = excluded.deleted_at",
    )?;
    Ok(())
}

/// Puts marks in the place of the ids and keys of an erased message's pieces.
pub(crate) fn erase(
    tx: &mut Tx<'_>,
    message: MessageId,
    mark: impl Fn(&str) -> String,
) -> Result<(), StoreError> {
    let pieces = tx.query(
        &format!("SELECT {PIECE} FROM pieces p WHERE p.message_id = $1"),
        &params![message],
        piece,
    )?;
    for piece in pieces {
        let marked = |text: &str| {
            if text.starts_with(crate::erasing::MARK) {
                text.to_owned()
            } else {
                mark(text)
            }
        };
        tx.execute(
            "UPDATE pieces SET network_id = $3, album_key = $4
             WHERE message_id = $1 AND network_id = $2",
            &params![
                message,
                &piece.network_id,
                marked(&piece.network_id),
                marked(&piece.album)
            ],
        )?;
    }
    Ok(())
}

fn piece(row: &Row<'_>) -> Result<Piece, StoreError> {
    Ok(Piece {
        network_id: row.get(0)?,
        album: row.get(1)?,
        message: row.get(2)?,
        has_words: row.get(3)?,
        attachment: row.get(4)?,
        deleted_at: row.get(5)?,
    })
}
