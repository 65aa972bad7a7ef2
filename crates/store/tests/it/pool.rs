//! How writers, readers and lost nodes keep out of each other's way.

use std::sync::mpsc;
use std::time::Duration;

use kulant_model::ids::{InboxId, IntakeId};
use kulant_store::intakes::{self, NewIntake};
use kulant_store::{Dialect, StoreError};

use crate::{Database, NOW, databases};

fn delivery(id: i64, size: usize) -> NewIntake {
    NewIntake {
        id: IntakeId(id),
        inbox: InboxId(1),
        kind: "webhook".to_owned(),
        key: id.to_string(),
        headers: "[]".to_owned(),
        body: vec![7; size],
        received_at: NOW,
    }
}

async fn keep(database: &Database, id: i64, size: usize) {
    let delivery = delivery(id, size);
    database
        .write(move |tx| intakes::insert(tx, &[delivery]).map(drop))
        .await;
}

/// Reads on in one look at the database until it is told to end.
fn read_at_length(database: &Database) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (end, ended) = mpsc::channel::<()>();
    let store = database.store.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the test that waits for it"
    )]
    let reading = tokio::spawn(async move {
        store
            .read(move |read| {
                read.query("SELECT id FROM intakes", &[], |_| {
                    let _ = ended.recv_timeout(Duration::from_secs(30));
                    Ok(())
                })
                .map(drop)
            })
            .await
            .unwrap_or_else(|error: StoreError| panic!("{error}"));
    });
    (end, reading)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_look_at_the_database_holds_no_writer_up() {
    for database in databases().await {
        keep(&database, 1, 1).await;
        let (end, reading) = read_at_length(&database);
        tokio::time::sleep(Duration::from_millis(100)).await;
        for id in 2..10 {
            keep(&database, id, 10 << 20).await;
        }
        for id in 10..40 {
            tokio::time::timeout(Duration::from_secs(4), keep(&database, id, 1))
                .await
                .expect("written at once, while somebody reads the log");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(end);
        reading.await.expect("read");
    }
}

#[tokio::test]
async fn a_node_that_stands_still_in_a_write_is_let_go_by_the_server() {
    for database in databases().await {
        if database.store.dialect() == Dialect::Sqlite {
            continue;
        }
        let longest = database
            .write(|tx| {
                tx.query_one("SHOW idle_in_transaction_session_timeout", &[], |row| {
                    row.get::<String>(0)
                })
            })
            .await;
        assert_eq!(longest.as_deref(), Some("1min"));
    }
}
