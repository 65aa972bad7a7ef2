//! Fills history and gaps of a page: its feed with the comments below, and its conversations.

use super::wire::{
    COMMENT_FIELDS, CONVERSATION_FIELDS, FEED_FIELDS, MESSAGE_FIELDS, POLLED_COMMENTS,
    POLLED_CONVERSATIONS, POLLED_FEED, POLLED_MESSAGES,
};
use crate::delivery::{Account, Polled};
use crate::graph::client::Graph;
use crate::graph::history::{self, Below, Walk};
use crate::http::Http;
use crate::outbound::SendError;

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let page = super::page_id(account)?;
    let graph = Graph::open(account, http)?;
    // New comments stand below old posts too: the feed is always walked over the whole span.
    let since = history::first_span(account.now).as_seconds().to_string();
    let walks = [
        Walk {
            kind: POLLED_FEED,
            path: vec![page, "feed"],
            query: vec![
                ("fields", FEED_FIELDS.to_owned()),
                ("limit", "25".to_owned()),
                ("since", since),
            ],
            time: "created_time",
            ends_early: false,
            ends_with_span: false,
            below: Below {
                kind: POLLED_COMMENTS,
                edge: "comments",
                fields: COMMENT_FIELDS,
                time: "created_time",
            },
        },
        Walk {
            kind: POLLED_CONVERSATIONS,
            path: vec![page, "conversations"],
            query: vec![
                ("platform", "messenger".to_owned()),
                ("fields", CONVERSATION_FIELDS.to_owned()),
                ("limit", "25".to_owned()),
            ],
            time: "updated_time",
            ends_early: true,
            ends_with_span: false,
            below: Below {
                kind: POLLED_MESSAGES,
                edge: "messages",
                fields: MESSAGE_FIELDS,
                time: "created_time",
            },
        },
    ];
    history::poll(&graph, cursor, &walks).await
}
