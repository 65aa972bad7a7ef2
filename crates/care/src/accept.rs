//! Takes a raw delivery from a network: is it genuine, is it stored? Nothing else happens here.

use kulant_channels::delivery::VerifyError;
use kulant_model::ids::IntakeId;
use kulant_store::{intakes, intakes::NewIntake};

pub use kulant_channels::delivery::RawDelivery;

use crate::Care;
use crate::accounts;
use crate::error::CareError;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Stored durably; it will be taken in.
    Stored,
    /// It was there before.
    Duplicate,
}

/// Why a delivery was turned away.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    #[error("no inbox has this hook")]
    NoInbox,
    #[error("not genuine: {0}")]
    NotGenuine(VerifyError),
    #[error(transparent)]
    Care(#[from] CareError),
}

/// Checks and stores a delivery; it is durable when this returns.
pub async fn accept(
    care: &Care,
    hook_key: &str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
) -> Result<Accepted, NotAccepted> {
    let now = care.now();
    let open = accounts::find_by_hook_key(care, hook_key)
        .await?
        .ok_or(NotAccepted::NoInbox)?;
    let mut raw = RawDelivery {
        kind: String::new(),
        key: String::new(),
        headers,
        body,
        received_at: now,
    };
    let name = open
        .channel
        .verify(&open.account(now), &raw)
        .map_err(NotAccepted::NotGenuine)?;
    raw.kind = name.kind;
    raw.key = name.key;

    let stored = store(care, open.inbox.id, vec![raw]).await?;
    Ok(if stored == 0 {
        Accepted::Duplicate
    } else {
        Accepted::Stored
    })
}

/// Stores deliveries that were fetched or made by ourselves; returns how many were new.
pub async fn store(
    care: &Care,
    inbox: kulant_model::ids::InboxId,
    deliveries: Vec<RawDelivery>,
) -> Result<usize, CareError> {
    let rows = rows(care, inbox, deliveries);
    let stored: Result<_, CareError> = care
        .store
        .write(move |tx| Ok(intakes::insert(tx, &rows)?.len()))
        .await;
    stored
}

/// Makes the rows of deliveries that are to be stored together with something else.
pub(crate) fn rows(
    care: &Care,
    inbox: kulant_model::ids::InboxId,
    deliveries: Vec<RawDelivery>,
) -> Vec<NewIntake> {
    deliveries
        .into_iter()
        .map(|raw| NewIntake {
            id: IntakeId(care.id()),
            inbox,
            kind: raw.kind,
            key: raw.key,
            headers: serde_json::to_string(&raw.headers).unwrap_or_else(|_| "[]".to_owned()),
            body: raw.body,
            received_at: raw.received_at,
        })
        .collect()
}
