//! What differs between networks, told by their own payloads: from public to private, windows, what
//! became of ours, who left, what a machine said, and accounts that fail and are well again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kulant_care::reply::{NewReply, Template, reply};
use kulant_care::{CareError, admin, jobs, view};
use kulant_model::conversation::Status;
use kulant_model::ids::{ConversationId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Visibility};
use kulant_model::role::Scope;
use kulant_store::conversations::{self, Conversation};
use kulant_store::reading::{self, Filter, Sort};
use kulant_store::{contacts, messages, reactions};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::network::{answer, delivery, read_request, state, words, work};
use crate::{House, START, houses};

const PAGE: &str = "1784001";
const NUMBER: &str = "106540";
const DAY: Duration = Duration::from_hours(24);

/// Words of a request line, and how it is answered.
type Answer = (&'static str, u16, Json);

/// A network of Meta that answers by what stands in the path, and keeps what it was asked.
#[derive(Clone, Default)]
pub struct Graph {
    answers: Arc<Mutex<Vec<Answer>>>,
    asked: Arc<Mutex<Vec<(String, Json)>>>,
    /// What each connection that is held open tells, and then ends.
    told: Arc<Mutex<VecDeque<Vec<Json>>>>,
}

impl Graph {
    pub async fn open(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let graph = self.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "the fake network ends with its test's runtime"
        )]
        drop(tokio::task::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some((head, body)) = read_request(&mut stream).await else {
                    continue;
                };
                let line = head.lines().next().unwrap_or_default().to_owned();
                if let Some(key) = header(&head, "sec-websocket-key") {
                    let told = graph.told.lock().expect("a lock").pop_front();
                    tell(&mut stream, &key, told.unwrap_or_default()).await;
                    continue;
                }
                let (status, told) = graph.find(&line);
                let body = serde_json::from_slice(&body).unwrap_or_default();
                let count = {
                    let mut asked = graph.asked.lock().expect("a lock");
                    asked.push((line, body));
                    asked.len()
                };
                let told = told.to_string().replace("{n}", &count.to_string());
                let told = serde_json::from_str(&told).expect("JSON");
                answer(&mut stream, status, &told).await;
            }
        }));
        format!("http://{address}")
    }

    /// The newest answer whose words stand in the request line; nothing there otherwise.
    fn find(&self, line: &str) -> (u16, Json) {
        let answers = self.answers.lock().expect("a lock");
        let found = answers
            .iter()
            .rev()
            .find(|(words, ..)| line.contains(words));
        found.map_or((200, json!({"data": []})), |(_, status, body)| {
            (*status, body.clone())
        })
    }

    pub fn says(&self, words: &'static str, status: u16, body: Json) {
        let mut answers = self.answers.lock().expect("a lock");
        answers.push((words, status, body));
    }

    pub fn told(&self, words: &str) -> Vec<Json> {
        let asked = self.asked.lock().expect("a lock");
        asked
            .iter()
            .filter(|(line, _)| line.contains(words))
            .map(|(_, body)| body.clone())
            .collect()
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}

/// Opens a websocket, tells of these things, and hangs up.
async fn tell(stream: &mut TcpStream, key: &str, things: Vec<Json>) {
    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    drop(stream.write_all(head.as_bytes()).await);
    for thing in things {
        let text = thing.to_string();
        let length = u16::try_from(text.len()).expect("a short text");
        let mut frame = vec![0x81, 126];
        frame.extend(length.to_be_bytes());
        frame.extend(text.as_bytes());
        drop(stream.write_all(&frame).await);
    }
    // Whoever listens has the time to hear it.
    tokio::time::sleep(Duration::from_millis(300)).await;
}

fn seconds() -> i64 {
    START.as_seconds()
}

pub async fn page(house: &House, graph: &Graph) -> InboxId {
    let settings = json!({
        "page_id": PAGE, "access_token": "t", "app_secret": "s", "verify_token": "v",
        "base_url": graph.open().await,
    });
    house.connect("facebook", "Seite", settings).await
}

pub async fn number(house: &House, graph: &Graph) -> InboxId {
    let settings = json!({
        "phone_number_id": NUMBER, "access_token": "t", "app_secret": "s", "verify_token": "v",
        "base_url": graph.open().await,
    });
    house.connect("whatsapp", "Nummer", settings).await
}

