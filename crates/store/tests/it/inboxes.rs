//! Inboxes: found by every key they have, listed within a scope, health kept apart from versions.

use std::time::Duration;

use kulant_model::ids::{InboxId, TeamId};
use kulant_model::role::Scope;
use kulant_store::versions::Versioned;
use kulant_store::{StoreError, Tx, brands, inboxes, params, teams};
use serde_json::json;

use crate::{NOW, brand, databases, inbox, team};

fn ground(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    brands::insert(tx, &brand(1, "b"))?;
    teams::insert(tx, &team(1, "Service"))?;
    teams::insert(tx, &team(2, "Agentur"))?;
    assert!(inboxes::insert(tx, &inbox(1, "Post"))?);
    let mut other = inbox(2, "Kommentare");
    other.team = TeamId(2);
    assert!(inboxes::insert(tx, &other)?);
    Ok(())
}

#[tokio::test]
async fn an_inbox_is_found_by_every_key() {
    for database in databases().await {
        database
            .write(|tx| {
                ground(tx)?;
                assert!(
                    !inboxes::insert(tx, &inbox(3, "Post"))?,
                    "the name is taken"
                );
                let kept = inboxes::find(tx, InboxId(1))?.expect("kept");
                assert_eq!(kept, inbox(1, "Post"));
                for found in [
                    inboxes::find_by_hook_key(tx, "key-1")?,
                    inboxes::find_by_slug(tx, "slug-1")?,
                    inboxes::find_by_name(tx, "Post")?,
                ] {
                    assert_eq!(found.map(|inbox| inbox.id), Some(InboxId(1)));
                }
                assert!(inboxes::has_slug(tx, "slug-2")? && !inboxes::has_slug(tx, "slug-3")?);
                assert!(!inboxes::is_referred_to(tx, InboxId(1))?);
                inboxes::remove(tx, InboxId(1))?;
                assert_eq!(inboxes::find(tx, InboxId(1))?, None);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn lists_stay_within_the_scope_and_the_state() {
    for database in databases().await {
        database
            .write(|tx| {
                ground(tx)?;
                let ids = |inboxes: Vec<inboxes::Inbox>| {
                    inboxes.iter().map(|inbox| inbox.id.0).collect::<Vec<_>>()
                };
                let second = Scope::Teams([TeamId(2)].into());
                let none = Scope::Teams([].into());
                assert_eq!(ids(inboxes::list(tx, &Scope::Everything, 0, 10)?), [1, 2]);
                assert_eq!(ids(inboxes::list(tx, &Scope::Everything, 1, 10)?), [2]);
                assert_eq!(ids(inboxes::list(tx, &second, 0, 10)?), [2]);
                assert_eq!(ids(inboxes::list(tx, &none, 0, 10)?), Vec::<i64>::new());

                let mut paused = inbox(1, "Post");
                paused.paused_at = Some(NOW);
                assert_eq!(
                    inboxes::update(tx, &paused)?,
                    Versioned::Done { version: 2 }
                );
                assert_eq!(
                    inboxes::update(tx, &paused)?,
                    Versioned::Lost { current: 2 }
                );
                assert_eq!(ids(inboxes::list_active(tx, 0, 10)?), [2]);
                assert_eq!(ids(inboxes::list(tx, &Scope::Everything, 0, 10)?), [1, 2]);
                paused.version = 2;
                paused.archived_at = Some(NOW);
                inboxes::update(tx, &paused)?;
                assert_eq!(ids(inboxes::list(tx, &Scope::Everything, 0, 10)?), [2]);
                assert_eq!(inboxes::find_by_hook_key(tx, "key-1")?, None);
                assert_eq!(inboxes::find_by_slug(tx, "slug-1")?, None);
                assert!(inboxes::find(tx, InboxId(1))?.is_some());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn health_is_noted_without_a_new_version() {
    for database in databases().await {
        database
            .write(|tx| {
                ground(tx)?;
                let later = NOW.after(Duration::from_secs(5));
                inboxes::touch_received(tx, InboxId(1), later)?;
                inboxes::touch_received(tx, InboxId(1), NOW)?;
                inboxes::save_cursor(tx, InboxId(1), "c1", NOW)?;
                inboxes::save_trouble(tx, InboxId(1), &json!({"class": "gone"}), later)?;
                inboxes::save_secrets(tx, InboxId(1), b"sealed")?;
                let kept = inboxes::find(tx, InboxId(1))?.expect("kept");
                assert_eq!(kept.version, 1);
                assert_eq!(kept.last_received_at, Some(later));
                assert_eq!(kept.poll_cursor.as_deref(), Some("c1"));
                assert_eq!(kept.trouble["class"], "gone");
                assert_eq!(kept.checked_at, Some(later));
                assert_eq!(kept.secrets, b"sealed");
                inboxes::save_trouble(tx, InboxId(1), &serde_json::Value::Null, later)?;
                let mended = inboxes::find(tx, InboxId(1))?.expect("kept");
                assert!(mended.trouble.is_null());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn the_oldest_waiting_delivery_is_told() {
    for database in databases().await {
        let waiting = database
            .write(|tx| {
                ground(tx)?;
                for (id, second) in [(7_i64, 20), (8, 30)] {
                    tx.execute(
                        "INSERT INTO intakes (id, inbox_id, kind, delivery_key, headers, received_at)
                         VALUES ($1, $2, 'push', $3, '[]', $4)",
                        &params![id, 1_i64, id.to_string(), NOW.after(Duration::from_secs(second))],
                    )?;
                    tx.execute(
                        "INSERT INTO intake_jobs (intake_id, inbox_id, run_at, attempts)
                         VALUES ($1, $2, $3, 0)",
                        &params![id, 1_i64, NOW],
                    )?;
                }
                assert!(inboxes::is_referred_to(tx, InboxId(1))?);
                inboxes::oldest_waiting(tx, &[InboxId(1), InboxId(2)])
            })
            .await;
        assert_eq!(waiting, [(InboxId(1), NOW.after(Duration::from_secs(20)))]);
    }
}
