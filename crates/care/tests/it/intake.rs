//! Deliveries taken in: threading as people expect it, quarantine that stops nothing.

use kulant_care::view;
use kulant_model::conversation::Status;
use kulant_model::role::Scope;
use kulant_store::reading::{self, Filter, Sort, Summary};
use serde_json::json;

use crate::{House, houses, post};

async fn list(house: &House) -> Vec<Summary> {
    house
        .care
        .store
        .read(|read| -> Result<_, kulant_store::StoreError> {
            let all = Filter::default();
            let ids: Vec<_> =
                reading::list_ids(read, &Scope::Everything, &all, Sort::Oldest, None, 100)?
                    .into_iter()
                    .map(|(_, id)| id)
                    .collect();
            reading::list_summaries(read, &Scope::Everything, &ids)
        })
        .await
        .expect("read")
}

#[tokio::test]
async fn every_comment_under_our_post_is_a_matter_of_its_own() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(
                inbox,
                &[
                    post("p", "us", "Neu: der Nachtzug", 0, None),
                    post("c1", "anna", "Wann fährt er?", 10, Some("p")),
                    post("c2", "ben", "Mein Zug fiel aus", 20, Some("p")),
                    post("c3", "cem", "Bei mir auch", 30, Some("c2")),
                    post("c4", "us", "Um 22 Uhr", 40, Some("c1")),
                    post("c5", "anna", "Danke", 50, Some("c4")),
                ],
            )
            .await;
        house.take_in().await;
        let mut all = list(&house).await;
        all.sort_by_key(|summary| summary.row.opened_at);
        assert_eq!(all.len(), 2, "one for each top-level comment");
        let (anna, ben) = (&all[0].row, &all[1].row);
        assert_eq!((anna.message_count, anna.voices), (3, 1));
        assert_eq!((ben.message_count, ben.voices), (2, 2));
        assert!(
            anna.post.is_some() && anna.post == ben.post,
            "the post is shared context"
        );
        assert_eq!(anna.status, Status::Open, "she wrote after our answer");
        assert!(anna.first_response_at.is_some());
        let waits = ben.waiting_since.expect("ben waits");
        assert_eq!(
            waits, ben.opened_at,
            "a bystander's word does not move his clock"
        );
    }
}

#[tokio::test]
async fn a_bad_delivery_goes_to_quarantine_and_stops_nothing() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(
                inbox,
                &[
                    json!({"type": "nonsense", "id": "x"}),
                    post("good", "anna", "Hallo", 0, None),
                    json!({"type": "post"}),
                ],
            )
            .await;
        house.take_in().await;
        assert_eq!(list(&house).await.len(), 1);
        let held = house
            .care
            .store
            .read(|read| kulant_store::intakes::list_quarantined(read, i64::MAX, 10))
            .await
            .expect("read");
        assert_eq!(held.len(), 2, "each bad item with its own reason");
        assert!(held.iter().any(|row| row.reason.contains("unknown_type")));
    }
}

/// An agent's joining holds the conversations while an answer to one of them is being taken in.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_taken_in_while_its_conversation_is_joined_lands_in_the_living_one() {
    use kulant_store::{StoreError, conversations, messages};
    use std::time::Duration;
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        let private = |id: &str, text: &str, second: i64| {
            let mut item = post(id, "ben", text, second, None);
            item["visibility"] = json!("private");
            item
        };
        let items = [
            post("a", "anna", "Mein Zug fiel aus", 0, None),
            post("b", "anna", "Noch etwas dazu", 10, None),
            private("t", "Unter vier Augen", 15),
        ];
        house.deliver(inbox, &items).await;
        house.take_in().await;
        let mut all = list(&house).await;
        all.sort_by_key(|summary| summary.row.opened_at);
        let into = all[0].row.clone();
        let from = [all[1].row.clone(), all[2].row.clone()];
        let items = [
            post("c", "us", "Das tut uns leid", 20, Some("b")),
            private("u", "Und weiter", 25),
        ];
        house.deliver(inbox, &items).await;

        let (held, holds) = tokio::sync::oneshot::channel();
        let (store, target) = (house.care.store.clone(), into.id);
        let mut joining = tokio::task::JoinSet::new();
        joining.spawn(async move {
            store
                .write(move |tx| -> Result<(), StoreError> {
                    conversations::list_locked(tx, &[target, from[0].id, from[1].id])?;
                    held.send(()).expect("somebody waits");
                    // Meanwhile the intake reads where messages are, and waits for the lock.
                    std::thread::sleep(Duration::from_millis(400));
                    for mut row in from {
                        messages::move_conversation(tx, row.id, target)?;
                        row.joined_into = Some(target);
                        conversations::save(tx, &[row])?;
                    }
                    Ok(())
                })
                .await
        });
        holds.await.expect("held");
        house.take_in().await;
        let joined = joining.join_next().await.expect("a task");
        joined.expect("ended").expect("joined");
        let all = list(&house).await;
        assert_eq!(all.len(), 1, "nothing opened beside it");
        assert_eq!((all[0].row.id, all[0].row.message_count), (into.id, 5));
    }
}

#[tokio::test]
async fn two_writers_never_hide_an_event_from_a_follower() {
    use kulant_model::event::{EventKind, NewEvent};
    for house in houses().await {
        let store = house.care.store.clone();
        let now = house.care.now();
        let base = kulant_care::followers::live::newest(&house.care)
            .await
            .expect("read");
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..4_i64 {
            let store = store.clone();
            writers.spawn(async move {
                for turn in 0..50_i64 {
                    store
                        .write(move |tx| -> Result<(), kulant_store::StoreError> {
                            let event =
                                NewEvent::new(EventKind::ViewChanged, now, kulant_care::SYSTEM)
                                    .facts(json!({"writer": writer, "turn": turn}));
                            tx.append(event.clone());
                            tx.append(event);
                            // Some commits come late, as with a slow disk.
                            if (writer + turn) % 7 == 0 {
                                std::thread::sleep(std::time::Duration::from_millis(2));
                            }
                            Ok(())
                        })
                        .await
                        .expect("written");
                }
            });
        }
        let mut seen = 0;
        let mut cursor = base;
        let deadline = std::time::Duration::from_secs(60);
        let follow = async {
            while seen < 400 {
                let after = cursor;
                let events = store
                    .read(move |read| kulant_store::events::list_after(read, after, 13))
                    .await
                    .expect("read");
                for event in &events {
                    assert!(event.sequence > cursor, "the log only grows");
                    cursor = event.sequence;
                    seen += 1;
                }
            }
        };
        tokio::time::timeout(deadline, follow)
            .await
            .expect("no event was skipped");
        while let Some(writer) = writers.join_next().await {
            writer.expect("a writer");
        }
        assert_eq!(seen, 400);
    }
}

#[tokio::test]
async fn a_text_too_long_for_the_index_keeps_nobody_from_being_found() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        let long: Vec<String> = (0..200_000).map(|number| format!("wort{number}")).collect();
        house
            .deliver(
                inbox,
                &[
                    post("long", "anna", &long.join(" "), 0, None),
                    post("short", "ben", "Gepäckwagen", 10, None),
                ],
            )
            .await;
        house.take_in().await;
        kulant_care::followers::catch_up(&house.care)
            .await
            .expect("the index follows");
        for (words, count) in [("Gepäckwagen", 1), ("wort17", 1)] {
            let filter = Filter::default();
            let found =
                view::find_by_words(&house.care, &house.operator(), filter, words, None, 10).await;
            assert_eq!(found.expect("found").items.len(), count, "{words}");
        }
    }
}
