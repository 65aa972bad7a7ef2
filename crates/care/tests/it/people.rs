//! What networks tell of people: that they want no more messages, and that they are called otherwise.

use std::time::Duration;

use kulant_care::reply::reply;
use kulant_care::{contacts, view};
use kulant_model::ids::InboxId;
use kulant_model::message::DeliveryState;
use kulant_store::contacts::Identity;
use serde_json::{Value as Json, json};

use crate::network::{delivery, state, work};
use crate::networks::{Graph, all, code, comes, in_private, number, only};
use crate::{House, START, houses};

const OLD: &str = "DE.11111111111111111111";
const NEW: &str = "DE.22222222222222222222";

async fn telephone(house: &House, graph: &Graph) -> InboxId {
    let settings = json!({
        "account_sid": "AC1", "auth_token": "t", "number": "+4930555000",
        "base_url": graph.open().await,
    });
    house.connect("twilio", "Telefon", settings).await
}

async fn sms(house: &House, inbox: InboxId, sid: &str, body: &str, word: &str) {
    let form = format!(
        "MessageSid={sid}&From=%2B4915112345678&To=%2B4930555000&NumMedia=0&Body={body}{word}"
    );
    house.deliver_raw(inbox, "message", &form).await;
    house.take_in().await;
}

async fn only_identity(house: &House) -> Identity {
    let contact = only(house).await.contact.expect("a contact");
    let view = contacts::find(&house.care, &house.operator(), contact).await;
    let mut identities = view.expect("the contact").identities;
    assert_eq!(identities.len(), 1);
    identities.remove(0).identity
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_said_stop_is_written_to_by_nobody_until_they_say_start() {
    for house in houses().await {
        let (graph, operator) = (Graph::default(), house.operator());
        let inbox = telephone(&house, &graph).await;
        sms(&house, inbox, "SM1", "Hallo", "").await;
        let id = only(&house).await.id;
        let waiting = reply(&house.care, &operator, in_private(id, "Guten Tag")).await;
        let waiting = waiting.expect("queued");

        house.clock.pass(Duration::from_secs(1));
        sms(&house, inbox, "SM2", "STOP", "&OptOutType=STOP").await;
        assert_eq!(
            only_identity(&house).await.refuses_since,
            Some(house.care.now())
        );
        let refused = reply(&house.care, &operator, in_private(id, "Noch etwas")).await;
        assert_eq!(code(refused), "person_opted_out");
        let side = view::open(&house.care, &operator, id)
            .await
            .expect("opened");
        assert_eq!(
            side.private.expect("a private side").reason.as_deref(),
            Some("channel.reason.person_opted_out")
        );
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(
            delivery(&state(&house, waiting).await),
            DeliveryState::Failed
        );
        assert!(graph.told("/Messages.json").is_empty(), "nothing went out");

        house.clock.pass(Duration::from_secs(1));
        sms(&house, inbox, "SM3", "START", "&OptOutType=START").await;
        assert_eq!(only_identity(&house).await.refuses_since, None);
        graph.says(
            "/Messages.json",
            400,
            json!({"code": 21610, "message": "unsubscribed", "status": 400}),
        );
        let ours = reply(&house.care, &operator, in_private(id, "Guten Tag")).await;
        let ours = ours.expect("queued");
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(delivery(&state(&house, ours).await), DeliveryState::Failed);
        let refuses = only_identity(&house).await.refuses_since;
        assert!(refuses.is_some(), "what Twilio refuses for STOP is a STOP");
    }
}

async fn told(house: &House, inbox: InboxId, field: &str, item: Json, who: &str) {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "4930123456", "phone_number_id": "106540"},
        "contacts": [{"profile": {"name": "Anna"}, "user_id": who}],
        field: [item],
    });
    let changes = json!([{"field": field, "value": value}]);
    let entry = json!({"id": "WABA1", "changes": changes});
    comes(house, inbox, "whatsapp_business_account", entry).await;
}

async fn says(house: &House, inbox: InboxId, id: &str, who: &str) {
    let item = json!({"from_user_id": who, "id": id, "type": "text",
        "timestamp": START.as_seconds().to_string(), "text": {"body": id}});
    told(house, inbox, "messages", item, who).await;
}

async fn is_new(house: &House, inbox: InboxId) {
    let item = json!({"user_id": {"previous": OLD, "current": NEW},
        "timestamp": START.as_seconds().to_string()});
    told(house, inbox, "user_id_update", item, NEW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_goes_on_under_a_new_id() {
    for house in houses().await {
        let (graph, operator) = (Graph::default(), house.operator());
        let inbox = number(&house, &graph).await;
        says(&house, inbox, "wamid.1", OLD).await;
        let before = only_identity(&house).await;
        is_new(&house, inbox).await;
        is_new(&house, inbox).await;
        says(&house, inbox, "wamid.2", NEW).await;
        let row = only(&house).await;
        assert_eq!(row.message_count, 2, "the conversation goes on");
        let after = only_identity(&house).await;
        assert_eq!((after.id, after.contact), (before.id, before.contact));
        assert_eq!(after.network_id, NEW);

        graph.says("/messages", 200, json!({"messages": [{"id": "wamid.60"}]}));
        reply(&house.care, &operator, in_private(row.id, "Guten Tag"))
            .await
            .expect("queued");
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(graph.told("/messages")[0]["recipient"], NEW);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_turn_out_to_be_one_are_one_and_nothing_is_lost() {
    for house in houses().await {
        let (graph, operator) = (Graph::default(), house.operator());
        let inbox = number(&house, &graph).await;
        says(&house, inbox, "wamid.1", OLD).await;
        let old = only_identity(&house).await;
        says(&house, inbox, "wamid.2", NEW).await;
        let contacts_of = |rows: Vec<kulant_store::conversations::Conversation>| {
            let mut contacts: Vec<_> = rows.into_iter().filter_map(|row| row.contact).collect();
            contacts.sort_unstable();
            contacts.dedup();
            contacts
        };
        assert_eq!(contacts_of(all(&house).await).len(), 2);
        is_new(&house, inbox).await;
        let rows = all(&house).await;
        assert_eq!(rows.iter().map(|row| row.message_count).sum::<i64>(), 2);
        assert_eq!(contacts_of(rows), [old.contact]);
        let view = contacts::find(&house.care, &operator, old.contact).await;
        let view = view.expect("the contact");
        assert_eq!(view.conversations.len(), 2, "both conversations are theirs");
        assert_eq!(view.identities.len(), 1);
        says(&house, inbox, "wamid.3", NEW).await;
        assert_eq!(all(&house).await.len(), 2, "the newer conversation goes on");
    }
}
