//! What the messages of a conversation add up to, however many they are.

use std::time::{Duration, Instant};

use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::time::Timestamp;
use kulant_store::{StoreError, conversations, params};

use crate::databases;

#[tokio::test]
async fn a_long_conversation_is_added_up_in_one_pass() {
    let long = ConversationId(7);
    for database in databases().await {
        let (tallies, took) = database
            .write(move |tx| {
                // The party writes at odd times and we at even ones; the last answer is on its way.
                tx.execute(
                    "WITH RECURSIVE n (i) AS (
                       SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 5000
                     )
                     INSERT INTO messages (id, inbox_id, conversation_id, direction, visibility,
                       identity_id, is_party, body, platform_at, received_at, stored_at, attempts,
                       answers_until, delivery_state, sent_at)
                     SELECT i, 1, $1, CASE i % 2 WHEN 1 THEN 'in' ELSE 'out' END, 'public',
                       CASE i % 2 WHEN 1 THEN i % 6 END, i % 2, 'words', i, i, i, 0,
                       CASE i % 2 WHEN 0 THEN i - 1 END,
                       CASE WHEN i = 5000 THEN 'queued' WHEN i % 2 = 0 THEN 'sent' END,
                       CASE i % 2 WHEN 0 THEN i + 3 END
                     FROM n",
                    &params![long],
                )?;
                #[expect(clippy::disallowed_methods, reason = "measures how long it takes")]
                let started = Instant::now();
                let tallies = conversations::tally(tx, &[ConversationId(6), long])?;
                Ok::<_, StoreError>((tallies, started.elapsed()))
            })
            .await;
        let [tally] = tallies.as_slice() else {
            panic!("one conversation has messages: {tallies:?}");
        };
        assert_eq!((tally.conversation, tally.message_count), (long, 5_000));
        assert_eq!((tally.voices, tally.last_message), (3, MessageId(5_000)));
        assert_eq!(tally.opened_at, Timestamp(1));
        assert_eq!(tally.last_message_at, Timestamp(5_000));
        assert_eq!(tally.waiting_since, Some(Timestamp(4_999)));
        assert_eq!(tally.first_response_at, Some(Timestamp(5)));
        assert!(tally.has_public && !tally.has_private);
        // It takes some milliseconds; looking at all messages for each of them takes many seconds.
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}
