//! An agent's words: a reply in public or in private, or a note. A reply is queued with its
//! delivery job in one transaction; it leaves only through `deliver`.

use std::collections::BTreeSet;

use kulant_channels::capability::SideCapabilities;
pub use kulant_channels::outbound::Template;
use kulant_model::conversation::Status;
use kulant_model::event::EventKind;
use kulant_model::ids::{AgentId, AttachmentId, ConversationId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Visibility};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::conversations::{self as rows, Conversation};
use kulant_store::messages::{self, Delivery, Message};
use kulant_store::{Read, Tx, agents, brands, contacts, mentions, parties, promises, teams};

use crate::accounts::{self, Opened};
use crate::change::{self, Changing};
use crate::conversations::apply_status;
use crate::error::CareError;
use crate::{Care, access, deliver, idempotency, windows};

/// The longest text that is taken, whatever the network allows.
pub(crate) const LONGEST: usize = 100_000;

/// What an agent wrote.
#[derive(Debug, Clone)]
pub struct NewReply {
    pub conversation: ConversationId,
    pub body: String,
    pub visibility: Visibility,
    pub in_reply_to: Option<MessageId>,
    pub send_at: Option<Timestamp>,
    pub mentions: Vec<AgentId>,
    pub attachments: Vec<AttachmentId>,
    /// A text that the network has approved, which goes out in the place of the body.
    pub template: Option<Template>,
    pub resolve: bool,
}

/// What somebody writes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It answers what was said until now.
    Answer,
    /// It only says when more will be said.
    Holding(Timestamp),
}

/// Keeps what an agent wrote, and queues it if it is to leave.
pub async fn reply(care: &Care, person: &Person, reply: NewReply) -> Result<MessageId, CareError> {
    reply_under(care, person, reply, None).await
}

/// As `reply`, for a request under a key that was taken for it: the message notes itself there, so
/// that the request is known to be done even where its answer was lost.
pub async fn reply_once(
    care: &Care,
    person: &Person,
    reply: NewReply,
    key: &str,
) -> Result<MessageId, CareError> {
    reply_under(care, person, reply, Some(key.to_owned())).await
}

async fn reply_under(
    care: &Care,
    person: &Person,
    reply: NewReply,
    key: Option<String>,
) -> Result<MessageId, CareError> {
    access::require(person, Permission::WriteConversations)?;
    check(&reply)?;

    let target = find_target(care, person, &reply).await?;
    let opened = match &target {
        Some(target) => {
            let opened = accounts::find(care, target.inbox)
                .await?
                .ok_or(CareError::NotFound)?;
            check_capability(&opened, care.now(), target, &reply)?;
            Some(opened)
        }
        None => None,
    };

    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            let reply = (reply, Purpose::Answer);
            let id = keep(tx, &changing, reply, target.as_ref(), opened.as_ref())?;
            if let Some(key) = &key {
                idempotency::note(tx, changing.person.agent, key, id)?;
            }
            Ok(id)
        })
        .await
}

fn check(reply: &NewReply) -> Result<(), CareError> {
    if reply.body.trim().is_empty() && reply.attachments.is_empty() {
        return Err(CareError::invalid("body", "required", "write something"));
    }
    if reply.body.chars().count() > LONGEST {
        return Err(CareError::invalid(
            "body",
            "too_long",
            format!("{LONGEST} characters at most"),
        ));
    }
    if reply.visibility != Visibility::Note && !reply.mentions.is_empty() {
        return Err(CareError::invalid(
            "mentions",
            "notes_only",
            "only a note mentions colleagues",
        ));
    }
    Ok(())
}

