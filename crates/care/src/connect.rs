//! Connecting an inbox at its network's own page: begun by an administrator, ended by whoever has the
//! same session, once and within minutes. What the network is asked then is in `exchange`, what came of it is kept in
//! `keep`.

mod exchange;
mod keep;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kulant_channels::connect::{Attempt as NewAttempt, ConnectError, Connecting};
pub use kulant_channels::connect::{Choice, Permit};
use kulant_channels::delivery::Account;
use kulant_model::ids::InboxId;
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_model::words;
use kulant_store::StoreError;
use kulant_store::connecting::{self, Attempt};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use subtle::ConstantTimeEq;
use tracing::warn;

use exchange::{connect_chosen, exchange, to_the_end};

use crate::access::require;
use crate::accounts::{self, Opened};
use crate::error::CareError;
use crate::people::tokens::must_be_here_in_person;
use crate::{Care, hash_secret};

/// How long an attempt counts, and how long one may think about a choice.
pub const LASTS: Duration = Duration::from_mins(10);
/// How long a network may take to answer: with what comes before and after, less than a request may
/// take, so that the person is told what came of it.
const TIME: Duration = Duration::from_secs(20);
/// Where every network's page leads back to, below the public address.
pub const CALLBACK: &str = "/connect/callback";

/// What connecting an inbox takes, as an administrator is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Whose page it is; none where tokens can only be typed in.
    pub at: Option<&'static str>,
    /// What the network must be told beforehand, where apps are set up by hand.
    pub redirect_url: String,
    pub scopes: Vec<Permit>,
    /// The settings that are needed before.
    pub missing: Vec<&'static str>,
    /// The accounts that wait to be chosen from.
    pub choices: Vec<Choice>,
}

/// An attempt that has begun.
#[derive(Clone)]
pub struct Begun {
    /// Where the person agrees.
    pub url: String,
    pub expires_at: Timestamp,
}

/// What the network's page brought back.
#[derive(Clone, Default)]
pub struct Returned {
    pub state: String,
    /// None where the person said no.
    pub code: Option<String>,
}

words! {
    /// What became of an attempt.
    Outcome {
        Connected => "connected",
        /// One of several accounts is to be chosen.
        Choose => "choose",
        /// The person said no at the network.
        Declined => "declined",
        OtherAccount => "other_account",
        NoAccount => "no_account",
        /// The inbox was set up anew meanwhile.
        Changed => "changed",
        /// The network said no.
        Refused => "refused",
        Unreachable => "unreachable",
    }
}

/// What is sealed with an attempt.
#[derive(Serialize, Deserialize)]
struct Kept {
    verifier: String,
    /// What the channel asked to be kept.
    channel: Json,
    /// The settings of the inbox when it was begun.
    settings: Json,
    #[serde(default)]
    choices: Vec<(String, String)>,
}

/// Tells what connecting an inbox takes, and which choice of this session's waits.
pub async fn show(
    care: &Care,
    person: &Person,
    session: Option<&str>,
    id: InboxId,
) -> Result<Offer, CareError> {
    require(person, Permission::ManageInboxes)?;
    let opened = open(care, id).await?;
    let account = opened.account(care.now());
    let Some(connecting) = opened.channel.connecting(&account.settings) else {
        return Ok(Offer::default());
    };
    let waiting = match session {
        Some(session) => waiting(care, session, id).await?,
        None => None,
    };
    let choices = waiting.map_or_else(Vec::new, |(_, kept)| kept.choices);
    Ok(Offer {
        at: Some(connecting.at),
        redirect_url: redirect_url(care),
        missing: missing(&connecting, &account),
        scopes: connecting.scopes,
        choices: choices
            .into_iter()
            .map(|(id, name)| Choice { id, name })
            .collect(),
    })
}

