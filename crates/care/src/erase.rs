//! Erasing a contact: every word, name, address and file of theirs goes, from the tables, the index,
//! the raw deliveries, the files and the write-ahead log. Rows stay for times and counts. Where it
//! is not clear whether something is about them, it goes too.

pub(crate) mod marks;
mod needles;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ContactId, ConversationId, InboxId, IntakeId, JobId, MessageId};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::contacts::{self, Contact, Identity};
use kulant_store::erasing::{self, Delivery, Trace};
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::{Read, StoreError, Tx, conversations, messages, search};
use serde_json::json;
use tracing::{info, warn};

use crate::change;
use crate::contacts::may_see;
use crate::error::CareError;
use crate::jobs::Outcome;
use crate::{Care, access, followers, idempotency, intake};
use marks::Marker;
use needles::Needles;

/// The word for the rest of an erasure in the table of jobs.
pub(crate) const KIND: &str = "let_go";

/// After this time the rest of an erasure is taken up by a job, unless it is done.
const TAKEN_UP: Duration = Duration::from_mins(5);
/// How many deliveries are looked through at a time.
const PORTION: i64 = 200;

/// The word for erasing somebody who left their network, in the table of jobs.
pub(crate) const DEPARTED: &str = "erase";

/// Everything that stands about a contact.
struct Traces {
    identities: Vec<Identity>,
    conversations: Vec<ConversationId>,
    /// What is emptied: theirs, our answers to them, the notes about them.
    emptied: BTreeMap<MessageId, Trace>,
    /// Other people's words beside theirs, which may name them.
    beside: Vec<Trace>,
    needles: Needles,
}

/// Erases a contact, at the version that the person saw if it is given. Cannot be undone. What was
/// begun is finished, also when nobody waits for it any more.
pub async fn erase(
    care: &Care,
    person: &Person,
    id: ContactId,
    version: Option<i64>,
) -> Result<(), CareError> {
    access::require(person, Permission::EraseContacts)?;
    let (care, person) = (care.clone(), person.clone());
    #[expect(
        clippy::disallowed_methods,
        reason = "must outlive the request that began it, which ends after half a minute"
    )]
    let erasing = tokio::spawn(async move { erase_whole(&care, &person, id, version).await });
    erasing
        .await
        .map_err(|error| CareError::Internal(error.to_string()))?
}

async fn erase_whole(
    care: &Care,
    person: &Person,
    id: ContactId,
    version: Option<i64>,
) -> Result<(), CareError> {
    // What waits would bring the contact back; taken in, it goes with the rest.
    intake::take_in_what_is_there(care).await?;

    let (scope, wanted) = (person.scope.clone(), id);
    let contact: Contact = care
        .store
        .read(move |read| {
            let contact = contacts::find(read, wanted)?.ok_or(CareError::NotFound)?;
            may_see(read, &scope, wanted)?;
            Ok::<_, CareError>(contact)
        })
        .await?;
    check(&contact, version)?;
    let (mut deliveries, looked_to, looked_for) = look_through_deliveries(care, contact).await?;

    let (actor, now, fresh) = (person.actor, care.now(), care.secret());
    let rest = NewJob {
        id: JobId(care.id()),
        kind: KIND,
        key: Some(KIND.to_owned()),
        inbox: None,
        run_at: now.after(TAKEN_UP),
        payload: json!({}),
    };
    let rest_id = rest.id;
    let outcome = care
        .store
        .write(move |tx| {
            erasing::keep_intakes_out(tx)?;
            let contact = contacts::find(tx, id)?.ok_or(CareError::NotFound)?;
            check(&contact, version)?;
            // An answer or a note that is being written is waited for as well.
            let conversations = erasing::list_conversations(tx, id)?;
            conversations::list_locked(tx, &conversations)?;
            let traces = collect(tx, &contact)?;
            for (inbox, at) in traces.needles.received.difference(&looked_for) {
                deliveries.extend(erasing::list_received(tx, *inbox, *at)?);
            }
            deliveries.extend(look_through(tx, &traces, looked_to)?.0);
            let marker = marks::find_or_make(tx, &fresh)?;
            let (files, rewritten) = empty(tx, &traces, &deliveries, &marker, now)?;
            erasing::empty_contact(tx, id, now)?;
            let erased =
                NewEvent::new(EventKind::ContactErased, now, actor).facts(json!({ "contact": id }));
            tell(tx, &traces, &rewritten, erased)?;
            // Whatever becomes of this process, what is left in the files goes as well.
            jobs::enqueue(tx, &rest)?;
            Ok::<_, CareError>((files, traces.emptied.len(), deliveries.len()))
        })
        .await?;

    let (files, message_count, delivery_count) = outcome;
    for file in files {
        if let Err(error) = care.files.remove(&file).await {
            warn!(error = %error, "the file of an erased contact could not be removed");
        }
    }
    let _turn = care.letting_go.lock().await;
    let_go(care).await?;
    care.store
        .write(move |tx| jobs::take_back(tx, rest_id).map_err(CareError::from))
        .await?;
    info!(
        contact.id = %id,
        message.count = message_count,
        delivery.count = delivery_count,
        "a contact was erased"
    );
    Ok(())
}

