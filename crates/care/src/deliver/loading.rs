//! Loads what one try needs: the message, where it goes at its network, and its files if there is room
//! for them in memory.

use kulant_channels::outbound::{Action, Outbound, OutboundAttachment, SendError};
use kulant_model::ids::{IdentityId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Visibility};
use kulant_model::time::Timestamp;
use kulant_store::deliveries::Tries;
use kulant_store::messages::{self, Message};
use kulant_store::{Read, StoreError, contacts, conversations as rows, deliveries};

use super::{keep_failure, room, state_of, waits_for_account};
use crate::Care;
use crate::accounts::{self, Opened};
use crate::error::CareError;

/// How many of the messages before it a message names at most.
const REFERENCES: i64 = 50;

/// Everything that one try needs.
pub(super) struct Leaving {
    pub(super) message: Message,
    pub(super) outbound: Outbound,
    pub(super) tries: Tries,
    pub(super) opened: Opened,
    /// Held as long as its attachments stand in memory.
    _room: room::Taken,
}

/// What is there to be sent.
pub(super) enum Prepared {
    /// It left already or was taken back.
    Nothing,
    /// Its attachments do not fit in memory beside those of others.
    NoRoom,
    /// Its account is locked out and was tried a moment ago.
    LockedOut(Timestamp),
    Ready(Box<Leaving>),
}

/// The rows behind one try.
struct Loaded {
    message: Message,
    /// What is said to the network, without the files.
    outbound: Outbound,
    tries: Tries,
    /// The files by their names.
    files: Vec<(String, messages::Attachment)>,
}

/// Loads what leaves, with its attachments if there is room for them.
pub(super) async fn prepare(care: &Care, id: MessageId) -> Result<Prepared, CareError> {
    let loaded: Option<Loaded> = care.store.read(move |read| load(read, id)).await?;
    let Some(loaded) = loaded else {
        return Ok(Prepared::Nothing);
    };
    let Loaded {
        message,
        mut outbound,
        tries,
        files,
    } = loaded;
    let Some(opened) = accounts::find(care, message.inbox).await? else {
        return Ok(Prepared::Nothing);
    };
    if state_of(&message) == Some(DeliveryState::Queued)
        && let Some(until) = waits_for_account(&opened.inbox, id, care.now())
    {
        return Ok(Prepared::LockedOut(until));
    }
    let bytes = files.iter().filter_map(|(_, file)| file.size).sum::<i64>();
    let Some(room) = care.room.take(bytes.unsigned_abs()) else {
        return Ok(Prepared::NoRoom);
    };
    if let Action::Reply { attachments, .. } = &mut outbound.action {
        for (name, file) in files {
            let bytes = match care.files.read(&name).await {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    let lost = SendError::Bug("the file of an attachment is gone".to_owned());
                    let leaving = Leaving {
                        message,
                        outbound,
                        tries,
                        opened,
                        _room: room,
                    };
                    keep_failure(care, leaving, DeliveryState::Failed, &lost, None).await?;
                    return Ok(Prepared::Nothing);
                }
                Err(error) => {
                    return Err(CareError::Unavailable(format!(
                        "an attachment cannot be read: {error}"
                    )));
                }
            };
            attachments.push(OutboundAttachment {
                name: file.name,
                media_type: file.media_type,
                bytes,
                alt: file.alt,
            });
        }
    }
    Ok(Prepared::Ready(Box::new(Leaving {
        message,
        outbound,
        tries,
        opened,
        _room: room,
    })))
}

fn load(read: &mut Read<'_>, id: MessageId) -> Result<Option<Loaded>, CareError> {
    let Some(message) = messages::find(read, id)? else {
        return Ok(None);
    };
    let due = message.direction == Direction::Out
        && message.deleted_at.is_none()
        && message.delivery.as_ref().is_some_and(|delivery| {
            matches!(
                delivery.state,
                DeliveryState::Queued | DeliveryState::Sending
            )
        });
    if !due {
        return Ok(None);
    }
    let parent = match message.parent {
        Some(parent) => messages::find(read, parent)?,
        None => None,
    };
    let files = messages::list_attachments(read, &[id])?
        .into_iter()
        .filter_map(|file| Some((file.file_name.clone()?, file)))
        .collect();
    let body = message.body.clone();
    let tries = deliveries::find_tries(read, id)?;
    let outbound = Outbound {
        first_tried_at: tries.first_at,
        action: Action::Reply {
            body,
            attachments: Vec::new(),
        },
        ..addressed(read, &message, parent.as_ref())?
    };
    Ok(Some(Loaded {
        message,
        outbound,
        tries,
        files,
    }))
}

/// Says of a message where it goes at its network and what it answers; what is to be done there is
/// for the caller to say.
pub(crate) fn addressed(
    read: &mut Read<'_>,
    message: &Message,
    parent: Option<&Message>,
) -> Result<Outbound, CareError> {
    let recipient = match recipient_of(read, message, parent)? {
        Some(identity) => contacts::find_identity(read, identity)?,
        None => None,
    };
    let (recipient, recipient_handle) = match recipient {
        Some(identity) => (Some(identity.network_id), identity.handle),
        None => (None, None),
    };
    let subject = match message.conversation {
        Some(conversation) => deliveries::find_title(read, conversation)?,
        None => None,
    };
    Ok(Outbound {
        message_id: message.id.to_string(),
        visibility: message.visibility,
        in_reply_to: parent.and_then(|parent| parent.network_id.clone()),
        references: deliveries::list_said_before(read, message, REFERENCES)?,
        first_tried_at: None,
        // Ours without anybody who wrote it: a machine did.
        automatic: message.direction == Direction::Out && message.agent.is_none(),
        subject,
        thread: message.thread.clone(),
        recipient,
        recipient_handle,
        hand_over: message.visibility == Visibility::Private
            && message.thread.is_none()
            && parent.is_some_and(|parent| parent.visibility == Visibility::Public),
        signature: message.signature.clone(),
        template: message
            .template
            .as_deref()
            .and_then(|template| serde_json::from_str(template).ok()),
        action: Action::Delete {
            network_id: String::new(),
        },
    })
}

/// Who a message is from or goes to: its author where that is not us, who said what it answers, else
/// in private the party.
pub(crate) fn recipient_of(
    read: &mut Read<'_>,
    message: &Message,
    parent: Option<&Message>,
) -> Result<Option<IdentityId>, StoreError> {
    let spoken_to = parent.and_then(|parent| parent.identity);
    if let Some(identity) = message.identity.or(spoken_to) {
        return Ok(Some(identity));
    }
    Ok(match message.conversation {
        Some(conversation) if message.visibility == Visibility::Private => {
            rows::find(read, conversation)?.and_then(|row| row.identity)
        }
        _ => None,
    })
}
