//! A call that a colleague writes down: who called, what was said, and until when we promised to call
//! back. It is taken in like everything else that reaches us; nothing is sent from here.

mod calling_back;

use std::time::Duration;

use kulant_channels::phone::{Call, number};
use kulant_model::conversation::{self, Status};
use kulant_model::ids::{ContactId, ConversationId, IdentityId, InboxId, JobId, MessageId};
use kulant_model::message::Visibility;
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::contacts::{self as people, Identity};
use kulant_store::messages::{self, Message};
use kulant_store::{Read, conversations as rows, erasing, inboxes, intakes};
use serde_json::{Value as Json, json};

use crate::accounts::{self, Opened};
use crate::admin::fields::Faults;
use crate::error::CareError;
use crate::{Care, accept, access, intake, signature};
use calling_back::Promised;
pub(crate) use calling_back::{KIND, call_back};

const LONGEST_TEXT: usize = 20_000;
const LONGEST_NAME: usize = 120;
const LONGEST_NUMBER: usize = 40;
/// How long one waits for another worker that is taking the same inbox in.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: usize = 100;

/// The word for a key under which another call was written down.
pub const KEY_REUSED: &str = "idempotency_key_reused";

/// A call as it is written down.
#[derive(Debug, Clone, Default)]
pub struct NewCall {
    /// The matter that it was about; none lets the number find it.
    pub conversation: Option<ConversationId>,
    /// Who called, where colleagues know them; none is told by the conversation or the number.
    pub contact: Option<ContactId>,
    pub number: Option<String>,
    pub name: Option<String>,
    pub said: String,
    /// What we said in the call; it counts as the answer.
    pub answered: Option<String>,
    /// When we promised to call back: until then the conversation sleeps.
    pub call_back_at: Option<Timestamp>,
}

impl NewCall {
    /// Returns everything that was written down, for comparing.
    fn written(&self) -> Json {
        json!([
            self.conversation,
            self.contact,
            self.number,
            self.name,
            self.said,
            self.answered,
            self.call_back_at
        ])
    }
}

/// Keeps a call and takes it in; returns the conversation that it stands in.
pub async fn note(
    care: &Care,
    person: &Person,
    inbox: InboxId,
    new: NewCall,
) -> Result<ConversationId, CareError> {
    let id = format!("call-{}", care.id());
    note_as(care, person, inbox, (new, id, None)).await
}

/// As `note`, for a request under a key: the same one again is the same call, and another one under
/// that key is refused.
pub async fn note_once(
    care: &Care,
    person: &Person,
    inbox: InboxId,
    new: NewCall,
    key: &str,
) -> Result<ConversationId, CareError> {
    let word = signature::sha256_hex(format!("{}/{inbox}/{key}", person.agent).as_bytes());
    let of_key = format!("call-{word}-");
    let said = signature::sha256_hex(new.written().to_string().as_bytes());
    let id = format!("{of_key}{said}");
    note_as(care, person, inbox, (new, id, Some(of_key))).await
}

async fn note_as(
    care: &Care,
    person: &Person,
    inbox: InboxId,
    (new, id, of_key): (NewCall, String, Option<String>),
) -> Result<ConversationId, CareError> {
    access::require(person, Permission::WriteConversations)?;
    let now = care.now();
    let mut faults = Faults::default();
    let said = words(&mut faults, "said", &new.said);
    if said.is_empty() {
        faults.add("said", "required", "a value is needed");
    }
    let answered = new.answered.as_deref();
    let answered = answered.map(|text| words(&mut faults, "answered", text));
    let name = faults.optional_text("name", new.name.as_deref(), LONGEST_NAME);
    let typed = faults.optional_text("number", new.number.as_deref(), LONGEST_NUMBER);
    faults.end()?;
    if let Some(at) = new.call_back_at {
        conversation::check_status(Status::Snoozed, Some(at), now)?;
    }

    let opened = find_inbox(care, person, inbox).await?;
    let number = match &typed {
        None => None,
        Some(typed) => Some(number(&opened.account(now), typed).ok_or_else(|| {
            let detail = "a number with its area or country code";
            CareError::invalid("number", "not_a_number", detail)
        })?),
    };
    let known = find_caller(care, person, &opened, (&new, number.as_deref())).await?;
    if known.is_none() && number.is_none() && name.is_none() {
        let detail = "a number, a name or a contact is needed";
        return Err(CareError::invalid("number", "required", detail));
    }

    let caller = match (&number, &known) {
        (Some(number), _) => number.clone(),
        (None, Some(known)) => known.network_id.clone(),
        (None, None) => id.clone(),
    };
    let thread = match new.conversation {
        Some(conversation) => format!("conversation-{conversation}"),
        None => find_thread(care, person, &opened, (&caller, &id)).await?,
    };
    let call = Call {
        id: id.clone(),
        number: number.or_else(|| known.as_ref().and_then(|known| known.handle.clone())),
        name: name.or_else(|| known.as_ref().and_then(|known| known.name.clone())),
        caller,
        thread: thread.clone(),
        said,
        answered,
    };

    let awaited = awaited_by(care, person, &opened, &call);
    let promised = new.call_back_at.map(|at| Promised {
        inbox,
        call: id.clone(),
        at,
        by: person.actor,
    });
    let whose = (known, new.conversation);
    let call = (call, of_key, promised.clone());
    keep(care, &opened, call, whose, awaited).await?;
    // Nothing says no from here on: the call is there, and so is what was promised.
    let placed = take_in(care, inbox, &id).await?;
    if let Some(promised) = promised {
        calling_back::keep(care, promised).await?;
    }
    Ok(placed)
}

