//! Tags that are made while one works: by two people at the same moment, and changed later.

use std::time::Duration;

use kulant_care::CareError;
use kulant_care::admin::tags::{self as settings, TagChange};
use kulant_care::conversations as care;
use kulant_model::ids::TagId;
use kulant_store::{conversations, tags};

use crate::conversations::row;
use crate::houses;
use crate::network::{Network, waiting};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_made_by_two_at_once_is_one_and_both_have_it() {
    for house in houses().await {
        let (_, id) = waiting(&house, &Network::default(), false).await;
        let first = tags::Tag {
            id: TagId(house.care.id()),
            name: "Verspätung".to_owned(),
            colour: "gray".to_owned(),
            created_at: house.care.now(),
        };
        let (made, is_made) = std::sync::mpsc::channel();
        let one = house.care.store.write(move |tx| {
            tags::insert(tx, &first)?;
            made.send(()).expect("the other one listens");
            // Long enough for the other one to look for the tag and find none yet.
            std::thread::sleep(Duration::from_millis(300));
            Ok::<_, CareError>(first.id)
        });
        let two = async {
            while is_made.try_recv().is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let (version, add) = (row(&house, id).await.version, vec!["Verspätung".to_owned()]);
            care::change_tags(&house.care, &house.operator(), id, version, add, vec![]).await
        };
        let (one, two) = tokio::join!(one, two);
        two.expect("tagged");
        let listed = house
            .care
            .store
            .read(move |read| conversations::list_tags(read, &[id]));
        let listed = listed.await.expect("read");
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(listed[0].1, one.expect("made"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_made_while_working_is_changed_in_the_settings_like_any_other() {
    for house in houses().await {
        let (_, id) = waiting(&house, &Network::default(), false).await;
        let operator = house.operator();
        let names = ["Verspätung", "Lob", "Gepäck", "Abo", "Router"].map(str::to_owned);
        let version = row(&house, id).await.version;
        care::change_tags(&house.care, &operator, id, version, names.to_vec(), vec![])
            .await
            .expect("tagged");
        let listed = settings::list(&house.care, &operator, String::new(), 10).await;
        let listed = listed.expect("listed");
        assert_eq!(listed.len(), names.len());
        for tag in listed {
            let same = TagChange {
                name: Some(tag.name.clone()),
                colour: Some(tag.colour.clone()),
            };
            let changed = settings::change(&house.care, &operator, tag.id, same).await;
            assert_eq!(changed.expect("changed").colour, tag.colour);
        }
    }
}
