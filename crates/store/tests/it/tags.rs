//! Tags: unique names in the order of code points, counted uses.

use kulant_model::ids::TagId;
use kulant_store::params;
use kulant_store::tags::{self, Tag};

use crate::{NOW, databases};

fn tag(id: i64, name: &str) -> Tag {
    Tag {
        id: TagId(id),
        name: name.to_owned(),
        colour: "#aabbcc".to_owned(),
        created_at: NOW,
    }
}

#[tokio::test]
async fn tags_are_listed_by_name_with_their_uses() {
    for database in databases().await {
        database
            .write(|tx| {
                for (id, name) in [(1, "Zug"), (2, "Ärger"), (3, "bahn"), (4, "Bus")] {
                    assert!(tags::insert(tx, &tag(id, name))?);
                }
                assert!(!tags::insert(tx, &tag(5, "Bus"))?);
                for conversation in 1..=3_i64 {
                    tx.execute(
                        "INSERT INTO conversation_tags (tag_id, conversation_id) VALUES ($1, $2)",
                        &params![4_i64, conversation],
                    )?;
                }
                let listed: Vec<(String, i64)> = tags::list(tx, "", 10)?
                    .into_iter()
                    .map(|(tag, uses)| (tag.name, uses))
                    .collect();
                let expected = [("Bus", 3), ("Zug", 0), ("bahn", 0), ("Ärger", 0)];
                assert_eq!(listed, expected.map(|(name, uses)| (name.to_owned(), uses)));
                let rest = tags::list(tx, "Zug", 1)?;
                assert_eq!(rest[0].0.name, "bahn");

                assert!(tags::update(tx, TagId(4), "Omnibus", "#000000")?);
                assert!(!tags::update(tx, TagId(9), "x", "#000000")?);
                assert_eq!(tags::find_by_name(tx, "Bus")?, None);
                assert_eq!(tags::count_uses(tx, TagId(4))?, 3);
                assert!(tags::remove(tx, TagId(4))?);
                assert!(!tags::remove(tx, TagId(4))?);
                assert_eq!(tags::count_uses(tx, TagId(4))?, 0);
                assert_eq!(tags::find(tx, TagId(1))?, Some(tag(1, "Zug")));
                Ok(())
            })
            .await;
    }
}
