//! Inboxes made ready for use: their channel, their settings and their secrets, opened.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kulant_channels::Channel;
use kulant_channels::capability::{IdentityRealm, IntakeWay};
use kulant_channels::delivery::{Account, RawDelivery, VerifyError};
use kulant_model::ids::InboxId;
use kulant_model::time::Timestamp;
use kulant_store::inboxes::{self, Inbox};
use serde_json::Value as Json;

use crate::Care;
use crate::error::CareError;

/// How long an opened inbox may be used before it is read again.
const FRESH: Duration = Duration::from_secs(1);

/// An inbox with what is needed to speak for it.
pub struct Opened {
    pub inbox: Inbox,
    pub channel: &'static dyn Channel,
    hook_url: String,
    secrets: Json,
}

impl Opened {
    /// Returns the account as its channel takes it, at this time.
    pub fn account(&self, now: Timestamp) -> Account {
        Account {
            inbox_id: self.inbox.id.to_string(),
            settings: self.inbox.settings.clone(),
            secrets: crate::admin::inboxes::secrets_at(&self.secrets, now),
            hook_url: self.hook_url.clone(),
            now,
        }
    }

    /// Returns whether its network may call its hook.
    pub fn takes_deliveries(&self, now: Timestamp) -> bool {
        let nothing = RawDelivery {
            kind: String::new(),
            key: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
            received_at: now,
        };
        let verified = self.channel.verify(&self.account(now), &nothing);
        verified != Err(VerifyError::NotOffered)
    }

    /// Returns whether what was said before it was connected comes in as well.
    pub fn fills_history(&self) -> bool {
        let capabilities = self.channel.capabilities();
        capabilities.fills_gaps || capabilities.intake == IntakeWay::Poll
    }

    /// Returns within which bounds the network's ids of people are unique.
    pub fn realm(&self) -> String {
        match self.channel.capabilities().identity_realm {
            IdentityRealm::Inbox => self.inbox.id.to_string(),
            IdentityRealm::Network => self.inbox.channel.clone(),
        }
    }
}

/// Inboxes opened a moment ago, so that a rush of deliveries reads each of them once a second.
#[derive(Default)]
pub(crate) struct Recent {
    by_key: Mutex<HashMap<String, (Timestamp, Arc<Opened>)>>,
}

/// Finds the inbox that a hook's path belongs to; none if it is gone. A paused one still takes in.
pub(crate) async fn find_by_hook_key(
    care: &Care,
    key: &str,
) -> Result<Option<Arc<Opened>>, CareError> {
    let now = care.now();
    let known = lock(&care.recent.by_key).get(key).cloned();
    if let Some((at, opened)) = known
        && now.since(at) < FRESH
    {
        return Ok(Some(opened));
    }
    let wanted = key.to_owned();
    let found: Option<Inbox> = care
        .store
        .read(move |read| inboxes::find_by_hook_key(read, &wanted).map_err(CareError::from))
        .await?;
    let mut recent = lock(&care.recent.by_key);
    recent.retain(|_, (at, _)| now.since(*at) < FRESH);
    let Some(inbox) = found else {
        return Ok(None);
    };
    let opened = Arc::new(open(care, inbox)?);
    if opened.secrets.is_null() {
        // Turned away as not genuine, a network would not send it again.
        return Err(CareError::Unavailable(
            "the secrets of the inbox cannot be opened".to_owned(),
        ));
    }
    recent.insert(key.to_owned(), (now, Arc::clone(&opened)));
    Ok(Some(opened))
}

/// Returns whether an inbox takes deliveries under this key. Asked before a body is read; what is
/// found stays at hand for `accept`.
pub async fn has_hook(care: &Care, key: &str) -> Result<bool, CareError> {
    Ok(find_by_hook_key(care, key).await?.is_some())
}

/// Finds and opens an inbox by its id.
pub(crate) async fn find(care: &Care, id: InboxId) -> Result<Option<Opened>, CareError> {
    let found: Option<Inbox> = care
        .store
        .read(move |read| inboxes::find(read, id).map_err(CareError::from))
        .await?;
    found.map(|inbox| open(care, inbox)).transpose()
}

/// Opens an inbox: its channel and its secrets.
pub(crate) fn open(care: &Care, inbox: Inbox) -> Result<Opened, CareError> {
    let channel = kulant_channels::find(&inbox.channel)
        .ok_or_else(|| CareError::Internal(format!("the channel {} is unknown", inbox.channel)))?;
    // Without its key an inbox can still be read; nothing is believed or sent in its name.
    let secrets = open_secrets(care, inbox.id, &inbox.secrets).unwrap_or_else(|error| {
        tracing::warn!(error = %error, inbox.id = %inbox.id, "the secrets of an inbox cannot be opened");
        Json::Null
    });
    Ok(Opened {
        hook_url: format!("{}{}", care.settings.public_url, hook_path(&inbox)),
        inbox,
        channel,
        secrets,
    })
}

/// Returns the path under which a network delivers to an inbox.
pub(crate) fn hook_path(inbox: &Inbox) -> String {
    format!("/hooks/{}", inbox.hook_key)
}

/// Returns whether these keys open the secrets of an inbox.
pub(crate) fn can_open(keys: &crate::secrets::SecretKeys, inbox: InboxId, sealed: &[u8]) -> bool {
    keys.opens(&place_of(inbox), sealed)
}

/// Names the one place where the secrets of an inbox can be opened.
fn place_of(inbox: InboxId) -> String {
    format!("inbox/{inbox}")
}

/// Seals the secrets of an inbox, as its row keeps them.
pub(crate) fn seal_secrets(
    care: &Care,
    inbox: InboxId,
    secrets: &Json,
) -> Result<Vec<u8>, CareError> {
    care.seal(&place_of(inbox), secrets.to_string().as_bytes())
}

/// Opens the secrets of an inbox.
pub(crate) fn open_secrets(care: &Care, inbox: InboxId, sealed: &[u8]) -> Result<Json, CareError> {
    let bytes = care.open_sealed(&place_of(inbox), sealed)?;
    serde_json::from_slice(&bytes)
        .map_err(|_| CareError::Internal("the secrets of an inbox cannot be read".to_owned()))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