pub async fn comes(house: &House, inbox: InboxId, object: &str, entry: Json) {
    let body = json!({"object": object, "entry": [entry]}).to_string();
    house.deliver_raw(inbox, "graph", &body).await;
    house.take_in().await;
}

/// A comment below our post.
pub async fn comment(house: &House, inbox: InboxId, id: &str, at: i64) {
    let value = json!({
        "item": "comment", "verb": "add", "post_id": "1784001_55", "comment_id": id,
        "parent_id": "1784001_55", "message": "Wo bleibt der Zug?", "created_time": at,
        "from": {"id": "9001001", "name": "Anna"},
    });
    let changes = json!([{"field": "feed", "value": value}]);
    comes(
        house,
        inbox,
        "page",
        json!({"id": PAGE, "time": at, "changes": changes}),
    )
    .await;
}

/// A message in Messenger: from the customer, or our own coming back.
async fn messenger(house: &House, inbox: InboxId, message: Json, at: i64) {
    let own = message.get("is_echo").is_some();
    let (from, to) = if own { (PAGE, "6600") } else { ("6600", PAGE) };
    let item = json!({
        "sender": {"id": from}, "recipient": {"id": to}, "timestamp": at * 1_000,
        "message": message,
    });
    let entry = json!({"id": PAGE, "time": at * 1_000, "messaging": [item]});
    comes(house, inbox, "page", entry).await;
}

/// Something in WhatsApp: messages, or what became of ours.
async fn whatsapp(house: &House, inbox: InboxId, field: &str, item: Json) {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "4930123456", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Anna"}, "wa_id": "4915112345678"}],
        field: [item],
    });
    let changes = json!([{"field": "messages", "value": value}]);
    comes(
        house,
        inbox,
        "whatsapp_business_account",
        json!({"id": "WABA1", "changes": changes}),
    )
    .await;
}

pub async fn all(house: &House) -> Vec<Conversation> {
    house
        .care
        .store
        .read(|read| {
            let filter = Filter::default();
            let places =
                reading::list_ids(read, &Scope::Everything, &filter, Sort::Oldest, None, 50)?;
            let ids: Vec<ConversationId> = places.into_iter().map(|place| place.1).collect();
            conversations::list_by_id(read, &ids)
        })
        .await
        .expect("read")
}

