//! Fills history and gaps of a page: its feed with the comments below, its conversations, and posts
//! elsewhere that name it.

use kulant_model::time::Timestamp;

use super::wire::{
    COMMENT_FIELDS, CONVERSATION_FIELDS, FEED_FIELDS, MESSAGE_FIELDS, POLLED_COMMENTS,
    POLLED_CONVERSATIONS, POLLED_FEED, POLLED_MESSAGES, POLLED_TAGGED, TAGGED_FIELDS,
};
use crate::delivery::{Account, Polled};
use crate::graph::client::Graph;
use crate::graph::history::{Below, Walk};
use crate::graph::walking;
use crate::http::Http;
use crate::outbound::SendError;

static COMMENTS: Below = Below {
    kind: POLLED_COMMENTS,
    edge: "comments",
    fields: COMMENT_FIELDS,
    query: &[("order", "reverse_chronological"), ("filter", "stream")],
    time: "created_time",
    // They stand in the same list, each by its own time.
    replies: None,
};
static MESSAGES: Below = Below {
    kind: POLLED_MESSAGES,
    edge: "messages",
    fields: MESSAGE_FIELDS,
    query: &[],
    time: "created_time",
    replies: None,
};

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let page = super::page_id(account)?;
    let graph = Graph::open(account, http)?;
    // New comments stand below old posts too: the feed is always walked over the whole span.
    let walks = |since: Timestamp| {
        vec![
            Walk {
                kind: POLLED_FEED,
                path: vec![page, "feed"],
                query: vec![
                    ("fields", FEED_FIELDS.to_owned()),
                    ("limit", "25".to_owned()),
                    ("since", since.as_seconds().to_string()),
                ],
                time: "created_time",
                moves_up: false,
                optional: false,
                below: Some(&COMMENTS),
                gone: None,
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
                moves_up: true,
                optional: false,
                below: Some(&MESSAGES),
                gone: None,
            },
            Walk {
                kind: POLLED_TAGGED,
                path: vec![page, "tagged"],
                query: vec![
                    ("fields", TAGGED_FIELDS.to_owned()),
                    ("limit", "25".to_owned()),
                ],
                time: "created_time",
                moves_up: false,
                optional: true,
                below: None,
                gone: None,
            },
        ]
    };
    walking::poll(&graph, cursor, walks).await
}
