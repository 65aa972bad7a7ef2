//! The demo world alone: determinism, the past, answers and how they are taken.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Answer, AnswerKind, DAY, Guest, HOUR, MINUTE, Refused, SECOND, World};
use crate::item::{Item, ItemType, Visibility};

/// Sunday, 22 November 2026, 12:00 UTC.
const START: i64 = 1_795_348_800_000;

fn reply_to(item: &Item, message_id: &str, body: &str) -> Answer {
    Answer {
        kind: AnswerKind::Reply,
        message_id: message_id.to_owned(),
        body: body.to_owned(),
        private: item.visibility == Visibility::Private,
        in_reply_to: Some(item.id.clone()),
        thread: item.thread.clone(),
        recipient: None,
        of: None,
        reaction: None,
    }
}

fn lively(seed: u64, minutes: i64) -> (World, Vec<Item>) {
    let mut world = World::new(seed, START, 1);
    world.enliven();
    let items = world.step(START + minutes * MINUTE);
    (world, items)
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let play = |seed| {
        let mut world = World::new(seed, START, 1);
        let mut items = world.history(3);
        world.enliven();
        for minute in 0..20 {
            items.extend(world.step(START + minute * MINUTE));
        }
        items
    };
    let first = play(7);
    assert_eq!(first, play(7));
    assert_ne!(first, play(8));
}

#[test]
fn small_steps_and_large_ones_tell_the_same() {
    let (_, large) = lively(3, 10);
    let mut world = World::new(3, START, 1);
    world.enliven();
    let small: Vec<Item> = (0..=60)
        .flat_map(|step| world.step(START + step * 10 * SECOND))
        .collect();
    assert_eq!(large, small);
}

#[test]
fn five_days_of_the_past_make_a_desk_look_alive() {
    let mut world = World::new(1, START, 1);
    let items = world.history(5);
    assert!(
        (1_300..=2_000).contains(&items.len()),
        "{} items",
        items.len()
    );
    assert!(
        items
            .iter()
            .all(|item| item.time < START && item.time >= START - 5 * DAY)
    );
    assert!(
        items.windows(2).all(|pair| pair[0].time < pair[1].time),
        "in order, no two at once"
    );

    let count = |wanted: &dyn Fn(&Item) -> bool| items.iter().filter(|item| wanted(item)).count();
    assert!(
        count(&|item| item.author.own) >= 120,
        "the company answered"
    );
    assert!(count(&|item| item.visibility == Visibility::Private) >= 50);
    assert!(count(&|item| item.what == ItemType::Reaction) >= 60);
    assert!(count(&|item| item.what == ItemType::Edit) >= 1);
    assert!(
        count(&|item| item.time > START - 3 * HOUR) >= 10,
        "something is fresh"
    );
    let authors: HashSet<&str> = items.iter().map(|item| item.author.id.as_str()).collect();
    assert!(authors.len() >= 300, "{} authors", authors.len());
    for brand in 0..2 {
        assert!(count(&|item| item.brand == brand) >= 300);
    }

    // The launch post draws hundreds of comments, and they are not all the same.
    let mut under: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in &items {
        if let Some(parent) = &item.parent {
            under.entry(parent).or_default().push(&item.text);
        }
    }
    let busiest = under.values().max_by_key(|texts| texts.len()).unwrap();
    assert!(busiest.len() >= 200, "{} comments", busiest.len());
    let different: BTreeSet<&&str> = busiest.iter().collect();
    assert!(
        different.len() * 100 >= busiest.len() * 80,
        "{} of {}",
        different.len(),
        busiest.len()
    );
}

#[test]
fn items_are_whole_and_hang_together() {
    let mut world = World::new(5, START, 1);
    let mut items = world.history(4);
    world.enliven();
    items.extend(world.step(START + HOUR));
    let mut known: HashSet<String> = HashSet::new();
    for item in &items {
        assert!(!item.author.id.is_empty() && !item.author.name.is_empty());
        assert!(!item.text.contains(['{', '}']), "{}", item.text);
        match item.what {
            ItemType::Post => {
                assert!(!item.text.trim().is_empty(), "{item:?}");
                assert!(known.insert(item.id.clone()), "{} twice", item.id);
            }
            ItemType::Edit | ItemType::Delete => assert!(known.contains(&item.id)),
            ItemType::Reaction | ItemType::Unreaction => {
                assert!(known.contains(item.of.as_deref().unwrap()));
            }
        }
        assert!(
            item.parent
                .as_ref()
                .is_none_or(|parent| known.contains(parent)),
            "{item:?}"
        );
        assert_eq!(
            item.thread.is_some(),
            item.visibility == Visibility::Private,
            "{item:?}"
        );
    }
}

