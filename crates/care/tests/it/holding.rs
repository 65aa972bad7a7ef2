//! Holding replies: to many at once, paced, varied, naming the next word's time, and answering nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use kulant_care::holding::{self, Held, NewHoldingReplies};
use kulant_care::reply::reply;
use kulant_care::{CareError, access};
use kulant_model::conversation::Status;
use kulant_model::ids::{ConversationId, InboxId};
use kulant_model::message::DeliveryState;
use kulant_model::role::{Role, Scope};
use kulant_store::conversations::{self, Conversation};
use serde_json::json;

use crate::network::{self, Network, delivery, state, waiting, words, work};
use crate::{House, houses, post};

const HOUR: Duration = Duration::from_hours(1);
/// How long one step of 500 may keep others from writing.
const LONGEST_STEP: Duration = Duration::from_secs(20);

/// A house with so many people who wait for an answer, besides the one who is there anyway.
async fn crowd(house: &House, network: &Network, people: i64) -> (InboxId, Vec<ConversationId>) {
    let (inbox, _) = waiting(house, network, true).await;
    let posts: Vec<_> = (0..people)
        .map(|number| {
            let (id, author) = (format!("p{number}"), format!("author {number}"));
            post(&id, &author, "Kein Empfang!", 20 + number, None)
        })
        .collect();
    house.deliver(inbox, &posts).await;
    house.take_in().await;
    (inbox, network::conversations(house, inbox).await)
}

fn new(house: &House, conversations: &[ConversationId], minutes: u64) -> NewHoldingReplies {
    NewHoldingReplies {
        conversations: conversations.to_vec(),
        texts: vec![
            "Wir sind dran, mehr {next_word}.".to_owned(),
            "Die Technik prüft. Neues {next_word}.".to_owned(),
            "Danke für den Hinweis. {next_word} wissen wir mehr.".to_owned(),
        ],
        next_word_at: house.care.now().after(3 * HOUR),
        spread: Duration::from_mins(minutes),
    }
}

async fn hold(house: &House, new: NewHoldingReplies) -> Held {
    let held = holding::hold(&house.care, &house.operator(), new).await;
    held.expect("queued")
}

