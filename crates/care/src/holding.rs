//! Holding replies: to many conversations in one step, paced and varied, each naming the next word's
//! time. They answer nothing: whoever waits still waits, and the promise stands at the conversation
//! until a real answer goes out.

pub(crate) mod promised;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use kulant_model::brand::BrandDetails;
use kulant_model::conversation::Status;
use kulant_model::ids::{BrandId, ConversationId, InboxId, MessageId};
use kulant_model::message::{Direction, Visibility};
use kulant_model::promise;
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::conversations::{self as rows, Conversation};
use kulant_store::messages::{self, Message};
use kulant_store::{Read, Tx, brands, inboxes, parties};

use crate::accounts::{self, Opened};
use crate::change::Changing;
use crate::error::CareError;
use crate::reply::{self, NewReply, Purpose};
use crate::{Care, access, deliver};

/// The most conversations of one step.
pub const MOST: usize = 500;
/// The most variants of the text.
const MOST_TEXTS: usize = 20;
/// Over how long they may be spread at most.
const LONGEST_SPREAD: Duration = Duration::from_hours(24);
/// How long the first one is held back, so that all can be called back.
const HELD: Duration = Duration::from_secs(10);
/// How many of the newest messages are looked through for our last word.
const LOOKED_THROUGH: i64 = 20;

/// What is to be said to whom.
#[derive(Debug, Clone)]
pub struct NewHoldingReplies {
    pub conversations: Vec<ConversationId>,
    /// Variants of the text, each naming the next word's time.
    pub texts: Vec<String>,
    pub next_word_at: Timestamp,
    /// Over how long they leave, evenly.
    pub spread: Duration,
}

/// What became of a step.
#[derive(Debug, Clone, Default)]
pub struct Held {
    pub queued: Vec<Queued>,
    /// Where nothing was written, and why.
    pub refused: Vec<(ConversationId, Refusal)>,
}

/// A holding reply on its way.
#[derive(Debug, Clone)]
pub struct Queued {
    pub conversation: ConversationId,
    pub message: MessageId,
    pub body: String,
    pub send_at: Timestamp,
}

/// A conversation that can be written to, with what its reply needs.
struct Target {
    row: Conversation,
    message: Message,
    visibility: Visibility,
    /// Our last word there.
    last: Option<String>,
}

/// Queues a holding reply for each conversation, all in one transaction; where one cannot be written,
/// it is named with its reason.
pub async fn hold(care: &Care, person: &Person, new: NewHoldingReplies) -> Result<Held, CareError> {
    access::require(person, Permission::WriteConversations)?;
    let now = care.now();
    check(&new, now)?;

    let (asking, opening, wanted) = (person.clone(), care.clone(), new.conversations.clone());
    let (targets, accounts, details, mut held) = care
        .store
        .read(move |read| load(read, &opening, &asking, &wanted))
        .await?;

    let planned = plan(&new, targets, &details, now);

    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            keep(tx, &changing, &new, planned, &accounts, &mut held)?;
            Ok(held)
        })
        .await
}

