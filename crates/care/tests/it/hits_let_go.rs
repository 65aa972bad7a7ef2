//! What the listening post found and nobody may keep: taken back, erased, of a removed search, or left
//! alone for too long.

use std::time::Duration;

use kulant_care::searches::hits::{self, Wanted};
use kulant_care::{CareError, contacts, jobs, searches};
use kulant_model::ids::MessageId;
use kulant_model::listening::SearchState;
use kulant_store::{erasing, messages};
use serde_json::json;

use crate::hits::{conversations, find, hits, search, texts, webhook};
use crate::{House, houses, post};

#[tokio::test]
async fn what_was_taken_back_or_let_go_is_gone() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let items = [
            post("1", "anna", "Lumenau eins", 1, None),
            post("2", "ben", "Lumenau zwei", 2, None),
        ];
        find(&house, inbox, made.id, &items).await;
        let gone = json!({"type": "delete", "id": "1", "time": house.care.now()});
        house.deliver(inbox, &[gone]).await;
        house.take_in().await;
        find(&house, inbox, made.id, &items).await;
        let found = hits(&house, made.id, Wanted::Open).await;
        assert_eq!(texts(&found), ["Lumenau zwei"]);

        let id = found[0].message.message.id;
        jobs::schedule(&house.care).await.expect("scheduled");
        while jobs::run_due(&house.care).await.expect("jobs") > 0 {}
        searches::remove(&house.care, &house.operator(), made.id, made.version)
            .await
            .expect("removed");
        let listed = searches::list(&house.care, &house.operator(), 0, 9).await;
        assert!(listed.expect("searches").is_empty(), "out of sight");
        // The upkeep does not wait for its turn.
        while jobs::run_due(&house.care).await.expect("jobs") > 0 {}
        let row = house
            .care
            .store
            .read(move |read| kulant_store::messages::find(read, id).map_err(CareError::from))
            .await
            .expect("read")
            .expect("a row");
        assert_eq!((row.body.as_str(), row.identity), ("", None));
    }
}

async fn people(house: &House) -> Vec<Option<String>> {
    let listed = contacts::list(&house.care, &house.operator(), "", None, 50).await;
    let listed = listed.expect("people").items;
    let first = |one: contacts::ContactView| one.identities.into_iter().next();
    listed
        .into_iter()
        .map(|one| first(one).and_then(|known| known.identity.name))
        .collect()
}

async fn files(house: &House, id: MessageId) -> usize {
    let read = house
        .care
        .store
        .read(move |read| messages::list_attachments(read, &[id]));
    read.await.expect("read").len()
}

#[tokio::test]
async fn a_removed_search_leaves_nothing_of_strangers_and_spoils_nothing() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let mut item = post("1", "anna", "Lumenau ist weg", 1, None);
        item["attachments"] = json!([
            {"url": "https://example.org/a.jpg", "name": "a.jpg", "media_type": "image/jpeg"}
        ]);
        find(&house, inbox, made.id, &[item.clone()]).await;
        let edit = json!({"type": "edit", "id": "1", "text": "Lumenau ist wieder da",
            "time": house.care.now()});
        house.deliver(inbox, &[edit]).await;
        house.take_in().await;
        let found = hits(&house, made.id, Wanted::Open).await;
        assert_eq!(texts(&found), ["Lumenau ist wieder da"]);
        let id = found[0].message.message.id;
        assert_eq!(files(&house, id).await, 1);
        assert_eq!(people(&house).await, [Some("anna".to_owned())]);

        searches::remove(&house.care, &house.operator(), made.id, made.version)
            .await
            .expect("removed");
        crate::retention::tidy(&house).await;
        assert_eq!(files(&house, id).await, 0);
        assert!(people(&house).await.is_empty(), "nothing is known of her");

        house.deliver(inbox, &[item]).await;
        house.take_in().await;
        let open = conversations(&house).await;
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].preview, "Lumenau ist weg");
        assert_eq!(files(&house, id).await, 1);
        assert_eq!(people(&house).await, [Some("anna".to_owned())]);
    }
}

#[tokio::test]
async fn what_nobody_takes_up_goes_after_its_time() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let old = post("1", "anna", "Lumenau eins", 1, None);
        let kept = post("2", "ben", "Lumenau zwei", 2, None);
        find(&house, inbox, made.id, &[old, kept]).await;
        let ben = hits(&house, made.id, Wanted::Open).await[0]
            .message
            .message
            .id;
        hits::take_up(&house.care, &house.operator(), ben)
            .await
            .expect("taken up");
        house.clock.pass(Duration::from_hours(20 * 24));
        let late = post("3", "cora", "Lumenau drei", 3, None);
        find(&house, inbox, made.id, &[late]).await;
        house.clock.pass(Duration::from_hours(11 * 24));
        crate::retention::tidy(&house).await;

        let left = hits(&house, made.id, Wanted::All).await;
        assert_eq!(texts(&left), ["Lumenau drei", "Lumenau zwei"]);
        let mut people = people(&house).await;
        people.sort();
        assert_eq!(people, [Some("ben".to_owned()), Some("cora".to_owned())]);
    }
}

#[tokio::test]
async fn who_was_erased_is_not_found_again() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let item = [post("1", "anna", "Lumenau eins", 1, None)];
        find(&house, inbox, made.id, &item).await;
        let found = hits(&house, made.id, Wanted::Open).await;
        let contact = found[0].message.author.contact.expect("an author");
        kulant_care::erase::erase(&house.care, &house.operator(), contact, None)
            .await
            .expect("erased");
        find(&house, inbox, made.id, &item).await;
        assert!(hits(&house, made.id, Wanted::All).await.is_empty());

        // Nor is anything kept of what no search wants of it.
        house.clock.pass(Duration::from_secs(1));
        let at = house.care.now();
        let left_out = [post("1", "anna", "Lumenau Gewinnspiel", 1, None)];
        find(&house, inbox, made.id, &left_out).await;
        let said = house
            .care
            .store
            .read(move |read| erasing::list_received(read, inbox, at));
        assert_eq!(said.await.expect("read"), []);

        let id = found[0].message.message.id;
        let taken = hits::take_up(&house.care, &house.operator(), id).await;
        assert!(
            matches!(taken, Err(CareError::NotFound)),
            "nothing is there"
        );
    }
}