#[test]
fn the_present_begins_within_seconds_and_anger_rises_in_the_outage() {
    let (_, items) = lively(1, 60);
    assert!(
        items
            .first()
            .is_some_and(|item| item.time <= START + 5 * SECOND)
    );
    let written = |from: i64, to: i64| {
        let span = START + from * MINUTE..START + to * MINUTE;
        items
            .iter()
            .filter(|item| item.brand == 1 && span.contains(&item.time))
            .count()
    };
    assert!(
        written(40, 60) > 2 * written(5, 9).max(1) * 3,
        "{} {}",
        written(40, 60),
        written(5, 9)
    );
}

#[test]
fn an_answer_is_placed_once_and_taken_by_the_customer() {
    let (mut world, items) = lively(2, 5);
    let post = items
        .iter()
        .find(|item| item.what == ItemType::Post && !item.author.own && item.parent.is_none())
        .unwrap();
    let now = START + 5 * MINUTE;
    let answer = reply_to(
        post,
        "77",
        "Entschuldigung, das tut uns leid. Wir haben nachgesehen und es ist ab sofort in Ordnung, versprochen.",
    );

    let placed = world.answer(post.brand, &answer, now).unwrap();
    assert!(placed.new);
    let again = world.answer(post.brand, &answer, now + SECOND).unwrap();
    assert_eq!((again.id.as_str(), again.new), (placed.id.as_str(), false));
    assert_eq!(world.find_answer("77").unwrap().id, placed.id);
    assert_eq!(world.find_answer("78"), None);

    let after = world.step(now + MINUTE);
    let echoes: Vec<&Item> = after
        .iter()
        .filter(|item| item.echo_of.as_deref() == Some("77"))
        .collect();
    assert_eq!(echoes.len(), 1);
    assert!(echoes[0].author.own);
}

#[test]
fn most_customers_react_within_a_minute_and_tempers_differ() {
    let (mut world, items) = lively(4, 30);
    let now = START + 30 * MINUTE;
    let mut answered = Vec::new();
    for (index, item) in items
        .iter()
        .filter(|item| item.what == ItemType::Post && !item.author.own)
        .enumerate()
    {
        let answer = reply_to(
            item,
            &index.to_string(),
            "Danke für den Hinweis, wir kümmern uns darum und melden uns heute noch einmal bei Ihnen.",
        );
        if let Ok(placed) = world.answer(item.brand, &answer, now) {
            answered.push(placed.id);
        }
    }
    let after = world.step(now + MINUTE);
    let taken: HashSet<&str> = after
        .iter()
        .filter(|item| !item.author.own)
        .filter_map(|item| item.parent.as_deref().or(item.of.as_deref()))
        .filter(|id| answered.iter().any(|answer| answer == id))
        .collect();
    assert!(
        taken.len() * 10 >= answered.len() * 5,
        "{} of {}",
        taken.len(),
        answered.len()
    );
}

#[test]
fn a_promised_call_is_asked_for() {
    let mut asked = 0;
    for seed in 0..12 {
        let (mut world, items) = lively(seed, 8);
        let now = START + 8 * MINUTE;
        let Some(post) = items
            .iter()
            .find(|item| item.visibility == Visibility::Private && !item.author.own)
        else {
            continue;
        };
        let answer = reply_to(post, "1", "Wir rufen Sie heute noch an.");
        world.answer(post.brand, &answer, now).unwrap();
        let later = world.step(now + 10 * MINUTE);
        let about_call = |text: &str| {
            [
                "ruf",
                "Telefon",
                "call",
                "phone",
                "melden",
                "geklingelt",
                "gehört",
            ]
            .iter()
            .any(|word| text.contains(word))
        };
        asked += usize::from(later.iter().any(|item| {
            item.thread == post.thread && item.time > START + 12 * MINUTE && about_call(&item.text)
        }));
    }
    assert!(asked >= 4, "{asked}");
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let (mut world, items) = lively(2, 5);
    let post = items
        .iter()
        .find(|item| item.what == ItemType::Post && !item.author.own)
        .unwrap();
    let now = START + 5 * MINUTE;
    let empty = reply_to(post, "1", "  ");
    assert!(matches!(
        world.answer(post.brand, &empty, now),
        Err(Refused::Text(_))
    ));
    let mut nowhere = reply_to(post, "2", "Hallo");
    nowhere.in_reply_to = Some(format!("{}-zzzz", post.id.split('-').next().unwrap()));
    nowhere.thread = None;
    assert_eq!(world.answer(post.brand, &nowhere, now), Err(Refused::Gone));
    // An item of an earlier run is forgotten, yet its answer is taken.
    nowhere.in_reply_to = Some("earlier-1".to_owned());
    assert!(world.answer(post.brand, &nowhere, now).is_ok());
}

