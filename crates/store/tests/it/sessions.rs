//! Sessions and failed sign-ins.

use std::time::Duration;

use kulant_model::ids::{ActorId, AgentId};
use kulant_model::time::Timestamp;
use kulant_store::sessions::{self, Failures, Session};

use crate::{NOW, databases, keep_agent};

const HOUR: Duration = Duration::from_hours(1);

fn session(agent: i64, seen_at: Timestamp) -> Session {
    Session {
        agent: AgentId(agent),
        csrf_token: "token".to_owned(),
        created_at: NOW,
        seen_at,
        expires_at: NOW.after(HOUR * 10),
    }
}

#[tokio::test]
async fn a_session_is_found_with_its_person_until_it_is_removed() {
    for database in databases().await {
        database
            .write(|tx| {
                keep_agent(tx, 1, "a@example.org")?;
                keep_agent(tx, 2, "b@example.org")?;
                sessions::insert(tx, b"one", &session(1, NOW))?;
                sessions::insert(tx, b"two", &session(2, NOW))?;
                let (found, access) = sessions::find(tx, b"one")?.expect("found");
                assert_eq!(found, session(1, NOW));
                assert_eq!((access.agent, access.actor), (AgentId(1), ActorId(101)));

                let later = NOW.after(HOUR);
                sessions::touch(tx, b"one", later)?;
                sessions::touch(tx, b"one", NOW)?;
                let (found, _) = sessions::find(tx, b"one")?.expect("found");
                assert_eq!(found.seen_at, later, "the last use never goes back");

                assert!(sessions::remove(tx, b"one")?);
                assert!(!sessions::remove(tx, b"one")?);
                assert!(sessions::find(tx, b"one")?.is_none());
                assert_eq!(sessions::remove_of_agent(tx, AgentId(2))?, 1);
                assert!(sessions::find(tx, b"two")?.is_none());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn only_what_is_over_is_removed() {
    for database in databases().await {
        let left = database
            .write(|tx| {
                keep_agent(tx, 1, "a@example.org")?;
                sessions::insert(tx, b"fresh", &session(1, NOW.after(HOUR * 5)))?;
                sessions::insert(tx, b"idle", &session(1, NOW))?;
                let (now, idle_since) = (NOW.after(HOUR * 6), NOW.after(HOUR * 2));
                assert_eq!(
                    sessions::remove_expired(tx, AgentId(1), now, idle_since)?,
                    1
                );
                assert!(sessions::find(tx, b"fresh")?.is_some());
                let end = NOW.after(HOUR * 10);
                sessions::remove_expired(tx, AgentId(1), end, NOW)?;
                sessions::find(tx, b"fresh")
            })
            .await;
        assert!(left.is_none());
    }
}

#[tokio::test]
async fn failures_are_counted_locked_and_forgotten() {
    for database in databases().await {
        database
            .write(|tx| {
                assert_eq!(sessions::find_failures(tx, b"a")?, None);
                for count in 1..=3 {
                    assert_eq!(sessions::add_failure(tx, b"a", NOW)?, count);
                }
                assert_eq!(sessions::add_failure(tx, b"b", NOW.after(HOUR))?, 1);
                let until = NOW.after(HOUR);
                sessions::lock(tx, b"a", until)?;
                assert_eq!(sessions::add_failure(tx, b"a", NOW)?, 4);
                assert_eq!(
                    sessions::find_failures(tx, b"a")?,
                    Some(Failures {
                        count: 4,
                        failed_at: NOW,
                        locked_until: Some(until)
                    })
                );
                assert_eq!(sessions::remove_failures_before(tx, NOW.after(HOUR))?, 1);
                assert_eq!(sessions::find_failures(tx, b"a")?, None);
                sessions::remove_failures(tx, b"b")?;
                assert_eq!(sessions::find_failures(tx, b"b")?, None);
                Ok(())
            })
            .await;
    }
}
