//! Looks an installation over and gathers what would trouble it. Changes nothing, and needs no key
//! and no running server, so that it can be asked when neither is there.

use kulant_model::ids::InboxId;
use kulant_model::role::Role;
use kulant_model::time::Timestamp;
use kulant_store::{Store, StoreError, agents, events, inboxes, intakes, jobs, upkeep};

use crate::error::CareError;
use crate::secrets::SecretKeys;
use crate::{access, accounts, followers};

const MANY: i64 = 1_000;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Why a power cut could take what was acknowledged.
    pub weakness: Option<String>,
    pub troubled: Vec<Troubled>,
    /// Names of inboxes whose secrets the key does not open.
    pub sealed_off: Vec<String>,
    pub inbox_count: usize,
    /// How many deliveries are in quarantine, at most a thousand.
    pub quarantined: i64,
    /// When the oldest delivery came that nobody has taken in.
    pub oldest_waiting: Option<Timestamp>,
    /// Since when the oldest job that is due waits.
    pub oldest_due: Option<Timestamp>,
    /// Followers with how many events they have yet to read.
    pub followers: Vec<(&'static str, i64)>,
    pub newest_event_at: Option<Timestamp>,
    pub administrators: i64,
}

/// An inbox with what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Troubled {
    pub inbox: String,
    /// The stable word of the trouble.
    pub class: String,
    /// What the other side said; may be empty.
    pub detail: String,
}

/// Returns whether there are secrets that only the installation's own key opens.
pub async fn has_sealed(store: &Store) -> Result<bool, CareError> {
    Ok(!list_inboxes(store).await?.is_empty())
}

/// Looks the database over.
pub async fn look_over(store: &Store, keys: Option<SecretKeys>) -> Result<Findings, CareError> {
    let mut findings: Findings = store
        .read(|read| {
            let newest = events::newest(read)?;
            let last = events::list_after(read, newest - 1, 1)?;
            let mut lags = Vec::new();
            for name in followers::NAMES {
                lags.push((*name, newest - events::follower(read, name)?));
            }
            Ok::<_, StoreError>(Findings {
                weakness: upkeep::find_weakness(read)?,
                quarantined: intakes::count_quarantined(read, MANY)?,
                oldest_due: jobs::find_next_due(read)?,
                followers: lags,
                newest_event_at: last.first().map(|event| event.event.at),
                administrators: agents::count_signing_in(read, Role::Administrator)?,
                ..Findings::default()
            })
        })
        .await?;
    let rows = list_inboxes(store).await?;
    let ids: Vec<InboxId> = rows.iter().map(|row| row.id).collect();
    findings.oldest_waiting = store
        .read(move |read| inboxes::oldest_waiting(read, &ids).map_err(CareError::from))
        .await?
        .into_iter()
        .map(|(_, at)| at)
        .min();
    findings.inbox_count = rows.len();
    for row in rows {
        let said = |field: &str| row.trouble.get(field).and_then(|words| words.as_str());
        if let Some(class) = said("class") {
            findings.troubled.push(Troubled {
                inbox: row.name.clone(),
                class: class.to_owned(),
                detail: said("detail").unwrap_or_default().to_owned(),
            });
        }
        let opens = keys
            .as_ref()
            .is_some_and(|keys| accounts::can_open(keys, row.id, &row.secrets));
        if !opens {
            findings.sealed_off.push(row.name);
        }
    }
    Ok(findings)
}

async fn list_inboxes(store: &Store) -> Result<Vec<inboxes::Inbox>, CareError> {
    const PAGE: i64 = 200;
    let mut all: Vec<inboxes::Inbox> = Vec::new();
    loop {
        let after = all.last().map_or(0, |row| row.id.0);
        let page = store
            .read(move |read| {
                inboxes::list(read, &access::scope_of_system(), after, PAGE)
                    .map_err(CareError::from)
            })
            .await?;
        let ended = page.len() < PAGE as usize;
        all.extend(page);
        if ended {
            return Ok(all);
        }
    }
}
