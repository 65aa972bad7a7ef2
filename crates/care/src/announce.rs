//! What we say of ourselves: one text to several accounts of a brand at once, each in its own length.
//! Each account gets a message of no conversation, which leaves through `deliver` as answers do; what
//! people say below it comes in by the intake.

mod fit;
mod shown;

use std::collections::{BTreeMap, BTreeSet};

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{AnnouncementId, AttachmentId, BrandId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Visibility};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::announcements::{self, Announcement};
use kulant_store::messages::{self, Attachment, Delivery, Message};
use kulant_store::{Read, Tx, inboxes};

use crate::change::Changing;
use crate::error::{CareError, FieldFault};
use crate::{Care, access, deliver, idempotency};

pub use fit::{AccountView, Fit, list_accounts, preview};
pub use shown::{AnnouncementView, Placed, find, find_by_message, list};

/// The most accounts of one announcement.
pub const MOST_ACCOUNTS: usize = 50;

/// What somebody wants to say.
#[derive(Debug, Clone, Default)]
pub struct NewAnnouncement {
    pub brand: Option<BrandId>,
    /// What is said where an account has no text of its own.
    pub text: String,
    /// Texts of single accounts.
    pub texts: BTreeMap<InboxId, String>,
    pub inboxes: Vec<InboxId>,
    pub attachments: Vec<AttachmentId>,
    pub send_at: Option<Timestamp>,
}

impl NewAnnouncement {
    /// Returns what is said on an account.
    fn text_for(&self, inbox: InboxId) -> &str {
        self.texts.get(&inbox).unwrap_or(&self.text)
    }
}

/// Keeps what is to be said, and queues it for every account; for none of them where one refuses it.
/// For a request under a key, the first message notes itself there.
pub async fn announce(
    care: &Care,
    person: &Person,
    new: NewAnnouncement,
    key: Option<String>,
) -> Result<AnnouncementId, CareError> {
    access::require(person, Permission::Announce)?;
    check(&new)?;

    let brand = new.brand.ok_or_else(unknown_brand)?;
    let fits = preview(care, person, &new).await?;
    let files = find_files(care, person, &new.attachments).await?;

    refuse(&fits)?;

    let copies = copy_files(care, &new.inboxes, &files).await?;
    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            let id = keep(tx, &changing, (brand, &new), copies)?;
            if let Some(key) = &key
                && let Some((_, first)) =
                    announcements::list_messages(tx, &changing.person.scope, &[id])?.first()
            {
                idempotency::note(tx, changing.person.agent, key, *first)?;
            }
            Ok(id)
        })
        .await
}

fn check(new: &NewAnnouncement) -> Result<(), CareError> {
    if new.inboxes.is_empty() {
        let detail = "name at least one account";
        return Err(CareError::invalid("inboxes", "required", detail));
    }
    let different: BTreeSet<InboxId> = new.inboxes.iter().copied().collect();
    if different.len() < new.inboxes.len() {
        let detail = "each account once";
        return Err(CareError::invalid("inboxes", "twice", detail));
    }
    if new.inboxes.len() > MOST_ACCOUNTS {
        let detail = format!("{MOST_ACCOUNTS} at most");
        return Err(CareError::invalid("inboxes", "too_many", detail));
    }
    if let Some(stray) = new.texts.keys().find(|inbox| !different.contains(inbox)) {
        let detail = format!("{stray} is not among the accounts");
        return Err(CareError::invalid("texts", "unknown", detail));
    }
    Ok(())
}

fn unknown_brand() -> CareError {
    CareError::invalid("brand", "unknown", "no such brand")
}

/// Says no where an account refuses its text, naming each of them and why.
fn refuse(fits: &[Fit]) -> Result<(), CareError> {
    let faults: Vec<FieldFault> = fits
        .iter()
        .filter_map(|fit| {
            let refusal = fit.refusal.as_ref()?;
            Some(FieldFault {
                field: format!("inboxes.{}", fit.inbox),
                code: refusal.code,
                detail: refusal.to_string(),
            })
        })
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(CareError::Invalid(faults))
    }
}

/// Finds the uploads of this person that go along.
async fn find_files(
    care: &Care,
    person: &Person,
    ids: &[AttachmentId],
) -> Result<Vec<Attachment>, CareError> {
    let (ids, agent) = (ids.to_vec(), person.agent);
    care.store
        .read(move |read| {
            ids.iter()
                .map(|id| {
                    messages::find_attachment(read, *id)?
                        .filter(|file| file.agent == Some(agent) && file.message.is_none())
                        .ok_or_else(no_such_upload)
                })
                .collect()
        })
        .await
}

