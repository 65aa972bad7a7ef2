//! The listening post: what searches find is kept as nobody's matter, once, until it comes by itself, is
//! taken up by hand or by rule; tried before it runs, within its budget.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kulant_care::searches::hits::{self, HitView, Wanted};
use kulant_care::searches::{self, Search, SearchChange, trial};
use kulant_care::{CareError, accept, access, admin, view};
use kulant_channels::delivery::RawDelivery;
use kulant_model::conversation::Status;
use kulant_model::ids::{BrandId, ConversationId, InboxId, MessageId, SearchId};
use kulant_model::listening::{SearchState, TakeUp, Terms};
use kulant_model::role::{Person, Role, Scope};
use kulant_store::reading::Summary;
use kulant_store::{StoreError, deliveries};
use serde_json::{Value as Json, json};

use crate::{House, houses, post};

pub fn terms(words: &[&str]) -> Terms {
    Terms {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        without: vec!["Gewinnspiel".to_owned()],
        ..Terms::default()
    }
}

pub async fn brand(house: &House) -> BrandId {
    let brands = admin::brands::list(&house.care, &house.operator(), 0, 1).await;
    brands.expect("brands")[0].id
}

/// Makes a search for Lumenau on an inbox.
pub async fn search(
    house: &House,
    inbox: InboxId,
    state: SearchState,
    rule: Option<TakeUp>,
) -> Search {
    let change = SearchChange {
        brand: Some(brand(house).await),
        name: Some("Lumenau".to_owned()),
        terms: Some(terms(&["Lumenau"])),
        take_up: Some(rule),
        state: Some(state),
        inboxes: Some(vec![(inbox, Some(2))]),
    };
    searches::create(&house.care, &house.operator(), change)
        .await
        .expect("a search")
}

/// Delivers what a network would answer to a search.
pub async fn find(house: &House, inbox: InboxId, search: SearchId, items: &[Json]) {
    static KEY: AtomicU64 = AtomicU64::new(0);
    let raw = RawDelivery {
        kind: "webhook".to_owned(),
        key: format!("{search}/{}", KEY.fetch_add(1, Ordering::Relaxed)),
        headers: vec![(":search".to_owned(), search.to_string())],
        body: json!({ "items": items }).to_string().into_bytes(),
        received_at: house.care.now(),
    };
    accept::store(&house.care, inbox, vec![raw])
        .await
        .expect("stored");
    house.take_in().await;
}

pub async fn hits(house: &House, search: SearchId, wanted: Wanted) -> Vec<HitView> {
    let first = (MessageId(i64::MAX), 50);
    hits::list(&house.care, &house.operator(), search, wanted, first)
        .await
        .expect("hits")
}

pub fn texts(hits: &[HitView]) -> Vec<&str> {
    hits.iter()
        .map(|hit| hit.message.message.body.as_str())
        .collect()
}

pub async fn conversations(house: &House) -> Vec<Summary> {
    let filter = view::Filter::default();
    view::list(
        &house.care,
        &house.operator(),
        filter,
        view::Sort::Newest,
        None,
        50,
    )
    .await
    .expect("a list")
    .items
}

pub async fn webhook(house: &House) -> InboxId {
    let settings = json!({"answer_url": "https://example.org/answer"});
    house.inbox("Netz", settings).await
}

fn agent_of(scope: Scope) -> Person {
    Person {
        role: Role::Agent,
        scope,
        ..access::operator()
    }
}

