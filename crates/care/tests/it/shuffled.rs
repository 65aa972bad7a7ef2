//! Whatever the order, the repetition and the batching of deliveries: the end is the same.

use std::collections::BTreeMap;

use kulant_model::ids::{ConversationId, IdentityId, MessageId};
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;
use kulant_store::reading::{self, Filter, Sort};
use kulant_store::{Value, contacts, messages};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use crate::{House, START, houses, post};

/// What is left when everything was taken in, without the ids that depend on the order.
#[derive(Debug, PartialEq, Eq)]
struct End {
    messages: BTreeMap<String, String>,
    conversations: BTreeMap<String, String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_and_repetition_ends_the_same() {
    let cases = 40;
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    for house in houses().await {
        for case in 0..cases {
            let history = history()
                .new_tree(&mut runner)
                .expect("a history")
                .current();
            let mut order: Vec<Json> = Vec::new();
            for _ in 0..5 {
                order.extend(history.iter().cloned());
            }
            let shuffled = Just(order)
                .prop_shuffle()
                .new_tree(&mut runner)
                .expect("an order")
                .current();
            let straight = end_of(&house, &format!("straight {case}"), &history, 1_000).await;
            let mixed = end_of(&house, &format!("mixed {case}"), &shuffled, 7).await;
            for (id, facts) in &straight.messages {
                let other = mixed.messages.get(id);
                assert_eq!(Some(facts), other, "{id} in case {case} of {history:#?}");
            }
            for (id, facts) in &straight.conversations {
                let other = mixed.conversations.get(id);
                assert_eq!(Some(facts), other, "{id} in case {case} of {history:#?}");
            }
            assert_eq!(straight, mixed, "case {case}");
        }
    }
}

/// Takes a history in, so many items a delivery, taking in between now and then.
async fn end_of(house: &House, name: &str, items: &[Json], portion: usize) -> End {
    let inbox = house.inbox(name, json!({})).await;
    for (index, items) in items.chunks(portion).enumerate() {
        house.deliver(inbox, items).await;
        if index % 3 == 0 {
            house.take_in().await;
        }
    }
    house.take_in().await;
    house
        .care
        .store
        .read(move |read| -> Result<End, kulant_store::StoreError> {
            let all = Filter {
                inboxes: vec![inbox],
                ..Filter::default()
            };
            let ids: Vec<ConversationId> =
                reading::list_ids(read, &Scope::Everything, &all, Sort::Newest, None, 1_000)?
                    .into_iter()
                    .map(|(_, id)| id)
                    .collect();
            let rows = read.query(
                "SELECT id FROM messages WHERE inbox_id = $1",
                &[Value::from(inbox)],
                |row| row.get::<MessageId>(0),
            )?;
            let rows = messages::list_by_id(read, &rows)?;
            let names: BTreeMap<MessageId, String> = rows
                .iter()
                .map(|row| (row.id, row.network_id.clone().unwrap_or_default()))
                .collect();
            let people: Vec<IdentityId> = rows.iter().filter_map(|row| row.identity).collect();
            let people: BTreeMap<IdentityId, String> =
                contacts::list_identities_by_id(read, &people)?
                    .into_iter()
                    .map(|one| (one.id, one.network_id))
                    .collect();
            let reactions: BTreeMap<MessageId, Vec<(String, i64)>> = kulant_store::reactions::count(
                read,
                &rows.iter().map(|row| row.id).collect::<Vec<_>>(),
            )?
            .into_iter()
            .fold(BTreeMap::new(), |mut all, counted| {
                let (id, kind, count) = (counted.message, counted.kind, counted.count);
                all.entry(id).or_insert_with(Vec::new).push((kind, count));
                all
            });
            let mut members: BTreeMap<ConversationId, Vec<&str>> = BTreeMap::new();
            for row in &rows {
                if let Some(conversation) = row.conversation {
                    members.entry(conversation).or_default().push(&names[&row.id]);
                }
            }
            for list in members.values_mut() {
                list.sort_unstable();
            }
            let messages = rows
                .iter()
                .filter(|row| row.seen_at.is_some())
                .map(|row| {
                    let facts = format!(
                        "{:?} {} by {:?} party {} {:?} parent {:?} edited {:?} deleted {:?} with {:?} reactions {:?}",
                        row.body,
                        row.direction,
                        row.identity.map(|id| &people[&id]),
                        row.is_party,
                        row.visibility,
                        row.parent.map(|id| &names[&id]),
                        row.edited_at,
                        row.deleted_at,
                        row.conversation.map(|id| &members[&id]),
                        reactions.get(&row.id),
                    );
                    (names[&row.id].clone(), facts)
                })
                .collect();
            let conversations = reading::list_summaries(read, &Scope::Everything, &ids)?
                .into_iter()
                .map(|summary| {
                    let row = summary.row;
                    let facts = format!(
                        "party {:?} post {:?} status {} waiting {:?} first {:?} count {} voices {} last {:?} {} unread {} {:?}",
                        row.identity.map(|id| &people[&id]),
                        row.post.map(|id| &names[&id]),
                        row.status,
                        row.waiting_since,
                        row.first_response_at,
                        row.message_count,
                        row.voices,
                        names.get(&row.last_message),
                        row.visibility,
                        row.unread,
                        row.opened_at,
                    );
                    (members[&row.id].join(" "), facts)
                })
                .collect();
            Ok(End {
                messages,
                conversations,
            })
        })
        .await
        .expect("read")
}

/// Posts that answer each other, ours among them, private messages, edits, deletions, reactions.
fn history() -> impl Strategy<Value = Vec<Json>> {
    prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            0..12_u8,
        ),
        1..30,
    )
    .prop_map(|rows| {
        let people = ["us", "anna", "ben", "cem", "dora"];
        let mut items = Vec::new();
        for (index, (author, parent, what)) in rows.iter().enumerate() {
            let id = format!("n{index:02}");
            let second = index as i64 * 10;
            let time = |more: i64| Timestamp(START.0 - 1_000_000_000 + (second + more) * 1_000_000);
            let author = people[author.index(people.len())];
            let parent = parent.index(index + 1);
            let parent = (parent > 0).then(|| format!("n{:02}", parent - 1));
            if *what == 11 {
                let mut message = post(&id, author, "im Vertrauen", second, None);
                message["visibility"] = json!("private");
                message["thread"] = json!(format!("dm-{}", if author == "us" { "anna" } else { author }));
                items.push(message);
            } else {
                items.push(post(&id, author, &format!("text {index}"), second, parent.as_deref()));
            }
            match what {
                7 => items.push(json!({"type": "edit", "id": id, "text": format!("neu {index}"), "time": time(3).to_string()})),
                8 => items.push(json!({"type": "delete", "id": id, "time": time(4).to_string()})),
                9 => {
                    items.push(json!({"type": "edit", "id": id, "text": format!("eins {index}"), "time": time(3).to_string()}));
                    items.push(json!({"type": "edit", "id": id, "text": format!("zwei {index}"), "time": time(5).to_string()}));
                    items.push(json!({"type": "delete", "id": id, "time": time(9).to_string()}));
                }
                10 => {
                    let by = json!({"id": "eve", "name": "eve"});
                    items.push(json!({"type": "reaction", "of": id, "author": by, "reaction": "like", "time": time(1).to_string()}));
                    items.push(json!({"type": "unreaction", "of": id, "author": by, "reaction": "like", "time": time(2).to_string()}));
                    items.push(json!({"type": "reaction", "of": id, "author": by, "reaction": "thanks", "time": time(2).to_string()}));
                }
                _ => {}
            }
        }
        items
    })
}
