//! The listening post: what searches find is kept as nobody's matter, once, until it comes by itself, is
//! taken up by hand or by rule; tried before it runs, within its budget.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kulant_care::reply::{NewReply, reply};
use kulant_care::searches::hits::{self, HitView, Wanted};
use kulant_care::searches::{self, Search, SearchChange, trial};
use kulant_care::{CareError, accept, access, admin, contacts, jobs, view};
use kulant_channels::delivery::RawDelivery;
use kulant_channels::http::{Http, HttpPolicy, Request};
use kulant_model::conversation::Status;
use kulant_model::ids::{BrandId, InboxId, MessageId, SearchId};
use kulant_model::listening::{SearchState, TakeUp, Terms};
use kulant_model::message::{DeliveryState, Visibility};
use kulant_model::role::{Person, Role, Scope};
use kulant_sim::networks::{NetworksHandle, NetworksSettings, start};
use kulant_store::messages;
use kulant_store::reading::Summary;
use serde_json::{Value as Json, json};

use crate::{House, START, houses, post};

fn terms(words: &[&str]) -> Terms {
    Terms {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        without: vec!["Gewinnspiel".to_owned()],
        ..Terms::default()
    }
}

async fn brand(house: &House) -> BrandId {
    let brands = admin::brands::list(&house.care, &house.operator(), 0, 1).await;
    brands.expect("brands")[0].id
}

