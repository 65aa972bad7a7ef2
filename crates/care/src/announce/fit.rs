//! Whether a text fits an account before anything is sent: which accounts may speak of themselves,
//! how long each counts a text, and what each refuses.

use std::collections::BTreeMap;

use kulant_channels::capability::{SideCapabilities, count_length};
use kulant_model::ids::{BrandId, InboxId};
use kulant_model::message::Visibility;
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::inboxes;
use kulant_store::messages::Attachment;

use super::{NewAnnouncement, find_files};
use crate::accounts::{self, Opened};
use crate::error::CareError;
use crate::reply::LONGEST;
use crate::{Care, access};

/// How many accounts are looked at.
const MOST: i64 = 1_000;

/// An account, and what it can say of itself.
#[derive(Debug, Clone)]
pub struct AccountView {
    pub inbox: InboxId,
    pub name: String,
    pub channel: String,
    pub brand: BrandId,
    pub brand_name: String,
    pub capabilities: &'static SideCapabilities,
    /// Why it can say nothing of itself now, as a key of the locale files.
    pub reason: Option<String>,
}

/// How a text fits an account.
#[derive(Debug, Clone)]
pub struct Fit {
    pub inbox: InboxId,
    pub name: String,
    pub channel: String,
    /// What would stand there.
    pub text: String,
    /// How long the network counts it.
    pub length: usize,
    pub limit: Option<usize>,
    /// Why it would not be sent.
    pub refusal: Option<Refusal>,
}

/// Lists the accounts within a scope whose networks let us speak of ourselves.
pub async fn list_accounts(care: &Care, person: &Person) -> Result<Vec<AccountView>, CareError> {
    access::require(person, Permission::Announce)?;
    let opened = open_all(care, person).await?;
    let now = care.now();
    Ok(opened
        .into_iter()
        .filter_map(|opened| {
            let side = opened.channel.capabilities().public.as_ref()?;
            opened
                .channel
                .capabilities()
                .own_posts
                .then(|| AccountView {
                    inbox: opened.inbox.id,
                    name: opened.inbox.name.clone(),
                    channel: opened.inbox.channel.clone(),
                    brand: opened.inbox.brand,
                    brand_name: opened.inbox.brand_name.clone(),
                    capabilities: side,
                    reason: reason(&opened, now),
                })
        })
        .collect())
}

/// Tells of every account named how its text would fit, in the order in which they are named.
pub async fn preview(
    care: &Care,
    person: &Person,
    new: &NewAnnouncement,
) -> Result<Vec<Fit>, CareError> {
    access::require(person, Permission::Announce)?;
    super::check(new)?;
    let files = find_files(care, person, &new.attachments).await?;
    let known: BTreeMap<InboxId, Opened> = open_all(care, person)
        .await?
        .into_iter()
        .map(|opened| (opened.inbox.id, opened))
        .collect();
    let now = care.now();
    new.inboxes
        .iter()
        .map(|id| {
            let opened = known
                .get(id)
                .ok_or_else(|| CareError::invalid("inboxes", "unknown", "no such account"))?;
            if Some(opened.inbox.brand) != new.brand {
                let detail = format!("{} belongs to another brand", opened.inbox.name);
                return Err(CareError::invalid("inboxes", "of_another_brand", detail));
            }
            Ok(fit(opened, new.text_for(*id), &files, now))
        })
        .collect()
}

async fn open_all(care: &Care, person: &Person) -> Result<Vec<Opened>, CareError> {
    let (scope, opening) = (person.scope.clone(), care.clone());
    care.store
        .read(move |read| {
            inboxes::list(read, &scope, 0, MOST)?
                .into_iter()
                .map(|inbox| accounts::open(&opening, inbox))
                .collect()
        })
        .await
}

fn fit(opened: &Opened, text: &str, files: &[Attachment], now: Timestamp) -> Fit {
    let text = text.trim();
    let side = opened.channel.capabilities().side(Visibility::Public);
    Fit {
        inbox: opened.inbox.id,
        name: opened.inbox.name.clone(),
        channel: opened.inbox.channel.clone(),
        length: side.map_or_else(
            || text.chars().count(),
            |side| count_length(text, side.counts),
        ),
        limit: side.and_then(|side| side.length),
        refusal: refusal(opened, text, files, now),
        text: text.to_owned(),
    }
}

/// Why an account says nothing of itself, whatever it is.
fn reason(opened: &Opened, now: Timestamp) -> Option<String> {
    if opened.inbox.paused_at.is_some() {
        return Some("channel.reason.paused".to_owned());
    }
    let account = opened.account(now);
    opened.channel.own_post_refusal(&account).map(str::to_owned)
}

fn refusal(opened: &Opened, text: &str, files: &[Attachment], now: Timestamp) -> Option<Refusal> {
    if opened.inbox.paused_at.is_some() {
        return Some(Refusal::new("inbox_is_paused"));
    }
    if let Some(reason) = reason(opened, now) {
        return Some(Refusal::new("channel_cannot_send").with("reason", &reason));
    }
    let side = opened.channel.capabilities().public.as_ref()?;
    if text.is_empty() && files.is_empty() {
        return Some(Refusal::new("required"));
    }
    if !side.fits(text) || text.chars().count() > LONGEST {
        let limit = side.length.unwrap_or(LONGEST);
        return Some(Refusal::new("too_long_for_network").with("limit", &limit));
    }
    let Some(limits) = &side.attachments else {
        return (!files.is_empty()).then(|| Refusal::new("network_takes_no_attachments"));
    };
    if files.len() > limits.count {
        return Some(Refusal::new("too_many_attachments").with("limit", &limits.count));
    }
    let largest = files.iter().filter_map(|file| file.size).max();
    let is_too_large = largest.is_some_and(|size| size.unsigned_abs() > limits.bytes_each);
    is_too_large.then(|| Refusal::new("attachment_too_large").with("limit", &limits.bytes_each))
}
