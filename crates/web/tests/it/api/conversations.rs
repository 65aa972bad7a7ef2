//! `/conversations`: lists, filters, what people decide, and who may not.

mod decisions;
mod lists;

use crate::Client;
use crate::network::{Desk, post_of, private_of};

async fn subjects(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/v1/conversations?{query}")).await;
    assert_eq!(list.status, 200, "{query} {list:?}");
    list.json["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["preview"].as_str().expect("a preview").to_owned())
        .collect()
}

async fn three(desk: &Desk<'_>) {
    desk.happens(&[
        post_of("p1", "anna", "eins Verspätung", 1, None),
        post_of("p2", "bert", "zwei Rechnung", 2, None),
        private_of("p3", "carla", "drei Koffer", 3),
    ])
    .await;
}
