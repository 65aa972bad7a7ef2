//! What a search shows page by page.

use kulant_care::{followers, view};
use kulant_model::ids::{ConversationId, MessageId};
use kulant_store::reading::Filter;
use serde_json::json;

use crate::{House, houses, post};

async fn pages(house: &House, words: &str, limit: i64) -> Vec<Vec<ConversationId>> {
    let mut pages = Vec::new();
    let mut before: Option<MessageId> = None;
    loop {
        let (person, filter) = (house.operator(), Filter::default());
        let page = view::find_by_words(&house.care, &person, filter, words, before, limit)
            .await
            .expect("found");
        pages.push(
            page.items
                .iter()
                .map(|found| found.summary.row.id)
                .collect(),
        );
        before = page.next;
        if before.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_conversation_stands_on_one_page_alone() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        for (second, (id, author, parent)) in [
            ("a1", "anna", None),
            ("b1", "ben", None),
            ("c1", "cem", None),
            ("b2", "ben", Some("b1")),
            ("d1", "dora", None),
            ("a2", "anna", Some("a1")),
        ]
        .into_iter()
        .enumerate()
        {
            let one = post(id, author, "Der Zug ist weg", second as i64, parent);
            house.deliver(inbox, &[one]).await;
            house.take_in().await;
        }
        followers::catch_up(&house.care).await.expect("indexed");
        let whole = pages(&house, "zug", 10).await.concat();
        assert_eq!(whole.len(), 4);
        for limit in 1..=4 {
            let paged = pages(&house, "zug", limit).await;
            assert_eq!(paged.concat(), whole, "{limit} a page: {paged:?}");
        }
    }
}

#[tokio::test]
async fn a_page_ends_where_one_conversation_has_endlessly_many_hits() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(inbox, &[post("b1", "ben", "Der Zug ist weg", 0, None)])
            .await;
        house.take_in().await;
        let mut posts = vec![post("a0", "anna", "Der Zug ist weg", 1, None)];
        for second in 1..700 {
            let id = format!("a{second}");
            posts.push(post(&id, "anna", "Der Zug ist weg", 1 + second, Some("a0")));
        }
        house.deliver(inbox, &posts).await;
        house.take_in().await;
        followers::catch_up(&house.care).await.expect("indexed");
        let paged = pages(&house, "zug", 5).await;
        assert!(paged.len() > 1, "the first page looks at a part only");
        assert_eq!(paged.concat().len(), 2, "{paged:?}");
    }
}
