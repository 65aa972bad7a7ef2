//! What we say of ourselves on several accounts at once: each in its own length, sent once, and with
//! the comments below it.

use std::collections::BTreeMap;
use std::time::Duration;

use kulant_care::announce::{self, NewAnnouncement};
use kulant_care::{CareError, access, act, admin, deliver, uploads, view};
use kulant_model::ids::{AnnouncementId, BrandId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Visibility};
use kulant_model::role::{Person, Role, Scope};
use kulant_store::{StoreError, conversations, deliveries, inboxes};
use serde_json::{Value as Json, json};

use crate::network::{self, Network, Turn, delivery, state, work};
use crate::{House, houses, post};

/// A network with an account that may be looked at, and one that nobody can ask.
async fn account(house: &House, network: &Network, look_up: bool) -> InboxId {
    network::waiting(house, network, look_up).await.0
}

async fn brand_of(house: &House, inbox: InboxId) -> BrandId {
    let read = house
        .care
        .store
        .read(move |read| inboxes::find(read, inbox));
    read.await.expect("read").expect("the inbox").brand
}

async fn new(house: &House, text: &str, inboxes: &[InboxId]) -> NewAnnouncement {
    NewAnnouncement {
        brand: Some(brand_of(house, inboxes[0]).await),
        text: text.to_owned(),
        inboxes: inboxes.to_vec(),
        ..NewAnnouncement::default()
    }
}

async fn announce(house: &House, new: NewAnnouncement) -> Result<AnnouncementId, CareError> {
    announce::announce(&house.care, &house.operator(), new, None).await
}

/// The messages of an announcement, in the order of its accounts.
async fn messages(house: &House, id: AnnouncementId) -> Vec<MessageId> {
    let found = announce::find(&house.care, &house.operator(), id).await;
    let placed = found.expect("the announcement").placed;
    placed.iter().map(|one| one.message.message.id).collect()
}