/// Begins to connect an inbox; a former attempt of the same session for it is over by that.
pub async fn begin(
    care: &Care,
    person: &Person,
    session: &str,
    id: InboxId,
) -> Result<Begun, CareError> {
    require(person, Permission::ManageInboxes)?;
    must_be_here_in_person(person)?;
    let opened = open(care, id).await?;
    let account = opened.account(care.now());
    let connecting = opened
        .channel
        .connecting(&account.settings)
        .ok_or_else(|| Refusal::new("connection_not_offered"))?;
    if !missing(&connecting, &account).is_empty() {
        return Err(Refusal::new("connection_needs_settings").into());
    }

    let state = care.secret();
    let attempt = NewAttempt {
        redirect_url: redirect_url(care),
        state: state.clone(),
        verifier: URL_SAFE_NO_PAD.encode(care.random_bytes::<32>()),
    };
    let authorising = opened.channel.authorise(&account, &attempt, &care.http);
    let authorisation = match tokio::time::timeout(TIME, authorising).await {
        Ok(Ok(authorisation)) => authorisation,
        Ok(Err(error)) => {
            let code = match outcome_of(id, &error) {
                Outcome::Unreachable => "connection_unreachable",
                _ => "connection_refused",
            };
            return Err(Refusal::new(code).with("detail", &error).into());
        }
        Err(_) => return Err(Refusal::new("connection_unreachable").into()),
    };
    let kept = Kept {
        verifier: attempt.verifier,
        channel: authorisation.kept,
        settings: account.settings,
        choices: Vec::new(),
    };
    let expires_at = keep_attempt(care, (id, session), Some(&state), &kept).await?;
    Ok(Begun {
        url: authorisation.url,
        expires_at,
    })
}

/// Ends an attempt with what the network's page brought back. Only the session that began it can, and
/// only once: whatever comes of it, what was brought back is used up.
pub async fn finish(
    care: &Care,
    person: &Person,
    session: &str,
    returned: Returned,
) -> Result<(InboxId, Outcome), CareError> {
    require(person, Permission::ManageInboxes)?;
    must_be_here_in_person(person)?;
    let state_hash = hash_secret(&returned.state);
    let taken = take(care, session, move |attempt| {
        let known = attempt.state_hash.as_deref().unwrap_or_default();
        known.ct_eq(&state_hash).into()
    })
    .await?;
    let attempt = taken.ok_or_else(|| Refusal::new("connection_unknown"))?;
    let id = attempt.inbox;
    let Some(code) = returned.code else {
        return Ok((id, Outcome::Declined));
    };

    let (care, person, session) = (care.clone(), person.clone(), session.to_owned());
    let ending = async move { exchange(&care, &person, &session, (attempt, code)).await };
    Ok((id, to_the_end(ending).await?))
}

/// Connects an inbox with one of the accounts that were found for it.
pub async fn choose(
    care: &Care,
    person: &Person,
    session: &str,
    (id, choice): (InboxId, &str),
) -> Result<Outcome, CareError> {
    require(person, Permission::ManageInboxes)?;
    must_be_here_in_person(person)?;
    let opened = open(care, id).await?;
    let unknown = || Refusal::new("connection_unknown");
    let (waiting, kept) = waiting(care, session, id).await?.ok_or_else(unknown)?;
    if !kept.choices.iter().any(|(known, _)| known == choice) {
        let fault = CareError::invalid("account", "not_a_choice", "not one of the accounts");
        return Err(fault);
    }
    take(care, session, move |attempt| attempt.id == waiting.id)
        .await?
        .ok_or_else(unknown)?;

    let (care, person, choice) = (care.clone(), person.clone(), choice.to_owned());
    to_the_end(async move { connect_chosen(&care, &person, (opened, kept), &choice).await }).await
}

/// Returns where every network's page leads back to: below the address that the operator set.
fn redirect_url(care: &Care) -> String {
    format!("{}{CALLBACK}", care.settings.public_url)
}

