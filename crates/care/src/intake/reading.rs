//! Reads stored deliveries before anything is decided: translates them, looks for what searches make of
//! them, puts their files on disk. What cannot be read is told, and stops nothing.

use std::collections::{BTreeMap, BTreeSet};

use kulant_channels::delivery::RawDelivery;
use kulant_channels::inbound::{AttachmentSource, Figures, Inbound, TranslateError, Translation};
use kulant_model::ids::{AttachmentId, InboxId, IntakeId};
use kulant_model::time::Timestamp;
use kulant_store::intakes::{Quarantined, Waiting};
use kulant_store::messages::{self, Attachment};
use serde_json::{Value as Json, json};

use super::seek::Seeking;
use super::world::{Destination, Item};
use crate::Care;
use crate::accounts::Opened;
use crate::error::CareError;
use crate::follow_up::Pointing;

/// How many things of one commit at most, when deliveries hold many each.
const ITEMS: usize = 1_000;

/// What deliveries say.
pub(super) struct Reading {
    /// What one commit takes each.
    pub portions: Vec<Vec<Item>>,
    pub rest: Rest,
}

/// What is written with the last portion.
#[derive(Default)]
pub(super) struct Rest {
    /// The deliveries themselves.
    pub finished: Vec<IntakeId>,
    /// What could not be read.
    pub faults: Vec<Quarantined>,
    /// The deliveries that only point at something.
    pub pointing: Vec<Pointing>,
    /// How messages are doing, and when that was told.
    pub figures: Vec<(Timestamp, Figures)>,
    /// The network's ids of what no search wanted after all.
    pub left_out: Vec<(IntakeId, String)>,
}

/// Translates deliveries into portions that one commit takes each, and what could not be read.
pub(super) async fn read(
    care: &Care,
    (opened, seeking): (&Opened, &Seeking),
    destination: &Destination,
    waiting: &[Waiting],
) -> Result<Reading, CareError> {
    let mut portions = vec![Vec::new()];
    let mut faults = Vec::new();
    let mut left_out = Vec::new();
    for delivery in waiting {
        let account = opened.account(delivery.received_at);
        let raw = raw_of(delivery);
        let translated = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            opened.channel.translate(&account, &raw)
        }));
        let Translation {
            taken,
            unread: unread_items,
        } = match translated {
            Ok(Ok(translation)) => translation,
            Ok(Err(error)) => {
                faults.push(unread(care, destination, delivery.id, 0, &error));
                continue;
            }
            Err(_) => {
                let words = "the translation panicked";
                faults.push(broken(care, destination, delivery.id, &words));
                continue;
            }
        };
        for item in unread_items {
            let index = item.index as i64;
            faults.push(unread(care, destination, delivery.id, index, &item.error));
        }
        let named = if seeking.may_leave_out(&raw) {
            ids_of(&taken)
        } else {
            BTreeSet::new()
        };
        let wanted = seeking.sift(&raw, taken);
        for id in named {
            if !wanted.iter().any(|(inbound, _)| inbound.network_id() == id) {
                left_out.push((delivery.id, id));
            }
        }
        for (mut inbound, sought) in wanted {
            keep_bytes(care, destination.inbox, &mut inbound).await?;
            let is_renaming = matches!(inbound, Inbound::Renaming(_));
            if portions
                .last()
                .is_some_and(|items| is_full(items) || (is_renaming && !items.is_empty()))
            {
                portions.push(Vec::new());
            }
            if let Some(items) = portions.last_mut() {
                items.push(Item {
                    intake: delivery.id,
                    received_at: delivery.received_at,
                    inbound,
                    sought,
                });
            }
            if is_renaming {
                // What follows is read under the names that count from here on.
                portions.push(Vec::new());
            }
        }
    }
    let rest = Rest {
        finished: waiting.iter().map(|one| one.id).collect(),
        faults,
        pointing: list_pointing(opened, waiting),
        figures: list_figures(opened, waiting),
        left_out,
    };
    Ok(Reading { portions, rest })
}

/// Returns whether a commit has enough to do; what belongs to the next thing stays with it.
fn is_full(items: &[Item]) -> bool {
    let is_piece = |item: &Item| matches!(item.inbound, Inbound::Piece(_));
    items.len() >= ITEMS && !items.last().is_some_and(is_piece)
}

