//! Accounts: somebody who administers always stays.

use std::time::Duration;

use kulant_care::CareError;
use kulant_care::admin::agents::{self, AgentChange};
use kulant_model::ids::AgentId;
use kulant_model::role::Role;
use kulant_store::{StoreError, agents as rows};

use crate::{House, houses};

async fn administrator(house: &House, name: &str) -> AgentId {
    let change = AgentChange {
        name: Some(name.to_owned()),
        email: Some(format!("{name}@example.org")),
        role: Some(Role::Administrator),
        ..AgentChange::default()
    };
    let made = agents::create(&house.care, &house.operator(), change).await;
    let id = made.expect("made").id;
    let kept = house
        .care
        .store
        .write(move |tx| rows::save_password(tx, id, "$argon2id$"));
    kept.await.expect("kept");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_who_disable_each_other_at_once_do_not_both_go() {
    for house in houses().await {
        let anna = administrator(&house, "anna").await;
        let ben = administrator(&house, "ben").await;
        let (held, holds) = tokio::sync::oneshot::channel();
        let (store, now) = (house.care.store.clone(), house.care.now());
        let mut disabling = tokio::task::JoinSet::new();
        disabling.spawn(async move {
            store
                .write(move |tx| -> Result<(), StoreError> {
                    let mut row = rows::find(tx, ben)?.expect("ben");
                    row.disabled_at = Some(now);
                    rows::update(tx, &row)?;
                    held.send(()).expect("somebody waits");
                    // Not committed yet: the other one is disabled meanwhile.
                    std::thread::sleep(Duration::from_millis(400));
                    Ok(())
                })
                .await
        });
        holds.await.expect("held");
        let outcome = agents::disable(&house.care, &house.operator(), anna, 1).await;
        let ended = disabling.join_next().await.expect("a task");
        ended.expect("ended").expect("disabled");
        assert!(
            matches!(&outcome, Err(CareError::Refused(refusal)) if refusal.code == "last_administrator"),
            "{outcome:?}"
        );
    }
}
