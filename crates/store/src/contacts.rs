//! Contacts and their identities.

use kulant_model::ids::{ContactId, IdentityId, InboxId, TeamId};
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

/// One account of a contact on one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub id: IdentityId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub network_id: String,
    pub name: Option<String>,
    pub handle: Option<String>,
    pub named_at: Timestamp,
    /// Since when the person wants nothing from us there.
    pub refuses_since: Option<Timestamp>,
}

/// A customer, known or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub version: i64,
    /// The name given by colleagues; the identities have the names given by the networks.
    pub name: Option<String>,
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub erased_at: Option<Timestamp>,
}

const IDENTITY: &str =
    "i.id, i.contact_id, i.inbox_id, i.network_id, i.name, i.handle, i.named_at, i.refuses_since";
const CONTACT: &str = "id, version, name, note, created_at, erased_at";
/// How many names that begin alike, and how many of a team's newest contacts, are looked at in one
/// search within a scope: all of them where either are few.
const LOOKED_AT: i64 = 2_000;

/// Lists the identities of a realm that have these network ids.
pub fn list_identities_by_network(
    read: &mut Read<'_>,
    realm: &str,
    network_ids: &[&str],
) -> Result<Vec<Identity>, StoreError> {
    let keys: Vec<Vec<Value>> = network_ids
        .iter()
        .map(|id| params![realm, *id].into())
        .collect();
    read.query_keys(
        &format!(
            "SELECT {IDENTITY} FROM (VALUES {{keys}}) AS k
             JOIN identities i ON i.realm = k.column1 AND i.network_id = k.column2"
        ),
        &[],
        &keys,
        identity,
    )
}

/// Keeps new identities, each with a new contact of its own.
pub fn insert(tx: &mut Tx<'_>, realm: &str, identities: &[Identity]) -> Result<(), StoreError> {
    let contacts: Vec<Vec<Value>> = identities
        .iter()
        .map(|identity| params![identity.contact, 1_i64, identity.named_at].into())
        .collect();
    tx.insert(
        "INSERT INTO contacts (id, version, created_at)",
        &contacts,
        "",
    )?;
    let rows: Vec<Vec<Value>> = identities
        .iter()
        .map(|identity| {
            params![
                identity.id,
                identity.contact,
                identity.inbox,
                realm,
                &identity.network_id,
                identity.name.as_deref(),
                identity.handle.as_deref(),
                identity.named_at
            ]
            .into()
        })
        .collect();
    tx.insert(
        "INSERT INTO identities (id, contact_id, inbox_id, realm, network_id, name, handle, named_at)",
        &rows,
        "",
    )?;
    Ok(())
}

/// Keeps a new identity of a contact that is known; one that is there already stays with whom it is.
pub fn attach(tx: &mut Tx<'_>, realm: &str, identity: &Identity) -> Result<(), StoreError> {
    let row = params![
        identity.id,
        identity.contact,
        identity.inbox,
        realm,
        &identity.network_id,
        identity.name.as_deref(),
        identity.handle.as_deref(),
        identity.named_at
    ];
    tx.insert(
        "INSERT INTO identities (id, contact_id, inbox_id, realm, network_id, name, handle, named_at)",
        &[row.into()],
        "ON CONFLICT (realm, network_id) DO NOTHING",
    )?;
    Ok(())
}

/// Gives identities the names that the network used last.
pub fn rename(tx: &mut Tx<'_>, identities: &[Identity]) -> Result<(), StoreError> {
    for identity in identities {
        tx.execute(
            "UPDATE identities SET name = $2, handle = $3, named_at = $4 WHERE id = $1",
            &params![
                identity.id,
                identity.name.as_deref(),
                identity.handle.as_deref(),
                identity.named_at
            ],
        )?;
    }
    Ok(())
}

/// Keeps whether a person wants something from us there, as of a moment; returns whether that is
/// another word than before. An older word than the newest counts no more; of two at once, the no.
pub fn save_preference(
    tx: &mut Tx<'_>,
    id: IdentityId,
    refuses: bool,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let newest = "(preference_at IS NULL OR preference_at < $2 OR (preference_at = $2 AND $3 = 1))";
    let changed = tx.execute(
        &format!(
            "UPDATE identities SET refuses_since = CASE WHEN $3 = 1 THEN $2 ELSE NULL END
             WHERE id = $1 AND {newest}
               AND ((refuses_since IS NULL AND $3 = 1) OR (refuses_since IS NOT NULL AND $3 = 0))"
        ),
        &params![id, at, i64::from(refuses)],
    )?;
    tx.execute(
        &format!("UPDATE identities SET preference_at = $2 WHERE id = $1 AND {newest}"),
        &params![id, at, i64::from(refuses)],
    )?;
    Ok(changed > 0)
}

pub fn find(read: &mut Read<'_>, id: ContactId) -> Result<Option<Contact>, StoreError> {
    read.query_one(
        &format!("SELECT {CONTACT} FROM contacts WHERE id = $1"),
        &params![id],
        contact,
    )
}

