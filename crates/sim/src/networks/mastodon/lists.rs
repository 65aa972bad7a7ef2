//! The server's lists: posts, notifications, tags and search, with links to the neighbouring pages.

use serde_json::{Value, json};

use super::api::{Caller, error, missing, number};
use super::text::{self, Piece};
use super::{Mastodon, Status};
use crate::networks::kit::{Answer, Call, Kit};

pub(super) fn statuses_of(server: &Mastodon, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let Some(author) = number(&call.segments[3]).filter(|id| server.users.contains_key(id)) else {
        return missing();
    };
    let own: Vec<&Status> = server
        .statuses
        .values()
        .filter(|status| status.author == author)
        .filter(|status| server.may_read(status, Some(caller.user)))
        .filter(|status| !(call.flag("exclude_replies") && status.parent.is_some()))
        .collect();
    page(
        call,
        kit,
        (20, 40),
        own,
        |status| status.id,
        |status| server.show_status(status, Some(caller.user), kit),
    )
}

pub(super) fn notifications(server: &Mastodon, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let types = call.params("types");
    let excluded = call.params("exclude_types");
    let told: Vec<_> = server
        .notifications
        .values()
        .filter(|told| told.to == caller.user)
        .filter(|told| types.is_empty() || types.iter().any(|kind| *kind == told.kind))
        .filter(|told| !excluded.iter().any(|kind| *kind == told.kind))
        .collect();
    page(
        call,
        kit,
        (40, 80),
        told,
        |told| told.id,
        |told| server.show_notification(told, kit),
    )
}

pub(super) fn tagged(
    server: &Mastodon,
    tag: &str,
    call: &Call,
    caller: &Caller,
    kit: &Kit,
) -> Answer {
    let tag = tag.to_lowercase();
    let found: Vec<&Status> = server
        .statuses
        .values()
        .filter(|status| status.visibility == "public")
        .filter(|status| {
            let pieces = text::pieces(&status.text);
            pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Tag(known) if known.to_lowercase() == tag))
        })
        .collect();
    page(
        call,
        kit,
        (20, 40),
        found,
        |status| status.id,
        |status| server.show_status(status, Some(caller.user), kit),
    )
}

pub(super) fn search(server: &Mastodon, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let query = call.param("q").unwrap_or_default().to_lowercase();
    if query.trim().is_empty() {
        return error(400, "Bad Request");
    }
    let phrase = query
        .trim()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let words: Vec<&str> = match phrase {
        Some(phrase) => vec![phrase],
        None => query.split_whitespace().collect(),
    };
    let least: Option<u64> = call.param("min_id").and_then(|id| number(&id));
    let limit = call.number("limit").unwrap_or(20).clamp(1, 40) as usize;
    let statuses: Vec<Value> = server
        .statuses
        .values()
        .rev()
        .filter(|status| status.visibility == "public")
        .filter(|status| least.is_none_or(|least| status.id > least))
        .filter(|status| {
            let text = status.text.to_lowercase();
            words.iter().all(|word| text.contains(word))
        })
        .take(limit)
        .map(|status| server.show_status(status, Some(caller.user), kit))
        .collect();
    Answer::json(
        200,
        &json!({"accounts": [], "statuses": statuses, "hashtags": []}),
    )
}

/// Cuts out the page asked for, newest first, with the links to its neighbours.
fn page<T>(
    call: &Call,
    kit: &Kit,
    (usual, most): (i64, i64),
    all: Vec<T>,
    id: impl Fn(&T) -> u64,
    show: impl Fn(&T) -> Value,
) -> Answer {
    let bound = |name: &str| call.param(name).and_then(|id| number(&id));
    let limit = call.number("limit").unwrap_or(usual).clamp(1, most) as usize;
    let (since, least, below) = (bound("since_id"), bound("min_id"), bound("max_id"));
    let mut found: Vec<T> = all
        .into_iter()
        .filter(|item| since.or(least).is_none_or(|bound| id(item) > bound))
        .filter(|item| below.is_none_or(|bound| id(item) < bound))
        .collect();
    found.sort_by_key(|item| id(item));
    if least.is_some() {
        // From the oldest that is new on; otherwise the newest there are.
        found.truncate(limit);
    } else {
        let skipped = found.len().saturating_sub(limit);
        found.drain(..skipped);
    }
    found.reverse();
    let shown: Vec<Value> = found.iter().map(show).collect();
    let answer = Answer::json(200, &Value::Array(shown));
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return answer;
    };
    let rest = call.query_without(&["min_id", "max_id", "since_id"]);
    let link = |bound: &str, id: u64, rel: &str| {
        format!(
            "<{}{}?{bound}={id}{rest}>; rel=\"{rel}\"",
            kit.base, call.path
        )
    };
    let (next, prev) = (
        link("max_id", id(last), "next"),
        link("min_id", id(first), "prev"),
    );
    answer.with("link", format!("{next}, {prev}"))
}
