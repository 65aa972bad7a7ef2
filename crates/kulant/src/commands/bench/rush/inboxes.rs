//! An inbox for each network: the account is opened there, the inbox made here, and the network told
//! where the hook is as soon as somebody listens there.

use anyhow::{Context, Result};
use kulant_care::Care;
use kulant_care::access::operator;
use kulant_care::admin::inboxes::{self, InboxChange, NewInbox};
use kulant_model::ids::InboxId;
use serde_json::{Map, Value, json};

use super::speak::{Desk, Share};

/// An inbox that is connected to a simulated network.
pub(super) struct Inbox {
    pub(super) network: &'static str,
    pub(super) id: InboxId,
    wish: Value,
    poll_seconds: Option<u64>,
    hook_path: Option<String>,
}

impl Inbox {
    /// Opens the account and makes the inbox, so that it is known when the network asks for its hook.
    pub(super) async fn make(care: &Care, desk: &mut Desk, share: &Share) -> Result<Self> {
        let mut wish = json!({
            "network": share.network,
            "handle": share.handle,
            "name": "Nordtal Bahn",
            "push": share.push,
        });
        let opened = desk.order("accounts", &wish).await?;
        let new = NewInbox {
            name: format!("Rush {}", share.network),
            channel: share.network.to_owned(),
            settings: Some(settings(&opened, share.poll_seconds)),
            ..NewInbox::default()
        };
        let (inbox, secret) = inboxes::create(care, &operator(), new)
            .await
            .with_context(|| format!("the inbox of {} could not be made", share.network))?;
        if let Some(secret) = secret {
            wish["hook_secret"] = json!(secret);
        }
        Ok(Self {
            network: share.network,
            id: inbox.id,
            wish,
            poll_seconds: share.poll_seconds,
            hook_path: inbox.managed.and_then(|managed| managed.hook_path),
        })
    }

    /// Tells the network where the hook is; tokens may be new after that.
    pub(super) async fn connect(
        &mut self,
        care: &Care,
        desk: &mut Desk,
        address: &str,
    ) -> Result<()> {
        let Some(path) = &self.hook_path else {
            return Ok(());
        };
        self.wish["hook_url"] = json!(format!("http://{address}{path}"));
        let opened = desk.order("accounts", &self.wish).await?;
        let name = format!("Rush {}", self.network);
        let inbox = inboxes::find_by_name(care, &operator(), &name)
            .await?
            .context("the inbox is gone")?;
        let change = InboxChange {
            settings: Some(settings(&opened, self.poll_seconds)),
            ..InboxChange::default()
        };
        inboxes::change(care, &operator(), inbox.id, (inbox.version, change)).await?;
        Ok(())
    }
}

/// Returns settings and secrets together, as an inbox takes them; what signs is the inbox's own.
fn settings(opened: &Value, poll_seconds: Option<u64>) -> Value {
    let mut all = Map::new();
    if let Some(seconds) = poll_seconds {
        all.insert("poll_seconds".to_owned(), json!(seconds));
    }
    for part in ["settings", "secrets"] {
        if let Some(fields) = opened[part].as_object() {
            all.extend(fields.clone());
        }
    }
    all.remove("signing");
    Value::Object(all)
}