/// Writes down that a contact who left their network is to be erased.
pub(crate) fn enqueue(
    tx: &mut Tx<'_>,
    id: JobId,
    contact: ContactId,
    now: Timestamp,
) -> Result<(), StoreError> {
    jobs::enqueue_once(
        tx,
        &NewJob {
            id,
            kind: DEPARTED,
            key: Some(contact.to_string()),
            inbox: None,
            run_at: now,
            payload: json!({ "contact": contact }),
        },
    )
}

/// Erases a contact who left their network, as their network demands it of us.
pub(crate) async fn erase_departed(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let contact = job.payload.get("contact").and_then(|id| id.as_str());
    let Some(contact) = contact.and_then(|id| id.parse().ok()) else {
        return Ok(Outcome::Done);
    };
    match erase(care, &access::operator(), contact, None).await {
        Ok(()) | Err(CareError::NotFound) => Ok(Outcome::Done),
        Err(error) => Err(error),
    }
}

fn check(contact: &Contact, version: Option<i64>) -> Result<(), CareError> {
    match version {
        // Asked for once more, because the first answer was lost: there is nothing to protect.
        Some(_) if contact.erased_at.is_some() => Ok(()),
        Some(version) if version != contact.version => Err(CareError::Conflict {
            current: contact.version,
        }),
        _ => Ok(()),
    }
}

/// Does what an erasure left undone because its process ended, or because somebody read for long.
pub(crate) async fn finish(care: &Care) -> Result<Outcome, CareError> {
    while crate::jobs::remove_files(care).await? {}
    // It may take longer than the claim of a job: whoever is at it is not joined.
    let Ok(_turn) = care.letting_go.try_lock() else {
        return Ok(Outcome::Later(care.now().after(TAKEN_UP)));
    };
    let_go(care).await?;
    Ok(Outcome::Done)
}

/// Brings the index up to date and writes it anew without what went, then empties the log. May be
/// repeated.
async fn let_go(care: &Care) -> Result<(), CareError> {
    followers::catch_up(care).await?;
    // What was being written anew before may have taken with it what goes now.
    for begins in [false, true] {
        let mut begins = begins;
        while care
            .store
            .write(move |tx| search::purge_part(tx, begins).map_err(CareError::from))
            .await?
        {
            begins = false;
        }
    }
    let url = care.store.url().clone();
    tokio::task::spawn_blocking(move || erasing::let_go(&url))
        .await
        .map_err(|error| CareError::Internal(error.to_string()))?
        .map_err(CareError::from)
}

fn collect(read: &mut Read<'_>, contact: &Contact) -> Result<Traces, CareError> {
    let identities = contacts::list_identities(read, contact.id)?;
    let conversations = erasing::list_conversations(read, contact.id)?;
    let mut emptied = BTreeMap::new();
    for identity in &identities {
        for trace in erasing::list_of_identity(read, identity.id)? {
            emptied.insert(trace.id, trace);
        }
    }
    let mut beside = Vec::new();
    for conversation in &conversations {
        for trace in erasing::list_of_conversation(read, *conversation)? {
            if trace.ours {
                emptied.insert(trace.id, trace);
            } else if !emptied.contains_key(&trace.id) {
                beside.push(trace);
            }
        }
    }
    let needles = Needles::new(contact, &identities, emptied.values());
    Ok(Traces {
        identities,
        conversations,
        emptied,
        beside,
        needles,
    })
}

/// When something was received, and in which inbox.
type Received = BTreeSet<(InboxId, Timestamp)>;

/// Looks through the raw deliveries outside of any transaction; returns those about the contact, up
/// to which one it looked, and which moments it looked for.
async fn look_through_deliveries(
    care: &Care,
    contact: Contact,
) -> Result<(BTreeSet<IntakeId>, IntakeId, Received), CareError> {
    let traces = care
        .store
        .read(move |read| collect(read, &contact).map(Arc::new))
        .await?;
    let looked_for = traces.needles.received.clone();
    let mut about = BTreeSet::new();
    let named = Arc::clone(&traces);
    let emptied: Vec<IntakeId> = care
        .store
        .read(move |read| {
            let keys: Vec<&str> = named.needles.ids.iter().map(String::as_str).collect();
            erasing::list_emptied_by_key(read, &keys).map_err(CareError::from)
        })
        .await?;
    about.extend(emptied);
    let mut last = IntakeId(0);
    loop {
        let (from, traces) = (last, Arc::clone(&traces));
        let (found, next) = care
            .store
            .read(move |read| look_through_portion(read, &traces, from))
            .await?;
        about.extend(found);
        match next {
            Some(next) => last = next,
            None => return Ok((about, last, looked_for)),
        }
    }
}