#[test]
fn own_answers_can_be_edited_and_deleted_and_reactions_come_once() {
    let (mut world, items) = lively(2, 5);
    let post = items
        .iter()
        .find(|item| item.what == ItemType::Post && !item.author.own)
        .unwrap();
    let now = START + 5 * MINUTE;
    let placed = world
        .answer(
            post.brand,
            &reply_to(post, "1", "Erste Fassung der Antwort."),
            now,
        )
        .unwrap();

    let mut change = reply_to(post, "1", "Zweite Fassung der Antwort.");
    change.kind = AnswerKind::Edit;
    change.of = Some(placed.id.clone());
    world.answer(post.brand, &change, now).unwrap();
    assert_eq!(
        world.network().find(&placed.id).unwrap().item.text,
        "Zweite Fassung der Antwort."
    );
    change.kind = AnswerKind::Delete;
    world.answer(post.brand, &change, now).unwrap();
    assert!(world.network().find(&placed.id).unwrap().deleted);
    assert_eq!(world.answer(post.brand, &change, now), Err(Refused::Gone));

    let mut like = reply_to(post, "2", "");
    like.kind = AnswerKind::Reaction;
    like.of = Some(post.id.clone());
    like.reaction = Some("love".to_owned());
    let before = world
        .network()
        .find(&post.id)
        .unwrap()
        .reactions
        .get("love")
        .copied()
        .unwrap_or(0);
    assert!(world.answer(post.brand, &like, now).unwrap().new);
    assert!(!world.answer(post.brand, &like, now).unwrap().new);
    assert_eq!(
        world.network().find(&post.id).unwrap().reactions["love"],
        before + 1
    );
    like.kind = AnswerKind::Unreaction;
    world.answer(post.brand, &like, now).unwrap();
    assert_eq!(
        world.network().find(&post.id).unwrap().reactions["love"],
        before
    );
}

#[test]
fn guests_write_in_public_and_in_private() {
    let mut world = World::new(1, START, 60);
    let guest = |private| Guest {
        name: "Kim Neugier".to_owned(),
        brand: 1,
        text: "Hallo, ist da jemand?".to_owned(),
        parent: None,
        private,
    };
    let public = world.write(guest(false), START + 60 * MINUTE);
    let private = world.write(guest(true), START + 120 * MINUTE);
    let items = world.step(START);
    assert_eq!(items[0].id, public);
    assert!(items[0].mentions_us);
    assert_eq!(
        items[1].thread.as_deref(),
        Some("dm-guest-kimneugier-lumenau")
    );
    assert_eq!(
        items[0].time,
        START + MINUTE,
        "an hour of the world is a minute of the wall"
    );
    assert_eq!(
        world
            .network()
            .list_thread("dm-guest-kimneugier-lumenau")
            .next()
            .unwrap()
            .item
            .id,
        private
    );
}

#[test]
fn a_private_answer_to_a_public_post_goes_on_in_private() {
    let mut went_on = 0;
    for seed in 0..10 {
        let (mut world, items) = lively(seed, 5);
        let now = START + 5 * MINUTE;
        let post = items
            .iter()
            .find(|item| item.mentions_us && !world.network().find(&item.id).unwrap().deleted)
            .unwrap();
        let mut answer = reply_to(
            post,
            "1",
            "Das sehen wir uns gern zusammen an, magst du uns deine Kundennummer schicken?",
        );
        answer.private = true;
        let placed = world.answer(post.brand, &answer, now).unwrap();
        let thread = world
            .network()
            .find(&placed.id)
            .unwrap()
            .item
            .thread
            .clone();
        assert!(
            thread
                .as_ref()
                .is_some_and(|thread| thread.contains(&post.author.id))
        );

        let after = world.step(now + MINUTE);
        let taken = |item: &&Item| item.author.id == post.author.id && item.thread == thread;
        went_on += usize::from(after.iter().any(|item| taken(&item)));
        // Without a place to answer to, the thread alone finds the matter.
        answer.message_id = "2".to_owned();
        answer.in_reply_to = None;
        answer.thread.clone_from(&thread);
        assert!(world.answer(post.brand, &answer, now + MINUTE).is_ok());
    }
    assert!(went_on >= 5, "{went_on}");
}