pub fn find_identity(read: &mut Read<'_>, id: IdentityId) -> Result<Option<Identity>, StoreError> {
    read.query_one(
        &format!("SELECT {IDENTITY} FROM identities i WHERE i.id = $1"),
        &params![id],
        identity,
    )
}

/// Returns the names and handles of identities, as one text each.
pub fn list_names(
    read: &mut Read<'_>,
    ids: &[IdentityId],
) -> Result<std::collections::HashMap<IdentityId, String>, StoreError> {
    Ok(list_identities_by_id(read, ids)?
        .into_iter()
        .map(|identity| {
            let name = identity.name.unwrap_or_default();
            let handle = identity.handle.unwrap_or_default();
            (identity.id, format!("{name} {handle}"))
        })
        .collect())
}

/// Lists identities by their ids.
pub fn list_identities_by_id(
    read: &mut Read<'_>,
    ids: &[IdentityId],
) -> Result<Vec<Identity>, StoreError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        &format!(
            "SELECT {IDENTITY} FROM (VALUES {{keys}}) AS k JOIN identities i ON i.id = k.column1"
        ),
        &[],
        &keys,
        identity,
    )
}

/// Lists the identities of a contact.
pub fn list_identities(
    read: &mut Read<'_>,
    contact: ContactId,
) -> Result<Vec<Identity>, StoreError> {
    read.query(
        &format!(
            "SELECT {IDENTITY} FROM identities i WHERE i.contact_id = $1 ORDER BY i.id LIMIT 200"
        ),
        &params![contact],
        identity,
    )
}

/// Changes what colleagues wrote about a contact; returns whether nobody was faster.
pub fn update(
    tx: &mut Tx<'_>,
    id: ContactId,
    version: i64,
    name: Option<&str>,
    note: Option<&str>,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE contacts SET name = $3, note = $4, version = version + 1 WHERE id = $1 AND version = $2",
        &params![id, version, name, note],
    )?;
    Ok(changed > 0)
}

/// Lists the contacts that have a conversation within a scope, newest first, before one. Each team
/// runs along its own index: a small one does not walk over the contacts of all others.
pub fn list(
    read: &mut Read<'_>,
    scope: &Scope,
    before: ContactId,
    limit: i64,
) -> Result<Vec<Contact>, StoreError> {
    let Scope::Teams(teams) = scope else {
        return read.query(
            &format!(
                "SELECT {CONTACT} FROM contacts k
                 WHERE k.id < $1 AND k.erased_at IS NULL
                 ORDER BY k.id DESC
                 LIMIT $2"
            ),
            &params![before, limit],
            contact,
        );
    };
    let mut found = Vec::new();
    for team in teams {
        let mut params: Vec<Value> = params![before, limit].into();
        let team = scope::of_team(*team, "c.team_id", &mut params);
        found.extend(read.query(
            &format!(
                "SELECT {CONTACT} FROM contacts k
                 WHERE k.id IN (
                   SELECT s.id FROM (
                     SELECT DISTINCT c.contact_id AS id FROM conversations c
                     WHERE {team} AND c.contact_id < $1
                       AND (SELECT e.erased_at FROM contacts e WHERE e.id = c.contact_id) IS NULL
                     ORDER BY c.contact_id DESC
                     LIMIT $2
                   ) AS s)
                 ORDER BY k.id DESC"
            ),
            &params,
            contact,
        )?);
    }
    found.sort_by_key(|contact| std::cmp::Reverse(contact.id));
    found.dedup_by_key(|contact| contact.id);
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// Lists those of these contacts that have a conversation within a scope, in the order given.
pub fn list_by_id(
    read: &mut Read<'_>,
    scope: &Scope,
    ids: &[ContactId],
    limit: i64,
) -> Result<Vec<Contact>, StoreError> {
    let mut found = Vec::new();
    for id in ids {
        if found.len() as i64 == limit {
            break;
        }
        let mut params: Vec<Value> = params![*id].into();
        let in_scope = in_scope(scope, &mut params);
        found.extend(read.query_one(
            &format!(
                "SELECT {CONTACT} FROM contacts k
                 WHERE k.id = $1 AND k.erased_at IS NULL AND {in_scope}"
            ),
            &params,
            contact,
        )?);
    }
    Ok(found)
}

/// Lists contacts of whom an identity has exactly this network id, handle or name; looks through all
/// of them, which is fine for what is asked once in a while.
pub fn list_ids_by_identity(
    read: &mut Read<'_>,
    text: &str,
    limit: i64,
) -> Result<Vec<ContactId>, StoreError> {
    read.query(
        "SELECT DISTINCT contact_id FROM identities
         WHERE network_id = $1 OR handle = $1 OR handle = $2 OR name = $1
         ORDER BY contact_id
         LIMIT $3",
        &params![text, format!("@{text}"), limit],
        |row| row.get(0),
    )
}

/// Returns whether a contact has a conversation within a scope.
pub fn is_in_scope(read: &mut Read<'_>, scope: &Scope, id: ContactId) -> Result<bool, StoreError> {
    let mut params: Vec<Value> = params![id].into();
    let in_scope = in_scope(scope, &mut params);
    Ok(read
        .query_one(
            &format!("SELECT k.id FROM contacts k WHERE k.id = $1 AND {in_scope}"),
            &params,
            |row| row.get::<ContactId>(0),
        )?
        .is_some())
}

/// Says that a contact `k` has a conversation within a scope. Counted, which is asked of each contact
/// alone: for `EXISTS` PostgreSQL may read all conversations of the scope.
fn in_scope(scope: &Scope, params: &mut Vec<Value>) -> String {
    match scope {
        Scope::Everything => "1 = 1".to_owned(),
        Scope::Teams(_) => format!(
            "(SELECT COUNT(*) FROM conversations c WHERE c.contact_id = k.id AND {}) > 0",
            scope::condition(scope, "c.team_id", params)
        ),
    }
}

/// Lists contacts within a scope whose name, or one of whose identities' names or handles, begins with
/// a text in small letters (those of ASCII; others are compared as they are).
pub fn list_ids_by_beginning(
    read: &mut Read<'_>,
    scope: &Scope,
    beginning: &str,
    limit: i64,
) -> Result<Vec<ContactId>, StoreError> {
    let beginning: String = beginning.chars().take(40).collect();
    let end = format!("{beginning}\u{10ffff}");
    let mut found = Vec::new();
    for (id, column, table) in [
        ("contact_id", "handle", "identities"),
        ("contact_id", "name", "identities"),
        ("id", "name", "contacts"),
    ] {
        let indexed = format!("lower(substr({column}, 1, 60))");
        let looked_at = match scope {
            Scope::Everything => limit,
            Scope::Teams(_) => LOOKED_AT,
        };
        let mut params: Vec<Value> = params![&beginning, &end, limit, looked_at].into();
        let in_scope = in_scope(scope, &mut params);
        found.extend(read.query(
            &format!(
                "SELECT k.id FROM (
                   SELECT {id} AS id FROM {table}
                   WHERE {column} IS NOT NULL AND {}
                   ORDER BY {indexed}
                   LIMIT $4
                 ) AS k
                 WHERE {in_scope}
                 LIMIT $3",
                begins(&indexed)
            ),
            &params,
            |row| row.get::<ContactId>(0),
        )?);
    }
    if let Scope::Teams(teams) = scope {
        for team in teams {
            found.extend(list_newest_by_beginning(
                read,
                *team,
                (&beginning, &end),
                limit,
            )?);
        }
    }
    Ok(found)
}

