//! The Data API as far as comments need it, and what each question costs.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Comment, SCOPE, SIGNS, TOKEN_LIFE, Video, Youtube, oauth, written};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, Kit, Limit, OwnWord};

const LONGEST: usize = 10_000;
/// The units of a day; what they are counted for ends at midnight in California.
const UNITS: Limit = Limit {
    name: "units",
    most: 10_000,
    span: 86_400_000,
};
const LIST: u32 = 1;
const WRITE: u32 = 50;

pub(super) fn answer(net: &mut Youtube, call: &Call, kit: &Kit) -> Answer {
    let path = call.path();
    if let ("POST", ["token"]) = (call.method.as_str(), path.as_slice()) {
        return renew(net, call, kit);
    }
    if let ("GET" | "POST", ["o", "oauth2", "v2", "auth"]) = (call.method.as_str(), path.as_slice())
    {
        return oauth::authorise(net, call, kit);
    }
    let ["youtube", "v3", path @ ..] = path.as_slice() else {
        return refused(404, "notFound", "Not Found");
    };
    let known = net.tokens.get(call.bearer().unwrap_or_default());
    let Some((channel, _)) = known.filter(|(_, until)| *until > kit.now()) else {
        return refused(
            401,
            "authError",
            "Request had invalid authentication credentials.",
        );
    };
    let channel = channel.clone();
    // A question that makes no sense costs at least one unit too.
    let cost = if call.method == "GET" { LIST } else { WRITE };
    let now = kit.now();
    let standing = kit
        .limits
        .take_until(UNITS, "project", cost, now, midnight_in_california(now));
    if !standing.allowed {
        return refused(
            403,
            "quotaExceeded",
            "The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.",
        );
    }
    match (call.method.as_str(), path) {
        ("GET", ["channels"]) => Answer::json(
            200,
            &list(&[json!({
                "kind": "youtube#channel",
                "id": channel,
                "snippet": {"title": net.channels.get(&channel).map(|channel| &channel.name)},
            })]),
        ),
        ("GET", ["playlistItems"]) => uploads(net, call),
        ("GET", ["videos"]) => videos(net, call),
        ("GET", ["commentThreads"]) => threads(net, &channel, call),
        ("POST", ["commentThreads"]) => begin(net, &channel, call, kit),
        ("GET", ["comments"]) => comments(net, call),
        ("POST", ["comments"]) => reply(net, &channel, call, kit),
        ("PUT", ["comments"]) => edit(net, &channel, call, kit),
        ("DELETE", ["comments"]) => delete(net, &channel, call),
        ("POST", ["comments", "setModerationStatus"]) => moderate(net, &channel, call),
        _ => refused(404, "notFound", "Not Found"),
    }
}

/// Returns the next midnight in Los Angeles.
fn midnight_in_california(now: Millis) -> Millis {
    let next = || {
        let zone = TimeZone::get("America/Los_Angeles").ok()?;
        let here = jiff::Timestamp::from_millisecond(now).ok()?.to_zoned(zone);
        let midnight = here.tomorrow().ok()?.start_of_day().ok()?;
        Some(midnight.timestamp().as_millisecond())
    };
    next().unwrap_or(now + UNITS.span)
}

fn renew(net: &mut Youtube, call: &Call, kit: &Kit) -> Answer {
    let client = (
        call.param("client_id").unwrap_or_default(),
        call.param("client_secret").unwrap_or_default(),
    );
    if client != net.client {
        let body = json!({"error": "invalid_client", "error_description": "The OAuth client was not found."});
        return Answer::json(401, &body);
    }
    if call.param("grant_type").as_deref() == Some("authorization_code") {
        return oauth::exchange(net, call, kit);
    }
    let token = call.param("refresh_token").unwrap_or_default();
    let Some(channel) = net.refresh.get(&token).cloned() else {
        let body = json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."});
        return Answer::json(400, &body);
    };
    let access = format!("ya29.{}", kit.ids.signs("access", 120, SIGNS));
    net.tokens
        .insert(access.clone(), (channel, kit.now() + TOKEN_LIFE));
    Answer::json(
        200,
        &json!({
            "access_token": access,
            "expires_in": TOKEN_LIFE / 1_000 - 1,
            "scope": SCOPE,
            "token_type": "Bearer",
        }),
    )
}