/// Finds what is answered: the message named, or the newest incoming one if there is no doubt.
async fn find_target(
    care: &Care,
    person: &Person,
    reply: &NewReply,
) -> Result<Option<Message>, CareError> {
    let (scope, wanted) = (person.scope.clone(), reply.clone());
    care.store
        .read(move |read| {
            let row = rows::find(read, wanted.conversation)?
                .filter(|row| scope.includes(row.team))
                .ok_or(CareError::NotFound)?;
            if row.joined_into.is_some() {
                return Err(Refusal::new("conversation_is_joined").into());
            }
            if let Some(id) = wanted.in_reply_to {
                let named = messages::find(read, id)?
                    .filter(|message| message.conversation == Some(row.id))
                    .filter(|message| message.seen_at.is_some())
                    .ok_or_else(|| {
                        CareError::invalid("in_reply_to", "unknown", "not of this conversation")
                    })?;
                if wanted.visibility != Visibility::Note && !stands_at_network(&named) {
                    let detail = "not at the network, or not any more";
                    return Err(CareError::invalid("in_reply_to", "not_at_network", detail));
                }
                return Ok(Some(named));
            }
            if wanted.visibility == Visibility::Note {
                return Ok(None);
            }
            newest_target(read, &row, wanted.visibility).map(Some)
        })
        .await
}

/// Returns whether the network knows a message, so that an answer can stand below it.
fn stands_at_network(message: &Message) -> bool {
    message.network_id.is_some()
        && message.deleted_at.is_none()
        && message.visibility != Visibility::Note
}

/// The newest words of the party of a visibility. Where it is several people or places, nobody but
/// the agent can say which one is meant.
pub(crate) fn newest_target(
    read: &mut Read<'_>,
    row: &Conversation,
    visibility: Visibility,
) -> Result<Message, CareError> {
    let mut newest = parties::find_newest(read, row.id, visibility, None)?;
    if newest.is_none() && visibility == Visibility::Private {
        // From public to private: the party is spoken to where it wrote in public, first of all the
        // one whose conversation it is. A bystander is never meant.
        if let Some(whose) = row.identity
            && let Some(message) =
                parties::find_newest(read, row.id, Visibility::Public, Some(whose))?
        {
            return Ok(message);
        }
        newest = parties::find_newest(read, row.id, Visibility::Public, None)?;
    }
    if let Some(newest) = newest {
        if parties::is_elsewhere_too(read, &newest)? {
            return Err(Refusal::new("ambiguous_reply_target").into());
        }
        return Ok(newest);
    }
    messages::find_newest_incoming(read, row.id, visibility)?.ok_or_else(|| {
        Refusal::new("nothing_to_answer")
            .with("visibility", &visibility)
            .into()
    })
}

pub(crate) fn check_capability(
    opened: &Opened,
    now: Timestamp,
    target: &Message,
    reply: &NewReply,
) -> Result<(), CareError> {
    if reply.visibility == Visibility::Note {
        return Ok(());
    }
    if reply.visibility == Visibility::Public && target.visibility == Visibility::Private {
        return Err(Refusal::new("private_is_not_answered_in_public").into());
    }
    if opened.inbox.paused_at.is_some() || opened.inbox.archived_at.is_some() {
        return Err(Refusal::new("inbox_is_paused").into());
    }
    let account = opened.account(now);
    if let Some(reason) = opened.channel.send_refusal(&account, reply.visibility) {
        return Err(Refusal::new("channel_cannot_send")
            .with("reason", &reason)
            .into());
    }
    let Some(side) = side(opened, reply.visibility) else {
        return Err(Refusal::new("channel_cannot_send").into());
    };
    if !side.fits(&reply.body) {
        let length = side.length.unwrap_or_default();
        return Err(Refusal::new("too_long_for_network")
            .with("limit", &length)
            .into());
    }
    if reply.template.is_some() && !side.templates {
        return Err(Refusal::new("network_takes_no_templates").into());
    }
    match &side.attachments {
        None if !reply.attachments.is_empty() => {
            Err(Refusal::new("network_takes_no_attachments").into())
        }
        Some(limits) if reply.attachments.len() > limits.count => {
            Err(Refusal::new("too_many_attachments")
                .with("limit", &limits.count)
                .into())
        }
        _ => Ok(()),
    }
}