#[tokio::test]
async fn what_is_found_is_nobodys_matter_until_it_is_taken_up() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let question = post("1", "anna", "Warum ist Lumenau weg?", 1, None);
        let left_out = post("2", "ben", "Lumenau Gewinnspiel", 2, None);
        let own = post("3", "us", "Lumenau ist da", 3, None);
        find(&house, inbox, made.id, &[question.clone(), left_out, own]).await;
        find(&house, inbox, made.id, &[question]).await;

        let found = hits(&house, made.id, Wanted::Open).await;
        assert_eq!(texts(&found), ["Warum ist Lumenau weg?"]);
        let message = &found[0].message;
        assert_eq!(message.author.name.as_deref(), Some("anna"));
        assert_eq!(message.message.conversation, None);
        assert!(conversations(&house).await.is_empty(), "nobody's matter");
        let waiting = searches::list(&house.care, &house.operator(), 0, 9).await;
        assert_eq!(waiting.expect("searches")[0].waiting, 1);

        let id = message.message.id;
        let taken = hits::take_up(&house.care, &house.operator(), id).await;
        let taken = taken.expect("a conversation");
        let again = hits::take_up(&house.care, &house.operator(), id).await;
        assert_eq!(again.expect("the same"), taken);
        let open = conversations(&house).await;
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].row.id, open[0].row.status), (taken, Status::Open));
        assert!(open[0].row.unread && open[0].row.waiting_since.is_some());
        assert_eq!(open[0].row.root, Some(id), "the same message");
        assert!(hits(&house, made.id, Wanted::Open).await.is_empty());
        assert_eq!(hits(&house, made.id, Wanted::TakenUp).await.len(), 1);
    }
}

#[tokio::test]
async fn what_comes_in_by_itself_is_ordinary_in_every_order() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let first = post("1", "anna", "Lumenau?", 1, None);
        find(&house, inbox, made.id, std::slice::from_ref(&first)).await;
        // Somebody answers below it before it comes by itself.
        let below = post("1b", "ben", "Bei mir auch", 2, Some("1"));
        house.deliver(inbox, &[below]).await;
        house.take_in().await;
        house.deliver(inbox, &[first]).await;
        house.take_in().await;
        let second = post("2", "carl", "Lumenau!", 3, None);
        house.deliver(inbox, std::slice::from_ref(&second)).await;
        house.take_in().await;
        find(&house, inbox, made.id, &[second]).await;

        let open = conversations(&house).await;
        let mut counts: Vec<i64> = open.iter().map(|one| one.row.message_count).collect();
        counts.sort_unstable();
        assert_eq!(counts, [1, 2], "one with its answer, and one alone");
        assert!(hits(&house, made.id, Wanted::Open).await.is_empty());
        assert_eq!(hits(&house, made.id, Wanted::TakenUp).await.len(), 2);
    }
}

#[tokio::test]
async fn a_rule_takes_up_what_it_names_and_a_muted_search_nothing() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let rule = TakeUp {
            question: true,
            words: vec!["kaputt".to_owned()],
        };
        let made = search(&house, inbox, SearchState::On, Some(rule)).await;
        let asked = post("1", "anna", "Lumenau kaputt?", 1, None);
        let said = post("2", "ben", "Lumenau kaputt.", 2, None);
        find(&house, inbox, made.id, &[asked, said]).await;
        assert_eq!(conversations(&house).await.len(), 1);
        let open = hits(&house, made.id, Wanted::Open).await;
        assert_eq!(texts(&open), ["Lumenau kaputt."]);

        let muted = SearchChange {
            state: Some(SearchState::Muted),
            ..SearchChange::default()
        };
        searches::change(
            &house.care,
            &house.operator(),
            made.id,
            (made.version, muted),
        )
        .await
        .expect("muted");
        let asked = post("3", "carl", "Lumenau auch kaputt?", 3, None);
        find(&house, inbox, made.id, &[asked]).await;
        assert_eq!(conversations(&house).await.len(), 1, "nothing by itself");
        assert_eq!(hits(&house, made.id, Wanted::Open).await.len(), 2);
    }
}

#[tokio::test]
async fn what_an_inbox_receives_is_looked_through() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let items = [
            post("1", "anna", "Lumenau ist weg", 1, None),
            post("2", "ben", "Nordtal ist weg", 2, None),
        ];
        house.deliver(inbox, &items).await;
        house.take_in().await;
        let found = hits(&house, made.id, Wanted::All).await;
        assert_eq!(texts(&found), ["Lumenau ist weg"]);
        assert_eq!(conversations(&house).await.len(), 2);

        let (operator, looked_for) = (house.operator(), terms(&["Nordtal"]));
        let brand = brand(&house).await;
        let tried = trial::try_out(&house.care, &operator, brand, &looked_for, vec![inbox]);
        let tried = tried.await.expect("tried");
        assert_eq!(tried.past, (1, 2));
        assert_eq!(tried.examples[0].text, "Nordtal ist weg");
        assert_eq!(tried.networks[0].way, searches::Way::Incoming);
        assert_eq!(tried.networks[0].found, None);
    }
}