fn uploads(net: &Youtube, call: &Call) -> Answer {
    let list_id = call.param("playlistId").unwrap_or_default();
    let channel = format!("UC{}", list_id.strip_prefix("UU").unwrap_or_default());
    let mut found: Vec<&Video> = net
        .videos
        .values()
        .filter(|video| video.channel == channel)
        .collect();
    if found.is_empty() {
        return refused(
            404,
            "playlistNotFound",
            "The playlist identified with the request's playlistId parameter cannot be found.",
        );
    }
    found.sort_by_key(|video| std::cmp::Reverse(video.at));
    let items = found.into_iter().map(|video| {
        json!({
            "kind": "youtube#playlistItem",
            "contentDetails": {"videoId": video.id, "videoPublishedAt": written(video.at)},
        })
    });
    page(call, items.collect())
}

fn videos(net: &Youtube, call: &Call) -> Answer {
    let ids = call.param("id").unwrap_or_default();
    let items = ids
        .split(',')
        .filter_map(|id| net.videos.get(id))
        .map(|video| {
            let comments = net
                .comments
                .values()
                .filter(|comment| comment.video == video.id)
                .count();
            json!({
                "kind": "youtube#video",
                "id": video.id,
                "snippet": {
                    "publishedAt": written(video.at),
                    "channelId": video.channel,
                    "title": video.title,
                    "description": video.description,
                    "channelTitle": net.channels.get(&video.channel).map(|channel| &channel.name),
                },
                // Numbers are written as texts here.
                "statistics": {
                    "viewCount": (comments * 137 + 12).to_string(),
                    "likeCount": (comments * 5 + 3).to_string(),
                    "favoriteCount": "0",
                    "commentCount": comments.to_string(),
                },
            })
        });
    Answer::json(200, &list(&items.collect::<Vec<_>>()))
}

fn threads(net: &Youtube, channel: &str, call: &Call) -> Answer {
    let with_answers = call.param("part").unwrap_or_default().contains("replies");
    let ids = call.param("id");
    let of_channel = call.param("allThreadsRelatedToChannelId");
    let of_video = call.param("videoId");
    if let Some(video) = &of_video {
        match net.videos.get(video) {
            None => {
                return refused(
                    404,
                    "videoNotFound",
                    "The video identified by the videoId parameter could not be found.",
                );
            }
            Some(video) if video.comments_closed => return closed(),
            Some(_) => {}
        }
    }
    if ids.as_ref().is_some_and(|ids| ids.split(',').count() > 50) {
        return refused(400, "invalidFilters", "Too many ids.");
    }
    if ids.is_some() && call.param("maxResults").is_some() {
        return refused(
            400,
            "operationNotSupported",
            "The maxResults parameter is not supported in conjunction with the id parameter.",
        );
    }
    if ids.is_none() && of_channel.is_none() && of_video.is_none() {
        return refused(400, "missingRequiredParameter", "No filter selected.");
    }
    let status = call
        .param("moderationStatus")
        .unwrap_or_else(|| "published".to_owned());
    if status != "published" && of_channel.as_deref() != Some(channel) {
        return refused(
            403,
            "forbidden",
            "One or more of the comment threads cannot be retrieved due to insufficient permissions.",
        );
    }
    let mut found: Vec<&Comment> = net
        .comments
        .values()
        .filter(|comment| comment.parent.is_none())
        .filter(|comment| {
            if let Some(ids) = &ids {
                // What is not published is in no answer but the owner's own list of it.
                return comment.status == "published" && ids.split(',').any(|id| id == comment.id);
            }
            let below = net.answers(&comment.id, true);
            comment.status == status
                || status == "heldForReview"
                    && comment.status == "published"
                    && below.iter().any(|answer| answer.status == status)
        })
        .filter(|comment| {
            let video = net.videos.get(&comment.video);
            of_channel
                .as_ref()
                .is_none_or(|channel| video.is_some_and(|video| video.channel == *channel))
        })
        .filter(|comment| {
            of_video
                .as_ref()
                .is_none_or(|video| comment.video == *video)
        })
        .collect();
    found.sort_by_key(|comment| std::cmp::Reverse(comment.order));
    let with_held = status == "heldForReview";
    let items = found
        .into_iter()
        .map(|comment| net.show_thread(comment, with_answers, with_held));
    if ids.is_some() {
        return Answer::json(200, &list(&items.collect::<Vec<_>>()));
    }
    page(call, items.collect())
}

