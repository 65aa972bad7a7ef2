//! What an erasure does beside an intake that goes on: what was erased does not come back.

use std::time::Duration;

use kulant_care::{accept, erase};
use kulant_channels::delivery::RawDelivery;
use kulant_model::ids::{ContactId, InboxId, IntakeId};
use kulant_store::{StoreError, contacts, conversations, erasing, intakes, params};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::{House, houses, post};

/// Stores a delivery with a key of its own; returns how many were new.
async fn deliver(house: &House, inbox: InboxId, key: &str, items: &[Json]) -> usize {
    let raw = RawDelivery {
        kind: "webhook".to_owned(),
        key: key.to_owned(),
        headers: Vec::new(),
        body: json!({ "items": items }).to_string().into_bytes(),
        received_at: house.care.now(),
    };
    let stored = accept::store(&house.care, inbox, vec![raw]).await;
    stored.expect("stored")
}

async fn people(house: &House, name: &'static str) -> Vec<ContactId> {
    let found = house
        .care
        .store
        .read(move |read| contacts::list_ids_by_identity(read, name, 10));
    found.await.expect("read")
}

/// Counts what the database still holds of a text.
async fn count(house: &House, sql: &'static str, text: &'static str) -> i64 {
    let counted = house.care.store.read(move |read| {
        let found = read.query_one(sql, &params![text], |row| row.get::<i64>(0));
        Ok::<_, StoreError>(found?.unwrap_or(0))
    });
    counted.await.expect("read")
}

async fn erase_anna(house: &House) {
    let found = people(house, "anna").await;
    assert_eq!(found.len(), 1, "anna is one contact");
    erase::erase(&house.care, &house.operator(), found[0], None)
        .await
        .expect("erased");
}

#[tokio::test]
async fn what_was_erased_is_not_stored_again_when_it_is_delivered_again() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        let items = [
            post("a", "anna", "Mein Zug fiel aus", 0, None),
            post("b", "ben", "Meiner auch", 10, Some("a")),
        ];
        assert_eq!(deliver(&house, inbox, "d1", &items).await, 1);
        house.take_in().await;
        erase_anna(&house).await;

        assert_eq!(deliver(&house, inbox, "d1", &items).await, 0, "known");
        assert_eq!(deliver(&house, inbox, "d2", &items).await, 1, "unknown");
        let later = [post("c", "ben", "Und jetzt?", 20, Some("a"))];
        deliver(&house, inbox, "d3", &later).await;
        house.take_in().await;

        assert!(people(&house, "anna").await.is_empty(), "nobody came back");
        let bodies = "SELECT COUNT(*) FROM messages WHERE body = $1";
        assert_eq!(count(&house, bodies, "Mein Zug fiel aus").await, 0);
        assert_eq!(count(&house, bodies, "Meiner auch").await, 1);
        let raw = "SELECT COUNT(*) FROM intakes WHERE body IS NOT NULL AND delivery_key = $1";
        assert_eq!(count(&house, raw, "d2").await, 0, "its words are gone too");
        assert_eq!(count(&house, raw, "d3").await, 1);
        let ids = "SELECT COUNT(*) FROM messages WHERE network_id = $1";
        assert_eq!(count(&house, ids, "a").await, 0, "no row bears the id");
        let below = "SELECT COUNT(*) FROM messages m JOIN messages p ON p.id = m.parent_id
                     WHERE m.body = $1 AND p.deleted_at IS NOT NULL";
        assert_eq!(count(&house, below, "Und jetzt?").await, 1);
    }
}

/// Holds the conversations of a contact for a while, as somebody does who changes them.
async fn hold(
    house: &House,
    name: &'static str,
    time: Duration,
) -> JoinSet<Result<(), StoreError>> {
    let id = people(house, name).await[0];
    let (held, holds) = tokio::sync::oneshot::channel();
    let store = house.care.store.clone();
    let mut holding = JoinSet::new();
    holding.spawn(async move {
        store
            .write(move |tx| -> Result<(), StoreError> {
                let theirs = erasing::list_conversations(tx, id)?;
                assert_eq!(conversations::list_locked(tx, &theirs)?.len(), 1);
                held.send(()).expect("somebody waits");
                std::thread::sleep(time);
                Ok(())
            })
            .await
    });
    holds.await.expect("held");
    holding
}

