//! Offers the log as it grows to whoever listens: each event once, with the conversation as a list
//! shows it, loaded once for all listeners. Who may see what is decided at send time.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kulant_model::event::{Event, EventKind};
use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::role::{Permission, Person, Scope};
use kulant_store::{Read, events, reading};
use tokio::sync::{broadcast, watch};
use tracing::error;

use crate::Care;
use crate::access;
use crate::error::CareError;
use crate::jobs::nap;
use crate::view::{self, MessageView};

/// How many changes a slow listener may lag behind before it is told to reload.
const BACKLOG: usize = 2_048;
/// How many changes a listener who comes back is given; with more it reloads.
const CATCH_UP: i64 = 1_000;
const BATCH: i64 = 256;

/// One event as the desk hears of it.
#[derive(Debug)]
pub struct Change {
    pub event: Event,
    pub conversation: Option<reading::Summary>,
    /// The message that it speaks of, as long as that stands in the same conversation.
    pub message: Option<MessageView>,
    /// The words in which it is told, written once for all listeners.
    pub told: OnceLock<String>,
}

/// The stream that listeners subscribe to.
#[derive(Debug)]
pub struct Live {
    changes: broadcast::Sender<Arc<Change>>,
    ended: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            changes: broadcast::channel(BACKLOG).0,
            ended: watch::channel(false).0,
        }
    }
}

impl Live {
    /// Hears every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Change>> {
        self.changes.subscribe()
    }

    /// Lets every listener go, so that the server can end.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Turns true when nothing more will be told, because this process is ending.
    pub fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }
}

/// How much a person may hear of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Everything: the conversation and the message as well.
    Whole,
    /// That it happened, and to which conversation, without a word of it.
    Bare,
    Nothing,
}

/// Decides how much a person may hear of a change.
pub fn may_hear(person: &Person, change: &Change) -> Heard {
    if !person.may(Permission::ReadConversations) {
        return Heard::Nothing;
    }
    let event = &change.event.event;
    match (&change.conversation, event.conversation) {
        (Some(summary), _) if person.scope.includes(summary.row.team) => Heard::Whole,
        // A team that a conversation left hears that it is gone.
        (Some(_), _) if event.kind == EventKind::TeamChanged => {
            bare_if(person.scope.includes(event.team))
        }
        (Some(_), _) => Heard::Nothing,
        (None, Some(_)) => bare_if(person.scope.includes(event.team)),
        (None, None)
            if person.scope == Scope::Everything && person.may(Permission::ReadOverview) =>
        {
            Heard::Whole
        }
        // What the listening post found or somebody put aside, for whoever works in the inbox.
        (None, None)
            if matches!(
                event.kind,
                EventKind::MessageFound | EventKind::HitDismissed
            ) =>
        {
            bare_if(person.scope.includes(event.team))
        }
        // What everybody's desk shows: names of tags, teams, people, brands and inboxes.
        (None, None) => bare_if(matches!(
            event.kind,
            EventKind::TagChanged
                | EventKind::ViewChanged
                | EventKind::SearchChanged
                | EventKind::TeamSettingsChanged
                | EventKind::AgentChanged
                | EventKind::BrandChanged
                | EventKind::InboxChanged
        )),
    }
}

const fn bare_if(heard: bool) -> Heard {
    if heard { Heard::Bare } else { Heard::Nothing }
}

/// What somebody missed since a place in the log; none if that is too much to tell one by one.
pub async fn missed(care: &Care, after: i64) -> Result<Option<Vec<Change>>, CareError> {
    let telling = care.clone();
    care.store
        .read(move |read| {
            let newest = events::newest(read)?;
            if after > newest || after < 0 {
                return Ok(None);
            }
            let missed = events::list_after(read, after, CATCH_UP + 1)?;
            if missed.len() as i64 > CATCH_UP {
                return Ok(None);
            }
            load(&telling, read, missed).map(Some)
        })
        .await
}

/// Returns the place of the newest event.
pub async fn newest(care: &Care) -> Result<i64, CareError> {
    care.store
        .read(|read| events::newest(read).map_err(CareError::from))
        .await
}

/// Tells listeners of what happens until `stop` turns true. Runs wherever somebody can listen, also
/// in a process that leaves the other followers to another one.
pub async fn run(care: Care, mut stop: watch::Receiver<bool>) {
    let mut commits = care.store.commits();
    let mut cursor = loop {
        match newest(&care).await {
            Ok(newest) => break newest,
            Err(error) => {
                error!(error = %error, "the live stream cannot read the log");
                nap(&mut stop, Duration::from_secs(1)).await;
                if *stop.borrow() {
                    care.live.end();
                    return;
                }
            }
        }
    };
    while !*stop.borrow() {
        commits.mark_unchanged();
        let listening = care.live.changes.receiver_count() > 0;
        match step(&care, cursor, listening).await {
            // Somebody began to listen meanwhile: what was to be passed over is told.
            Ok(_) if !listening && care.live.changes.receiver_count() > 0 => {}
            Ok((next, _)) if next == cursor => {
                tokio::select! {
                    _ = commits.changed() => {}
                    _ = stop.changed() => {}
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                }
            }
            Ok((next, changes)) => {
                cursor = next;
                for change in changes {
                    // Nobody listening is no fault.
                    drop(care.live.changes.send(Arc::new(change)));
                }
                // A rush is told in steps, not row by row.
                nap(&mut stop, Duration::from_millis(25)).await;
            }
            Err(error) => {
                error!(error = %error, "the live stream cannot read the log");
                nap(&mut stop, Duration::from_secs(1)).await;
            }
        }
    }
    care.live.end();
}

async fn step(care: &Care, cursor: i64, listening: bool) -> Result<(i64, Vec<Change>), CareError> {
    let telling = care.clone();
    care.store
        .read(move |read| {
            if !listening {
                return Ok((events::newest(read)?, Vec::new()));
            }
            let events = events::list_after(read, cursor, BATCH)?;
            let next = events.last().map_or(cursor, |event| event.sequence);
            Ok((next, load(&telling, read, events)?))
        })
        .await
}

fn load(care: &Care, read: &mut Read<'_>, events: Vec<Event>) -> Result<Vec<Change>, CareError> {
    let conversations: BTreeSet<ConversationId> = events
        .iter()
        .filter_map(|event| event.event.conversation)
        .collect();
    let messages: BTreeSet<MessageId> = events
        .iter()
        .filter_map(|event| event.event.message)
        .collect();
    let scope = access::scope_of_system();
    let mut summaries: HashMap<ConversationId, reading::Summary> = HashMap::new();
    for portion in Vec::from_iter(conversations).chunks(100) {
        for summary in reading::list_summaries(read, &scope, portion)? {
            summaries.insert(summary.row.id, summary);
        }
    }
    let views: HashMap<MessageId, MessageView> =
        view::messages_by_id(care, read, &Vec::from_iter(messages))?
            .into_iter()
            .map(|view| (view.message.id, view))
            .collect();
    Ok(events
        .into_iter()
        .map(|event| Change {
            conversation: event
                .event
                .conversation
                .and_then(|id| summaries.get(&id).cloned()),
            message: event
                .event
                .message
                .and_then(|id| views.get(&id))
                // One that was moved since may lie outside the scope of whoever hears of this.
                .filter(|view| view.message.conversation == event.event.conversation)
                .cloned(),
            told: OnceLock::new(),
            event,
        })
        .collect())
}
