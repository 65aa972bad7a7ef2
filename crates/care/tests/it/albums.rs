//! Albums of Telegram: several messages there, one here, in whatever order and deliveries they come.

use kulant_care::erase;
use kulant_model::ids::{InboxId, MessageId};
use kulant_store::messages::{self, Attachment, Message};
use kulant_store::pieces;
use serde_json::{Value as Json, json};

use crate::networks::only;
use crate::{House, START, houses};

fn piece(number: i64, caption: Option<&str>) -> Json {
    let mut message = json!({
        "message_id": number, "date": START.as_seconds(), "media_group_id": "900",
        "chat": {"id": 5, "type": "private"}, "from": {"id": 5, "first_name": "Anna"},
        "photo": [{"file_id": format!("f{number}")}],
    });
    if let Some(caption) = caption {
        message["caption"] = json!(caption);
    }
    json!({"update_id": number, "message": message})
}

async fn comes(house: &House, inbox: InboxId, updates: &[Json]) {
    for update in updates {
        let body = update.to_string();
        house.deliver_raw(inbox, "update", &body).await;
    }
    house.take_in().await;
}

async fn bot(house: &House) -> InboxId {
    let settings = json!({"token": "1:abc", "username": "NordbahnBot"});
    house.connect("telegram", "Bot", settings).await
}

async fn first(house: &House) -> (Message, Vec<String>) {
    let conversation = only(house).await;
    assert_eq!(conversation.message_count, 1, "an album is one message");
    let id: MessageId = conversation.last_message;
    house
        .care
        .store
        .read(move |read| -> Result<_, kulant_store::StoreError> {
            let message = messages::find(read, id)?.expect("the message");
            let files = messages::list_attachments(read, &[id])?;
            let address = |file: Attachment| file.source_url.unwrap_or_default();
            let mut files: Vec<String> = files.into_iter().map(address).collect();
            files.sort();
            Ok((message, files))
        })
        .await
        .expect("read")
}

fn files(numbers: &[i64]) -> Vec<String> {
    numbers
        .iter()
        .map(|number| format!("telegram:file/f{number}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pieces_of_an_album_are_one_message_in_every_order() {
    let words = Some("Der Sitz ist kaputt");
    let orders: [&[i64]; 3] = [&[1, 2, 3, 4, 5], &[5, 3, 1, 4, 2], &[2, 2, 5, 1, 4, 3, 1]];
    for order in orders {
        for at_once in [true, false] {
            for house in houses().await {
                let inbox = bot(&house).await;
                let updates: Vec<Json> = order
                    .iter()
                    .map(|number| piece(*number, words.filter(|_| *number == 1)))
                    .collect();
                if at_once {
                    comes(&house, inbox, &updates).await;
                } else {
                    for update in &updates {
                        comes(&house, inbox, std::slice::from_ref(update)).await;
                    }
                }
                let (message, kept) = first(&house).await;
                assert_eq!(message.body, "Der Sitz ist kaputt");
                assert_eq!(message.edited_at, None, "a further piece is no edit");
                assert_eq!(kept, files(&[1, 2, 3, 4, 5]));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_one_piece_is_done_to_the_message() {
    for house in houses().await {
        let inbox = bot(&house).await;
        let mut edit = piece(2, Some("Wagen 7"));
        let changed = edit["message"].take();
        let mut edit = json!({"update_id": 20, "edited_message": changed});
        edit["edited_message"]["edit_date"] = json!(START.as_seconds() + 5);
        // The edit and an answer to a piece come before the pieces.
        comes(&house, inbox, &[piece(1, None), edit]).await;
        comes(&house, inbox, &[piece(2, Some("Wagen")), piece(3, None)]).await;
        let (message, kept) = first(&house).await;
        assert_eq!(
            (message.body.as_str(), kept),
            ("Wagen 7", files(&[1, 2, 3]))
        );
        assert!(message.edited_at.is_some());

        let mut answer = piece(4, Some("und noch etwas"));
        answer["message"]["media_group_id"] = json!(null);
        answer["message"]["reply_to_message"] = piece(3, None)["message"].clone();
        comes(&house, inbox, &[answer]).await;
        let conversation = only(&house).await;
        assert_eq!(conversation.message_count, 2);
        let newest = conversation.last_message;
        let parent = house
            .care
            .store
            .read(move |read| messages::find(read, newest))
            .await
            .expect("read")
            .and_then(|message| message.parent);
        assert_eq!(
            parent,
            Some(message.id),
            "an answer to a piece answers the album"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_piece_taken_back_takes_its_picture_and_the_last_one_the_message() {
    let business = |number: i64| {
        let mut update = piece(number, (number == 1).then_some("Meine Karte"));
        let mut message = update["message"].take();
        message["business_connection_id"] = json!("b");
        json!({"update_id": number, "business_message": message})
    };
    let gone = |number: i64| {
        json!({"update_id": 30 + number, "deleted_business_messages": {
            "business_connection_id": "b", "chat": {"id": 5, "type": "private"},
            "message_ids": [number]}})
    };
    for house in houses().await {
        let inbox = bot(&house).await;
        comes(&house, inbox, &[business(1), business(2), business(3)]).await;
        comes(&house, inbox, &[gone(3), business(3)]).await;
        let (message, kept) = first(&house).await;
        assert_eq!(
            (message.body.as_str(), kept),
            ("Meine Karte", files(&[1, 2]))
        );
        comes(&house, inbox, &[gone(1)]).await;
        let (message, kept) = first(&house).await;
        assert_eq!((message.body.as_str(), kept), ("", files(&[2])));
        assert_eq!(message.deleted_at, None);
        comes(&house, inbox, &[gone(2)]).await;
        let (message, kept) = first(&house).await;
        assert!(message.deleted_at.is_some() && kept.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_erased_album_nothing_comes_back() {
    for house in houses().await {
        let inbox = bot(&house).await;
        comes(
            &house,
            inbox,
            &[piece(1, Some("Meine Karte")), piece(2, None)],
        )
        .await;
        let contact = only(&house).await.contact.expect("a contact");
        erase::erase(&house.care, &house.operator(), contact, None)
            .await
            .expect("erased");
        let late = [piece(2, Some("Meine Karte")), piece(3, Some("noch eine"))];
        comes(&house, inbox, &late).await;
        let (message, kept) = first(&house).await;
        assert!(message.deleted_at.is_some() && message.body.is_empty());
        assert_eq!(kept, files(&[]));
        let known = house
            .care
            .store
            .read(move |read| pieces::list_of_albums(read, inbox, &["5/900"]))
            .await
            .expect("read");
        assert!(known.is_empty(), "no id of theirs is kept: {known:?}");
    }
}