/// Makes a search for Lumenau on an inbox.
async fn search(house: &House, inbox: InboxId, state: SearchState, rule: Option<TakeUp>) -> Search {
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
async fn find(house: &House, inbox: InboxId, search: SearchId, items: &[Json]) {
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

async fn hits(house: &House, search: SearchId, wanted: Wanted) -> Vec<HitView> {
    let first = (MessageId(i64::MAX), 50);
    hits::list(&house.care, &house.operator(), search, wanted, first)
        .await
        .expect("hits")
}

fn texts(hits: &[HitView]) -> Vec<&str> {
    hits.iter()
        .map(|hit| hit.message.message.body.as_str())
        .collect()
}

async fn conversations(house: &House) -> Vec<Summary> {
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

async fn webhook(house: &House) -> InboxId {
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
        searches::remove(&house.care, &house.operator(), made.id, made.version)
            .await
            .expect("removed");
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
    listed.into_iter().map(|one| one.contact.name).collect()
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
        let ben = hits(&house, made.id, Wanted::Open).await[0].message.message.id;
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
        let id = found[0].message.message.id;
        let taken = hits::take_up(&house.care, &house.operator(), id).await;
        assert!(
            matches!(taken, Err(CareError::NotFound)),
            "nothing is there"
        );
    }
}

/// Networks that are simulated, and how to give orders to them.
struct Networks {
    handle: NetworksHandle,
    http: Http,
}

impl Networks {
    async fn open() -> Self {
        let settings = NetworksSettings {
            start: Some(START.as_milliseconds()),
            frozen: true,
            ..NetworksSettings::default()
        };
        let policy = HttpPolicy {
            allow_private: true,
            ..HttpPolicy::default()
        };
        Self {
            handle: start(settings).await.expect("the networks start"),
            http: Http::new(&policy).expect("a client"),
        }
    }

    async fn order(&self, path: &str, wish: Json) -> Json {
        let url = format!("{}/_sim/{path}", self.handle.control_url());
        let request = Request::post_json(url, wish.to_string().into_bytes());
        let answer = self.http.send(request).await.expect("an answer");
        let body = answer.json().expect("JSON");
        assert_eq!(answer.status, 201, "{path}: {body}");
        body
    }

    /// Connects an inbox to an account of Mastodon.
    async fn mastodon(&self, house: &House) -> InboxId {
        let wish = json!({"network": "mastodon", "handle": "lumenau"});
        let opened = self.order("accounts", wish).await;
        let mut settings = opened["settings"].clone();
        for (name, secret) in opened["secrets"].as_object().expect("secrets") {
            if name != "signing" {
                settings[name] = secret.clone();
            }
        }
        house.connect("mastodon", "Mastodon", settings).await
    }

    async fn say(&self, act: Json) {
        self.order("mastodon/act", act).await;
    }
}

/// Lets time pass and does all that is due then.
async fn work(house: &House, networks: &Networks, seconds: u64) {
    house.clock.pass(Duration::from_secs(seconds));
    networks
        .order("clock", json!({"advance_seconds": seconds}))
        .await;
    jobs::schedule(&house.care).await.expect("scheduled");
    for _ in 0..3 {
        jobs::run_due(&house.care).await.expect("done");
        house.take_in().await;
    }
}

#[tokio::test]
async fn a_post_on_mastodon_is_found_taken_up_and_answered() {
    for house in houses().await {
        let networks = Networks::open().await;
        let inbox = networks.mastodon(&house).await;
        networks
            .say(json!({"act": "post", "by": "anna", "text": "Lumenau geht nicht. Weiss jemand, warum?"}))
            .await;
        networks
            .say(json!({"act": "post", "by": "ben", "text": "Lumenau Gewinnspiel heute"}))
            .await;

        let looked_for = terms(&["Lumenau"]);
        let brand = brand(&house).await;
        let tried = trial::try_out(
            &house.care,
            &house.operator(),
            brand,
            &looked_for,
            vec![inbox],
        )
        .await;
        let network = tried.expect("tried").networks.remove(0);
        assert_eq!((network.found, network.trouble), (Some(1), None));
        let draft = search(&house, inbox, SearchState::Draft, None).await;
        work(&house, &networks, 300).await;
        assert!(hits(&house, draft.id, Wanted::All).await.is_empty(), "off");

        let on = SearchChange {
            state: Some(SearchState::On),
            ..SearchChange::default()
        };
        let made = searches::change(&house.care, &house.operator(), draft.id, (1, on)).await;
        let made = made.expect("switched on");
        work(&house, &networks, 300).await;
        work(&house, &networks, 300).await;
        let found = hits(&house, made.id, Wanted::Open).await;
        assert_eq!(texts(&found), ["Lumenau geht nicht. Weiss jemand, warum?"]);
        assert!(conversations(&house).await.is_empty());

        // One that mentions us comes in by itself and is found as well: one message, one matter.
        networks
            .say(json!({"act": "post", "by": "carl", "to": "lumenau", "text": "Lumenau geht wieder!"}))
            .await;
        work(&house, &networks, 400).await;
        assert_eq!(conversations(&house).await.len(), 1);
        assert_eq!(hits(&house, made.id, Wanted::Open).await.len(), 1);

        let id = found[0].message.message.id;
        let taken = hits::take_up(&house.care, &house.operator(), id).await;
        let taken = taken.expect("a conversation");
        let answer = NewReply {
            conversation: taken,
            body: "Guten Tag, wir sind dran.".to_owned(),
            visibility: Visibility::Public,
            in_reply_to: None,
            send_at: None,
            mentions: Vec::new(),
            attachments: Vec::new(),
            template: None,
            resolve: false,
        };
        let sent = reply(&house.care, &house.operator(), answer).await;
        let sent = sent.expect("an answer");
        work(&house, &networks, 10).await;
        let row = view::find_message(&house.care, &house.operator(), sent).await;
        let row = row.expect("the answer").message;
        let state = row.delivery.as_ref().map(|delivery| delivery.state);
        assert_eq!(state, Some(DeliveryState::Sent), "{row:?}");
    }
}

#[tokio::test]
async fn a_day_has_its_budget_and_tomorrow_a_new_one() {
    for house in houses().await {
        let networks = Networks::open().await;
        let inbox = networks.mastodon(&house).await;
        for number in 1..=3 {
            networks
                .say(json!({"act": "post", "by": "anna", "text": format!("Lumenau {number}")}))
                .await;
        }
        let made = search(&house, inbox, SearchState::On, None).await;
        work(&house, &networks, 1).await;
        assert_eq!(hits(&house, made.id, Wanted::All).await.len(), 3);
        networks
            .say(json!({"act": "post", "by": "anna", "text": "Lumenau 4"}))
            .await;
        work(&house, &networks, 600).await;
        let place = searches::list(&house.care, &house.operator(), 0, 9).await;
        let place = place.expect("searches").remove(0).inboxes.remove(0);
        assert_eq!(
            (place.used_today, place.budget),
            (3, 2),
            "one page is fetched whole"
        );
        assert_eq!(hits(&house, made.id, Wanted::All).await.len(), 3, "spent");
        work(&house, &networks, 24 * 3_600).await;
        assert_eq!(hits(&house, made.id, Wanted::All).await.len(), 4);
    }
}