async fn row(house: &House, id: ConversationId) -> Conversation {
    let read = house
        .care
        .store
        .read(move |read| conversations::find(read, id));
    read.await.expect("read").expect("the conversation")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_get_a_word_each_in_turns_and_in_their_time() {
    for house in houses().await {
        let network = Network::default();
        let (_, all) = crowd(&house, &network, 11).await;
        let new = new(&house, &all, 60);
        let next_word_at = new.next_word_at;
        let held = hold(&house, new).await;

        assert_eq!((held.queued.len(), held.refused.len()), (12, 0));
        let times: Vec<i64> = held
            .queued
            .iter()
            .map(|one| one.send_at.as_seconds())
            .collect();
        let steps: BTreeSet<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(steps, BTreeSet::from([300]), "evenly, five minutes apart");
        for pair in held.queued.windows(2) {
            let start = |body: &str| body.chars().take(8).collect::<String>();
            assert_ne!(start(&pair[0].body), start(&pair[1].body));
        }
        for one in &held.queued {
            assert!(
                one.body.contains(" um ") && !one.body.contains("{next_word}"),
                "{}",
                one.body
            );
            let row = row(&house, one.conversation).await;
            assert_eq!(row.next_word_at, Some(next_word_at));
        }

        work(&house, 1, Duration::from_secs(15)).await;
        work(&house, 1, Duration::from_secs(1)).await;
        assert_eq!(network.taken().len(), 1, "the others wait for their time");
        work(&house, 14, Duration::from_secs(300)).await;
        assert_eq!(network.taken().len(), 12);
        for one in &held.queued {
            assert_eq!(
                delivery(&state(&house, one.message).await),
                DeliveryState::Sent
            );
            let row = row(&house, one.conversation).await;
            assert_eq!(row.status, Status::Open, "a holding reply answers nothing");
            assert!(row.waiting_since.is_some() && row.next_word_at.is_some());
        }

        let id = all[0];
        reply(&house.care, &house.operator(), words(id, "Behoben."))
            .await
            .expect("queued");
        work(&house, 3, Duration::from_secs(5)).await;
        let row = row(&house, id).await;
        assert_eq!(
            (row.status, row.next_word_at),
            (Status::Waiting, None),
            "the promise is kept"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_words_never_come_twice_in_a_row_to_one_person() {
    for house in houses().await {
        let network = Network::default();
        let (_, all) = crowd(&house, &network, 4).await;
        let mut said: Vec<Vec<String>> = vec![Vec::new(); all.len()];
        for _ in 0..4 {
            let held = hold(&house, new(&house, &all, 0)).await;
            for (place, one) in held.queued.iter().enumerate() {
                said[place].push(one.body.chars().take(8).collect());
            }
            house.clock.pass(Duration::from_secs(60));
        }
        for bodies in said {
            assert_eq!(bodies.len(), 4);
            assert!(
                bodies.windows(2).all(|pair| pair[0] != pair[1]),
                "{bodies:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_written_to_is_named_and_gets_nothing() {
    for house in houses().await {
        let network = Network::default();
        let (_, mut all) = crowd(&house, &network, 1).await;
        let mute = house.inbox("mute", json!({})).await;
        house
            .deliver(mute, &[post("m1", "cora", "Hallo?", 30, None)])
            .await;
        house.take_in().await;
        let silent = network::conversations(&house, mute).await[0];
        all.extend([silent, ConversationId(7)]);

        let held = hold(&house, new(&house, &all, 10)).await;
        assert_eq!(held.queued.len(), 2);
        let mut refused: Vec<(ConversationId, &str)> = held
            .refused
            .iter()
            .map(|(id, refusal)| (*id, refusal.code))
            .collect();
        refused.sort_unstable();
        assert_eq!(
            refused,
            [
                (ConversationId(7), "not_found"),
                (silent, "channel_cannot_send")
            ]
        );
        let row = row(&house, silent).await;
        assert_eq!((row.message_count, row.next_word_at), (1, None));

        let mut stranger = access::operator();
        stranger.role = Role::Agent;
        stranger.scope = Scope::Teams([].into());
        let held = holding::hold(&house.care, &stranger, new(&house, &all, 10))
            .await
            .expect("told");
        assert_eq!((held.queued.len(), held.refused.len()), (0, 4));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_can_be_called_back_while_they_wait() {
    for house in houses().await {
        let network = Network::default();
        let (_, all) = crowd(&house, &network, 5).await;
        let held = hold(&house, new(&house, &all, 60)).await;
        work(&house, 1, Duration::from_secs(15)).await;
        work(&house, 1, Duration::from_secs(1)).await;
        let ids: Vec<_> = held.queued.iter().map(|one| one.message).collect();
        let back = holding::call_back(&house.care, &house.operator(), &ids)
            .await
            .expect("back");
        assert_eq!(back, ids[1..], "the first one has left");
        work(&house, 3, HOUR).await;
        assert_eq!(network.taken().len(), 1);
        let promised: Vec<bool> = {
            let mut promised = Vec::new();
            for one in &held.queued {
                promised.push(row(&house, one.conversation).await.next_word_at.is_some());
            }
            promised
        };
        assert_eq!(promised, [true, false, false, false, false, false]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_are_one_step_and_what_makes_no_sense_is_refused() {
    for house in houses().await {
        let network = Network::default();
        let (_, one) = crowd(&house, &network, 1).await;
        let wrong = |change: &dyn Fn(&mut NewHoldingReplies)| {
            let mut wanted = new(&house, &one, 10);
            change(&mut wanted);
            wanted
        };
        let cases = [
            (wrong(&|new| new.conversations.clear()), "conversations"),
            (
                wrong(&|new| new.conversations.push(one[0])),
                "conversations",
            ),
            (
                wrong(&|new| new.conversations = (1..=501).map(ConversationId).collect()),
                "conversations",
            ),
            (wrong(&|new| new.texts.truncate(1)), "texts"),
            (wrong(&|new| new.texts[1] = new.texts[0].clone()), "texts"),
            (
                wrong(&|new| new.texts[1] = "{next_word}".repeat(10_000)),
                "texts",
            ),
            (
                wrong(&|new| "Bald mehr.".clone_into(&mut new.texts[1])),
                "texts",
            ),
            (wrong(&|new| new.spread = 25 * HOUR), "spread_minutes"),
            (wrong(&|new| new.spread = 3 * HOUR), "next_word_at"),
        ];
        for (wanted, field) in cases {
            let told = holding::hold(&house.care, &house.operator(), wanted).await;
            let Err(CareError::Invalid(faults)) = told else {
                panic!("{field} was taken");
            };
            assert_eq!(faults[0].field, field);
        }

        let network = Network::default();
        let (inbox, _) = crowd(&house, &network, 499).await;
        let mut all = Vec::new();
        let mut after = None;
        while all.len() < 500 {
            let filter = kulant_store::reading::Filter {
                inboxes: vec![inbox],
                ..Default::default()
            };
            let listed = house.care.store.read(move |read| {
                let sort = kulant_store::reading::Sort::Newest;
                kulant_store::reading::list_ids(read, &Scope::Everything, &filter, sort, after, 100)
            });
            let listed = listed.await.expect("read");
            after = listed.last().copied();
            all.extend(listed.into_iter().map(|(_, id)| id));
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the time that one step of 500 takes"
        )]
        let began = std::time::Instant::now();
        let held = hold(&house, new(&house, &all, 60)).await;
        assert_eq!(held.queued.len(), 500);
        let took = began.elapsed();
        println!("500 holding replies in {} ms", took.as_millis());
        // Nobody else writes meanwhile; several times what it takes where nothing was optimised.
        assert!(took < LONGEST_STEP, "{took:?}");
    }
}
