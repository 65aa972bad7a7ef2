//! One effect for a request that comes twice under the same key. The answer is kept for a day,
//! sealed, because it may hold a secret that is shown once or the words of a customer. Where no
//! answer could be kept, a message leaves word of itself; of other writes nobody knows.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kulant_model::ids::{AgentId, MessageId};
use kulant_model::time::Timestamp;
use kulant_store::idempotency::{self, KeptAnswer, StoredAnswer};
pub use kulant_store::writing::{Trace, traced};
use kulant_store::{StoreError, Tx};

use crate::Care;
use crate::error::CareError;

const KEPT: Duration = Duration::from_hours(24);
/// Longer than any request may take: whoever took the key then is gone.
const GIVEN_UP: Duration = Duration::from_mins(2);

/// An answer as it was given the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What to do with a request that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Nobody used the key: do it, then `finish` or `give_up`.
    First,
    /// It was done; this was the answer.
    Done(Answer),
    /// It was done, and this is what it wrote; its answer was lost.
    Written(MessageId),
    /// It was done; somebody was erased since, and with them the answer.
    Erased,
    /// The same request is being done at this moment.
    InProgress,
    /// Whoever did it is gone, and nobody knows how far it came.
    Unknown,
    /// The key was used for another request.
    Reused,
}

/// How one learns whether a request was done whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// What writes the message notes it under the key, in the same transaction.
    Message,
    /// What it writes carries the key, so that the same request again finds it there.
    Repeatable,
    None,
}

/// Takes a key for a request, or tells what became of it.
pub async fn take(
    care: &Care,
    agent: AgentId,
    key: &str,
    request_hash: Vec<u8>,
    proof: Proof,
) -> Result<Turn, CareError> {
    let now = care.now();
    let wanted = key.to_owned();
    let hash = request_hash.clone();
    let used = care
        .store
        .write(move |tx| {
            idempotency::remove_before(tx, now.before(KEPT))?;
            if proof != Proof::None {
                idempotency::free_wordless(tx, agent, &wanted, now.before(GIVEN_UP))?;
            }
            if idempotency::take(tx, agent, &wanted, &hash, now)? {
                return Ok(None);
            }
            idempotency::find(tx, agent, &wanted)
        })
        .await
        .map_err(|error: StoreError| CareError::from(error))?;
    Ok(match used {
        None => Turn::First,
        Some(used) if used.request_hash != request_hash => Turn::Reused,
        Some(used) => match (used.answer, used.message) {
            (KeptAnswer::Whole(answer), _) => Turn::Done(open(care, agent, key, &answer)?),
            (_, Some(message)) => Turn::Written(message),
            (KeptAnswer::Erased, None) => Turn::Erased,
            (KeptAnswer::NotYet, None) if used.created_at < now.before(GIVEN_UP) => Turn::Unknown,
            (KeptAnswer::NotYet, None) => Turn::InProgress,
        },
    })
}

/// Keeps the answer to a request that was done.
pub async fn finish(
    care: &Care,
    agent: AgentId,
    key: &str,
    answer: &Answer,
) -> Result<(), CareError> {
    let stored = StoredAnswer {
        status: i64::from(answer.status),
        headers: serde_json::to_string(&answer.headers)
            .map_err(|error| CareError::Internal(error.to_string()))?,
        body: STANDARD.encode(care.seal(&place(agent, key), &answer.body)?),
    };
    let key = key.to_owned();
    care.store
        .write(move |tx| Ok(idempotency::keep_answer(tx, agent, &key, &stored)?))
        .await
}

/// Frees a key whose request wrote nothing, so that it can be tried again.
pub async fn give_up(care: &Care, agent: AgentId, key: &str) -> Result<(), CareError> {
    let key = key.to_owned();
    care.store
        .write(move |tx| Ok(idempotency::free(tx, agent, &key)?))
        .await
}

/// Frees a key whose request failed in the middle, unless it left word of what it wrote.
pub async fn give_up_wordless(care: &Care, agent: AgentId, key: &str) -> Result<(), CareError> {
    let (key, later) = (key.to_owned(), Timestamp(i64::MAX));
    care.store
        .write(move |tx| Ok(idempotency::free_wordless(tx, agent, &key, later).map(drop)?))
        .await
}

/// Leaves word of a message under the key of its request. Says no where the key went to another
/// request meanwhile: that one may have written the message.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    agent: AgentId,
    key: &str,
    message: MessageId,
) -> Result<(), CareError> {
    if idempotency::note_message(tx, agent, key, message)? {
        return Ok(());
    }
    let words = "the same request was begun again meanwhile";
    Err(CareError::Unavailable(words.to_owned()))
}

/// Forgets every kept answer, as an erasure must: one of them may hold the erased words.
pub fn forget_answers(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    idempotency::forget_answers(tx).map(drop)
}

fn open(
    care: &Care,
    agent: AgentId,
    key: &str,
    stored: &StoredAnswer,
) -> Result<Answer, CareError> {
    let unreadable = || CareError::Internal("a kept answer cannot be read".to_owned());
    let sealed = STANDARD.decode(&stored.body).map_err(|_| unreadable())?;
    Ok(Answer {
        status: u16::try_from(stored.status).map_err(|_| unreadable())?,
        headers: serde_json::from_str(&stored.headers).map_err(|_| unreadable())?,
        body: care.open_sealed(&place(agent, key), &sealed)?,
    })
}

fn place(agent: AgentId, key: &str) -> String {
    format!("idempotency/{agent}/{key}")
}