/// Finds the thread that a call goes on with: the caller's, unless its conversation is another team's.
/// Whoever noted the call would then see what is not theirs to see, so theirs goes on by itself.
async fn find_thread(
    care: &Care,
    person: &Person,
    opened: &Opened,
    (caller, call): (&str, &str),
) -> Result<String, CareError> {
    let (inbox, scope) = (opened.inbox.id, person.scope.clone());
    let threads = [caller.to_owned(), format!("{caller}/{}", opened.inbox.team)];
    let own = call.to_owned();
    care.store
        .read(move |read| {
            for thread in threads {
                let found = rows::list_of_threads(read, inbox, &[&thread])?;
                let row = match found.first() {
                    Some((_, id)) => rows::find(read, *id)?,
                    None => None,
                };
                if row.is_none_or(|row| scope.includes(row.team)) {
                    return Ok::<_, CareError>(thread);
                }
            }
            Ok(own)
        })
        .await
}

/// Finds the inbox, where this person may see it and it takes calls.
async fn find_inbox(care: &Care, person: &Person, id: InboxId) -> Result<Opened, CareError> {
    let opened = accounts::find(care, id)
        .await?
        .filter(|opened| person.scope.includes(Some(opened.inbox.team)))
        .filter(|opened| opened.inbox.archived_at.is_none())
        .ok_or(CareError::NotFound)?;
    if !opened.channel.capabilities().calls {
        return Err(Refusal::new("inbox_takes_no_calls").into());
    }
    if opened.inbox.paused_at.is_some() {
        return Err(Refusal::new("inbox_is_paused").into());
    }
    Ok(opened)
}

/// Finds who called: by the number, else the contact that was named or whose conversation it is, under
/// the identity that they have on the phone or are to get there.
async fn find_caller(
    care: &Care,
    person: &Person,
    opened: &Opened,
    (new, number): (&NewCall, Option<&str>),
) -> Result<Option<Identity>, CareError> {
    let (scope, realm, brand) = (person.scope.clone(), opened.realm(), opened.inbox.brand);
    let (inbox, now) = (opened.inbox.id, care.now());
    let (conversation, named) = (new.conversation, new.contact);
    let number = number.map(str::to_owned);
    let fresh = IdentityId(care.id());
    care.store
        .read(move |read| {
            let row = match conversation {
                None => None,
                Some(id) => Some(
                    rows::find(read, id)?
                        .filter(|row| scope.includes(row.team))
                        .ok_or_else(|| unknown("conversation"))?,
                ),
            };
            if row.as_ref().is_some_and(|row| row.joined_into.is_some()) {
                return Err(Refusal::new("conversation_is_joined").into());
            }
            if row.as_ref().is_some_and(|row| row.brand != brand) {
                return Err(Refusal::new("other_brand").into());
            }
            if let Some(contact) = named
                && !people::is_in_scope(read, &scope, contact)?
            {
                return Err(unknown("contact"));
            }
            if let Some(number) = &number
                && let Some(found) = find_by_network(read, &realm, number)?
            {
                return Ok(Some(found));
            }
            let Some(contact) = named.or_else(|| row.and_then(|row| row.contact)) else {
                return Ok(None);
            };
            let contact = people::find(read, contact)?
                .filter(|contact| contact.erased_at.is_none())
                .ok_or_else(|| unknown("contact"))?;
            let identities = people::list_identities(read, contact.id)?;
            if number.is_none()
                && let Some(found) = identities.iter().find(|known| known.inbox == inbox)
            {
                return Ok(Some(found.clone()));
            }
            let word = number.clone();
            Ok(Some(Identity {
                id: fresh,
                contact: contact.id,
                inbox,
                network_id: word.unwrap_or_else(|| format!("contact-{}", contact.id)),
                name: contact
                    .name
                    .or_else(|| identities.into_iter().find_map(|known| known.name)),
                handle: number,
                named_at: now,
                refuses_since: None,
            }))
        })
        .await
}

