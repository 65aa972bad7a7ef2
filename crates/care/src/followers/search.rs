//! Keeps the full-text index in step with the log, in batches, off every hot path.

use std::collections::{BTreeSet, HashMap};

use kulant_insight::text::tokens::index_tokens;
use kulant_model::event::{Event, EventKind};
use kulant_model::ids::{IdentityId, MessageId};
use kulant_store::{contacts, events, messages, search};
use tracing::error;

use crate::Care;
use crate::error::CareError;

pub(super) const NAME: &str = "search";

pub(super) const BATCH: i64 = 2_000;

/// How many bytes of words are loaded at once.
const MOST_BYTES: i64 = 8 * 1024 * 1024;

/// What messages say now; none for those that say nothing any more.
type Texts = Vec<(MessageId, Option<String>)>;

/// Reads the next events and indexes the messages they speak of; returns how many events.
pub(super) async fn follow(care: &Care) -> Result<usize, CareError> {
    let (count, after, newest, texts): (usize, i64, i64, Texts) = care
        .store
        .read(|read| {
            let after = events::follower(read, NAME)?;
            let mut events = events::list_after(read, after, BATCH)?;
            let spoken_of: BTreeSet<MessageId> = events
                .iter()
                .filter(|event| changes_text(event.event.kind))
                .filter_map(|event| event.event.message)
                .collect();
            let sizes = messages::list_sizes(read, &Vec::from_iter(spoken_of))?;
            let fitting = count_fitting(&events, sizes.into_iter().collect());
            events.truncate(fitting);
            let newest = events.last().map_or(after, |event| event.sequence);
            let changed: BTreeSet<MessageId> = events
                .iter()
                .filter(|event| changes_text(event.event.kind))
                .filter_map(|event| event.event.message)
                .collect();
            let changed: Vec<MessageId> = changed.into_iter().collect();
            let found = messages::list_by_id(read, &changed)?;
            let authors: Vec<IdentityId> = found.iter().filter_map(|row| row.identity).collect();
            let names = contacts::list_names(read, &authors)?;
            let texts = changed
                .iter()
                .map(|id| {
                    let row = found
                        .iter()
                        .find(|row| row.id == *id && row.deleted_at.is_none());
                    let text = row.map(|row| {
                        let name = row
                            .identity
                            .and_then(|identity| names.get(&identity))
                            .map_or("", String::as_str);
                        [row.title.as_deref().unwrap_or(""), &row.body, name].join("\n")
                    });
                    (*id, text)
                })
                .collect();
            Ok::<_, CareError>((events.len(), after, newest, texts))
        })
        .await?;
    if count == 0 {
        return Ok(0);
    }
    let mut put = Vec::new();
    let mut gone = Vec::new();
    for (id, text) in texts {
        match text {
            Some(text) => put.push((id, tokens_of(id, &text))),
            None => gone.push(id),
        }
    }
    let now = care.now();
    // Small transactions, so that deliveries are stored in between; at least one, for the cursor.
    let mut portions: Vec<Vec<(MessageId, String)>> = put
        .chunks(250)
        .map(<[(MessageId, String)]>::to_vec)
        .collect();
    if portions.is_empty() {
        portions.push(Vec::new());
    }
    let last = portions.len() - 1;
    for (index, portion) in portions.into_iter().enumerate() {
        let gone = std::mem::take(&mut gone);
        let to = if index == last { newest } else { after };
        let kept = care
            .store
            .write(move |tx| {
                if !events::advance_follower(tx, NAME, (after, to), now)? {
                    return Ok::<_, CareError>(false);
                }
                search::remove(tx, &gone)?;
                search::put(tx, &portion)?;
                Ok(true)
            })
            .await?;
        if !kept {
            // Somebody else followed on meanwhile: what was read may be stale.
            break;
        }
    }
    Ok(count)
}

/// Counts how many of these events speak of so many words as fit in memory: one at least, and each
/// message counts once.
fn count_fitting(events: &[Event], mut sizes: HashMap<MessageId, i64>) -> usize {
    let mut bytes = 0;
    events
        .iter()
        .take_while(|event| {
            let before = bytes;
            let id = event
                .event
                .message
                .filter(|_| changes_text(event.event.kind));
            bytes += id.and_then(|id| sizes.remove(&id)).unwrap_or(0);
            before == 0 || bytes <= MOST_BYTES
        })
        .count()
}

/// Reads a text for the index; one that makes the reading panic keeps nobody else from being found.
fn tokens_of(id: MessageId, text: &str) -> String {
    std::panic::catch_unwind(|| index_tokens(text)).unwrap_or_else(|_| {
        error!(message.id = %id, "a message could not be read for the index");
        String::new()
    })
}

fn changes_text(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::MessageReceived
            | EventKind::MessageEdited
            | EventKind::MessageDeleted
            | EventKind::MessageQueued
            | EventKind::MessageSent
            | EventKind::MessageCancelled
            | EventKind::NoteAdded
            | EventKind::ContactErased
    )
}

#[cfg(test)]
mod tests {
    use kulant_model::event::NewEvent;
    use kulant_model::time::Timestamp;

    use super::*;

    fn received(sequence: i64, message: i64) -> Event {
        let event = NewEvent::new(EventKind::MessageReceived, Timestamp(0), crate::SYSTEM);
        Event {
            sequence,
            event: event.message(MessageId(message)),
        }
    }

    #[test]
    fn so_many_words_are_loaded_as_fit_in_memory() {
        let half = MOST_BYTES / 2;
        let sizes = HashMap::from([
            (MessageId(1), half),
            (MessageId(2), half),
            (MessageId(3), 1),
            (MessageId(4), 3 * MOST_BYTES),
        ]);
        let count = |messages: &[i64]| {
            let events: Vec<Event> = (1..)
                .zip(messages)
                .map(|(sequence, message)| received(sequence, *message))
                .collect();
            count_fitting(&events, sizes.clone())
        };
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[1, 2, 3]), 2);
        assert_eq!(count(&[1, 1, 1, 2, 3]), 4, "each counts once");
        assert_eq!(count(&[4, 3]), 1, "one at least");
        assert_eq!(count(&[3, 4]), 1);
        assert_eq!(count(&[9, 3]), 2, "what is gone has no size");
    }
}