fn comments(net: &Youtube, call: &Call) -> Answer {
    if let Some(ids) = call.param("id") {
        let items = ids
            .split(',')
            .filter_map(|id| net.comments.get(id))
            .filter(|comment| comment.status == "published");
        return Answer::json(
            200,
            &list(&items.map(|comment| net.show(comment)).collect::<Vec<_>>()),
        );
    }
    let parent = call.param("parentId").unwrap_or_default();
    if !net.comments.contains_key(&parent) {
        return not_found();
    }
    let items = net.answers(&parent, false);
    page(
        call,
        items.into_iter().map(|comment| net.show(comment)).collect(),
    )
}

fn begin(net: &mut Youtube, channel: &str, call: &Call, kit: &Kit) -> Answer {
    let snippet = call.value("snippet");
    let video = snippet["videoId"].as_str().unwrap_or_default().to_owned();
    match net.videos.get(&video) {
        None => {
            return refused(
                404,
                "videoNotFound",
                "The video identified by the videoId parameter could not be found.",
            );
        }
        Some(video) if video.comments_closed => return closed(),
        Some(_) => {}
    }
    let text = snippet["topLevelComment"]["snippet"]["textOriginal"].as_str();
    match said(net, channel, (&video, None), text, kit) {
        Ok(id) => match net.comments.get(&id) {
            Some(comment) => Answer::json(200, &net.show_thread(comment, false, false)),
            None => not_found(),
        },
        Err(answer) => answer,
    }
}

fn reply(net: &mut Youtube, channel: &str, call: &Call, kit: &Kit) -> Answer {
    let snippet = call.value("snippet");
    let Some(parent) = snippet["parentId"].as_str() else {
        return refused(400, "parentIdMissing", "The comment must have a parentId.");
    };
    let Some(above) = net.comments.get(parent) else {
        return refused(
            404,
            "parentCommentNotFound",
            "The specified parent comment could not be found.",
        );
    };
    if above.parent.is_some() {
        return refused(
            400,
            "operationNotSupported",
            "The API user cannot insert a comment in reply to the comment identified by the parentId.",
        );
    }
    let place = (above.video.clone(), parent.to_owned());
    let closed_video = net
        .videos
        .get(&place.0)
        .is_some_and(|video| video.comments_closed);
    if closed_video {
        return closed();
    }
    match said(
        net,
        channel,
        (&place.0, Some(&place.1)),
        snippet["textOriginal"].as_str(),
        kit,
    ) {
        Ok(id) => match net.comments.get(&id) {
            Some(comment) => Answer::json(200, &net.show(comment)),
            None => not_found(),
        },
        Err(answer) => answer,
    }
}

fn said(
    net: &mut Youtube,
    channel: &str,
    (video, parent): (&str, Option<&str>),
    text: Option<&str>,
    kit: &Kit,
) -> Result<String, Answer> {
    let text = checked(text)?;
    let comment = Comment {
        id: String::new(),
        video: video.to_owned(),
        parent: parent.map(str::to_owned),
        author: channel.to_owned(),
        text,
        at: kit.now(),
        updated: kit.now(),
        likes: BTreeSet::new(),
        status: "published".to_owned(),
        order: 0,
    };
    let word = OwnWord {
        id: String::new(),
        by: channel.to_owned(),
        of: comment.parent.clone(),
        to: None,
        text: comment.text.clone(),
        private: false,
    };
    let id = net.say(comment, kit);
    kit.own_words.note(OwnWord {
        id: id.clone(),
        ..word
    });
    Ok(id)
}

fn checked(text: Option<&str>) -> Result<String, Answer> {
    let text = text.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(refused(
            400,
            "commentTextRequired",
            "The comment resource that is being inserted must specify a value for the textOriginal property.",
        ));
    }
    if text.chars().count() > LONGEST {
        return Err(refused(
            400,
            "commentTextTooLong",
            "The comment resource that is being inserted contains too many characters in the textOriginal property.",
        ));
    }
    Ok(text.to_owned())
}

