//! Fills history and gaps of an account: its media with the comments and replies below, and its
//! conversations; finds out which comments were deleted.

use super::wire::{
    COMMENT_FIELDS, CONVERSATION_FIELDS, MEDIA_FIELDS, MESSAGE_FIELDS, POLLED_COMMENTS,
    POLLED_CONVERSATIONS, POLLED_GONE, POLLED_MEDIA, POLLED_MESSAGES, POLLED_REPLIES, REPLY_FIELDS,
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
    query: &[],
    time: "timestamp",
    replies: Some(&REPLIES),
};
static REPLIES: Below = Below {
    kind: POLLED_REPLIES,
    edge: "replies",
    fields: REPLY_FIELDS,
    query: &[],
    time: "timestamp",
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
    let graph = Graph::open(account, http)?;
    let (id, node) = (super::account_id(account)?, super::node(account)?);
    let walks = |_| {
        vec![
            Walk {
                kind: POLLED_MEDIA,
                path: vec![id, "media"],
                query: vec![
                    ("fields", MEDIA_FIELDS.to_owned()),
                    ("limit", "25".to_owned()),
                ],
                time: "timestamp",
                moves_up: false,
                optional: false,
                below: Some(&COMMENTS),
                gone: Some(POLLED_GONE),
            },
            Walk {
                kind: POLLED_CONVERSATIONS,
                path: vec![node, "conversations"],
                query: vec![
                    ("platform", "instagram".to_owned()),
                    ("fields", CONVERSATION_FIELDS.to_owned()),
                    ("limit", "25".to_owned()),
                ],
                time: "updated_time",
                moves_up: true,
                optional: false,
                below: Some(&MESSAGES),
                gone: None,
            },
        ]
    };
    walking::poll(&graph, cursor, walks).await
}
