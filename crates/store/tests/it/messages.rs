//! Messages that lost their words, their files, and deliveries by how much memory they take.

use std::time::Duration;

use kulant_model::ids::{AttachmentId, InboxId, IntakeId, MessageId};
use kulant_model::time::Timestamp;
use kulant_store::intakes::{self, NewIntake, Quarantined};
use kulant_store::messages::{self, Attachment};
use kulant_store::{StoreError, Tx, deliveries, erasing, params};

use crate::{NOW, databases};

fn keep(tx: &mut Tx<'_>, id: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO messages (id, inbox_id, direction, visibility, is_party, body, platform_at,
                               received_at, stored_at, attempts, delivery_state)
         VALUES ($1, 1, 'out', 'public', 0, 'words', $2, $2, $2, 0, 'sending')",
        &params![id, NOW],
    )?;
    Ok(())
}

#[tokio::test]
async fn what_was_deleted_gets_neither_words_nor_an_address_again() {
    let id = MessageId(1);
    for database in databases().await {
        let message = database
            .write(move |tx| {
                keep(tx, id.0)?;
                messages::delete(tx, id, NOW)?;
                messages::edit(tx, id, "other words", NOW)?;
                deliveries::confirm_sent(tx, id, Some("n1"), Some("https://x/@anna/1"), NOW)?;
                messages::find(tx, id)
            })
            .await
            .expect("the row stays");
        assert_eq!((message.body.as_str(), message.url), ("", None));
        assert_eq!(message.network_id.as_deref(), Some("n1"));
    }
}

#[tokio::test]
async fn files_wait_for_their_delivery_in_quarantine() {
    let inbox = InboxId(1);
    let upload = move |id: i64, made: Timestamp| Attachment {
        id: AttachmentId(id),
        message: None,
        inbox: Some(inbox),
        agent: None,
        name: "photo.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        size: Some(3),
        source_url: None,
        file_name: Some(format!("abcdefg{id}")),
        alt: None,
        created_at: made,
        fetch_at: None,
        missing: None,
    };
    let (hour, day) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
    for database in databases().await {
        database
            .write(move |tx| {
                let files = [upload(1, NOW), upload(2, NOW.before(day))];
                messages::insert_attachments(tx, &files)?;
                let delivery = NewIntake {
                    id: IntakeId(7),
                    inbox,
                    kind: "form".to_owned(),
                    key: "k".to_owned(),
                    headers: "[]".to_owned(),
                    body: b"{}".to_vec(),
                    received_at: NOW.after(Duration::from_secs(1)),
                };
                intakes::insert(tx, std::slice::from_ref(&delivery))?;
                let later = NOW.after(day * 3);
                let given_up = |tx: &mut Tx<'_>| -> Result<Vec<i64>, StoreError> {
                    messages::give_up_attachments(tx, later, hour)?;
                    let given_up = messages::list_given_up_attachments(tx, 9)?;
                    Ok(given_up.iter().map(|(id, _)| id.0).collect())
                };
                assert_eq!(given_up(tx)?, [2], "one waits to be taken in");
                let fault = Quarantined {
                    id: 1,
                    intake: delivery.id,
                    inbox,
                    item: 0,
                    reason: "{}".to_owned(),
                    at: NOW,
                    received_at: NOW,
                };
                intakes::quarantine(tx, &[fault])?;
                intakes::finish(tx, &[delivery.id])?;
                assert_eq!(given_up(tx)?, [2], "one waits in quarantine");
                intakes::discard(tx, delivery.id)?;
                assert_eq!(given_up(tx)?, [1, 2]);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_file_is_known_until_it_is_gone_from_the_disk() {
    let (id, file) = (MessageId(1), AttachmentId(2));
    for database in databases().await {
        let row = Attachment {
            id: file,
            message: Some(id),
            inbox: Some(InboxId(1)),
            agent: None,
            name: "anna.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: Some(3),
            source_url: None,
            file_name: Some("abcdefgh".to_owned()),
            alt: None,
            created_at: NOW,
            fetch_at: None,
            missing: None,
        };
        database
            .write(move |tx| {
                keep(tx, id.0)?;
                messages::insert_attachments(tx, &[row])?;
                let files = messages::delete_attachments(tx, id)?;
                assert_eq!(files, ["abcdefgh"]);
                let left = messages::find_attachment(tx, file)?.expect("the row stays");
                assert_eq!((left.name.as_str(), left.message), ("", None));
                assert!(
                    !messages::tie_attachment(tx, file, id)?,
                    "nobody's any more"
                );
                let given_up = messages::list_given_up_attachments(tx, 10)?;
                assert_eq!(given_up, [(file, Some("abcdefgh".to_owned()))]);
                messages::forget_attachments(tx, &[file])?;
                assert!(messages::find_attachment(tx, file)?.is_none());
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn large_deliveries_are_looked_through_a_few_at_a_time() {
    for database in databases().await {
        let looked = database
            .write(|tx| {
                for id in 1..=5 {
                    let delivery = NewIntake {
                        id: IntakeId(id),
                        inbox: InboxId(1),
                        kind: "webhook".to_owned(),
                        key: id.to_string(),
                        headers: "[]".to_owned(),
                        body: vec![7; 6 << 20],
                        received_at: Timestamp(id),
                    };
                    intakes::insert(tx, &[delivery])?;
                }
                let mut looked = Vec::new();
                let mut last = IntakeId(0);
                loop {
                    let portion = erasing::list_deliveries(tx, last, 200)?;
                    let Some(next) = portion.last() else {
                        return Ok(looked);
                    };
                    last = next.id;
                    looked.push(portion.len());
                }
            })
            .await;
        assert_eq!(looked, [2, 2, 1]);
    }
}
