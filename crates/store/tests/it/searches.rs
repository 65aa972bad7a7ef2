//! Searches and hits: who sees them, what was used of a day, what is found once.

use std::collections::BTreeMap;

use kulant_model::ids::{BrandId, InboxId, MessageId, SearchId, TeamId};
use kulant_model::listening::SearchState;
use kulant_model::message::{Direction, Visibility};
use kulant_model::role::Scope;
use kulant_store::hits::{self, Hit, Wanted};
use kulant_store::messages::{self, Message};
use kulant_store::searches::{self, Look, Search};
use kulant_store::trials::{self, Trials};
use kulant_store::versions::Versioned;
use kulant_store::{StoreError, brands, inboxes, teams};
use serde_json::{Value as Json, json};

use crate::{NOW, brand, databases, inbox, team};

fn search(id: i64, state: SearchState) -> Search {
    Search {
        id: SearchId(id),
        version: 1,
        brand: BrandId(1),
        brand_name: "EINS".to_owned(),
        name: "Lumenau".to_owned(),
        terms: json!({"words": ["lumenau"]}),
        take_up: Json::Null,
        state,
        created_at: NOW,
    }
}

#[tokio::test]
async fn a_search_is_kept_with_its_inboxes_and_seen_by_their_teams() {
    for database in databases().await {
        database
            .write(|tx| {
                assert!(brands::insert(tx, &brand(1, "eins"))?);
                assert!(teams::insert(tx, &team(1, "Service"))?);
                assert!(inboxes::insert(tx, &inbox(5, "Netz"))?);
                searches::insert(tx, &search(1, SearchState::Draft))?;
                searches::insert(tx, &search(2, SearchState::On))?;
                searches::set_inboxes(tx, SearchId(1), &[(InboxId(5), 10)])?;
                searches::set_inboxes(tx, SearchId(2), &[(InboxId(5), 20)])?;

                let mine = Scope::Teams([TeamId(1)].into());
                let theirs = Scope::Teams([TeamId(2)].into());
                let all = searches::list(tx, &mine, 0, 9)?;
                assert_eq!(
                    all,
                    [search(1, SearchState::Draft), search(2, SearchState::On)]
                );
                assert!(searches::list(tx, &theirs, 0, 9)?.is_empty());
                assert_eq!(searches::find_seen(tx, &theirs, SearchId(1))?, None);
                assert_eq!(searches::list_running(tx)?, [(SearchId(2), InboxId(5))]);
                assert_eq!(searches::list_running_on(tx, InboxId(5))?.len(), 1);
                assert!(brands::is_referred_to(tx, BrandId(1))?);
                assert!(inboxes::is_referred_to(tx, InboxId(5))?);

                let mut changed = search(1, SearchState::Muted);
                changed.take_up = json!({"question": true});
                let done = searches::update(tx, &changed)?;
                assert_eq!(done, Versioned::Done { version: 2 });
                let lost = searches::update(tx, &changed)?;
                assert_eq!(lost, Versioned::Lost { current: 2 });
                let kept = searches::find(tx, SearchId(1))?.expect("it is there");
                assert_eq!(kept.take_up, json!({"question": true}));

                let look = |fetched, day| Look {
                    cursor: Some("{}".to_owned()),
                    fetched,
                    day,
                    at: NOW,
                    next_at: Some(NOW),
                    trouble: Json::Null,
                };
                for (fetched, day, used) in [(3, 7, 3), (4, 7, 7), (1, 8, 1)] {
                    searches::save_look(tx, SearchId(2), InboxId(5), &look(fetched, day))?;
                    let place = searches::find_inbox(tx, SearchId(2), InboxId(5))?;
                    let place = place.expect("it runs there");
                    assert_eq!((place.used, place.used_on), (used, day));
                }
                searches::set_inboxes(tx, SearchId(2), &[(InboxId(5), 30)])?;
                let place = searches::list_inboxes(tx, &[SearchId(2)])?.remove(0);
                assert_eq!((place.budget, place.used), (30, 1), "what was used stays");
                assert_eq!(place.cursor.as_deref(), Some("{}"));
                searches::set_inboxes(tx, SearchId(2), &[])?;
                assert!(searches::list_inboxes(tx, &[SearchId(2)])?.is_empty());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_hit_of_a_search_that_is_gone_is_not_kept() {
    for database in databases().await {
        database
            .write(|tx| {
                assert!(brands::insert(tx, &brand(1, "eins"))?);
                searches::insert(tx, &search(1, SearchState::On))?;
                let hit = |search| Hit {
                    search: SearchId(search),
                    message: MessageId(9),
                    inbox: InboxId(5),
                    found_at: NOW,
                    dismissed_at: None,
                };
                let kept = hits::insert(tx, &[hit(1), hit(1), hit(2)])?;
                assert_eq!(kept, [hit(1)]);
                searches::remove(tx, SearchId(1))?;
                assert_eq!(searches::find(tx, SearchId(1))?, None);
                let list = hits::list(
                    tx,
                    (&Scope::Everything, SearchId(1)),
                    Wanted::All,
                    MessageId(i64::MAX),
                    9,
                )?;
                assert!(list.is_empty());
                Ok(())
            })
            .await;
    }
}

fn message(id: i64, inbox: InboxId) -> Message {
    Message {
        id: MessageId(id),
        inbox,
        conversation: None,
        network_id: Some(id.to_string()),
        direction: Direction::In,
        visibility: Visibility::Public,
        identity: None,
        agent: None,
        is_party: false,
        kind: None,
        title: None,
        body: "Lumenau".to_owned(),
        url: None,
        parent: None,
        root: None,
        top: None,
        thread: None,
        seen_at: None,
        platform_at: NOW,
        received_at: NOW,
        stored_at: NOW,
        edited_at: None,
        deleted_at: None,
        signature: None,
        template: None,
        answers_until: None,
        delivery: None,
    }
}

#[tokio::test]
async fn what_waits_is_counted_for_all_searches_at_once() {
    for database in databases().await {
        database
            .write(|tx| {
                assert!(brands::insert(tx, &brand(1, "eins"))?);
                assert!(teams::insert(tx, &team(1, "Service"))?);
                assert!(inboxes::insert(tx, &inbox(5, "Netz"))?);
                for id in 1..=3 {
                    searches::insert(tx, &search(id, SearchState::On))?;
                }
                let known: Vec<Message> = (11..=14).map(|id| message(id, InboxId(5))).collect();
                messages::save(tx, &known)?;
                let hit = |search, message| Hit {
                    search: SearchId(search),
                    message: MessageId(message),
                    inbox: InboxId(5),
                    found_at: NOW,
                    dismissed_at: None,
                };
                let found = [hit(1, 11), hit(1, 12), hit(1, 13), hit(2, 11), hit(2, 14)];
                hits::insert(tx, &found)?;
                let all = [SearchId(1), SearchId(2), SearchId(3)];
                let mut count = |scope: &Scope, most| {
                    let counted = hits::count_open(tx, scope, &all, most)?;
                    let counted: BTreeMap<SearchId, i64> = counted.into_iter().collect();
                    Ok::<_, StoreError>(counted.into_values().collect::<Vec<i64>>())
                };
                assert_eq!(count(&Scope::Everything, 9)?, [3, 2, 0]);
                assert_eq!(
                    count(&Scope::Everything, 2)?,
                    [2, 2, 0],
                    "each up to a bound"
                );
                assert_eq!(count(&Scope::Teams([TeamId(2)].into()), 9)?, [0, 0, 0]);
                hits::note_taken_up(tx, &[MessageId(11)])?;
                hits::dismiss(tx, MessageId(12), Some(NOW))?;
                let left = hits::count_open(tx, &Scope::Everything, &all, 9)?;
                assert_eq!(left.len(), 3);
                assert!(left.contains(&(SearchId(1), 1)) && left.contains(&(SearchId(2), 1)));
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn what_is_tried_is_counted_for_each_inbox() {
    for database in databases().await {
        database
            .write(|tx| {
                assert!(brands::insert(tx, &brand(1, "eins"))?);
                assert!(teams::insert(tx, &team(1, "Service"))?);
                assert!(inboxes::insert(tx, &inbox(5, "Netz"))?);
                let nothing = trials::find_locked(tx, InboxId(5))?;
                assert_eq!((nothing.used, nothing.cursor.as_deref()), (0, None));
                let some = Trials {
                    used: 7,
                    used_on: 3,
                    busy_until: NOW,
                    cursor: Some("{}".to_owned()),
                };
                trials::save(tx, InboxId(5), &some)?;
                assert_eq!(trials::find_locked(tx, InboxId(5))?, some);
                // It keeps no inbox from being removed.
                assert!(!inboxes::is_referred_to(tx, InboxId(5))?);
                inboxes::remove(tx, InboxId(5))?;
                assert_eq!(inboxes::find(tx, InboxId(5))?, None);
                Ok(())
            })
            .await;
    }
}
