//! Work for later: who may claim how much of it.

use std::time::Duration;

use kulant_model::ids::{InboxId, JobId};
use kulant_store::jobs::{self, NewJob};
use kulant_store::{StoreError, Tx, params};
use serde_json::json;

use crate::{NOW, databases};

fn keep_inbox(tx: &mut Tx<'_>, id: InboxId) -> Result<(), StoreError> {
    let name = id.to_string();
    for sql in [
        "INSERT INTO brands (id, version, name, slug, details, created_at)
         VALUES ($1, 1, $2, $2, '{}', $3)",
        "INSERT INTO teams (id, version, name, kind, created_at) VALUES ($1, 1, $2, 'staff', $3)",
        "INSERT INTO inboxes (id, version, channel, name, brand_id, team_id, hook_key, slug,
                              settings, secrets, created_at)
         VALUES ($1, 1, 'webhook', $2, $1, $1, $2, $2, '{}', '', $3)",
    ] {
        tx.execute(sql, &params![id, &name, NOW])?;
    }
    Ok(())
}

fn work(id: i64, inbox: Option<InboxId>) -> NewJob {
    NewJob {
        id: JobId(id),
        kind: "deliver",
        key: Some(id.to_string()),
        inbox,
        run_at: NOW,
        payload: json!({}),
    }
}

#[tokio::test]
async fn one_inbox_keeps_no_other_waiting() {
    let (silent, other) = (InboxId(1), InboxId(2));
    let until = NOW.after(Duration::from_secs(60));
    for database in databases().await {
        let claimed = database
            .write(move |tx| -> Result<_, StoreError> {
                keep_inbox(tx, silent)?;
                keep_inbox(tx, other)?;
                for id in 1..=100 {
                    jobs::enqueue(tx, &work(id, Some(silent)))?;
                }
                jobs::enqueue(tx, &work(101, Some(other)))?;
                jobs::enqueue(tx, &work(102, None))?;
                let mut claimed = Vec::new();
                for one in jobs::list_claimable(tx, NOW, 4, 8)? {
                    let jobs = jobs::claim(tx, one.inbox, NOW, until, one.room.min(16))?;
                    claimed.push((one.inbox, jobs.len()));
                }
                assert_eq!(
                    jobs::list_claimable(tx, NOW, 4, 8)?,
                    [],
                    "no more at a time"
                );
                let done = tx.query(
                    "SELECT id FROM jobs WHERE inbox_id = 1 AND claimed_until IS NOT NULL LIMIT 3",
                    &[],
                    |row| row.get::<JobId>(0),
                )?;
                for id in done {
                    jobs::finish(tx, id)?;
                }
                let next = jobs::list_claimable(tx, NOW, 4, 8)?;
                assert_eq!(
                    next.iter()
                        .map(|one| (one.inbox, one.room))
                        .collect::<Vec<_>>(),
                    [(Some(silent), 3)]
                );
                Ok(claimed)
            })
            .await;
        assert_eq!(claimed, [(None, 1), (Some(silent), 4), (Some(other), 1)]);
    }
}

#[tokio::test]
async fn work_of_no_inbox_keeps_no_answer_waiting() {
    let until = NOW.after(Duration::from_secs(60));
    for database in databases().await {
        let claimed = database
            .write(move |tx| -> Result<_, StoreError> {
                keep_inbox(tx, InboxId(1))?;
                for id in 1..=50 {
                    jobs::enqueue(tx, &work(id, None))?;
                }
                jobs::enqueue(tx, &work(51, Some(InboxId(1))))?;
                let mut claimed = Vec::new();
                for _ in 0..2 {
                    for one in jobs::list_claimable(tx, NOW, 4, 8)? {
                        let jobs = jobs::claim(tx, one.inbox, NOW, until, one.room.min(16))?;
                        claimed.push((one.inbox, jobs.len()));
                    }
                }
                // Whose claim is over may be taken over.
                let later = until.after(Duration::from_secs(1));
                let again = jobs::list_claimable(tx, later, 4, 8)?;
                assert_eq!(again[0].room, 8);
                Ok(claimed)
            })
            .await;
        assert_eq!(claimed, [(None, 8), (Some(InboxId(1)), 1)]);
    }
}