/// As `list_ids_by_beginning`, among the newest contacts of a team: a small one finds all of its own,
/// however many others are named alike. The names are compared as no index has them: each contact's
/// few are looked at, not all names that begin so.
fn list_newest_by_beginning(
    read: &mut Read<'_>,
    team: TeamId,
    (beginning, end): (&str, &str),
    limit: i64,
) -> Result<Vec<ContactId>, StoreError> {
    let mut params: Vec<Value> = params![beginning, end, limit, LOOKED_AT].into();
    let team = scope::of_team(team, "c.team_id", &mut params);
    read.query(
        &format!(
            "SELECT s.id FROM (
               SELECT DISTINCT c.contact_id AS id FROM conversations c
               WHERE {team} AND c.contact_id IS NOT NULL
               ORDER BY c.contact_id DESC
               LIMIT $4
             ) AS s
             WHERE (SELECT COUNT(*) FROM identities i
                    WHERE i.contact_id = s.id AND (({}) OR ({}))) > 0
                OR (SELECT COUNT(*) FROM contacts k WHERE k.id = s.id AND {}) > 0
             LIMIT $3",
            begins("lower(i.handle)"),
            begins("lower(i.name)"),
            begins("lower(k.name)")
        ),
        &params,
        |row| row.get(0),
    )
}

/// Says that a text in small letters begins as the first two parameters say.
fn begins(text: &str) -> String {
    format!("{text} >= $1 AND {text} < $2")
}

/// Returns when a contact wrote first and last, if it wrote at all.
pub fn seen(
    read: &mut Read<'_>,
    id: ContactId,
) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    Ok(read
        .query_one(
            "SELECT MIN(m.platform_at), MAX(m.platform_at)
             FROM identities i JOIN messages m ON m.identity_id = i.id
             WHERE i.contact_id = $1",
            &params![id],
            |row| {
                Ok((
                    row.get::<Option<Timestamp>>(0)?,
                    row.get::<Option<Timestamp>>(1)?,
                ))
            },
        )?
        .and_then(|(first, last)| first.zip(last)))
}

fn identity(row: &Row<'_>) -> Result<Identity, StoreError> {
    Ok(Identity {
        id: row.get(0)?,
        contact: row.get(1)?,
        inbox: row.get(2)?,
        network_id: row.get(3)?,
        name: row.get(4)?,
        handle: row.get(5)?,
        named_at: row.get(6)?,
        refuses_since: row.get(7)?,
    })
}

fn contact(row: &Row<'_>) -> Result<Contact, StoreError> {
    Ok(Contact {
        id: row.get(0)?,
        version: row.get(1)?,
        name: row.get(2)?,
        note: row.get(3)?,
        created_at: row.get(4)?,
        erased_at: row.get(5)?,
    })
}
