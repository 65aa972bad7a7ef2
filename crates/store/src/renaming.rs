//! Identities that their network calls otherwise from now on, and two that turn out to be one.

use kulant_model::ids::InboxId;

use crate::contacts::Identity;
use crate::error::StoreError;
use crate::params;
use crate::sql::Tx;

/// Gives private threads that are named after a person the person's new id. Where the new one has a
/// thread already, what is said from now on belongs to that.
pub fn move_threads(
    tx: &mut Tx<'_>,
    inbox: InboxId,
    (from, to): (&str, &str),
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE threads SET thread_key = $3 WHERE inbox_id = $1 AND thread_key = $2
           AND NOT EXISTS (SELECT 1 FROM threads t WHERE t.inbox_id = $1 AND t.thread_key = $3)",
        "UPDATE messages SET thread_key = $3 WHERE inbox_id = $1 AND thread_key = $2",
        "UPDATE conversation_links SET thread_key = $3 WHERE inbox_id = $1 AND thread_key = $2",
    ] {
        tx.execute(sql, &params![inbox, from, to])?;
    }
    tx.execute(
        "DELETE FROM threads WHERE inbox_id = $1 AND thread_key = $2",
        &params![inbox, from],
    )?;
    Ok(())
}

/// Puts one identity in the place of another of the same person. What that one wrote, its reactions,
/// its conversations, and everything else of its contact go over; no word of either is lost.
pub fn join(tx: &mut Tx<'_>, gone: &Identity, into: &Identity) -> Result<(), StoreError> {
    for sql in [
        "UPDATE messages SET identity_id = $2 WHERE identity_id = $1",
        "UPDATE conversations SET identity_id = $2, version = version + 1 WHERE identity_id = $1",
        "DELETE FROM reactions WHERE identity_id = $1 AND EXISTS (
           SELECT 1 FROM reactions o WHERE o.identity_id = $2
             AND o.message_id = reactions.message_id AND o.kind = reactions.kind)",
        "UPDATE reactions SET identity_id = $2 WHERE identity_id = $1",
        "UPDATE identities SET
           refuses_since = COALESCE(refuses_since, (SELECT g.refuses_since FROM identities g WHERE g.id = $1)),
           name = COALESCE(name, (SELECT g.name FROM identities g WHERE g.id = $1))
         WHERE id = $2",
    ] {
        tx.execute(sql, &params![gone.id, into.id])?;
    }
    tx.execute("DELETE FROM identities WHERE id = $1", &params![gone.id])?;
    if gone.contact == into.contact {
        return Ok(());
    }
    for sql in [
        "UPDATE identities SET contact_id = $2 WHERE contact_id = $1",
        "UPDATE conversations SET contact_id = $2, version = version + 1 WHERE contact_id = $1",
        "UPDATE contacts SET version = version + 1,
           name = COALESCE(name, (SELECT g.name FROM contacts g WHERE g.id = $1)),
           note = CASE WHEN (SELECT g.note FROM contacts g WHERE g.id = $1) IS NULL THEN note
                       WHEN note IS NULL THEN (SELECT g.note FROM contacts g WHERE g.id = $1)
                       ELSE note || '\n' || (SELECT g.note FROM contacts g WHERE g.id = $1) END
         WHERE id = $2",
    ] {
        tx.execute(sql, &params![gone.contact, into.contact])?;
    }
    tx.execute("DELETE FROM contacts WHERE id = $1", &params![gone.contact])?;
    Ok(())
}

/// Gives an identity the id and the handle by which its network calls it now.
pub fn rename(tx: &mut Tx<'_>, identity: &Identity) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE identities SET network_id = $2, handle = $3 WHERE id = $1",
        &params![
            identity.id,
            &identity.network_id,
            identity.handle.as_deref()
        ],
    )?;
    Ok(())
}