fn agent(role: Role, scope: Scope) -> Person {
    let mut person = access::operator();
    person.role = role;
    person.scope = scope;
    person
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_text_goes_to_several_accounts_and_each_may_have_its_own() {
    for house in houses().await {
        let (one, other) = (Network::default(), Network::default());
        let accounts = [
            account(&house, &one, true).await,
            account(&house, &other, true).await,
        ];
        let mut wanted = new(&house, " Heute bis 22 Uhr offen. ", &accounts).await;
        wanted.texts =
            BTreeMap::from([(accounts[1], "Heute bis 22 Uhr, auch am Telefon.".to_owned())]);
        let id = announce(&house, wanted).await.expect("queued");

        let said = messages(&house, id).await;
        for message in &said {
            let row = state(&house, *message).await;
            assert_eq!(delivery(&row), DeliveryState::Queued);
            assert_eq!(
                (row.conversation, row.parent, row.visibility),
                (None, None, Visibility::Public)
            );
        }
        work(&house, 3, Duration::from_secs(5)).await;

        let text = |taken: Vec<Json>| -> Vec<(Json, Json)> {
            let words = |item: &Json| (item["body"].clone(), item["in_reply_to"].clone());
            taken.iter().map(words).collect()
        };
        assert_eq!(
            text(one.taken()),
            [(json!("Heute bis 22 Uhr offen."), Json::Null)]
        );
        assert_eq!(
            text(other.taken()),
            [(json!("Heute bis 22 Uhr, auch am Telefon."), Json::Null)]
        );
        for message in said {
            let row = state(&house, message).await;
            assert_eq!(delivery(&row), DeliveryState::Sent);
            assert_eq!(row.network_id, Some(format!("at-network-{message}")));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comments_below_open_conversations_with_the_post_on_top() {
    for house in houses().await {
        let network = Network::default();
        let inbox = account(&house, &network, true).await;
        let wanted = new(&house, "Wir bauen um.", &[inbox]).await;
        let id = announce(&house, wanted).await.expect("queued");
        work(&house, 3, Duration::from_secs(5)).await;
        let said = messages(&house, id).await[0];
        let ours = format!("at-network-{said}");

        let comments = [
            post("k1", "bert", "Wie lange?", 20, Some(&ours)),
            post("k2", "cora", "Danke!", 21, Some(&ours)),
            post("k3", "bert", "Bis Mai?", 22, Some("k1")),
        ];
        house.deliver(inbox, &comments).await;
        house.take_in().await;

        let listed = network::conversations(&house, inbox).await;
        let mut below = Vec::new();
        for id in listed {
            let read = house
                .care
                .store
                .read(move |read| conversations::find(read, id));
            let row = read.await.expect("read").expect("the conversation");
            if row.post == Some(said) {
                below.push(row);
            }
        }
        assert_eq!(below.len(), 2, "one for each commenter");
        let counts: Vec<i64> = below.iter().map(|row| row.message_count).collect();
        assert_eq!(counts.iter().sum::<i64>(), 3);
        let opened = view::open(&house.care, &house.operator(), below[0].id)
            .await
            .expect("opened");
        assert_eq!(opened.post.expect("our post").message.body, "Wir bauen um.");
        let found = announce::find(&house.care, &house.operator(), id)
            .await
            .expect("found");
        assert_eq!(found.placed[0].conversations, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_that_is_faster_than_our_receipt_finds_the_post_as_well() {
    for house in houses().await {
        let network = Network::default();
        let inbox = account(&house, &network, true).await;
        let wanted = new(&house, "Neue Zeiten.", &[inbox]).await;
        let id = announce(&house, wanted).await.expect("queued");
        let said = messages(&house, id).await[0];
        let ours = format!("at-network-{said}");
        // The echo of our own words and a comment come in before anything is known of the sending.
        let echo = post(&ours, "us", "Neue Zeiten.", 15, None);
        let comment = post("k1", "bert", "Ab wann?", 20, Some(&ours));
        house.deliver(inbox, &[comment, echo]).await;
        house.take_in().await;
        work(&house, 3, Duration::from_secs(5)).await;

        assert_eq!(network.taken().len(), 1);
        let found = announce::find(&house.care, &house.operator(), id)
            .await
            .expect("found");
        assert_eq!(
            delivery(&found.placed[0].message.message),
            DeliveryState::Sent
        );
        assert_eq!(found.placed[0].conversations, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_account_refuses_is_sent_nowhere() {
    for house in houses().await {
        let network = Network::default();
        let open = account(&house, &network, true).await;
        let strict = house
            .connect(
                "mastodon",
                "Mastodon",
                json!({"base_url": "https://social.example.org", "access_token": "t"}),
            )
            .await;
        let long = "ä".repeat(501);
        let wanted = new(&house, &long, &[open, strict]).await;

        let fits = announce::preview(&house.care, &house.operator(), &wanted)
            .await
            .expect("fits");
        assert!(fits[0].refusal.is_none());
        assert_eq!((fits[1].length, fits[1].limit), (501, Some(500)));
        let refusal = fits[1].refusal.as_ref().expect("too long");
        assert_eq!(refusal.code, "too_long_for_network");

        let Err(CareError::Invalid(faults)) = announce(&house, wanted.clone()).await else {
            panic!("sent although one account refuses it");
        };
        assert_eq!(
            (faults[0].field.as_str(), faults[0].code),
            (format!("inboxes.{strict}").as_str(), "too_long_for_network")
        );
        let shorter = NewAnnouncement {
            texts: BTreeMap::from([(strict, "Kurz.".to_owned())]),
            ..wanted.clone()
        };
        let fits = announce::preview(&house.care, &house.operator(), &shorter)
            .await
            .expect("fits");
        assert!(fits.iter().all(|fit| fit.refusal.is_none()));

        let elsewhere = house.connect("email", "Post", mailbox()).await;
        let silent = NewAnnouncement {
            text: "Kurz.".to_owned(),
            inboxes: vec![elsewhere],
            ..wanted.clone()
        };
        let fits = announce::preview(&house.care, &house.operator(), &silent)
            .await
            .expect("fits");
        assert_eq!(
            fits[0].refusal.as_ref().expect("mail has no posts").code,
            "channel_cannot_send"
        );
        for (wrong, field) in [
            (
                NewAnnouncement {
                    inboxes: Vec::new(),
                    ..wanted.clone()
                },
                "inboxes",
            ),
            (
                NewAnnouncement {
                    inboxes: vec![open, open],
                    ..wanted.clone()
                },
                "inboxes",
            ),
            (
                NewAnnouncement {
                    brand: Some(BrandId(7)),
                    ..wanted.clone()
                },
                "inboxes",
            ),
            (
                NewAnnouncement {
                    inboxes: vec![InboxId(7)],
                    ..wanted.clone()
                },
                "inboxes",
            ),
            (
                NewAnnouncement {
                    texts: BTreeMap::from([(InboxId(7), "x".to_owned())]),
                    ..wanted.clone()
                },
                "texts",
            ),
        ] {
            let Err(CareError::Invalid(faults)) = announce(&house, wrong).await else {
                panic!("taken");
            };
            assert_eq!(faults[0].field, field);
        }
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(network.asked(), 0);
    }
}

fn mailbox() -> Json {
    json!({
        "address": "hilfe@example.org", "username": "hilfe", "password": "p",
        "imap_host": "imap.example.org", "smtp_host": "smtp.example.org",
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_account_is_retried_looked_for_and_taken_back_by_itself() {
    for house in houses().await {
        let (one, other) = (Network::default(), Network::default());
        let accounts = [
            account(&house, &one, false).await,
            account(&house, &other, true).await,
        ];
        one.will(&[Turn::TakeAndHangUp]);
        other.will(&[Turn::Answer(422, json!({"detail": "nicht so"}))]);
        let wanted = new(&house, "Störung behoben.", &accounts).await;
        let id = announce(&house, wanted).await.expect("queued");
        let said = messages(&house, id).await;
        work(&house, 3, Duration::from_secs(10)).await;
        assert_eq!(
            delivery(&state(&house, said[0]).await),
            DeliveryState::Uncertain
        );
        assert_eq!(
            delivery(&state(&house, said[1]).await),
            DeliveryState::Failed
        );

        let stranger = agent(Role::Agent, Scope::Everything);
        let tried = deliver::retry(&house.care, &stranger, said[1]).await;
        assert!(matches!(tried, Err(CareError::NotFound)), "{tried:?}");
        let seen = view::find_message(&house.care, &stranger, said[1]).await;
        assert!(matches!(seen, Err(CareError::NotFound)));

        deliver::retry(&house.care, &house.operator(), said[1])
            .await
            .expect("again");
        deliver::cancel(&house.care, &house.operator(), said[0])
            .await
            .expect("given up");
        work(&house, 3, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, said[0]).await),
            DeliveryState::Cancelled
        );
        assert_eq!(delivery(&state(&house, said[1]).await), DeliveryState::Sent);
        assert_eq!(one.taken().len(), 1, "never sent again by itself");

        let edit = act::Act::Edit {
            body: "Störung behoben, danke.".to_owned(),
        };
        act::ask(&house.care, &house.operator(), said[1], edit)
            .await
            .expect("asked");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(state(&house, said[1]).await.body, "Störung behoben, danke.");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_waits_for_its_time_and_can_be_taken_back_until_then() {
    for house in houses().await {
        let network = Network::default();
        let inbox = account(&house, &network, true).await;
        let mut wanted = new(&house, "Ab morgen geöffnet.", &[inbox]).await;
        wanted.send_at = Some(house.care.now().after(Duration::from_secs(3_600)));
        let kept = announce(&house, wanted.clone()).await.expect("queued");
        let given_up = announce(&house, wanted).await.expect("queued");
        work(&house, 2, Duration::from_secs(60)).await;
        assert_eq!(network.asked(), 0);
        let message = messages(&house, given_up).await[0];
        deliver::cancel(&house.care, &house.operator(), message)
            .await
            .expect("taken back");
        work(&house, 3, Duration::from_secs(3_600)).await;
        assert_eq!(network.taken().len(), 1);
        let message = messages(&house, kept).await[0];
        assert_eq!(delivery(&state(&house, message).await), DeliveryState::Sent);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_along_to_every_account() {
    for house in houses().await {
        let (one, other) = (Network::default(), Network::default());
        let accounts = [
            account(&house, &one, true).await,
            account(&house, &other, true).await,
        ];
        let operator = house.operator();
        let file =
            uploads::upload_by_agent(&house.care, &operator, "plan.txt", b"Plan".to_vec()).await;
        let mut wanted = new(&house, "Der Plan.", &accounts).await;
        wanted.attachments = vec![file.expect("kept").id];
        let id = announce(&house, wanted).await.expect("queued");
        work(&house, 3, Duration::from_secs(5)).await;
        for network in [&one, &other] {
            assert_eq!(
                network.taken()[0]["attachments"][0]["name"],
                json!("plan.txt")
            );
        }
        let said = messages(&house, id).await;
        act::ask(&house.care, &operator, said[0], act::Act::Delete)
            .await
            .expect("asked");
        work(&house, 2, Duration::from_secs(5)).await;
        assert!(state(&house, said[0]).await.deleted_at.is_some());
        let left = view::find_message(&house.care, &operator, said[1])
            .await
            .expect("seen");
        let kept = uploads::read(&house.care, &operator, left.attachments[0].id).await;
        assert_eq!(kept.expect("the other's copy stays").1, b"Plan");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_paged_by_brand_and_is_for_those_who_may() {
    for house in houses().await {
        let network = Network::default();
        let inbox = account(&house, &network, true).await;
        let brand = brand_of(&house, inbox).await;
        let mut ids = Vec::new();
        for text in ["eins", "zwei", "drei"] {
            let wanted = new(&house, text, &[inbox]).await;
            ids.push(announce(&house, wanted).await.expect("queued"));
        }
        ids.reverse();
        let list = async |person: &Person, brand, before, limit| {
            announce::list(&house.care, person, brand, before, limit).await
        };
        let operator = house.operator();
        let first = list(&operator, Some(brand), None, 2).await.expect("a page");
        let seen: Vec<AnnouncementId> = first.items.iter().map(|view| view.row.id).collect();
        assert_eq!(seen, ids[..2]);
        let last = list(&operator, None, first.next, 2).await.expect("a page");
        assert_eq!(
            (last.items.len(), last.items[0].row.id, last.next),
            (1, ids[2], None)
        );
        let none = list(&operator, Some(BrandId(7)), None, 2)
            .await
            .expect("a page");
        assert!(none.items.is_empty());

        let supervisor = agent(Role::Supervisor, Scope::Everything);
        assert_eq!(
            list(&supervisor, None, None, 9)
                .await
                .expect("a page")
                .items
                .len(),
            3
        );
        let elsewhere = agent(Role::Supervisor, Scope::Teams([].into()));
        assert!(
            list(&elsewhere, None, None, 9)
                .await
                .expect("a page")
                .items
                .is_empty()
        );
        let colleague = agent(Role::Agent, Scope::Everything);
        assert!(matches!(
            list(&colleague, None, None, 9).await,
            Err(CareError::Forbidden)
        ));
        let refused = announce::list_accounts(&house.care, &colleague).await;
        assert!(matches!(refused, Err(CareError::Forbidden)));

        let accounts = announce::list_accounts(&house.care, &operator)
            .await
            .expect("accounts");
        let mine = accounts
            .iter()
            .find(|account| account.inbox == inbox)
            .expect("the account");
        assert!(mine.reason.is_none());
        let pause = admin::inboxes::InboxChange {
            paused: Some(true),
            ..Default::default()
        };
        let version = house
            .care
            .store
            .read(move |read| inboxes::find(read, inbox))
            .await;
        let version = version.expect("read").expect("the inbox").version;
        admin::inboxes::change(&house.care, &operator, inbox, (version, pause))
            .await
            .expect("paused");
        let accounts = announce::list_accounts(&house.care, &operator)
            .await
            .expect("accounts");
        let mine = accounts
            .iter()
            .find(|account| account.inbox == inbox)
            .expect("the account");
        assert_eq!(mine.reason.as_deref(), Some("channel.reason.paused"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_at_this_moment_cannot_be_taken_back() {
    for house in houses().await {
        let network = Network::default();
        let inbox = account(&house, &network, true).await;
        let wanted = new(&house, "Heute bis 22 Uhr offen.", &[inbox]).await;
        let id = announce(&house, wanted).await.expect("queued");
        let said = messages(&house, id).await[0];

        let (store, now) = (house.care.store.clone(), house.care.now());
        let leaving = store.write(move |tx| {
            let marked = deliveries::mark_sending(tx, said, now)?;
            // Somebody presses undo before this is written.
            std::thread::sleep(Duration::from_millis(400));
            Ok::<_, StoreError>(marked)
        });
        let undoing = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            deliver::cancel(&house.care, &house.operator(), said).await
        };
        let (marked, undone) = tokio::join!(leaving, undoing);
        assert!(marked.expect("marked"));
        assert!(matches!(undone, Err(CareError::Refused(_))), "{undone:?}");
        let left = state(&house, said).await;
        assert_eq!(delivery(&left), DeliveryState::Sending);
    }
}
