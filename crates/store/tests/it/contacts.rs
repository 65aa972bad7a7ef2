//! Contacts as the agents of a team find them: all of their own, and nobody else's.

use kulant_model::ids::{ContactId, IdentityId, InboxId, TeamId};
use kulant_model::role::Scope;
use kulant_store::contacts::{self, Identity};
use kulant_store::{StoreError, Tx, params};

use crate::{NOW, databases};

fn identity(id: i64, name: &str) -> Identity {
    Identity {
        id: IdentityId(id),
        contact: ContactId(id),
        inbox: InboxId(1),
        network_id: format!("n{id}"),
        name: Some(name.to_owned()),
        handle: Some(format!("handle{id}")),
        named_at: NOW,
        refuses_since: None,
    }
}

fn talk(tx: &mut Tx<'_>, id: i64, contact: i64, team: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO conversations (id, version, brand_id, inbox_id, team_id, contact_id, status,
           priority, visibility, unread, opened_at, last_message_at, surfaced_at, last_message_id, message_count,
           voices)
         VALUES ($1, 1, 1, 1, $3, $2, 'open', 'normal', 'public', 0, $4, $4, $4, 1, 1, 1)",
        &params![id, contact, team, NOW],
    )?;
    Ok(())
}

fn of(teams: &[i64]) -> Scope {
    Scope::Teams(teams.iter().map(|id| TeamId(*id)).collect())
}

#[tokio::test]
async fn a_team_lists_its_own_contacts_newest_first_each_of_them_once() {
    for database in databases().await {
        database
            .write(|tx| {
                let people: Vec<Identity> = (1..=6).map(|id| identity(id, "Anna")).collect();
                contacts::insert(tx, "r", &people)?;
                let talks = [
                    (1, 1),
                    (2, 2),
                    (3, 1),
                    (3, 2),
                    (3, 1),
                    (4, 3),
                    (5, 2),
                    (6, 1),
                ];
                for (id, (contact, team)) in (100..).zip(talks) {
                    talk(tx, id, contact, team)?;
                }
                tx.execute(
                    "UPDATE contacts SET erased_at = $1 WHERE id = 6",
                    &params![NOW],
                )?;
                let list = |tx: &mut Tx<'_>, scope: &Scope, before: i64, limit: i64| {
                    let found = contacts::list(tx, scope, ContactId(before), limit)?;
                    let ids = found.into_iter().map(|contact| contact.id.0);
                    Ok::<_, StoreError>(ids.collect::<Vec<_>>())
                };
                assert_eq!(list(tx, &Scope::Everything, 99, 9)?, [5, 4, 3, 2, 1]);
                assert_eq!(list(tx, &of(&[1]), 99, 9)?, [3, 1]);
                assert_eq!(list(tx, &of(&[1, 2]), 99, 9)?, [5, 3, 2, 1]);
                assert_eq!(list(tx, &of(&[1, 2]), 99, 2)?, [5, 3]);
                assert_eq!(list(tx, &of(&[1, 2]), 3, 2)?, [2, 1]);
                assert!(list(tx, &of(&[4]), 99, 9)?.is_empty());
                assert!(list(tx, &of(&[]), 99, 9)?.is_empty());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_small_team_finds_its_own_among_many_of_the_same_name() {
    for database in databases().await {
        database
            .write(|tx| {
                // By their names the one of the small team comes last.
                let mut people: Vec<Identity> = (1..=2_100)
                    .map(|id| identity(id, &format!("Anna {id:05}")))
                    .collect();
                people.push(identity(9_000, "Anna Z"));
                people.push(identity(9_001, "Berta"));
                contacts::insert(tx, "r", &people)?;
                for id in 1..=2_100 {
                    talk(tx, id, id, 1)?;
                }
                talk(tx, 9_000, 9_000, 2)?;
                talk(tx, 9_001, 9_001, 2)?;
                let find = |tx: &mut Tx<'_>, scope: &Scope, beginning: &str| {
                    let found = contacts::list_ids_by_beginning(tx, scope, beginning, 20)?;
                    Ok::<_, StoreError>(found)
                };
                assert_eq!(find(tx, &of(&[2]), "anna")?, [ContactId(9_000)]);
                assert_eq!(find(tx, &of(&[2]), "handle9001")?[0], ContactId(9_001));
                assert!(find(tx, &of(&[2]), "handle12")?.is_empty());
                assert!(find(tx, &of(&[]), "anna")?.is_empty());
                let of_many = find(tx, &of(&[1]), "anna")?;
                assert!(of_many.len() >= 20 && !of_many.contains(&ContactId(9_000)));
                tx.execute(
                    "UPDATE contacts SET name = 'Cleo' WHERE id = 9001",
                    &params![],
                )?;
                assert!(find(tx, &of(&[2]), "cleo")?.contains(&ContactId(9_001)));
                assert!(find(tx, &of(&[1]), "cleo")?.is_empty());
                assert_eq!(find(tx, &Scope::Everything, "cleo")?, [ContactId(9_001)]);
                Ok(())
            })
            .await;
    }
}
