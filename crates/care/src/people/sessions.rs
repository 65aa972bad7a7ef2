//! Sessions: a secret in a cookie, its digest in the database. Over after 12 hours without use and
//! after 30 days in any case.

use std::time::Duration;

use kulant_model::ids::AgentId;
use kulant_model::time::Timestamp;
use kulant_store::{StoreError, Tx, sessions};
use tracing::warn;

use super::{Known, Maker, person, team_ids};
use crate::error::CareError;
use crate::{Care, hash_secret};

/// How long a session lasts without use.
pub const IDLE: Duration = Duration::from_hours(12);
/// How long a session lasts in any case.
pub const LONGEST: Duration = Duration::from_hours(30 * 24);
/// How exactly the last use is noted: not every request is worth a write.
const NOTED_EVERY: Duration = Duration::from_mins(5);

/// A session that has just begun; the secret is known here and in the cookie, nowhere else.
#[derive(Clone)]
pub struct NewSession {
    pub agent: AgentId,
    pub secret: String,
    pub csrf_token: String,
    pub expires_at: Timestamp,
}

/// Makes a session that is not kept yet.
pub(super) fn prepare(care: &Care, agent: AgentId) -> NewSession {
    NewSession {
        agent,
        secret: care.secret(),
        csrf_token: care.secret(),
        expires_at: care.now().after(LONGEST),
    }
}

/// Keeps a session, and removes what is over of the same person's.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    session: &NewSession,
    now: Timestamp,
) -> Result<(), StoreError> {
    sessions::remove_expired(tx, session.agent, now, now.before(IDLE))?;
    sessions::insert(
        tx,
        &hash_secret(&session.secret),
        &sessions::Session {
            agent: session.agent,
            csrf_token: session.csrf_token.clone(),
            created_at: now,
            seen_at: now,
            expires_at: session.expires_at,
        },
    )
}

/// Finds whoever the session belongs to, and notes now and then that a person uses it.
pub(super) async fn find(
    care: &Care,
    secret: &str,
    maker: Maker,
) -> Result<Option<Known>, CareError> {
    let hash = hash_secret(secret);
    let key = hash.clone();
    let found = care
        .store
        .read(move |read| {
            let Some((session, access)) = sessions::find(read, &key)? else {
                return Ok(None);
            };
            let teams = team_ids(read, access.agent)?;
            Ok::<_, StoreError>(Some((session, access, teams)))
        })
        .await?;
    let Some((session, access, teams)) = found else {
        return Ok(None);
    };

    let now = care.now();
    let over = session.expires_at <= now || session.seen_at.after(IDLE) <= now;
    if over || access.disabled_at.is_some() {
        return Ok(None);
    }

    if maker == Maker::Person && session.seen_at.after(NOTED_EVERY) <= now {
        let noted: Result<(), StoreError> = care
            .store
            .write(move |tx| sessions::touch(tx, &hash, now))
            .await;
        if let Err(error) = noted {
            warn!(error = %error, "the use of a session could not be noted");
        }
    }
    Ok(Some(Known {
        person: person(access, teams, None),
        csrf_token: Some(session.csrf_token),
        expires_at: Some(session.expires_at),
    }))
}

/// Ends a session; one that is over already is as good.
pub async fn end(care: &Care, secret: &str) -> Result<(), CareError> {
    let hash = hash_secret(secret);
    care.store
        .write(move |tx| Ok(sessions::remove(tx, &hash).map(drop)?))
        .await
}

/// Leaves the secrets out, so that no log shows them.
impl std::fmt::Debug for NewSession {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NewSession")
            .field("agent", &self.agent)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