/// A new word of anna's is being taken in while her erasure looks at what there is.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_in_during_an_erasure_goes_with_the_rest() {
    for house in houses().await {
        if !house.care.store.dialect().has_other_writers() {
            continue;
        }
        let inbox = house.inbox("page", json!({})).await;
        let private = |id: &str, author: &str, text: &str, second: i64| {
            let mut item = post(id, author, text, second, None);
            item["visibility"] = json!("private");
            item
        };
        let items = [
            private("a", "anna", "Mein Zug fiel aus", 0),
            private("b", "ben", "Meiner auch", 5),
        ];
        deliver(&house, inbox, "d1", &items).await;
        house.take_in().await;

        // The erasure waits for anna's conversation, and the intake longer for ben's.
        let mut annas = hold(&house, "anna", Duration::from_millis(1_200)).await;
        let mut bens = hold(&house, "ben", Duration::from_millis(2_000)).await;
        tokio::join!(erase_anna(&house), async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            let items = [
                post("c", "anna", "Und nochmal", 10, None),
                private("d", "ben", "Hallo?", 15),
            ];
            deliver(&house, inbox, "d2", &items).await;
            house.take_in().await;
        });
        for holding in [&mut annas, &mut bens] {
            let ended = holding.join_next().await.expect("a task");
            ended.expect("ended").expect("held");
        }
        house.take_in().await;

        for text in ["Mein Zug fiel aus", "Und nochmal"] {
            let bodies = "SELECT COUNT(*) FROM messages WHERE body = $1";
            assert_eq!(count(&house, bodies, text).await, 0, "{text}");
        }
        assert!(people(&house, "anna").await.is_empty(), "nobody came back");
        let raw = "SELECT COUNT(*) FROM intakes WHERE body IS NOT NULL AND kind = $1";
        assert_eq!(count(&house, raw, "webhook").await, 0);
    }
}

/// A batch is taken in by several commits, and what a later one holds is erased before it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_does_not_come_back_with_the_rest_of_a_batch() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        let deletes = |from: usize, count: usize| -> Vec<Json> {
            let time = house.care.now().to_string();
            let one = |id| json!({"type": "delete", "id": format!("gone-{id}"), "time": time});
            (from..from + count).map(one).collect()
        };
        deliver(&house, inbox, "d1", &deletes(0, 1_000)).await;
        let mut second = deletes(1_000, 999);
        second.push(post("a", "anna", "Mein Zug fiel aus", 0, None));
        deliver(&house, inbox, "d2", &second).await;
        let third = [post("b", "ben", "Meiner auch", 5, None)];
        deliver(&house, inbox, "d3", &third).await;
        let waiting = house.care.store.read({
            let now = house.care.now();
            move |read| intakes::list_waiting(read, inbox, IntakeId(0), now, 10)
        });
        let second = waiting.await.expect("read")[1].id;

        let (held, holds) = tokio::sync::oneshot::channel();
        let store = house.care.store.clone();
        let mut erasing_it = JoinSet::new();
        erasing_it.spawn(async move {
            let mark = |_: InboxId, _: &str, _: &str| format!("{}second", erasing::MARK);
            let erased = store.write(move |tx| -> Result<(), StoreError> {
                erasing::keep_intakes_out(tx)?;
                held.send(()).expect("somebody waits");
                // Meanwhile the batch is read and waits for its turn to write.
                std::thread::sleep(Duration::from_millis(800));
                erasing::empty_deliveries(tx, &[second], mark)
            });
            erased.await
        });
        holds.await.expect("held");
        house.take_in().await;
        let ended = erasing_it.join_next().await.expect("a task");
        ended.expect("ended").expect("erased");

        assert!(people(&house, "anna").await.is_empty(), "nobody came back");
        let bodies = "SELECT COUNT(*) FROM messages WHERE body = $1";
        assert_eq!(count(&house, bodies, "Mein Zug fiel aus").await, 0);
        assert_eq!(count(&house, bodies, "Meiner auch").await, 1);
    }
}
