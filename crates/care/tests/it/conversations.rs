//! What people decide about conversations: nobody overwrites anybody, and it can be undone.

use kulant_care::conversations::{self as care, Assignment};
use kulant_care::reply::{NewReply, reply};
use kulant_care::{CareError, followers, view};
use kulant_model::conversation::{Priority, Status};
use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::message::Visibility;
use kulant_model::role::Scope;
use kulant_store::conversations::Conversation;
use kulant_store::reading::{self, Filter, Sort};
use serde_json::json;

use crate::{House, houses, post};

pub async fn all(house: &House) -> Vec<ConversationId> {
    house
        .care
        .store
        .read(|read| {
            let filter = Filter::default();
            reading::list_ids(read, &Scope::Everything, &filter, Sort::Newest, None, 100)
        })
        .await
        .expect("read")
        .into_iter()
        .map(|(_, id)| id)
        .collect()
}

pub async fn row(house: &House, id: ConversationId) -> Conversation {
    house
        .care
        .store
        .read(move |read| kulant_store::conversations::find(read, id))
        .await
        .expect("read")
        .expect("the conversation")
}

#[tokio::test]
async fn a_lost_race_tells_and_overwrites_nothing() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(inbox, &[post("a", "anna", "Hallo", 0, None)])
            .await;
        house.take_in().await;
        let id = all(&house).await[0];
        let person = house.operator();
        let seen = row(&house, id).await.version;
        care::set_priority(&house.care, &person, id, seen, Priority::High)
            .await
            .expect("the first one wins");
        let lost = care::set_status(&house.care, &person, id, seen, Status::Resolved, None).await;
        assert!(matches!(lost, Err(CareError::Conflict { current }) if current == seen + 1));
        assert_eq!(row(&house, id).await.status, Status::Open);
    }
}

#[tokio::test]
async fn what_arrives_after_the_resolution_opens_it_again() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(inbox, &[post("a", "anna", "Hallo", 0, None)])
            .await;
        house.take_in().await;
        let id = all(&house).await[0];
        let person = house.operator();
        let version = row(&house, id).await.version;
        care::set_status(&house.care, &person, id, version, Status::Resolved, None)
            .await
            .expect("resolved");
        let resolved = row(&house, id).await;
        assert!(resolved.waiting_since.is_none());
        care::set_status(
            &house.care,
            &person,
            id,
            resolved.version,
            Status::Open,
            None,
        )
        .await
        .expect("undone");
        let undone = row(&house, id).await;
        assert!(
            undone.waiting_since.is_some(),
            "an undone resolution leaves her waiting"
        );
        care::set_status(
            &house.care,
            &person,
            id,
            undone.version,
            Status::Resolved,
            None,
        )
        .await
        .expect("resolved again");
        house
            .deliver(inbox, &[post("b", "anna", "Noch etwas", 60, Some("a"))])
            .await;
        house.take_in().await;
        let again = row(&house, id).await;
        assert_eq!(again.status, Status::Open);
        assert!(again.waiting_since.is_some() && again.resolved_at.is_none() && again.unread);
    }
}

#[tokio::test]
async fn joining_and_splitting_can_be_undone() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(
                inbox,
                &[
                    post("a", "anna", "Hallo", 0, None),
                    post("b", "ben", "Auch ich", 10, None),
                    post("c", "cem", "Meine Karte ist weg", 20, Some("a")),
                ],
            )
            .await;
        house.take_in().await;
        let ids = all(&house).await;
        assert_eq!(ids.len(), 2);
        let (anna, ben) = (ids[0], ids[1]);
        let person = house.operator();

        let version = row(&house, ben).await.version;
        care::join(&house.care, &person, ben, version, anna)
            .await
            .expect("joined");
        assert_eq!(all(&house).await, [anna]);
        assert_eq!(row(&house, anna).await.message_count, 3);
        let version = row(&house, ben).await.version;
        care::unjoin(&house.care, &person, ben, version)
            .await
            .expect("undone");
        assert_eq!(row(&house, anna).await.message_count, 2);
        assert_eq!(row(&house, ben).await.message_count, 1);

        let messages = view::list_messages(&house.care, &person, anna, false, None, 50)
            .await
            .expect("listed")
            .items;
        let cem: Vec<MessageId> = messages
            .iter()
            .filter(|view| view.author.name.as_deref() == Some("cem"))
            .map(|view| view.message.id)
            .collect();
        assert!(
            !messages
                .iter()
                .any(|view| view.message.id == cem[0] && view.message.is_party)
        );
        let version = row(&house, anna).await.version;
        let own = care::split(&house.care, &person, anna, version, cem)
            .await
            .expect("split");
        let split = row(&house, own).await;
        assert_eq!(split.linked_to, Some(anna));
        assert!(
            split.waiting_since.is_some(),
            "a matter of his own starts his clock"
        );
        // His next word below it stays with his own matter.
        house
            .deliver(inbox, &[post("d", "cem", "Hallo?", 30, Some("c"))])
            .await;
        house.take_in().await;
        assert_eq!(row(&house, own).await.message_count, 2);
        let version = row(&house, own).await.version;
        care::join(&house.care, &person, own, version, anna)
            .await
            .expect("undone");
        assert_eq!(row(&house, anna).await.message_count, 3);
    }
}

