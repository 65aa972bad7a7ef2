//! Holds connections open to networks that tell of news as they come: one task for each inbox, in one
//! process at a time, begun anew with growing pauses after it ended.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use kulant_channels::delivery::Polled;
use kulant_channels::outbound::SendError;
use kulant_model::ids::InboxId;
use kulant_store::inboxes::{self, Inbox};
use kulant_store::leases;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tracing::warn;

use super::{nap, polling};
use crate::accounts::{self, Opened};
use crate::error::CareError;
use crate::{Care, accept, health, renewing};

/// How long a connection stays with its process, which renews it thrice in that time.
const LEASE: Duration = Duration::from_secs(30);
/// How often it is looked which inboxes are to be listened to.
const LOOK: Duration = Duration::from_secs(2);
/// The longest pause before a connection is tried again.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What a task listens with; it is begun anew when one of these changes.
type Setting = (i64, Vec<u8>);

/// Listens to every inbox that can be listened to, until `stop` turns true.
pub(super) async fn run(care: Care, mut stop: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    let mut running: HashMap<InboxId, (Setting, AbortHandle)> = HashMap::new();
    let mut mute: HashMap<InboxId, Setting> = HashMap::new();
    while !*stop.borrow() {
        while tasks.try_join_next().is_some() {}
        match list(&care).await {
            Ok(inboxes) => {
                running.retain(|id, (setting, task)| {
                    let stays = inboxes
                        .get(id)
                        .is_some_and(|inbox| setting_of(inbox) == *setting);
                    if !stays {
                        task.abort();
                    }
                    stays && !task.is_finished()
                });
                mute.retain(|id, _| inboxes.contains_key(id));
                for (id, inbox) in inboxes {
                    let setting = setting_of(&inbox);
                    if running.contains_key(&id) || mute.get(&id) == Some(&setting) {
                        continue;
                    }
                    if can_be_heard(&care, inbox) {
                        let task = tasks.spawn(listen(care.clone(), id));
                        running.insert(id, (setting, task));
                    } else {
                        mute.insert(id, setting);
                    }
                }
            }
            Err(error) => warn!(error = %error, "it is not known whom to listen to"),
        }
        nap(&mut stop, LOOK).await;
    }
    tasks.shutdown().await;
    for inbox in running.keys() {
        if let Err(error) = give_back(&care, *inbox).await {
            warn!(error = %error, inbox.id = %inbox, "a connection stays with us for some seconds");
        }
    }
}

/// Returns whether an inbox is one that is listened to, as it is set up now.
pub(super) fn is_heard(care: &Care, opened: &Opened) -> bool {
    let account = opened.account(care.now());
    opened.channel.listen(&account, None, &care.http).is_some()
}

fn can_be_heard(care: &Care, inbox: Inbox) -> bool {
    accounts::open(care, inbox).is_ok_and(|opened| is_heard(care, &opened))
}

fn setting_of(inbox: &Inbox) -> Setting {
    (inbox.version, inbox.secrets.clone())
}

async fn list(care: &Care) -> Result<HashMap<InboxId, Inbox>, CareError> {
    let inboxes: Vec<Inbox> = care
        .store
        .read(|read| inboxes::list_active(read, 0, 10_000).map_err(CareError::from))
        .await?;
    Ok(inboxes
        .into_iter()
        .filter(|inbox| !health::is_stopped(&inbox.trouble))
        .map(|inbox| (inbox.id, inbox))
        .collect())
}

/// Listens to one inbox for as long as it is set up like this.
async fn listen(care: Care, id: InboxId) {
    let mut failures = 0_u32;
    loop {
        match hold(&care, id).await {
            Ok(Ended::Heard) => failures = 0,
            Ok(Ended::Deaf) => failures = failures.saturating_add(1),
            Ok(Ended::Over) => return,
            Err(error) => {
                failures = failures.saturating_add(1);
                warn!(error = %error, inbox.id = %id, "a connection could not be held");
            }
        }
        let pause = Duration::from_secs(1 << failures.min(9));
        tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
    }
}

/// How a connection ended.
enum Ended {
    /// After it told something.
    Heard,
    /// Before it told anything.
    Deaf,
    /// For good: the inbox is gone, or its network has no such way.
    Over,
}

async fn hold(care: &Care, id: InboxId) -> Result<Ended, CareError> {
    if !take_lease(care, id).await? {
        // Another process listens.
        return Ok(Ended::Deaf);
    }
    let Some(opened) = accounts::find(care, id).await? else {
        return Ok(Ended::Over);
    };
    let account = opened.account(care.now());
    let cursor = opened.inbox.poll_cursor.clone();
    let Some(mut news) = opened
        .channel
        .listen(&account, cursor.as_deref(), &care.http)
    else {
        return Ok(Ended::Over);
    };
    let mut ended = Ended::Deaf;
    let mut renewal = tokio::time::interval(LEASE / 3);
    loop {
        tokio::select! {
            _ = renewal.tick() => {
                if !take_lease(care, id).await? {
                    return Ok(ended);
                }
            }
            told = news.next() => match told {
                None => return Ok(ended),
                Some(Ok(polled)) => {
                    ended = Ended::Heard;
                    if !keep(care, &opened, polled).await? {
                        return Ok(Ended::Over);
                    }
                }
                Some(Err(error)) => {
                    let error = renewing::soften(care, &opened, error).await;
                    keep_trouble(care, id, &error).await?;
                    return Ok(ended);
                }
            },
        }
    }
}

/// Keeps what was told; no where the network asked to be left alone.
async fn keep(care: &Care, opened: &Opened, mut polled: Polled) -> Result<bool, CareError> {
    accept::store(care, opened.inbox.id, polled.deliveries).await?;
    if let Some(trouble) = polled.trouble.take() {
        polled.trouble = Some(renewing::soften(care, opened, trouble).await);
    }
    let goes_on = polled.next_in.is_some() || polled.trouble.is_none();
    let seen = polling::trouble_of(polled.trouble.as_ref(), !goes_on);
    polling::keep(care, opened.inbox.id, (Some(polled.cursor), seen)).await?;
    Ok(goes_on)
}

async fn keep_trouble(care: &Care, id: InboxId, error: &SendError) -> Result<(), CareError> {
    let seen = polling::trouble_of(Some(error), false);
    polling::keep(care, id, (None, seen)).await
}

async fn take_lease(care: &Care, id: InboxId) -> Result<bool, CareError> {
    let (holder, now) = (care.holder(), care.now());
    care.store
        .write(move |tx| {
            leases::take(tx, &lease_name(id), &holder, now, now.after(LEASE))
                .map_err(CareError::from)
        })
        .await
}

async fn give_back(care: &Care, id: InboxId) -> Result<(), CareError> {
    let holder = care.holder();
    care.store
        .write(move |tx| leases::give_back(tx, &lease_name(id), &holder).map_err(CareError::from))
        .await
}

fn lease_name(id: InboxId) -> String {
    format!("listen:{id}")
}
