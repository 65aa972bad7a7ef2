//! Agents: addresses, versions, passwords, preferences and invitations.

use kulant_model::ids::{ActorId, AgentId};
use kulant_model::role::Role;
use kulant_store::agents::{self, Invitation};
use kulant_store::versions::Versioned;
use serde_json::json;
use std::time::Duration;

use crate::{NOW, agent, databases, keep_agent};

#[tokio::test]
async fn an_agent_is_kept_changed_and_found() {
    for database in databases().await {
        database
            .write(|tx| {
                keep_agent(tx, 1, "a@example.org")?;
                assert!(!agents::insert(tx, &agent(2, "a@example.org"))?);
                assert_eq!(
                    agents::find(tx, AgentId(1))?,
                    Some(agent(1, "a@example.org"))
                );

                let mut changed = agent(1, "b@example.org");
                changed.role = Role::Administrator;
                assert_eq!(
                    agents::update(tx, &changed)?,
                    Versioned::Done { version: 2 }
                );
                assert_eq!(
                    agents::update(tx, &changed)?,
                    Versioned::Lost { current: 2 }
                );
                assert_eq!(agents::count_signing_in(tx, Role::Administrator)?, 0);
                agents::save_password(tx, AgentId(1), "$argon2id$")?;
                assert_eq!(agents::count_signing_in(tx, Role::Administrator)?, 1);

                let preferences = json!({"theme": "light"});
                agents::save_preferences(tx, AgentId(1), &preferences, Some("AB"), Some(NOW))?;
                let kept = agents::find_by_email(tx, "b@example.org")?.expect("found");
                assert_eq!(kept.preferences, preferences);
                assert_eq!(kept.initials.as_deref(), Some("AB"));
                assert_eq!(kept.initials_consented_at, Some(NOW));
                assert_eq!(kept.version, 2, "preferences are nobody else's matter");

                let access = agents::find_access(tx, AgentId(1))?.expect("known");
                assert_eq!(
                    (access.actor, access.role),
                    (ActorId(101), Role::Administrator)
                );
                assert_eq!(agents::count(tx)?, 1);
                assert_eq!(agents::list(tx, 0, 10)?.len(), 1);
                assert_eq!(agents::list(tx, 1, 10)?.len(), 0);
                let known = agents::list_enabled(tx, &[AgentId(1), AgentId(9)])?;
                assert_eq!(known, [AgentId(1)]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn an_invitation_works_once() {
    for database in databases().await {
        database
            .write(|tx| {
                keep_agent(tx, 1, "a@example.org")?;
                let invitation = Invitation {
                    agent: AgentId(1),
                    created_at: NOW,
                    expires_at: NOW.after(Duration::from_secs(60)),
                    used_at: None,
                };
                agents::insert_invitation(tx, b"one", &invitation)?;
                agents::insert_invitation(tx, b"two", &invitation)?;
                assert_eq!(agents::find_invitation(tx, b"one")?, Some(invitation));
                assert!(agents::use_invitation(tx, b"one", NOW)?);
                assert!(!agents::use_invitation(tx, b"one", NOW)?);
                agents::remove_open_invitations(tx, AgentId(1))?;
                assert_eq!(agents::find_invitation(tx, b"two")?, None);
                let used = agents::find_invitation(tx, b"one")?.expect("kept");
                assert_eq!(used.used_at, Some(NOW));
                Ok(())
            })
            .await;
    }
}
