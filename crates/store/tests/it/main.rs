//! The conformance suite: what every aggregate promises, held on both databases.

mod agents;
mod alerts;
mod brands;
mod contacts;
mod conversations;
mod database;
mod erasing;
mod idempotency;
mod inboxes;
mod jobs;
mod messages;
mod pool;
mod searches;
mod sessions;
mod tags;
mod teams;
mod tls;
mod tokens;
mod views;

use kulant_model::brand::BrandDetails;
use kulant_model::ids::{ActorId, AgentId, BrandId, InboxId, TeamId};
use kulant_model::role::Role;
use kulant_model::team::TeamKind;
use kulant_store::{StoreError, Tx};
use serde_json::json;

pub use database::{Database, NOW, databases};

impl Database {
    /// Writes in one transaction.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.write(work).await.expect("written")
    }
}

pub fn brand(id: i64, slug: &str) -> kulant_store::brands::Brand {
    kulant_store::brands::Brand {
        id: BrandId(id),
        version: 1,
        name: slug.to_uppercase(),
        slug: slug.to_owned(),
        details: serde_json::to_value(BrandDetails::default()).expect("JSON"),
        created_at: NOW,
        archived_at: None,
    }
}

pub fn team(id: i64, name: &str) -> kulant_store::teams::Team {
    kulant_store::teams::Team {
        id: TeamId(id),
        version: 1,
        name: name.to_owned(),
        kind: TeamKind::Agency,
        signature: Some("Ihr Team".to_owned()),
        created_at: NOW,
        archived_at: None,
    }
}

pub fn agent(id: i64, email: &str) -> kulant_store::agents::Agent {
    kulant_store::agents::Agent {
        id: AgentId(id),
        version: 1,
        email: email.to_owned(),
        name: format!("Agent {id}"),
        role: Role::Agent,
        password_hash: None,
        initials: None,
        initials_consented_at: None,
        preferences: json!({"theme": "dark"}),
        created_at: NOW,
        disabled_at: None,
    }
}

/// Keeps an agent with the actor whose number is a hundred higher.
pub fn keep_agent(tx: &mut Tx<'_>, id: i64, email: &str) -> Result<(), StoreError> {
    assert!(kulant_store::agents::insert(tx, &agent(id, email))?);
    kulant_store::actors::insert(tx, ActorId(id + 100), AgentId(id))
}

/// An inbox of brand 1 and team 1.
pub fn inbox(id: i64, name: &str) -> kulant_store::inboxes::Inbox {
    kulant_store::inboxes::Inbox {
        id: InboxId(id),
        version: 1,
        channel: "webhook".to_owned(),
        name: name.to_owned(),
        brand: BrandId(1),
        brand_name: "B".to_owned(),
        team: TeamId(1),
        team_name: "Service".to_owned(),
        hook_key: format!("key-{id}"),
        slug: format!("slug-{id}"),
        settings: json!({"answer_url": "https://example.org/"}),
        secrets: vec![0, 1, 255],
        poll_cursor: None,
        trouble: serde_json::Value::Null,
        checked_at: None,
        last_received_at: None,
        created_at: NOW,
        paused_at: None,
        archived_at: None,
        quiet_until: None,
        knocked_at: None,
    }
}
