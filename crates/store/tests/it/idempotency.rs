//! Idempotency keys: taken once, answered, freed, forgotten.

use std::future::{Future, poll_fn};
use std::task::{Context, Poll};
use std::time::Duration;

use kulant_model::ids::{AgentId, MessageId};
use kulant_store::StoreError;
use kulant_store::idempotency::{self, KeptAnswer, StoredAnswer};
use kulant_store::writing::{Trace, traced};

use crate::{NOW, databases};

const A: AgentId = AgentId(1);

#[tokio::test]
async fn a_key_is_taken_once_and_keeps_its_answer() {
    for database in databases().await {
        database
            .write(|tx| {
                assert!(idempotency::take(tx, A, "k", b"r", NOW)?);
                assert!(!idempotency::take(tx, A, "k", b"other", NOW)?);
                assert!(
                    idempotency::take(tx, AgentId(2), "k", b"r", NOW)?,
                    "another person's"
                );
                let used = idempotency::find(tx, A, "k")?.expect("used");
                assert_eq!(
                    (used.request_hash.as_slice(), used.answer),
                    (&b"r"[..], KeptAnswer::NotYet)
                );

                let answer = StoredAnswer {
                    status: 201,
                    headers: "[]".to_owned(),
                    body: "eA==".to_owned(),
                };
                idempotency::keep_answer(tx, A, "k", &answer)?;
                let used = idempotency::find(tx, A, "k")?.expect("used");
                assert_eq!(used.answer, KeptAnswer::Whole(answer));
                idempotency::free(tx, A, "k")?;
                assert_eq!(idempotency::find(tx, A, "k")?, None);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn old_keys_go_and_wordless_ones_sooner() {
    for database in databases().await {
        database
            .write(|tx| {
                let answer = StoredAnswer {
                    status: 200,
                    headers: "[]".to_owned(),
                    body: String::new(),
                };
                idempotency::take(tx, A, "answered", b"r", NOW)?;
                idempotency::keep_answer(tx, A, "answered", &answer)?;
                idempotency::take(tx, A, "open", b"r", NOW)?;
                let soon = NOW.after(Duration::from_mins(3));
                assert_eq!(idempotency::free_wordless(tx, A, "open", soon)?, 1);
                assert_eq!(idempotency::free_wordless(tx, A, "answered", soon)?, 0);
                assert_eq!(idempotency::remove_before(tx, NOW)?, 0);
                assert_eq!(idempotency::remove_before(tx, soon)?, 1);
                idempotency::take(tx, A, "answered", b"r", NOW)?;
                idempotency::keep_answer(tx, A, "answered", &answer)?;
                idempotency::take(tx, A, "open", b"r", NOW)?;
                assert_eq!(idempotency::forget_answers(tx)?, 1);
                assert!(idempotency::find(tx, A, "open")?.is_some());
                let used = idempotency::find(tx, A, "answered")?.expect("still taken");
                assert_eq!(used.answer, KeptAnswer::Erased);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn a_request_leaves_word_of_one_message_as_long_as_its_key_is_taken() {
    for database in databases().await {
        database
            .write(|tx| {
                assert!(!idempotency::note_message(tx, A, "k", MessageId(7))?);
                idempotency::take(tx, A, "k", b"r", NOW)?;
                assert!(idempotency::note_message(tx, A, "k", MessageId(7))?);
                assert!(!idempotency::note_message(tx, A, "k", MessageId(8))?);
                let used = idempotency::find(tx, A, "k")?.expect("used");
                assert_eq!(
                    (used.message, used.answer),
                    (Some(MessageId(7)), KeptAnswer::NotYet)
                );
                let soon = NOW.after(Duration::from_mins(3));
                assert_eq!(idempotency::free_wordless(tx, A, "k", soon)?, 0);
                let answer = StoredAnswer {
                    status: 202,
                    headers: "[]".to_owned(),
                    body: String::new(),
                };
                idempotency::keep_answer(tx, A, "k", &answer)?;
                let used = idempotency::find(tx, A, "k")?.expect("used");
                assert_eq!(
                    (used.message, used.answer),
                    (Some(MessageId(7)), KeptAnswer::Whole(answer))
                );
                assert!(!idempotency::note_message(tx, A, "k", MessageId(9))?);
                Ok(())
            })
            .await;
    }
}

#[tokio::test]
async fn work_tells_whether_it_wrote_something() {
    for database in databases().await {
        let store = &database.store;
        let write = async |key: &'static str, works: bool| {
            store
                .write(move |tx| {
                    idempotency::take(tx, A, key, b"r", NOW)?;
                    if works {
                        Ok(())
                    } else {
                        Err(StoreError::Busy("somebody is in the way".to_owned()))
                    }
                })
                .await
        };
        assert_eq!(traced(write("k", true)).await.1, Trace::Some);
        let (outcome, trace) = traced(write("l", false)).await;
        assert!(outcome.is_err());
        assert_eq!(trace, Trace::None, "it was undone");
        let both = async { write("m", true).await.and(write("n", false).await) };
        assert_eq!(traced(both).await.1, Trace::Some, "half of it stayed");
        let hung_up = async {
            let mut waiting = std::pin::pin!(write("o", true));
            let mut once = |context: &mut Context<'_>| waiting.as_mut().poll(context).is_ready();
            poll_fn(|context| Poll::Ready(once(context))).await;
        };
        assert_eq!(traced(hung_up).await.1, Trace::Some, "nobody knows");
        assert_eq!(traced(async {}).await.1, Trace::None);
    }
}