/// Takes holding replies back that have not left; returns which those were.
pub async fn call_back(
    care: &Care,
    person: &Person,
    ids: &[MessageId],
) -> Result<Vec<MessageId>, CareError> {
    access::require(person, Permission::WriteConversations)?;
    if ids.len() > MOST {
        return Err(CareError::invalid(
            "messages",
            "too_many",
            format!("{MOST} at most"),
        ));
    }
    let mut back = Vec::new();
    for id in ids {
        match deliver::cancel(care, person, *id).await {
            Ok(()) => back.push(*id),
            Err(CareError::Refused(_) | CareError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(back)
}

fn check(new: &NewHoldingReplies, now: Timestamp) -> Result<(), CareError> {
    let invalid = |field, code, detail: &str| Err(CareError::invalid(field, code, detail));
    let different: BTreeSet<ConversationId> = new.conversations.iter().copied().collect();
    if different.is_empty() {
        return invalid("conversations", "required", "name at least one");
    }
    if different.len() < new.conversations.len() {
        return invalid("conversations", "twice", "each once");
    }
    if different.len() > MOST {
        return invalid("conversations", "too_many", &format!("{MOST} at most"));
    }
    let texts: BTreeSet<&str> = new.texts.iter().map(|text| text.trim()).collect();
    if texts.len() < 2 || texts.len() < new.texts.len() {
        return invalid("texts", "too_few", "at least two different variants");
    }
    if texts.len() > MOST_TEXTS {
        return invalid("texts", "too_many", &format!("{MOST_TEXTS} at most"));
    }
    if texts
        .iter()
        .any(|text| text.chars().count() > reply::LONGEST)
    {
        let detail = format!("{} characters at most", reply::LONGEST);
        return invalid("texts", "too_long", &detail);
    }
    if texts
        .iter()
        .any(|text| !text.contains(promise::PLACEHOLDER))
    {
        let detail = format!(
            "each names the next word's time by {}",
            promise::PLACEHOLDER
        );
        return invalid("texts", "without_next_word", &detail);
    }
    if new.spread > LONGEST_SPREAD {
        return invalid("spread_minutes", "out_of_range", "a day at most");
    }
    if new.next_word_at <= now.after(HELD).after(new.spread) {
        return invalid(
            "next_word_at",
            "too_early",
            "after the last of them has left",
        );
    }
    Ok(())
}

type Accounts = HashMap<InboxId, Opened>;
type Loaded = (Vec<Target>, Accounts, HashMap<BrandId, BrandDetails>, Held);

fn load(
    read: &mut Read<'_>,
    care: &Care,
    person: &Person,
    wanted: &[ConversationId],
) -> Result<Loaded, CareError> {
    let mut accounts: Accounts = HashMap::new();
    let mut details: HashMap<BrandId, BrandDetails> = HashMap::new();
    let mut held = Held::default();
    let mut targets = Vec::new();
    for id in wanted {
        match find_target(read, person, *id) {
            Ok(target) => {
                let inbox = target.message.inbox;
                if let Entry::Vacant(place) = accounts.entry(inbox) {
                    let found = inboxes::find(read, inbox)?.ok_or(CareError::NotFound)?;
                    place.insert(accounts::open(care, found)?);
                }
                if let Entry::Vacant(place) = details.entry(target.row.brand) {
                    let found = brands::find(read, *place.key())?;
                    let found = found.and_then(|brand| serde_json::from_value(brand.details).ok());
                    place.insert(found.unwrap_or_default());
                }
                targets.push(target);
            }
            Err(error) => held.refused.push((*id, refusal_of(error)?)),
        }
    }
    Ok((targets, accounts, details, held))
}

/// Finds on which side and below which message somebody is written to: where the party spoke last.
fn find_target(
    read: &mut Read<'_>,
    person: &Person,
    id: ConversationId,
) -> Result<Target, CareError> {
    let row = rows::find(read, id)?
        .filter(|row| person.scope.includes(row.team))
        .ok_or(CareError::NotFound)?;
    if row.joined_into.is_some() {
        return Err(Refusal::new("conversation_is_joined").into());
    }
    if row.status == Status::Resolved {
        return Err(Refusal::new("conversation_is_resolved").into());
    }
    let public = parties::find_newest(read, id, Visibility::Public, None)?;
    let private = parties::find_newest(read, id, Visibility::Private, None)?;
    let visibility = match (&public, &private) {
        (Some(public), Some(private)) if public.platform_at > private.platform_at => {
            Visibility::Public
        }
        (Some(_), None) => Visibility::Public,
        (None, None) => return Err(Refusal::new("nothing_to_answer").into()),
        _ => Visibility::Private,
    };
    let message = reply::newest_target(read, &row, visibility)?;
    let end = (Timestamp(i64::MAX), MessageId(i64::MAX));
    let last = messages::list_newest(read, id, end, LOOKED_THROUGH)?
        .into_iter()
        .find(|said| said.direction == Direction::Out && said.visibility != Visibility::Note)
        .map(|said| said.body);
    Ok(Target {
        row,
        message,
        visibility,
        last,
    })
}

/// What keeps one conversation out is told; anything else ends the whole step.
fn refusal_of(error: CareError) -> Result<Refusal, CareError> {
    match error {
        CareError::Refused(refusal) => Ok(refusal),
        CareError::NotFound => Ok(Refusal::new("not_found")),
        other => Err(other),
    }
}

/// Gives each its words and its time: evenly over the span, and never the same words twice in a row
/// where people read them below each other.
fn plan(
    new: &NewHoldingReplies,
    targets: Vec<Target>,
    details: &HashMap<BrandId, BrandDetails>,
    now: Timestamp,
) -> Vec<(Target, String, Timestamp)> {
    let count = u32::try_from(targets.len().max(1)).unwrap_or(u32::MAX);
    let step = new.spread / count;
    let nothing = BrandDetails::default();
    let mut last_below: HashMap<MessageId, usize> = HashMap::new();
    let mut send_at = now.after(HELD);
    let mut planned = Vec::new();
    for (turn, target) in targets.into_iter().enumerate() {
        let said = |text: &String| {
            let last = target.last.as_deref();
            last.is_some_and(|last| promise::is_filled(last, text.trim()))
        };
        let top = target.message.top;
        let before = [
            new.texts.iter().position(said),
            top.and_then(|top| last_below.get(&top).copied()),
        ];
        let variant = choose(turn, new.texts.len(), &before);
        if let Some(top) = top {
            last_below.insert(top, variant);
        }
        let details = details.get(&target.row.brand).unwrap_or(&nothing);
        let body = promise::fill(
            new.texts[variant].trim(),
            details,
            new.next_word_at,
            send_at,
        );
        planned.push((target, body, send_at));
        send_at = send_at.after(step);
    }
    planned
}

/// Takes the variant whose turn it is, or the next one that was not said just before; with two
/// variants our last word to the person counts more than what stands above.
fn choose(turn: usize, variants: usize, before: &[Option<usize>]) -> usize {
    let in_turn = || (0..variants).map(|step| (turn + step) % variants);
    in_turn()
        .find(|variant| !before.contains(&Some(*variant)))
        .or_else(|| in_turn().find(|variant| before.first() != Some(&Some(*variant))))
        .unwrap_or(turn % variants)
}

fn keep(
    tx: &mut Tx<'_>,
    changing: &Changing,
    new: &NewHoldingReplies,
    planned: Vec<(Target, String, Timestamp)>,
    accounts: &Accounts,
    held: &mut Held,
) -> Result<(), CareError> {
    // All at once and in one order, so that two such steps never wait for each other.
    let mut all: Vec<ConversationId> = planned.iter().map(|(one, ..)| one.row.id).collect();
    all.sort_unstable();
    rows::list_locked(tx, &all)?;
    for (target, body, send_at) in planned {
        let conversation = target.row.id;
        let opened = accounts
            .get(&target.message.inbox)
            .ok_or(CareError::NotFound)?;
        let reply = NewReply {
            conversation,
            body: body.clone(),
            visibility: target.visibility,
            in_reply_to: Some(target.message.id),
            send_at: Some(send_at),
            mentions: Vec::new(),
            attachments: Vec::new(),
            template: None,
            resolve: false,
        };
        let purpose = Purpose::Holding(new.next_word_at);
        let kept =
            reply::check_capability(opened, changing.now, &target.message, &reply).and_then(|()| {
                reply::keep(
                    tx,
                    changing,
                    (reply, purpose),
                    Some(&target.message),
                    Some(opened),
                )
            });
        match kept {
            Ok(message) => held.queued.push(Queued {
                conversation,
                message,
                body,
                send_at,
            }),
            // Nothing was written for it: a rule says no before anything is kept.
            Err(error) => held.refused.push((conversation, refusal_of(error)?)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_take_turns_and_are_not_said_twice_in_a_row() {
        let turns: Vec<usize> = (0..5).map(|turn| choose(turn, 3, &[])).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1]);
        assert_eq!(choose(0, 2, &[Some(0)]), 1);
        assert_eq!(choose(1, 3, &[Some(1), Some(2)]), 0);
        assert_eq!(
            choose(0, 2, &[Some(0), Some(1)]),
            1,
            "the person's own thread counts more"
        );
    }
}
