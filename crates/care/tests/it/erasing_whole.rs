//! An erasure that was begun is finished, whatever becomes of who asked for it.

use std::time::Duration;

use kulant_care::{erase, jobs};
use kulant_model::ids::{AttachmentId, ContactId, JobId};
use kulant_model::time::Timestamp;
use kulant_store::jobs::NewJob;
use kulant_store::{StoreError, contacts, intakes, params};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{House, houses, post};

async fn count(house: &House, sql: &'static str) -> i64 {
    let counted = house.care.store.read(move |read| {
        let found = read.query_one(sql, &[], |row| row.get::<i64>(0));
        Ok::<_, StoreError>(found?.unwrap_or(0))
    });
    counted.await.expect("read")
}

/// A house where anna wrote something.
async fn anna(house: &House) -> (ContactId, i64) {
    let inbox = house.inbox("page", json!({})).await;
    house
        .deliver(inbox, &[post("a", "anna", "Mein Zug fiel aus", 0, None)])
        .await;
    house.take_in().await;
    let found = house.care.store.read(|read| {
        let id = contacts::list_ids_by_identity(read, "anna", 10)?[0];
        let contact = contacts::find(read, id)?.expect("the contact");
        Ok::<_, StoreError>((id, contact.version))
    });
    found.await.expect("read")
}

const LEFT: &str = "SELECT COUNT(*) FROM jobs WHERE kind = 'let_go'";
const SAID: &str = "SELECT COUNT(*) FROM messages WHERE body = 'Mein Zug fiel aus'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_goes_on_when_nobody_waits_for_it_any_more() {
    for house in houses().await {
        let (id, version) = anna(&house).await;
        // Every writer is held up for longer than the one who asks has patience.
        let (held, mut holds) = tokio::sync::mpsc::channel(8);
        let mut holding = JoinSet::new();
        for _ in 0..4 {
            let (store, held) = (house.care.store.clone(), held.clone());
            holding.spawn(async move {
                let work = store.write(move |_| -> Result<(), StoreError> {
                    held.blocking_send(()).expect("somebody waits");
                    std::thread::sleep(Duration::from_millis(400));
                    Ok(())
                });
                work.await
            });
        }
        holds.recv().await.expect("held");
        let operator = house.operator();
        let erasing = erase::erase(&house.care, &operator, id, Some(version));
        let asked = tokio::time::timeout(Duration::from_millis(50), erasing).await;
        assert!(asked.is_err(), "nobody waits any more");
        while let Some(ended) = holding.join_next().await {
            ended.expect("ended").expect("held");
        }
        let mut left = 100;
        while count(&house, SAID).await + count(&house, LEFT).await > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            left -= 1;
            assert!(left > 0, "erased, and nothing is left to be done");
        }
        // Asked for once more with the version that was seen at first.
        erase::erase(&house.care, &operator, id, Some(version))
            .await
            .expect("erased as well");
    }
}

#[tokio::test]
async fn the_rest_of_an_erasure_is_done_by_a_job() {
    for house in houses().await {
        let (id, version) = anna(&house).await;
        erase::erase(&house.care, &house.operator(), id, Some(version))
            .await
            .expect("erased");
        assert_eq!(count(&house, LEFT).await, 0, "nothing is left to be done");
        let job = NewJob {
            id: JobId(house.care.id()),
            kind: "let_go",
            key: Some("let_go".to_owned()),
            inbox: None,
            run_at: house.care.now(),
            payload: json!({}),
        };
        // As a process leaves it that ends between its commit and the removal of a file.
        let file = "ab0123456789abcdef0123456789abcd";
        let files = &house.care.files;
        files.keep(file, b"words".to_vec()).await.expect("kept");
        let kept = house.care.store.write(move |tx| -> Result<_, StoreError> {
            tx.execute(
                "INSERT INTO attachments (id, name, media_type, file_name, created_at, fetches)
                 VALUES ($1, '', '', $2, 0, 0)",
                &params![AttachmentId(7), file],
            )?;
            kulant_store::jobs::enqueue(tx, &job)
        });
        kept.await.expect("kept");
        assert_eq!(jobs::run_due(&house.care).await.expect("jobs"), 1);
        assert_eq!(count(&house, LEFT).await, 0, "done");
        assert!(files.read(file).await.is_err(), "the file is gone");
        let rows = "SELECT COUNT(*) FROM attachments WHERE created_at = 0";
        assert_eq!(count(&house, rows).await, 0, "and the row that spoke of it");
    }
}

/// Bodies go after their time; the key of a delivery may still be an id of the contact's.
#[tokio::test]
async fn keys_of_deliveries_that_say_nothing_any_more_are_looked_at() {
    for house in houses().await {
        let (id, version) = anna(&house).await;
        let emptied = house.care.store.write(|tx| -> Result<_, StoreError> {
            tx.execute("UPDATE intakes SET delivery_key = 'a'", &params![])?;
            intakes::drop_bodies(tx, Timestamp(i64::MAX), 100)
        });
        assert_eq!(emptied.await.expect("emptied"), 1);
        erase::erase(&house.care, &house.operator(), id, Some(version))
            .await
            .expect("erased");
        let named = "SELECT COUNT(*) FROM intakes WHERE delivery_key = 'a'";
        assert_eq!(count(&house, named).await, 0);
    }
}