async fn open(care: &Care, id: InboxId) -> Result<Opened, CareError> {
    accounts::find(care, id)
        .await?
        .filter(|opened| opened.inbox.archived_at.is_none())
        .ok_or(CareError::NotFound)
}

fn missing(connecting: &Connecting, account: &Account) -> Vec<&'static str> {
    let is_set = |name: &str| account.setting(name).or(account.secret(name)).is_some();
    let needs = connecting.needs.iter().copied();
    needs.filter(|name| !is_set(name)).collect()
}

/// Says what an error means for the person, and tells the log the rest.
fn outcome_of(id: InboxId, error: &ConnectError) -> Outcome {
    warn!(error = %error, inbox.id = %id, "an inbox could not be connected");
    match error {
        ConnectError::OtherAccount { .. } => Outcome::OtherAccount,
        ConnectError::NoAccount => Outcome::NoAccount,
        ConnectError::Network(error) if error.is_retryable() => Outcome::Unreachable,
        ConnectError::Network(_) => Outcome::Refused,
    }
}

/// Keeps an attempt sealed, and returns until when it counts.
async fn keep_attempt(
    care: &Care,
    (inbox, session): (InboxId, &str),
    state: Option<&str>,
    kept: &Kept,
) -> Result<Timestamp, CareError> {
    let (id, now) = (care.id(), care.now());
    let bytes = serde_json::to_vec(kept)
        .map_err(|_| CareError::Internal("an attempt cannot be written".to_owned()))?;
    let attempt = Attempt {
        id,
        inbox,
        session_hash: hash_secret(session),
        state_hash: state.map(hash_secret),
        kept: care.seal(&place_of(id), &bytes)?,
        expires_at: now.after(LASTS),
    };
    let expires_at = attempt.expires_at;
    care.store
        .write(move |tx| -> Result<(), CareError> {
            connecting::remove_over(tx, now)?;
            connecting::keep(tx, &attempt)?;
            Ok(())
        })
        .await?;
    Ok(expires_at)
}

/// Takes the attempt of a session that is meant; nobody gets it a second time.
async fn take(
    care: &Care,
    session: &str,
    is_meant: impl Fn(&Attempt) -> bool + Send + 'static,
) -> Result<Option<Attempt>, CareError> {
    let (session_hash, now) = (hash_secret(session), care.now());
    care.store
        .write(move |tx| {
            let attempts = connecting::list_of_session(tx, &session_hash, now)?;
            // Every one is looked at, so that the time taken tells nothing.
            let mut meant = attempts.into_iter().filter(is_meant).collect::<Vec<_>>();
            let Some(attempt) = meant.pop() else {
                return Ok(None);
            };
            let is_ours = connecting::remove(tx, attempt.id)?;
            Ok(is_ours.then_some(attempt))
        })
        .await
}

/// Finds the attempt of a session for an inbox where an account is to be chosen.
async fn waiting(
    care: &Care,
    session: &str,
    id: InboxId,
) -> Result<Option<(Attempt, Kept)>, CareError> {
    let (session_hash, now) = (hash_secret(session), care.now());
    let attempts: Vec<Attempt> = care
        .store
        .read(move |read| -> Result<_, StoreError> {
            connecting::list_of_session(read, &session_hash, now)
        })
        .await?;
    attempts
        .into_iter()
        .find(|attempt| attempt.inbox == id && attempt.state_hash.is_none())
        .map(|attempt| {
            let kept = open_kept(care, &attempt)?;
            Ok((attempt, kept))
        })
        .transpose()
}

fn open_kept(care: &Care, attempt: &Attempt) -> Result<Kept, CareError> {
    let bytes = care.open_sealed(&place_of(attempt.id), &attempt.kept)?;
    serde_json::from_slice(&bytes)
        .map_err(|_| CareError::Internal("an attempt cannot be read".to_owned()))
}

/// Names the one place where an attempt can be opened.
fn place_of(id: i64) -> String {
    format!("connection_attempt/{id}")
}