/// Looks through every delivery after one.
fn look_through(
    read: &mut Read<'_>,
    traces: &Traces,
    after: IntakeId,
) -> Result<(BTreeSet<IntakeId>, IntakeId), CareError> {
    let mut about = BTreeSet::new();
    let mut last = after;
    loop {
        let (found, next) = look_through_portion(read, traces, last)?;
        about.extend(found);
        match next {
            Some(next) => last = next,
            None => return Ok((about, last)),
        }
    }
}

fn look_through_portion(
    read: &mut Read<'_>,
    traces: &Traces,
    after: IntakeId,
) -> Result<(Vec<IntakeId>, Option<IntakeId>), CareError> {
    let deliveries = erasing::list_deliveries(read, after, PORTION)?;
    let last = deliveries.last().map(|delivery| delivery.id);
    let about = deliveries
        .iter()
        .filter(|delivery| is_about(traces, delivery))
        .map(|delivery| delivery.id)
        .collect();
    Ok((about, last))
}

fn is_about(traces: &Traces, delivery: &Delivery) -> bool {
    traces
        .needles
        .received
        .contains(&(delivery.inbox, delivery.received_at))
        || traces.needles.is_in_delivery(delivery)
}

/// Empties everything; returns the names of files that are to go after the commit, and whose words
/// name the contact no more.
fn empty(
    tx: &mut Tx<'_>,
    traces: &Traces,
    deliveries: &BTreeSet<IntakeId>,
    marker: &Marker,
    now: Timestamp,
) -> Result<(Vec<String>, Vec<Trace>), CareError> {
    let emptied: Vec<Trace> = traces.emptied.values().cloned().collect();
    let mark = |inbox: InboxId, id: &str| marker.of_message(inbox, id);
    erasing::empty_messages(tx, &emptied, mark, now)?;
    let mut files = Vec::new();
    for trace in &emptied {
        files.extend(messages::delete_attachments(tx, trace.id)?);
    }
    let mut rewritten = Vec::new();
    for trace in &traces.beside {
        let title = trace
            .title
            .as_deref()
            .map(|title| traces.needles.cover(title));
        let body = traces.needles.cover(&trace.body);
        if title != trace.title || body != trace.body {
            erasing::rewrite(tx, trace.id, title.as_deref(), &body)?;
            rewritten.push(trace.clone());
        }
    }
    // The index follows the log and puts back what still has words.
    let ids: Vec<MessageId> = emptied
        .iter()
        .chain(&rewritten)
        .map(|trace| trace.id)
        .collect();
    search::remove(tx, &ids)?;

    let mut threads: BTreeSet<(InboxId, String)> = emptied
        .iter()
        .filter_map(|trace| Some((trace.inbox, trace.thread.clone()?)))
        .collect();
    for identity in &traces.identities {
        threads.insert((identity.inbox, identity.network_id.clone()));
    }
    erasing::forget_threads(tx, &Vec::from_iter(threads))?;
    let deliveries: Vec<IntakeId> = deliveries.iter().copied().collect();
    let mark = |inbox: InboxId, kind: &str, key: &str| marker.of_delivery(inbox, kind, key);
    erasing::empty_deliveries(tx, &deliveries, mark)?;
    idempotency::forget_answers(tx)?;

    let mut rows = conversations::list_locked(tx, &traces.conversations)?;
    for row in &mut rows {
        row.subject = None;
        if row.joined_into.is_none() {
            change::add_up(tx, row)?;
        }
    }
    conversations::save(tx, &rows)?;
    Ok((files, rewritten))
}

/// Writes into the log that the contact was erased, for every conversation that whoever sees it may
/// hear of it, and which messages lost their words, so that the index looks at them again.
fn tell(
    tx: &mut Tx<'_>,
    traces: &Traces,
    rewritten: &[Trace],
    erased: NewEvent,
) -> Result<(), CareError> {
    let deleted = traces
        .emptied
        .values()
        .map(|trace| (EventKind::MessageDeleted, trace));
    let edited = rewritten
        .iter()
        .map(|trace| (EventKind::MessageEdited, trace));
    for (kind, trace) in deleted.chain(edited) {
        let event = NewEvent::new(kind, erased.at, crate::SYSTEM)
            .inbox(trace.inbox)
            .message(trace.id)
            .facts(json!({"why": "contact_erased"}));
        tx.append(match trace.conversation {
            Some(conversation) => event.conversation(conversation),
            None => event,
        });
    }
    for row in conversations::list_by_id(tx, &traces.conversations)? {
        tx.append(
            erased
                .clone()
                .conversation(row.id)
                .inbox(row.inbox)
                .brand(row.brand)
                .team(row.team),
        );
    }
    if traces.conversations.is_empty() {
        tx.append(erased);
    }
    Ok(())
}
