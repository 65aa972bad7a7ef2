//! Signing in with address and password. Nobody learns who exists, nor why it failed; guessing is
//! slowed down by a pause that grows, for whoever guesses and not for whom is guessed at: it counts
//! by network, and by address alone only far later.

use std::net::IpAddr;
use std::time::Duration;

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AgentId};
use kulant_model::time::Timestamp;
use kulant_store::{Tx, agents, sessions as kept};
use serde_json::json;

use super::sessions::{self, NewSession};
use super::{address_hash, address_hash_from, kept_email, passwords};
use crate::error::CareError;
use crate::{Care, SYSTEM, hash_secret};

/// So many failures are free from one network.
const FREE_FAILURES: i64 = 5;
/// So many are free from everywhere together; then each costs a short pause, which bounds those who
/// guess from many networks.
const FREE_FAILURES_ANYWHERE: i64 = 100;
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Failures older than this are forgotten.
const REMEMBERED: Duration = Duration::from_hours(24);

/// Signs somebody in with a session of its own, never one that was there before; ends the one that
/// the browser still showed.
pub async fn sign_in(
    care: &Care,
    (email, password): (&str, String),
    from: IpAddr,
    previous: Option<&str>,
) -> Result<NewSession, CareError> {
    let email = kept_email(email);
    let agent = check_password(care, (&email, password), from).await?;

    let now = care.now();
    let session = sessions::prepare(care, agent.id);
    let begun = session.clone();
    let previous = previous.map(hash_secret);
    care.store
        .write(move |tx| {
            if let Some(previous) = previous {
                kept::remove(tx, &previous)?;
            }
            sessions::keep(tx, &begun, now)?;
            tx.append(NewEvent::new(EventKind::SignedIn, now, agent.actor));
            Ok::<_, CareError>(())
        })
        .await?;
    Ok(session)
}

/// Changes one's own password. Every session ends; the one who changed it gets a new one.
pub async fn change_password(
    care: &Care,
    agent: AgentId,
    from: IpAddr,
    (current, new): (String, String),
) -> Result<NewSession, CareError> {
    let known = care
        .store
        .read(move |read| agents::find(read, agent).map_err(CareError::from))
        .await?
        .ok_or(CareError::NotFound)?;
    passwords::check_new(&new, &known.email, &known.name)?;
    let checked = check_password(care, (&known.email, current), from).await;
    let agent = match checked {
        Err(CareError::Unauthenticated) => {
            return Err(CareError::invalid("current", "wrong", "not the password"));
        }
        other => other?,
    };
    let hash = passwords::hash(care, new).await?;

    let now = care.now();
    let session = sessions::prepare(care, agent.id);
    let begun = session.clone();
    care.store
        .write(move |tx| {
            agents::save_password(tx, agent.id, &hash)?;
            kept::remove_of_agent(tx, agent.id)?;
            sessions::keep(tx, &begun, now)?;
            tx.append(
                NewEvent::new(EventKind::AgentChanged, now, agent.actor)
                    .facts(json!({"change": "password", "subject": agent.actor})),
            );
            Ok::<_, CareError>(())
        })
        .await?;
    Ok(session)
}

/// Somebody whose password was right.
struct Checked {
    id: AgentId,
    actor: ActorId,
}

/// Compares a password. The failure is counted before the comparison and taken back after it, so
/// that many guesses at once are not cheaper than one after the other.
async fn check_password(
    care: &Care,
    (email, password): (&str, String),
    from: IpAddr,
) -> Result<Checked, CareError> {
    let now = care.now();
    let counts = Counts {
        here: address_hash_from(email, from),
        anywhere: address_hash(email),
    };
    let email = email.to_owned();
    let counted = counts.clone();
    let known = care
        .store
        .write(move |tx| {
            count_attempt(tx, &counted, now)?;
            let Some(agent) = agents::find_by_email(tx, &email)? else {
                return Ok(None);
            };
            let access = agents::find_access(tx, agent.id)?;
            Ok::<_, CareError>(access.map(|access| (agent, access)))
        })
        .await?;

    let hash = known
        .as_ref()
        .filter(|(agent, _)| agent.disabled_at.is_none())
        .and_then(|(agent, _)| agent.password_hash.clone());
    let right = passwords::verify(password, hash).await?;

    let checked = known.map(|(agent, access)| Checked {
        id: agent.id,
        actor: access.actor,
    });
    let subject = checked.as_ref().map(|checked| checked.actor);
    care.store
        .write(move |tx| {
            if right {
                kept::remove_failures(tx, &counts.here)?;
                kept::remove_failures(tx, &counts.anywhere)?;
            } else {
                tx.append(
                    NewEvent::new(EventKind::SignInFailed, now, SYSTEM)
                        .facts(json!({"subject": subject})),
                );
            }
            Ok::<_, CareError>(())
        })
        .await?;
    checked.filter(|_| right).ok_or(CareError::Unauthenticated)
}

/// Under what the failures with an address are counted.
#[derive(Clone)]
struct Counts {
    here: Vec<u8>,
    anywhere: Vec<u8>,
}

fn count_attempt(tx: &mut Tx<'_>, counts: &Counts, now: Timestamp) -> Result<(), CareError> {
    kept::remove_failures_before(tx, now.before(REMEMBERED))?;
    for hash in [&counts.here, &counts.anywhere] {
        let locked_until =
            kept::find_failures(tx, hash)?.and_then(|failures| failures.locked_until);
        if let Some(until) = locked_until.filter(|until| *until > now) {
            return Err(CareError::TooOften {
                retry_after_seconds: until.since(now).as_secs().max(1),
            });
        }
    }
    let failures = kept::add_failure(tx, &counts.here, now)?;
    if let Some(pause) = pause_after(failures) {
        kept::lock(tx, &counts.here, now.after(pause))?;
    }
    if kept::add_failure(tx, &counts.anywhere, now)? >= FREE_FAILURES_ANYWHERE {
        kept::lock(tx, &counts.anywhere, now.after(FIRST_PAUSE))?;
    }
    Ok(())
}

/// Returns how long a network has to wait after so many failures.
fn pause_after(failures: i64) -> Option<Duration> {
    let doublings = u32::try_from(failures - FREE_FAILURES).ok()?;
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings));
    Some(pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_from_a_minute_to_an_hour() {
        let minutes = |failures| pause_after(failures).map(|pause| pause.as_secs() / 60);
        assert_eq!(minutes(4), None);
        let pauses: Vec<_> = (5..=12).map(minutes).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60].map(Some));
        assert_eq!(minutes(1_000), Some(60));
    }
}
