//! Fills history and gaps of an account: its media with the comments below, and its conversations.

use super::wire::{
    COMMENT_FIELDS, CONVERSATION_FIELDS, MEDIA_FIELDS, MESSAGE_FIELDS, POLLED_COMMENTS,
    POLLED_CONVERSATIONS, POLLED_MEDIA, POLLED_MESSAGES,
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
    let graph = Graph::open(account, http)?;
    let walks = [
        Walk {
            kind: POLLED_MEDIA,
            path: vec![super::account_id(account)?, "media"],
            query: vec![
                ("fields", MEDIA_FIELDS.to_owned()),
                ("limit", "25".to_owned()),
            ],
            time: "timestamp",
            ends_early: false,
            ends_with_span: true,
            below: Below {
                kind: POLLED_COMMENTS,
                edge: "comments",
                fields: COMMENT_FIELDS,
                time: "timestamp",
            },
        },
        Walk {
            kind: POLLED_CONVERSATIONS,
            path: vec![super::node(account)?, "conversations"],
            query: vec![
                ("platform", "instagram".to_owned()),
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