fn edit(net: &mut Youtube, channel: &str, call: &Call, kit: &Kit) -> Answer {
    let id = call.param("id").unwrap_or_default();
    let text = match checked(call.value("snippet")["textOriginal"].as_str()) {
        Ok(text) => text,
        Err(answer) => return answer,
    };
    let now = kit.now();
    match net.comments.get_mut(&id) {
        None => not_found(),
        Some(comment) if comment.author != channel => forbidden(),
        Some(comment) => {
            comment.text = text;
            comment.updated = now;
            let comment = comment.clone();
            Answer::json(200, &net.show(&comment))
        }
    }
}

fn delete(net: &mut Youtube, channel: &str, call: &Call) -> Answer {
    let id = call.param("id").unwrap_or_default();
    match net.comments.get(&id) {
        None => not_found(),
        Some(comment) if comment.author != channel => forbidden(),
        Some(_) => {
            net.comments
                .retain(|_, comment| comment.id != id && comment.parent.as_ref() != Some(&id));
            Answer::bytes(204, "application/json", "")
        }
    }
}

fn moderate(net: &mut Youtube, channel: &str, call: &Call) -> Answer {
    let id = call.param("id").unwrap_or_default();
    let status = call.param("moderationStatus").unwrap_or_default();
    let owner = net
        .comments
        .get(&id)
        .and_then(|comment| net.videos.get(&comment.video))
        .map(|video| video.channel.clone());
    match (owner, status.as_str()) {
        (None, _) => not_found(),
        (Some(owner), _) if owner != channel => forbidden(),
        (_, "heldForReview" | "published" | "rejected") => {
            if let Some(comment) = net.comments.get_mut(&id) {
                comment.status = status;
            }
            Answer::bytes(204, "application/json", "")
        }
        _ => refused(
            400,
            "invalidCommentMetadata",
            "The request metadata is invalid.",
        ),
    }
}

fn page(call: &Call, items: Vec<Value>) -> Answer {
    let size = call.number("maxResults").unwrap_or(20).clamp(1, 100) as usize;
    // A token goes on with the list that it came from, and with no other.
    let of = ["parentId", "moderationStatus", "videoId"].map(|name| call.param(name));
    let list_of = format!("{}{of:?}", call.path().join("/"));
    let list_of = list_of.bytes().fold(7_u32, |mark, byte| {
        mark.wrapping_mul(31).wrapping_add(byte.into())
    });
    let begin = match call.param("pageToken") {
        None => Some(0),
        Some(token) => token
            .strip_prefix(&format!("QURT{list_of:08x}"))
            .and_then(|begin| begin.parse().ok()),
    };
    let Some(begin): Option<usize> = begin else {
        return refused(
            400,
            "invalidPageToken",
            "The request specifies an invalid page token.",
        );
    };
    let all = items.len();
    let some: Vec<Value> = items.into_iter().skip(begin).take(size).collect();
    let mut shown = list(&some);
    if begin + size < all {
        shown["nextPageToken"] = json!(format!("QURT{list_of:08x}{}", begin + size));
    }
    Answer::json(200, &shown)
}

fn list(items: &[Value]) -> Value {
    json!({
        "kind": "youtube#listResponse",
        "pageInfo": {"totalResults": items.len(), "resultsPerPage": items.len()},
        "items": items,
    })
}

fn closed() -> Answer {
    refused(
        403,
        "commentsDisabled",
        "The video identified by the videoId parameter has disabled comments.",
    )
}

fn not_found() -> Answer {
    refused(
        404,
        "commentNotFound",
        "The specified comment could not be found.",
    )
}

fn forbidden() -> Answer {
    refused(
        403,
        "forbidden",
        "The comment cannot be changed due to insufficient permissions.",
    )
}

pub(super) fn refused(status: u16, reason: &str, words: &str) -> Answer {
    let domain = if reason == "quotaExceeded" {
        "youtube.quota"
    } else {
        "youtube.comment"
    };
    let body = json!({
        "error": {
            "code": status,
            "message": words,
            "errors": [{"message": words, "domain": domain, "reason": reason}],
        },
    });
    Answer::json(status, &body)
}

#[cfg(test)]
mod tests {
    use super::midnight_in_california;

    #[test]
    fn the_day_ends_at_midnight_in_california() {
        // 2026-11-22T05:00:00Z is nine in the evening there; 2026-07-01T08:00:00Z one at night.
        assert_eq!(midnight_in_california(1_795_323_600_000), 1_795_334_400_000);
        assert_eq!(midnight_in_california(1_782_892_800_000), 1_782_975_600_000);
    }
}