fn no_such_upload() -> CareError {
    CareError::invalid("attachments", "unknown", "no such upload of yours")
}

/// Copies the files for every account: erasing one message removes its files, and no other's. What a
/// failure leaves on the disk unknown to every row goes with the upkeep.
async fn copy_files(
    care: &Care,
    inboxes: &[InboxId],
    files: &[Attachment],
) -> Result<BTreeMap<InboxId, Vec<Attachment>>, CareError> {
    let broken = |error: std::io::Error| {
        CareError::Unavailable(format!("a file could not be copied: {error}"))
    };
    let mut copies: BTreeMap<InboxId, Vec<Attachment>> = BTreeMap::new();
    for file in files {
        let Some(name) = &file.file_name else {
            return Err(no_such_upload());
        };
        let bytes = care.files.read(name).await.map_err(broken)?;
        for inbox in inboxes {
            let copy = care.secret();
            care.files
                .keep(&copy, bytes.clone())
                .await
                .map_err(broken)?;
            copies.entry(*inbox).or_default().push(Attachment {
                id: AttachmentId(care.id()),
                file_name: Some(copy),
                ..file.clone()
            });
        }
    }
    Ok(copies)
}

fn keep(
    tx: &mut Tx<'_>,
    changing: &Changing,
    (brand, new): (BrandId, &NewAnnouncement),
    mut copies: BTreeMap<InboxId, Vec<Attachment>>,
) -> Result<AnnouncementId, CareError> {
    let in_use = inboxes::list_in_use(tx, &new.inboxes)?;
    if in_use.len() < new.inboxes.len() {
        return Err(CareError::invalid(
            "inboxes",
            "unknown",
            "an account is gone",
        ));
    }
    let id = AnnouncementId(changing.next_id());
    let send_at = new.send_at.unwrap_or(changing.now).max(changing.now);
    let mut ids: Vec<MessageId> = Vec::new();
    for inbox in &new.inboxes {
        let message = message(changing, *inbox, new.text_for(*inbox), send_at);
        let message_id = message.id;
        messages::save(tx, &[message])?;
        let mut files = copies.remove(inbox).unwrap_or_default();
        for file in &mut files {
            file.message = Some(message_id);
        }
        messages::insert_attachments(tx, &files)?;
        deliver::enqueue(tx, changing, (message_id, *inbox), send_at)?;
        tx.append(
            NewEvent::new(
                EventKind::MessageQueued,
                changing.now,
                changing.person.actor,
            )
            .inbox(*inbox)
            .brand(brand)
            .message(message_id),
        );
        ids.push(message_id);
    }
    let row = Announcement {
        id,
        brand,
        brand_name: String::new(),
        agent: changing.person.agent,
        agent_name: None,
        created_at: changing.now,
    };
    announcements::insert(tx, &row, &ids)?;
    Ok(id)
}

/// A public message of ours in reply to nothing, on its way out.
fn message(changing: &Changing, inbox: InboxId, text: &str, send_at: Timestamp) -> Message {
    let id = MessageId(changing.next_id());
    let now = changing.now;
    Message {
        id,
        inbox,
        conversation: None,
        network_id: None,
        direction: Direction::Out,
        visibility: Visibility::Public,
        identity: None,
        agent: Some(changing.person.agent),
        is_party: false,
        kind: None,
        title: None,
        body: text.trim().to_owned(),
        url: None,
        parent: None,
        root: None,
        top: Some(id),
        thread: None,
        seen_at: Some(now),
        platform_at: send_at,
        received_at: now,
        stored_at: now,
        edited_at: None,
        deleted_at: None,
        signature: None,
        template: None,
        answers_until: None,
        delivery: Some(Delivery {
            state: DeliveryState::Queued,
            send_at: Some(send_at),
            sent_at: None,
            attempts: 0,
            next_attempt_at: Some(send_at),
            failure: None,
        }),
    }
}

/// Returns whether a person may see a message of ours that belongs to no conversation.
pub(crate) fn may_see(
    read: &mut Read<'_>,
    person: &Person,
    message: MessageId,
) -> Result<bool, CareError> {
    Ok(person.may(Permission::Announce)
        && announcements::find_by_message(read, &person.scope, message)?.is_some())
}