fn side(opened: &Opened, visibility: Visibility) -> Option<&'static SideCapabilities> {
    opened.channel.capabilities().side(visibility)
}

/// Keeps a message of ours in its conversation; says no before anything is written.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    changing: &Changing,
    (reply, purpose): (NewReply, Purpose),
    target: Option<&Message>,
    opened: Option<&Opened>,
) -> Result<MessageId, CareError> {
    let mut row = change::load(tx, &changing.person, reply.conversation)?;
    if row.joined_into.is_some() {
        return Err(Refusal::new("conversation_is_joined").into());
    }
    if purpose != Purpose::Answer && row.status == Status::Resolved {
        return Err(Refusal::new("conversation_is_resolved").into());
    }
    let id = MessageId(changing.next_id());
    let now = changing.now;
    let leaves = reply.visibility != Visibility::Note;
    let send_at = reply.send_at.unwrap_or(now).max(now);
    let public = reply.visibility == Visibility::Public;
    let thread = match (target, opened, reply.visibility) {
        (Some(target), Some(opened), Visibility::Private) => {
            private_thread(tx, &row, opened, target)?
        }
        _ => None,
    };
    if let (Some(opened), true) = (opened, leaves) {
        let window = windows::find(tx, opened, (&row, reply.visibility), target)?;
        if reply.template.is_none() {
            window.check(send_at)?;
        }
    }
    // Not up to our last message: the party may have written before it what is not here yet.
    let answers_until = if leaves && purpose == Purpose::Answer {
        parties::find_newest_words(tx, row.id)?
    } else {
        None
    };
    let message = Message {
        id,
        inbox: target.map_or(row.inbox, |target| target.inbox),
        conversation: Some(row.id),
        network_id: None,
        direction: Direction::Out,
        visibility: reply.visibility,
        identity: None,
        agent: Some(changing.person.agent),
        is_party: false,
        kind: None,
        title: None,
        body: reply.body,
        url: None,
        parent: target.map(|target| target.id),
        root: target.filter(|_| public).and_then(|target| target.root),
        top: target.filter(|_| public).and_then(|target| target.top),
        thread: thread.clone(),
        seen_at: Some(now),
        platform_at: now.max(row.last_message_at),
        received_at: now,
        stored_at: now,
        edited_at: None,
        deleted_at: None,
        signature: if leaves {
            signature(tx, &row, changing.person.agent)?
        } else {
            None
        },
        template: reply
            .template
            .as_ref()
            .and_then(|template| serde_json::to_string(template).ok()),
        answers_until,
        delivery: leaves.then_some(Delivery {
            state: DeliveryState::Queued,
            send_at: Some(send_at),
            sent_at: None,
            attempts: 0,
            next_attempt_at: Some(send_at),
            failure: None,
        }),
    };
    let inbox = message.inbox;
    messages::save(tx, &[message])?;
    let largest = opened
        .and_then(|opened| side(opened, reply.visibility))
        .and_then(|side| side.attachments.as_ref())
        .map(|limits| limits.bytes_each);
    for attachment in &reply.attachments {
        tie(tx, changing, *attachment, id, largest)?;
    }
    if leaves {
        if let (Some(thread), Some(opened)) = (thread, opened) {
            rows::save_threads(tx, opened.inbox.id, &[(thread, row.id)])?;
        }
        deliver::enqueue(tx, changing, (id, inbox), send_at)?;
        change::add_up(tx, &mut row)?;
        row.unread = false;
        if let Purpose::Holding(next_word_at) = purpose {
            promises::note(tx, id, next_word_at)?;
            row.next_word_at = Some(next_word_at);
        }
        tx.append(changing.event(EventKind::MessageQueued, &row).message(id));
    } else {
        mention(tx, &row, id, &reply.mentions)?;
        tx.append(changing.event(EventKind::NoteAdded, &row).message(id));
    }
    if reply.resolve {
        apply_status(tx, &mut row, changing, Status::Resolved, None)?;
    }
    rows::save(tx, &[row])?;
    Ok(id)
}