pub async fn only(house: &House) -> Conversation {
    let mut rows = all(house).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

pub fn in_private(conversation: ConversationId, body: &str) -> NewReply {
    NewReply {
        visibility: Visibility::Private,
        ..words(conversation, body)
    }
}

pub fn code(refused: Result<MessageId, CareError>) -> String {
    match refused {
        Err(CareError::Refused(refusal)) => refusal.code.to_owned(),
        other => panic!("{other:?} instead of a refusal"),
    }
}

async fn trouble(house: &House, inbox: InboxId) -> Json {
    let person = house.operator();
    let inbox = admin::inboxes::find(&house.care, &person, inbox).await;
    inbox.expect("the inbox").trouble
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_public_to_private_by_one_message_and_back_in_the_same_conversation() {
    for house in houses().await {
        let (graph, operator) = (Graph::default(), house.operator());
        let inbox = page(&house, &graph).await;
        comment(&house, inbox, "55_71", seconds() - 60).await;
        let id = only(&house).await.id;
        let opened = view::open(&house.care, &operator, id)
            .await
            .expect("opened");
        let side = opened.private.expect("a private side");
        assert!(side.window.hand_over.is_some() && side.reason.is_none());
        let week = Duration::from_hours(7 * 24);
        assert_eq!(
            side.window.until,
            Some(START.before(Duration::from_mins(1)).after(week))
        );

        graph.says(
            "/messages",
            200,
            json!({"message_id": "m_1", "recipient_id": "6600"}),
        );
        let ours = reply(&house.care, &operator, in_private(id, "Welche Nummer?")).await;
        let ours = ours.expect("queued");
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(delivery(&state(&house, ours).await), DeliveryState::Sent);
        let sent = graph.told("/messages");
        assert_eq!(sent[0]["recipient"], json!({"comment_id": "55_71"}));

        let again = reply(&house.care, &operator, in_private(id, "Und?")).await;
        assert_eq!(code(again), "private_reply_used");
        // The thread has another person's id than the comment: only our own message tells.
        let echo = json!({"mid": "m_1", "is_echo": true, "metadata": format!("kulant:{ours}"),
            "text": "Welche Nummer?"});
        messenger(&house, inbox, echo, seconds()).await;
        let again = reply(&house.care, &operator, in_private(id, "Und?")).await;
        assert_eq!(code(again), "private_reply_used");
        messenger(
            &house,
            inbox,
            json!({"mid": "m_2", "text": "47-11"}),
            seconds() + 5,
        )
        .await;
        let row = only(&house).await;
        assert_eq!((row.id, row.message_count), (id, 3));
        assert!(row.waiting_since.is_some(), "the customer waits in private");

        house.clock.pass(Duration::from_mins(1));
        reply(&house.care, &operator, in_private(id, "Danke."))
            .await
            .expect("queued");
        work(&house, 1, Duration::ZERO).await;
        let sent = graph.told("/messages");
        assert_eq!(sent[1]["recipient"], json!({"id": "6600"}));

        house.clock.pass(DAY);
        let late = reply(&house.care, &operator, in_private(id, "Noch da?")).await;
        assert_eq!(code(late), "reply_window_closed");
        let opened = view::open(&house.care, &operator, id)
            .await
            .expect("opened");
        assert_eq!(
            opened.private.expect("a private side").reason.as_deref(),
            Some("channel.reason.reply_window_closed")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrived_not_after_all_fails_and_what_is_not_ours_means_nothing() {
    for house in houses().await {
        let (graph, operator) = (Graph::default(), house.operator());
        let inbox = number(&house, &graph).await;
        let said = json!({"from": "4915112345678", "id": "wamid.1", "type": "text",
            "timestamp": seconds().to_string(), "text": {"body": "Hallo"}});
        whatsapp(&house, inbox, "messages", said).await;
        let id = only(&house).await.id;
        graph.says("/messages", 200, json!({"messages": [{"id": "wamid.60"}]}));
        let ours = reply(&house.care, &operator, in_private(id, "Guten Tag")).await;
        let ours = ours.expect("queued");
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(delivery(&state(&house, ours).await), DeliveryState::Sent);
        assert_eq!(only(&house).await.status, Status::Waiting);

        let failed = |id: &str| {
            json!({"id": id, "status": "failed", "timestamp": (seconds() + 1).to_string(),
                "errors": [{"code": 131_026, "title": "Message undeliverable"}]})
        };
        whatsapp(&house, inbox, "statuses", failed("wamid.99")).await;
        assert_eq!(delivery(&state(&house, ours).await), DeliveryState::Sent);
        whatsapp(&house, inbox, "statuses", failed("wamid.60")).await;
        let message = state(&house, ours).await;
        assert_eq!(delivery(&message), DeliveryState::Failed);
        let failure = message.delivery.and_then(|delivery| delivery.failure);
        assert_eq!(failure.expect("a reason").class, "recipient_gone");
        let row = only(&house).await;
        assert_eq!(row.status, Status::Open, "the customer still waits");
        assert_eq!(row.message_count, 2, "no row stands for what is not ours");
        let alerts = house
            .care
            .store
            .read(|read| kulant_store::alerts::list(read, 10));
        assert_eq!(alerts.await.expect("read").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reaction_taken_back_without_its_kind_is_taken_back_in_every_order() {
    for house in houses().await {
        let inbox = number(&house, &Graph::default()).await;
        let said = json!({"from": "4915112345678", "id": "wamid.1", "type": "text",
            "timestamp": seconds().to_string(), "text": {"body": "Hallo"}});
        whatsapp(&house, inbox, "messages", said).await;
        let reacts = |id: &str, emoji: &str, later: i64| {
            json!({"from": "4915112345678", "id": id, "type": "reaction",
                "timestamp": (seconds() + later).to_string(),
                "reaction": {"message_id": "wamid.1", "emoji": emoji}})
        };
        let count = async || {
            let read = house.care.store.read(move |read| {
                let known = messages::list_known(read, inbox, &["wamid.1"])?;
                reactions::count(read, &[known[0].id])
            });
            read.await.expect("read").len()
        };
        whatsapp(&house, inbox, "messages", reacts("wamid.2", "❤", 1)).await;
        assert_eq!(count().await, 1);
        whatsapp(&house, inbox, "messages", reacts("wamid.4", "", 3)).await;
        assert_eq!(count().await, 0);
        whatsapp(&house, inbox, "messages", reacts("wamid.3", "👍", 2)).await;
        assert_eq!(
            count().await,
            0,
            "it was given before everything was taken back"
        );
        whatsapp(&house, inbox, "messages", reacts("wamid.5", "👍", 4)).await;
        assert_eq!(count().await, 1);
    }
}

/// Brings a wish to be erased to a page, as its hook would; returns where it may be followed.
async fn wishes(house: &House, inbox: InboxId, person: &str) -> Vec<(String, String)> {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let wish = json!({"algorithm": "HMAC-SHA256", "user_id": person, "issued_at": seconds()});
    let payload = URL_SAFE_NO_PAD.encode(wish.to_string());
    let mark = kulant_channels::signature::hmac_base64(b"s", payload.as_bytes());
    let mark = URL_SAFE_NO_PAD.encode(STANDARD.decode(mark).expect("base64"));
    let body = format!("signed_request={mark}.{payload}");
    house.deliver_raw(inbox, "signed_request", &body).await;
    let digest = kulant_channels::signature::sha256_hex(payload.as_bytes());
    let wish = &digest[..16];
    let mark = kulant_channels::signature::hmac_hex(b"s", format!("deletion {wish}").as_bytes());
    vec![("deletion".to_owned(), format!("{wish}{}", &mark[..16]))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_wishes_to_be_erased_is_found_or_looked_for_by_a_person() {
    for house in houses().await {
        let graph = Graph::default();
        // The app knows the person by another id than the page.
        let known = json!({"data": [{"id": "9001001", "page": {"id": PAGE, "name": "Seite"}}]});
        graph.says("/7100109/ids_for_pages", 200, known);
        let error = json!({"error": {"code": 100, "error_subcode": 33, "message": "unknown"}});
        graph.says("/7999/ids_for_pages", 400, error);
        let settings = json!({
            "page_id": PAGE, "access_token": "t", "app_secret": "s", "verify_token": "v",
            "app_id": "1517", "base_url": graph.open().await,
        });
        let inbox = house.connect("facebook", "Seite", settings).await;
        comment(&house, inbox, "55_71", seconds() - 60).await;
        let contact = only(&house).await.contact.expect("a contact");
        let erased = async || {
            let found = house
                .care
                .store
                .read(move |read| contacts::find(read, contact));
            let found = found.await.expect("read").expect("a row");
            found.erased_at.is_some()
        };
        let alerts = async || {
            let found = house
                .care
                .store
                .read(|read| kulant_store::alerts::list(read, 10));
            let found = found.await.expect("read");
            let kinds = found.into_iter().map(|standing| standing.alert.kind);
            kinds.collect::<Vec<String>>()
        };
        let page = async |query: &[(String, String)]| {
            let found = house
                .care
                .store
                .read(move |read| kulant_store::inboxes::find(read, inbox));
            let key = found.await.expect("read").expect("an inbox").hook_key;
            let answer = kulant_care::accept::answer_handshake(&house.care, &key, query).await;
            answer.expect("read").expect("a page").body
        };

        let strange = wishes(&house, inbox, "7999").await;
        house.take_in().await;
        work(&house, 2, Duration::from_secs(1)).await;
        house.take_in().await;
        assert!(!erased().await);
        assert_eq!(alerts().await, ["wish_unmatched"]);
        let told = page(&strange).await;
        assert!(told.contains("noch nichts gelöscht"), "{told}");

        let wish = wishes(&house, inbox, "7100109").await;
        house.take_in().await;
        work(&house, 2, Duration::from_secs(1)).await;
        house.take_in().await;
        work(&house, 2, Duration::from_secs(1)).await;
        assert!(erased().await);
        assert_eq!(alerts().await.len(), 1);
        let told = page(&wish).await;
        assert!(told.contains("ohne weiteres Zutun"), "{told}");
        let known = house
            .care
            .store
            .read(move |read| messages::list_known(read, inbox, &["55_71"]));
        let known = known.await.expect("read");
        assert!(known.iter().all(|message| message.body.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_reaction_takes_the_place_of_the_first() {
    for house in houses().await {
        let inbox = number(&house, &Graph::default()).await;
        let said = json!({"from": "4915112345678", "id": "wamid.1", "type": "text",
            "timestamp": seconds().to_string(), "text": {"body": "Hallo"}});
        whatsapp(&house, inbox, "messages", said).await;
        let reacts = |id: &str, emoji: &str, later: i64| {
            json!({"from": "4915112345678", "id": id, "type": "reaction",
                "timestamp": (seconds() + later).to_string(),
                "reaction": {"message_id": "wamid.1", "emoji": emoji}})
        };
        let kinds = async || {
            let read = house.care.store.read(move |read| {
                let known = messages::list_known(read, inbox, &["wamid.1"])?;
                reactions::count(read, &[known[0].id])
            });
            let counted = read.await.expect("read");
            let kinds = counted.into_iter().map(|one| one.kind);
            kinds.collect::<Vec<String>>()
        };
        whatsapp(&house, inbox, "messages", reacts("wamid.4", "👍", 3)).await;
        let newest = kinds().await;
        assert_eq!(newest.len(), 1);
        // One that was given before comes late.
        whatsapp(&house, inbox, "messages", reacts("wamid.2", "❤", 1)).await;
        assert_eq!(kinds().await, newest);
        whatsapp(&house, inbox, "messages", reacts("wamid.5", "😢", 4)).await;
        let last = kinds().await;
        assert_eq!(last.len(), 1);
        assert_ne!(last, newest);
        whatsapp(&house, inbox, "messages", reacts("wamid.6", "", 5)).await;
        assert_eq!(kinds().await, [] as [String; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_an_answer_to_a_machine() {
    for house in houses().await {
        let settings = json!({"address": "service@nordbahn.example",
            "imap_host": "127.0.0.1", "smtp_host": "127.0.0.1", "password": "hush"});
        let inbox = house.connect("email", "Post", settings).await;
        let mail = |id: &str, more: &str| {
            format!(
                "From: Anna <anna@mail.example>\r\nTo: service@nordbahn.example\r\n\
                 Date: Wed, 18 Nov 2026 11:06:00 +0000\r\nSubject: Angebote\r\n\
                 Message-ID: <{id}@mail.example>\r\n{more}\r\nHeute.\r\n"
            )
        };
        let letter = mail(
            "m1",
            "List-Id: <angebote.mail.example>\r\nPrecedence: bulk\r\n",
        );
        house.deliver_raw(inbox, "message", &letter).await;
        house.take_in().await;
        let row = only(&house).await;
        assert_eq!((row.status, row.unread), (Status::Resolved, false));
        assert!(row.waiting_since.is_none());

        house.deliver_raw(inbox, "message", &mail("m2", "")).await;
        house.take_in().await;
        let rows = all(&house).await;
        let waiting = rows.iter().filter(|row| row.waiting_since.is_some());
        assert_eq!(waiting.count(), 1, "a person's letter is answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_long_before_connecting_alerts_nobody() {
    for house in houses().await {
        let inbox = page(&house, &Graph::default()).await;
        comment(&house, inbox, "55_1", seconds() - 10 * 86_400).await;
        let row = only(&house).await;
        assert_eq!((row.status, row.unread), (Status::Resolved, false));
        assert!(row.waiting_since.is_none());
        comment(&house, inbox, "55_2", seconds() - 3_600).await;
        let rows = all(&house).await;
        let open = rows.iter().filter(|row| row.status == Status::Open);
        assert_eq!(open.count(), 1, "an hour ago somebody still waits");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_is_told_with_its_cause_and_ends_when_the_account_is_well_again() {
    for house in houses().await {
        let (graph, operator) = (Graph::default(), house.operator());
        let inbox = page(&house, &graph).await;
        comment(&house, inbox, "55_71", seconds() - 60).await;
        let id = only(&house).await.id;
        let dead = json!({"error": {"code": 190, "error_subcode": 463, "message": "expired",
            "type": "OAuthException"}});
        graph.says("/", 400, dead);
        jobs::schedule(&house.care).await.expect("scheduled");
        work(&house, 1, Duration::ZERO).await;
        let seen = trouble(&house, inbox).await;
        assert_eq!(seen["class"], "auth_broken");
        assert!(
            seen["detail"]
                .as_str()
                .is_some_and(|detail| detail.contains("expired"))
        );
        let opened = view::open(&house.care, &operator, id)
            .await
            .expect("opened");
        assert!(opened.public.expect("a public side").reason.is_some());
        let alerts = || {
            house
                .care
                .store
                .read(|read| kulant_store::alerts::list(read, 10))
        };
        assert_eq!(alerts().await.expect("read").len(), 1);

        let since = seen["since"].clone();
        work(&house, 2, Duration::from_mins(10)).await;
        assert_eq!(trouble(&house, inbox).await["since"], since);

        graph.says("/", 200, json!({"data": []}));
        graph.says(
            "debug_token",
            200,
            json!({"data": {"is_valid": true, "scopes": [
            "pages_show_list", "pages_manage_metadata", "pages_read_engagement",
            "pages_read_user_content", "pages_manage_engagement", "pages_manage_posts",
            "pages_messaging", "business_management"]}}),
        );
        let fields = [
            "feed",
            "messages",
            "messaging_postbacks",
            "message_echoes",
            "message_deliveries",
            "message_reads",
            "message_reactions",
            "message_edits",
            "messaging_handovers",
            "standby",
            "messaging_referrals",
            "mention",
        ];
        graph.says(
            "subscribed_apps",
            200,
            json!({"data": [{"id": "app", "subscribed_fields": fields}]}),
        );
        work(&house, 8, Duration::from_mins(15)).await;
        assert_eq!(trouble(&house, inbox).await, Json::Null);
        assert!(alerts().await.expect("read").is_empty());
        assert!(!graph.told("/feed").is_empty(), "the gap is asked for");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_opened_at_once_kept_sealed_and_used() {
    for house in houses().await {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let graph = Graph::default();
        let claims = json!({"sub": "did:plc:nordbahn", "exp": seconds() + 7_200});
        let token = format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()));
        graph.says(
            "createSession",
            200,
            json!({"did": "did:plc:nordbahn", "handle": "nordbahn.example",
                "accessJwt": token, "refreshJwt": token}),
        );
        let settings = json!({"identifier": "nordbahn.example", "app_password": "hush",
            "base_url": graph.open().await});
        let inbox = house.connect("bluesky", "Himmel", settings).await;
        jobs::schedule(&house.care).await.expect("scheduled");
        work(&house, 2, Duration::from_secs(1)).await;
        let opened = graph.told("createSession").len();
        assert!(opened >= 1);
        let row = house
            .care
            .store
            .read(move |read| kulant_store::inboxes::find(read, inbox));
        let row = row.await.expect("read").expect("the inbox");
        let secrets = String::from_utf8_lossy(&row.secrets).into_owned();
        assert!(!secrets.contains("hush") && !secrets.contains(&token));
        assert_eq!(row.version, 1, "nobody set it up anew");
        work(&house, 3, Duration::from_mins(6)).await;
        assert_eq!(
            graph.told("createSession").len(),
            opened,
            "the session that was kept is used"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_window_only_an_approved_text_goes_out() {
    for house in houses().await {
        let (graph, operator) = (Graph::default(), house.operator());
        let inbox = number(&house, &graph).await;
        let said = json!({"from": "4915112345678", "id": "wamid.1", "type": "text",
            "timestamp": seconds().to_string(), "text": {"body": "Hallo"}});
        whatsapp(&house, inbox, "messages", said).await;
        let id = only(&house).await.id;
        graph.says("/messages", 200, json!({"messages": [{"id": "wamid.60"}]}));
        house.clock.pass(DAY + Duration::from_secs(1));
        let late = reply(&house.care, &operator, in_private(id, "Noch da?")).await;
        assert_eq!(code(late), "reply_window_closed");
        let approved = NewReply {
            template: Some(Template {
                name: "again".to_owned(),
                language: "de".to_owned(),
                parameters: vec!["Anna".to_owned()],
            }),
            ..in_private(id, "Hallo Anna, es gibt Neues.")
        };
        let ours = reply(&house.care, &operator, approved.clone())
            .await
            .expect("queued");
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(delivery(&state(&house, ours).await), DeliveryState::Sent);
        assert_eq!(graph.told("/messages")[0]["template"]["name"], "again");

        let page = page(&house, &Graph::default()).await;
        comment(&house, page, "55_71", seconds() + 86_000).await;
        let rows = all(&house).await;
        let other = rows.iter().find(|row| row.id != id).expect("a comment");
        let refused = reply(
            &house.care,
            &operator,
            NewReply {
                conversation: other.id,
                ..approved
            },
        )
        .await;
        assert_eq!(code(refused), "network_takes_no_templates");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_asks_for_patience_is_asked_by_nobody_until_then() {
    for house in houses().await {
        let (graph, operator) = (Graph::default(), house.operator());
        let inbox = number(&house, &graph).await;
        for (number, id) in [("4915112345678", "wamid.1"), ("4915112345679", "wamid.2")] {
            let said = json!({"from": number, "id": id, "type": "text",
                "timestamp": seconds().to_string(), "text": {"body": "Hallo"}});
            whatsapp(&house, inbox, "messages", said).await;
        }
        let rows = all(&house).await;
        assert_eq!(rows.len(), 2);
        let busy = json!({"error": {"code": 130_429, "message": "too many", "type": "x"}});
        graph.says("/messages", 429, busy);
        let mut ours = Vec::new();
        for row in &rows {
            let sent = reply(&house.care, &operator, in_private(row.id, "Guten Tag")).await;
            ours.push(sent.expect("queued"));
            work(&house, 1, Duration::ZERO).await;
        }
        assert_eq!(
            graph.told("/messages").len(),
            1,
            "the second one did not even ask"
        );
        let mut waits = Vec::new();
        for id in &ours {
            let waiting = state(&house, *id).await.delivery.expect("a delivery");
            assert_eq!(waiting.state, DeliveryState::Queued);
            assert_eq!(waiting.failure.expect("a reason").class, "retry_after");
            waits.push(waiting.next_attempt_at.expect("a time"));
        }
        assert_eq!(waits[0], waits[1]);
        assert!(waits[0] > house.care.now());

        graph.says(
            "/messages",
            200,
            json!({"messages": [{"id": "wamid.6{n}"}]}),
        );
        house
            .clock
            .pass(waits[0].since(house.care.now()) + Duration::from_secs(1));
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(delivery(&state(&house, ours[0]).await), DeliveryState::Sent);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_is_opened_again_where_it_ended() {
    for house in houses().await {
        let graph = Graph::default();
        let address = graph.open().await;
        let streaming = address.replace("http://", "ws://");
        graph.says("/api/v1/", 200, json!([]));
        graph.says(
            "verify_credentials",
            200,
            json!({"id": "900", "acct": "nordtalbahn"}),
        );
        graph.says(
            "/api/v2/instance",
            200,
            json!({"configuration": {"urls": {"streaming": streaming}}}),
        );
        let mention = |id: &str| {
            let account = json!({"id": id, "acct": format!("anna{id}"), "display_name": "Anna"});
            let said = json!({"id": format!("20{id}"), "created_at": "2026-11-18T11:05:00.000Z",
                "content": "<p>@nordtalbahn Wo bleibt der Zug?</p>", "visibility": "public",
                "url": format!("https://sozial.example/{id}"), "account": account,
                "in_reply_to_id": null});
            let note = json!({"id": format!("10{id}"), "type": "mention",
                "created_at": "2026-11-18T11:05:00.000Z", "account": account, "status": said});
            json!({"stream": ["user"], "event": "notification", "payload": note.to_string()})
        };
        graph.told.lock().expect("a lock").extend([
            vec![mention("41")],
            Vec::new(),
            vec![mention("42")],
        ]);
        let settings = json!({"base_url": address, "access_token": "hush"});
        let inbox = house.connect("mastodon", "Tröt", settings).await;
        let (end, stop) = watch::channel(false);
        let care = house.care.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "the background ends with its test"
        )]
        let running = tokio::spawn(jobs::run(care, stop));
        let heard = async {
            while all(&house).await.len() < 2 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(40), heard).await;
        in_time.expect("both mentions are heard");
        end.send(true).expect("somebody listens");
        running.await.expect("an end");
        let row = house
            .care
            .store
            .read(move |read| kulant_store::inboxes::find(read, inbox));
        let row = row.await.expect("read").expect("the inbox");
        assert!(
            row.poll_cursor
                .is_some_and(|cursor| cursor.contains("1042"))
        );
        assert!(all(&house).await.iter().all(|row| row.message_count == 1));
    }
}
