//! API tokens: a person's own, narrower if they like, shown once.

use std::collections::BTreeSet;
use std::time::Duration;

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{AgentId, TokenId};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::{StoreError, tokens};
use serde_json::json;
use tracing::warn;

use super::{Known, person, team_ids};
use crate::admin::fields::Faults;
use crate::error::CareError;
use crate::{Care, hash_secret};

/// What every token begins with, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "kt_";
/// How exactly the last use is noted: not every request is worth a write.
const NOTED_EVERY: Duration = Duration::from_mins(1);
const LONGEST_NAME: usize = 80;

/// A token as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    /// Absent means all that the person may.
    pub scopes: Option<BTreeSet<Permission>>,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// What is asked for when a token is made.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    pub name: String,
    /// Words of `Permission`; absent means all that the person may.
    pub scopes: Option<Vec<String>>,
}

/// Makes a token for an agent and returns it with its secret, which is never shown again.
pub async fn create(
    care: &Care,
    person: &Person,
    new: NewToken,
) -> Result<(Token, String), CareError> {
    must_be_here_in_person(person)?;
    create_for(care, person, person.agent, new).await
}

/// Makes a token for another agent, for the command line.
pub async fn create_for(
    care: &Care,
    by: &Person,
    agent: AgentId,
    new: NewToken,
) -> Result<(Token, String), CareError> {
    if agent != by.agent {
        crate::access::require(by, Permission::ManagePeople)?;
    }
    let mut faults = Faults::default();
    let name = faults.text("name", &new.name, LONGEST_NAME);
    let scopes = new.scopes.map(|words| read_scopes(&mut faults, &words));
    faults.end()?;

    let token = Token {
        id: TokenId(care.id()),
        name,
        scopes,
        created_at: care.now(),
        used_at: None,
    };
    let secret = format!("{PREFIX}{}", care.secret());

    let hash = hash_secret(&secret);
    let row = tokens::Token {
        id: token.id,
        agent,
        name: token.name.clone(),
        scopes: token.scopes.as_ref().map(write_scopes),
        created_at: token.created_at,
        used_at: None,
        revoked_at: None,
    };
    let event = NewEvent::new(EventKind::TokenChanged, token.created_at, by.actor)
        .facts(json!({"change": "created", "token": token.id}));
    care.store
        .write(move |tx| {
            tokens::insert(tx, &hash, &row)?;
            tx.append(event);
            Ok::<_, CareError>(())
        })
        .await?;
    Ok((token, secret))
}

/// Lists one's own tokens after an id.
pub async fn list(
    care: &Care,
    person: &Person,
    after: i64,
    limit: i64,
) -> Result<Vec<Token>, CareError> {
    must_be_here_in_person(person)?;
    let agent = person.agent;
    let rows: Vec<tokens::Token> = care
        .store
        .read(move |read| tokens::list_of_agent(read, agent, after, limit).map_err(CareError::from))
        .await?;
    Ok(rows.into_iter().map(token).collect())
}

/// Revokes one of one's own tokens.
pub async fn revoke(care: &Care, person: &Person, id: TokenId) -> Result<(), CareError> {
    must_be_here_in_person(person)?;
    let (agent, actor, now) = (person.agent, person.actor, care.now());
    care.store
        .write(move |tx| {
            if !tokens::revoke(tx, agent, id, now)? {
                return Err(CareError::NotFound);
            }
            tx.append(
                NewEvent::new(EventKind::TokenChanged, now, actor)
                    .facts(json!({"change": "revoked", "token": id})),
            );
            Ok(())
        })
        .await
}

/// Finds whoever a token acts for, and notes now and then that it is in use.
pub(super) async fn find_by_secret(care: &Care, secret: &str) -> Result<Option<Known>, CareError> {
    if !secret.starts_with(PREFIX) {
        return Ok(None);
    }
    let hash = hash_secret(secret);
    let found = care
        .store
        .read(move |read| {
            let Some((token, access)) = tokens::find_by_secret(read, &hash)? else {
                return Ok(None);
            };
            let teams = team_ids(read, access.agent)?;
            Ok::<_, StoreError>(Some((token, access, teams)))
        })
        .await?;
    let Some((row, access, teams)) = found else {
        return Ok(None);
    };
    if access.disabled_at.is_some() {
        return Ok(None);
    }

    let now = care.now();
    let (id, used_at) = (row.id, row.used_at);
    if used_at.is_none_or(|used_at| used_at.after(NOTED_EVERY) <= now) {
        let noted: Result<(), StoreError> =
            care.store.write(move |tx| tokens::touch(tx, id, now)).await;
        if let Err(error) = noted {
            warn!(error = %error, "the use of a token could not be noted");
        }
    }
    Ok(Some(Known {
        person: person(access, teams, Some(token(row).scopes.unwrap_or_else(all))),
        csrf_token: None,
        expires_at: None,
    }))
}

/// Says no to a token: one that could make tokens or change passwords would outlive its end.
pub(crate) fn must_be_here_in_person(person: &Person) -> Result<(), CareError> {
    if person.token_scopes.is_some() {
        return Err(CareError::Forbidden);
    }
    Ok(())
}

fn all() -> BTreeSet<Permission> {
    Permission::ALL.iter().copied().collect()
}

fn read_scopes(faults: &mut Faults, words: &[String]) -> BTreeSet<Permission> {
    if words.is_empty() {
        faults.add("scopes", "required", "name at least one, or leave it out");
    }
    let mut scopes = BTreeSet::new();
    for word in words {
        match Permission::from_word(word) {
            Some(scope) => {
                scopes.insert(scope);
            }
            None => faults.add("scopes", "not_a_choice", format!("no such scope: {word}")),
        }
    }
    scopes
}

fn write_scopes(scopes: &BTreeSet<Permission>) -> String {
    let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    words.join(" ")
}

fn token(row: tokens::Token) -> Token {
    Token {
        id: row.id,
        name: row.name,
        scopes: row
            .scopes
            .map(|words| words.split(' ').filter_map(Permission::from_word).collect()),
        created_at: row.created_at,
        used_at: row.used_at,
    }
}
