//! Alerts: each stands once, whoever raises it.

use std::time::Duration;

use kulant_model::ids::AlertId;
use kulant_store::alerts::{self, Alert};
use kulant_store::{StoreError, params};
use serde_json::json;

use crate::{NOW, databases};

fn alert(id: i64) -> Alert {
    Alert {
        id: AlertId(id),
        kind: "inbox_broken".to_owned(),
        key: "inbox:1".to_owned(),
        inbox: None,
        conversation: None,
        message: None,
        facts: json!({}),
        raised_at: NOW,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_raised_twice_at_once_stands_once() {
    for database in databases().await {
        let mut raising = tokio::task::JoinSet::new();
        for id in 1..=2 {
            let store = database.store.clone();
            raising.spawn(async move {
                store
                    .write(move |tx| -> Result<bool, StoreError> {
                        let new = alerts::raise(tx, &alert(id))?;
                        std::thread::sleep(Duration::from_millis(300));
                        Ok(new)
                    })
                    .await
            });
        }
        let mut new = 0;
        while let Some(raised) = raising.join_next().await {
            new += u32::from(raised.expect("ended").expect("raised"));
        }
        assert_eq!(new, 1);
    }
}

#[tokio::test]
async fn what_was_cleared_can_be_raised_again_and_goes_after_a_time() {
    let later = NOW.after(Duration::from_secs(60));
    for database in databases().await {
        database
            .write(move |tx| {
                assert!(alerts::raise(tx, &alert(1))?);
                assert!(!alerts::raise(tx, &alert(2))?);
                assert!(alerts::clear(tx, "inbox:1", NOW)?);
                assert!(alerts::raise(tx, &alert(3))?);
                alerts::remove_cleared(tx, NOW)?;
                let count = "SELECT COUNT(*) FROM alerts";
                let all = |row: &kulant_store::sql::value::Row<'_>| row.get::<i64>(0);
                assert_eq!(tx.query_one(count, &params![], all)?, Some(2));
                alerts::remove_cleared(tx, later)?;
                assert_eq!(tx.query_one(count, &params![], all)?, Some(1));
                assert_eq!(alerts::list(tx, 9)?[0].alert.id, AlertId(3));
                Ok(())
            })
            .await;
    }
}
