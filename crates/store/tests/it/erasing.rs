//! What an erasure leaves in files goes without holding anybody up.

use std::sync::mpsc;
use std::time::Duration;

use kulant_model::ids::MessageId;
use kulant_store::{Dialect, StoreError, erasing, params, search};

use crate::{Database, databases};

async fn count(database: &Database, word: &'static str) -> i64 {
    let counted = database.store.read(move |read| {
        let sql = "SELECT COUNT(*) FROM search WHERE search MATCH $1";
        let found = read.query_one(sql, &params![word], |row| row.get::<i64>(0));
        Ok::<_, StoreError>(found?.unwrap_or(0))
    });
    counted.await.expect("read")
}

/// Writes a part of the index anew.
async fn purge(database: &Database, begins: bool) -> bool {
    database
        .write(move |tx| search::purge_part(tx, begins))
        .await
}

#[tokio::test]
async fn the_index_is_written_anew_in_parts_that_come_to_an_end() {
    for database in databases().await {
        if database.store.dialect() != Dialect::Sqlite {
            assert!(!purge(&database, true).await, "vacuumed elsewhere");
            continue;
        }
        for portion in 0..40_i64 {
            let rows: Vec<(MessageId, String)> = (1..=250)
                .map(|place| {
                    let id = portion * 250 + place;
                    // Words of their own, so that the index is larger than one part.
                    let words: Vec<String> = (0..60)
                        .map(|word| format!("wort{}", (id * 60 + word) * 7_919 % 1_000_003))
                        .collect();
                    let last = if id % 50 == 0 { "geht" } else { "bleibt" };
                    (MessageId(id), format!("{} {last}", words.join(" ")))
                })
                .collect();
            database.write(move |tx| search::put(tx, &rows)).await;
        }
        let gone: Vec<MessageId> = (1..=200).map(|part| MessageId(part * 50)).collect();
        database.write(move |tx| search::remove(tx, &gone)).await;
        let mut parts = 0;
        for begins in [false, true] {
            let mut begins = begins;
            while purge(&database, begins).await {
                begins = false;
                parts += 1;
                assert!(parts < 1_000, "it ends");
            }
        }
        assert!(parts > 1, "more than one part: {parts}");
        assert_eq!(count(&database, "bleibt").await, 9_800);
        assert_eq!(count(&database, "geht").await, 0);
        // One segment is left, and nothing in it is marked as deleted.
        assert!(!purge(&database, true).await, "nothing is left to do");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_held_up_while_somebody_reads_and_the_log_is_to_be_emptied() {
    for database in databases().await {
        database
            .write(|tx| kulant_store::settings::keep(tx, "a", "b"))
            .await;
        let (end, ended) = mpsc::channel::<()>();
        let store = database.store.clone();
        let mut working = tokio::task::JoinSet::new();
        working.spawn(async move {
            let reading = store.read(move |read| {
                read.query("SELECT name FROM settings", &[], |_| {
                    let _ = ended.recv_timeout(Duration::from_secs(8));
                    Ok(())
                })
            });
            let read: Result<Vec<()>, StoreError> = reading.await;
            read.map(drop)
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        for number in 0..20 {
            let name = number.to_string();
            database
                .write(move |tx| kulant_store::settings::keep(tx, &name, "b"))
                .await;
        }
        let url = database.store.url().clone();
        working.spawn_blocking(move || erasing::let_go(&url));
        for number in 0..20 {
            let name = number.to_string();
            let write = database
                .store
                .write(move |tx| kulant_store::settings::keep(tx, &name, "c"));
            tokio::time::timeout(Duration::from_secs(2), write)
                .await
                .expect("written at once")
                .expect("written");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        drop(end);
        while let Some(ended) = working.join_next().await {
            ended.expect("ended").expect("done");
        }
    }
}