fn find_by_network(
    read: &mut Read<'_>,
    realm: &str,
    network_id: &str,
) -> Result<Option<Identity>, CareError> {
    let found = people::list_identities_by_network(read, realm, &[network_id])?;
    Ok(found.into_iter().next())
}

fn unknown(field: &str) -> CareError {
    CareError::invalid(field, "unknown", "not there, or not for you to see")
}

/// Makes the rows in which the call is awaited, with who wrote it down: the intake fills them in, and
/// colleagues see whom to ask.
fn awaited_by(care: &Care, person: &Person, opened: &Opened, call: &Call) -> Vec<Message> {
    let answer = call.answered.as_deref().filter(|text| !text.is_empty());
    let ids = [Some(call.id.clone()), answer.map(|_| call.answer_id())];
    ids.into_iter()
        .flatten()
        .map(|network_id| {
            let id = MessageId(care.id());
            let awaited = (opened.inbox.id, id, network_id.as_str());
            Message {
                visibility: Visibility::Private,
                agent: Some(person.agent),
                ..intake::awaited(awaited, care.now())
            }
        })
        .collect()
}

/// Keeps the delivery, and with it who called, who wrote it down, and which conversation it goes on
/// with.
async fn keep(
    care: &Care,
    opened: &Opened,
    (call, of_key, promised): (Call, Option<String>, Option<Promised>),
    (known, conversation): (Option<Identity>, Option<ConversationId>),
    awaited: Vec<Message>,
) -> Result<(), CareError> {
    let (inbox, realm, thread) = (opened.inbox.id, opened.realm(), call.thread.clone());
    let deliveries = accept::rows(care, inbox, vec![call.delivery(care.now())]);
    let (ids, now) = (care.ids(), care.now());
    care.store
        .write(move |tx| {
            if !messages::list_known(tx, inbox, &[&call.id])?.is_empty() {
                // The same request again.
                return Ok(());
            }
            if let Some(of_key) = &of_key
                && messages::find_network_id_that_begins(tx, inbox, of_key)?.is_some()
            {
                return Err(Refusal::new(KEY_REUSED).into());
            }
            if inboxes::list_in_use(tx, &[inbox])?.is_empty() {
                return Err(CareError::NotFound);
            }
            if let Some(promised) = &promised {
                promised.enqueue(tx, JobId(ids.next(now)), now)?;
            }
            if let Some(known) = &known {
                // Somebody who was erased since they were looked up gets no number back.
                erasing::keep_erasures_out(tx)?;
                people::find(tx, known.contact)?
                    .filter(|contact| contact.erased_at.is_none())
                    .ok_or_else(|| unknown("contact"))?;
                people::attach(tx, &realm, known)?;
            }
            if let Some(conversation) = conversation {
                rows::save_threads(tx, inbox, &[(thread, conversation)])?;
            }
            messages::save(tx, &awaited)?;
            intakes::insert(tx, &deliveries)?;
            Ok(())
        })
        .await
}

/// Takes the call in, or waits for the worker that is doing so.
async fn take_in(care: &Care, inbox: InboxId, id: &str) -> Result<ConversationId, CareError> {
    for _ in 0..LOOKS {
        intake::take_in_inbox(care, inbox).await?;
        let wanted = id.to_owned();
        let found: Option<(MessageId, Option<ConversationId>)> = care
            .store
            .read(move |read| {
                let known = messages::list_known(read, inbox, &[&wanted])?;
                Ok::<_, CareError>(known.first().map(|known| (known.id, known.conversation)))
            })
            .await?;
        if let Some((_, Some(conversation))) = found {
            return Ok(conversation);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let detail = "the call is kept, and will be taken in a little later";
    Err(CareError::Unavailable(detail.to_owned()))
}

/// Takes a text of several lines, without what no keyboard types.
fn words(faults: &mut Faults, field: &str, text: &str) -> String {
    let text: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        .collect();
    if text.chars().count() > LONGEST_TEXT {
        faults.add(
            field,
            "too_long",
            format!("{LONGEST_TEXT} characters at most"),
        );
    }
    text.trim().to_owned()
}