#[tokio::test]
async fn notes_mention_colleagues_and_stay_inside() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(inbox, &[post("a", "anna", "Hallo", 0, None)])
            .await;
        house.take_in().await;
        let id = all(&house).await[0];
        let before = row(&house, id).await;
        reply(
            &house.care,
            &house.operator(),
            NewReply {
                conversation: id,
                body: "Kennt die jemand?".to_owned(),
                visibility: Visibility::Note,
                in_reply_to: None,
                send_at: None,
                mentions: Vec::new(),
                attachments: Vec::new(),
                template: None,
                resolve: false,
            },
        )
        .await
        .expect("noted");
        let after = row(&house, id).await;
        assert_eq!(
            after.message_count, before.message_count,
            "a note is no message of the matter"
        );
        assert_eq!(
            after.waiting_since, before.waiting_since,
            "and stops no clock"
        );
        assert_eq!(
            kulant_care::jobs::run_due(&house.care).await.expect("jobs"),
            0
        );
    }
}

#[tokio::test]
async fn tags_are_made_added_and_filtered_by() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(
                inbox,
                &[
                    post("a", "anna", "Hallo", 0, None),
                    post("b", "ben", "Hier", 1, None),
                ],
            )
            .await;
        house.take_in().await;
        let id = all(&house).await[0];
        let person = house.operator();
        let version = row(&house, id).await.version;
        care::change_tags(
            &house.care,
            &person,
            id,
            version,
            vec!["WLAN".to_owned()],
            vec![],
        )
        .await
        .expect("tagged");
        let tagged = view::list(
            &house.care,
            &person,
            Filter {
                tags: vec![
                    house
                        .care
                        .store
                        .read(|read| kulant_store::tags::find_by_name(read, "WLAN"))
                        .await
                        .expect("read")
                        .expect("the tag")
                        .id,
                ],
                ..Filter::default()
            },
            Sort::Newest,
            None,
            10,
        )
        .await
        .expect("listed");
        assert_eq!(tagged.items.len(), 1);
        assert_eq!(tagged.items[0].tags[0].1, "WLAN");
        let version = row(&house, id).await.version;
        care::assign(&house.care, &person, id, version, Assignment::Nobody)
            .await
            .expect("released");
    }
}

#[tokio::test]
async fn words_are_found_newest_first_within_the_scope() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(
                inbox,
                &[
                    post("a", "anna", "Großstörung in Köln, kein Netz", 0, None),
                    post("b", "ben", "Die Züge fahren wieder", 10, None),
                    post("c", "cem", "Störungen überall", 20, None),
                ],
            )
            .await;
        house.take_in().await;
        followers::catch_up(&house.care).await.expect("indexed");
        let found = async |words: &str| -> Vec<String> {
            view::find_by_words(
                &house.care,
                &house.operator(),
                Filter::default(),
                words,
                None,
                10,
            )
            .await
            .expect("found")
            .items
            .into_iter()
            .map(|found| found.summary.preview)
            .collect()
        };
        assert_eq!(found("störung").await.len(), 2);
        assert_eq!(found("stoerung").await[0], "Störungen überall");
        assert_eq!(found("zug").await, ["Die Züge fahren wieder"]);
        assert_eq!(found("köl").await.len(), 1, "a word that is being typed");
        assert!(found("Flugzeug").await.is_empty());
        let mut stranger = house.operator();
        stranger.scope = Scope::Teams([].into());
        let hidden =
            view::find_by_words(&house.care, &stranger, Filter::default(), "zug", None, 10)
                .await
                .expect("found");
        assert!(hidden.items.is_empty());

        house
            .deliver(
                inbox,
                &[json!({"type": "delete", "id": "b", "time": "2026-11-22T00:00:00Z"})],
            )
            .await;
        house.take_in().await;
        followers::catch_up(&house.care).await.expect("indexed");
        assert!(
            found("zug").await.is_empty(),
            "what was deleted is not found"
        );
    }
}

#[tokio::test]
async fn a_message_named_twice_leaves_once_and_something_stays() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(
                inbox,
                &[
                    post("a", "anna", "Hallo", 0, None),
                    post("b", "ben", "Ich auch", 10, Some("a")),
                ],
            )
            .await;
        house.take_in().await;
        let (id, person) = (all(&house).await[0], house.operator());
        let there = house
            .care
            .store
            .read(move |read| kulant_store::conversations::list_message_ids(read, id))
            .await
            .expect("read");
        let every = vec![there[0], there[1], there[1]];
        let version = row(&house, id).await.version;
        let refused = care::split(&house.care, &person, id, version, every).await;
        assert!(
            matches!(refused, Err(CareError::Refused(refusal)) if refusal.code == "nothing_would_stay")
        );
        let one = vec![there[1], there[1]];
        care::split(&house.care, &person, id, version, one)
            .await
            .expect("split");
    }
}