/// The key of the private thread that a private answer goes into: the one the party wrote in, or
/// the one that opens with the author of what is answered. Where the network has a rule of its own
/// for the first private word, it names the thread.
fn private_thread(
    tx: &mut Tx<'_>,
    row: &Conversation,
    opened: &Opened,
    target: &Message,
) -> Result<Option<String>, CareError> {
    if let Some(thread) = &target.thread {
        return Ok(Some(thread.clone()));
    }
    let nobody = || Refusal::new("nothing_to_answer").with("visibility", &Visibility::Private);
    let author = target.identity.ok_or_else(nobody)?;
    if let Some(thread) = parties::find_thread(tx, row.id, target.inbox, author)? {
        return Ok(Some(thread));
    }
    let author = contacts::find_identity(tx, author)?.ok_or_else(nobody)?;
    let key = author.network_id;
    if opened.channel.capabilities().hand_over.is_none() {
        return Ok(Some(key));
    }
    let is_open = !rows::list_of_threads(tx, target.inbox, &[key.as_str()])?.is_empty();
    Ok(Some(key).filter(|_| is_open))
}

/// The words under which an answer leaves: the team's, else the brand's; initials only where the
/// agent consented.
pub(crate) fn signature(
    read: &mut Read<'_>,
    row: &Conversation,
    agent: AgentId,
) -> Result<Option<String>, CareError> {
    let team = match row.team {
        Some(team) => teams::find(read, team)?.and_then(|team| team.signature),
        None => None,
    };
    let words = match team.filter(|words| !words.trim().is_empty()) {
        Some(words) => Some(words),
        None => brands::find(read, row.brand)?
            .and_then(|brand| Some(brand.details.get("signature")?.as_str()?.to_owned()))
            .filter(|words| !words.trim().is_empty()),
    };
    let initials = agents::find(read, agent)?
        .filter(|agent| agent.initials_consented_at.is_some())
        .and_then(|agent| agent.initials)
        .filter(|initials| !initials.trim().is_empty());
    Ok(match (words, initials) {
        (Some(words), Some(initials)) => Some(format!("{words} ^{initials}")),
        (Some(words), None) => Some(words),
        (None, Some(initials)) => Some(format!("^{initials}")),
        (None, None) => None,
    })
}

/// Ties an upload to its message, if the network takes one of its size.
fn tie(
    tx: &mut Tx<'_>,
    changing: &Changing,
    attachment: AttachmentId,
    message: MessageId,
    largest: Option<u64>,
) -> Result<(), CareError> {
    let unknown = || CareError::invalid("attachments", "unknown", "no such upload of yours");
    let upload = messages::find_attachment(tx, attachment)?
        .filter(|upload| upload.agent == Some(changing.person.agent))
        .ok_or_else(unknown)?;
    let bytes = upload.size.unwrap_or_default().unsigned_abs();
    if let Some(limit) = largest.filter(|limit| bytes > *limit) {
        return Err(Refusal::new("attachment_too_large")
            .with("limit", &limit)
            .into());
    }
    if !messages::tie_attachment(tx, attachment, message)? {
        return Err(unknown());
    }
    Ok(())
}

fn mention(
    tx: &mut Tx<'_>,
    row: &Conversation,
    note: MessageId,
    agents: &[AgentId],
) -> Result<(), CareError> {
    let known: BTreeSet<AgentId> = kulant_store::agents::list_enabled(tx, agents)?
        .into_iter()
        .collect();
    if agents.iter().any(|agent| !known.contains(agent)) {
        return Err(CareError::invalid("mentions", "unknown", "no such agent"));
    }
    Ok(mentions::insert(tx, note, row.id, &Vec::from_iter(known))?)
}