#[tokio::test]
async fn hits_are_put_aside_brought_back_and_hidden_from_other_teams() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        find(
            &house,
            inbox,
            made.id,
            &[post("1", "anna", "Lumenau", 1, None)],
        )
        .await;
        let id = hits(&house, made.id, Wanted::Open).await[0]
            .message
            .message
            .id;
        let inboxes = admin::inboxes::find(&house.care, &house.operator(), inbox).await;
        let team = inboxes.expect("the inbox").team.0;

        let insider = agent_of(Scope::Teams([team].into()));
        let outsider = agent_of(Scope::Teams([].into()));
        for (dismissed, open) in [(true, 0), (false, 1)] {
            hits::dismiss(&house.care, &insider, id, dismissed)
                .await
                .expect("put aside or brought back");
            assert_eq!(hits(&house, made.id, Wanted::Open).await.len(), open);
        }
        let seen = hits::list(&house.care, &outsider, made.id, Wanted::All, (id, 5)).await;
        assert!(matches!(seen, Err(CareError::NotFound)));
        let taken = hits::take_up(&house.care, &outsider, id).await;
        assert!(matches!(taken, Err(CareError::NotFound)));
        let listed = searches::list(&house.care, &outsider, 0, 9).await;
        assert!(listed.expect("a list").is_empty());
        let changed = searches::remove(&house.care, &insider, made.id, made.version).await;
        assert!(matches!(changed, Err(CareError::Forbidden)));
    }
}

/// An entry of a blog as the feed's look at it keeps it.
fn entry(id: &str, text: &str) -> String {
    let nothing = json!(null);
    json!({"id": id, "url": nothing, "title": nothing, "author": {"name": "Blog"},
        "content": {"text": text, "html": false}, "published": nothing, "updated": nothing,
        "parent": nothing, "files": [], "feed": "Bahnblog"})
    .to_string()
}

#[tokio::test]
async fn a_feed_that_is_only_listened_to_fills_no_queue() {
    for house in houses().await {
        let settings = |only_listen: bool| json!({"url": "https://blog.example.org/feed", "only_listen": only_listen});
        for (only_listen, queued) in [(true, 0), (false, 2)] {
            let name = format!("Blog {only_listen}");
            let inbox = house.connect("feed", &name, settings(only_listen)).await;
            let made = search(&house, inbox, SearchState::On, None).await;
            for (id, text) in [("1", "Lumenau ist schön"), ("2", "Ein Rezept")] {
                house.deliver_raw(inbox, "item", &entry(id, text)).await;
            }
            house.take_in().await;
            let found = hits(&house, made.id, Wanted::All).await;
            assert_eq!(texts(&found), ["Lumenau ist schön"]);
            let open = conversations(&house).await;
            assert_eq!(open.len(), queued, "only listened to: {only_listen}");

            // A change of what nobody sought leaves nothing behind, one of a hit changes it.
            for (id, text) in [("1", "Lumenau war schön"), ("2", "Zwei Rezepte")] {
                house
                    .deliver_raw(inbox, "item_changed", &entry(id, text))
                    .await;
            }
            house.take_in().await;
            let found = hits(&house, made.id, Wanted::All).await;
            assert_eq!(texts(&found), ["Lumenau war schön"]);
            assert_eq!(conversations(&house).await.len(), queued);
            searches::remove(&house.care, &house.operator(), made.id, made.version)
                .await
                .expect("removed");
        }
    }
}

#[tokio::test]
async fn what_a_feed_is_listened_to_for_can_be_taken_up() {
    for house in houses().await {
        let settings = json!({"url": "https://blog.example.org/feed", "only_listen": true});
        let inbox = house.connect("feed", "Blog", settings).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        house
            .deliver_raw(inbox, "item", &entry("1", "Lumenau?"))
            .await;
        house.take_in().await;
        let id = hits(&house, made.id, Wanted::Open).await[0]
            .message
            .message
            .id;
        let taken = hits::take_up(&house.care, &house.operator(), id).await;
        let taken = taken.expect("a conversation");
        assert_eq!(conversations(&house).await[0].row.id, taken);
    }
}