/// Lists the network's ids of what is told.
fn ids_of(taken: &[Inbound]) -> BTreeSet<String> {
    taken
        .iter()
        .filter(|inbound| matches!(inbound, Inbound::Post(_) | Inbound::Edit(_)))
        .map(|inbound| inbound.network_id().to_owned())
        .collect()
}

/// Puts files that came inside a delivery on disk, as uploads that wait for their message.
async fn keep_bytes(care: &Care, inbox: InboxId, inbound: &mut Inbound) -> Result<(), CareError> {
    let Inbound::Post(post) = inbound else {
        return Ok(());
    };
    for file in &mut post.attachments {
        let AttachmentSource::Bytes(bytes) = &mut file.source else {
            continue;
        };
        let bytes = std::mem::take(bytes);
        let row = Attachment {
            id: AttachmentId(care.id()),
            message: None,
            inbox: Some(inbox),
            agent: None,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: Some(bytes.len() as i64),
            source_url: None,
            file_name: Some(care.secret()),
            alt: file.alt.clone(),
            created_at: care.now(),
            fetch_at: None,
            missing: None,
        };
        let name = row.file_name.clone().unwrap_or_default();
        care.files.keep(&name, bytes).await.map_err(|error| {
            CareError::Unavailable(format!("a file could not be kept: {error}"))
        })?;
        file.source = AttachmentSource::Upload(row.id.to_string());
        care.store
            .write(move |tx| messages::insert_attachments(tx, &[row]).map_err(CareError::from))
            .await?;
    }
    Ok(())
}

/// Reads what deliveries tell of how messages are doing, and when each was received.
fn list_figures(opened: &Opened, waiting: &[Waiting]) -> Vec<(Timestamp, Figures)> {
    let told = |delivery: &Waiting| {
        let raw = raw_of(delivery);
        let reading = std::panic::AssertUnwindSafe(|| opened.channel.figures(&raw));
        // What cannot be read lies in quarantine already, and tells no figures.
        std::panic::catch_unwind(reading).unwrap_or_default()
    };
    waiting
        .iter()
        .flat_map(|delivery| {
            let figures = told(delivery).into_iter();
            figures.map(|figures| (delivery.received_at, figures))
        })
        .collect()
}

/// Lists the deliveries that only point at something, which is fetched after they are taken in.
fn list_pointing(opened: &Opened, waiting: &[Waiting]) -> Vec<Pointing> {
    waiting
        .iter()
        .filter(|delivery| {
            let account = opened.account(delivery.received_at);
            opened.channel.points_elsewhere(&account, &raw_of(delivery))
        })
        .map(|delivery| Pointing {
            intake: delivery.id,
            inbox: opened.inbox.id,
            kind: delivery.kind.clone(),
            key: delivery.key.clone(),
            received_at: delivery.received_at,
        })
        .collect()
}

pub(super) fn raw_of(delivery: &Waiting) -> RawDelivery {
    RawDelivery {
        kind: delivery.kind.clone(),
        key: delivery.key.clone(),
        headers: serde_json::from_str(&delivery.headers).unwrap_or_default(),
        body: delivery.body.clone(),
        received_at: delivery.received_at,
    }
}

/// A fault of theirs: what came could not be read.
fn unread(
    care: &Care,
    destination: &Destination,
    intake: IntakeId,
    item: i64,
    error: &TranslateError,
) -> Quarantined {
    let facts: BTreeMap<_, _> = error.facts().into_iter().collect();
    let reason = json!({"code": error.code(), "facts": facts, "detail": error.to_string()});
    quarantined(care, destination, (intake, item), &reason)
}

/// A fault of ours: what came could not be taken in.
pub(super) fn broken(
    care: &Care,
    destination: &Destination,
    intake: IntakeId,
    detail: &dyn std::fmt::Display,
) -> Quarantined {
    let reason = json!({"code": "internal", "detail": detail.to_string()});
    quarantined(care, destination, (intake, 0), &reason)
}

fn quarantined(
    care: &Care,
    destination: &Destination,
    (intake, item): (IntakeId, i64),
    reason: &Json,
) -> Quarantined {
    Quarantined {
        id: care.id(),
        intake,
        inbox: destination.inbox,
        item,
        reason: reason.to_string(),
        at: care.now(),
        received_at: care.now(),
    }
}