#[tokio::test]
async fn what_another_team_took_up_is_theirs() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let item = [post("1", "anna", "Lumenau", 1, None)];
        find(&house, inbox, made.id, &item).await;
        let operator = house.operator();
        let id = hits(&house, made.id, Wanted::Open).await[0]
            .message
            .message
            .id;
        let taken = hits::take_up(&house.care, &operator, id).await;
        let taken = taken.expect("a conversation");
        let team = admin::inboxes::find(&house.care, &operator, inbox).await;
        let own = team.expect("the inbox").team.0;
        let insider = agent_of(Scope::Teams([own].into()));
        let seen = async |person: &Person| {
            let first = (MessageId(i64::MAX), 50);
            let listed = hits::list(&house.care, person, made.id, Wanted::All, first).await;
            listed.expect("hits").len()
        };
        assert_eq!(seen(&insider).await, 1);

        let new = admin::teams::TeamChange {
            name: Some("Legal".to_owned()),
            ..admin::teams::TeamChange::default()
        };
        let legal = admin::teams::create(&house.care, &operator, new).await;
        let legal = legal.expect("a team").id;
        let version = crate::conversations::row(&house, taken).await.version;
        let to = kulant_care::conversations::Assignment::Team(legal);
        kulant_care::conversations::assign(&house.care, &operator, taken, version, to)
            .await
            .expect("handed over");
        assert_eq!(seen(&insider).await, 0, "theirs alone from now on");
        assert_eq!(seen(&agent_of(Scope::Teams([legal, own].into()))).await, 1);
        let again = hits::take_up(&house.care, &insider, id).await;
        assert!(matches!(again, Err(CareError::NotFound)), "{again:?}");
    }
}

#[tokio::test]
async fn an_inbox_has_no_more_searches_than_are_heard() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let brand = brand(&house).await;
        let one_more = async || {
            let change = SearchChange {
                brand: Some(brand),
                name: Some("Lumenau".to_owned()),
                terms: Some(terms(&["Lumenau"])),
                take_up: Some(None),
                state: Some(SearchState::On),
                inboxes: Some(vec![(inbox, None)]),
            };
            searches::create(&house.care, &house.operator(), change).await
        };
        for _ in 0..100 {
            one_more().await.expect("a search");
        }
        let Err(CareError::Invalid(faults)) = one_more().await else {
            panic!("nobody would hear what it finds");
        };
        assert_eq!(
            (faults[0].field.as_str(), faults[0].code),
            ("inboxes", "too_many")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hit_that_comes_in_while_it_is_taken_up_is_one_conversation() {
    for house in houses().await {
        let inbox = webhook(&house).await;
        let made = search(&house, inbox, SearchState::On, None).await;
        let item = post("1", "anna", "Lumenau?", 1, None);
        find(&house, inbox, made.id, std::slice::from_ref(&item)).await;
        let id = hits(&house, made.id, Wanted::Open).await[0]
            .message
            .message
            .id;
        house.deliver(inbox, &[item]).await;

        // Somebody else has the message at hand until both are under way.
        let (holding, held) = tokio::sync::oneshot::channel();
        let store = house.care.store.clone();
        let first = async move {
            let kept = store.write(move |tx| -> Result<(), StoreError> {
                deliveries::lock(tx, id)?;
                holding.send(()).expect("somebody waits");
                std::thread::sleep(Duration::from_millis(500));
                Ok(())
            });
            kept.await.expect("let go");
        };
        let both = async {
            held.await.expect("held");
            let operator = house.operator();
            let taking = hits::take_up(&house.care, &operator, id);
            tokio::join!(taking, house.take_in()).0
        };
        let (taken, ()) = tokio::join!(both, first);
        let taken = taken.expect("a conversation");
        let open = conversations(&house).await;
        let ids: Vec<ConversationId> = open.iter().map(|one| one.row.id).collect();
        assert_eq!(ids, [taken]);
        assert_eq!(open[0].row.message_count, 1);
    }
}
