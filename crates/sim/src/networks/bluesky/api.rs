//! The methods of the protocol: who calls, how often they may, and what is answered.

use serde_json::{Value, json};

use super::acts::{keep_blob, rkey};
use super::records::{objection, pictures_objection};
use super::{Bluesky, POST, Record, chat, refused, session};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, Kit, Limit, OwnWord, Reply};

const CALLS: Limit = Limit {
    name: "calls",
    most: 3_000,
    span: 300_000,
};
const POINTS: Limit = Limit {
    name: "points",
    most: 5_000,
    span: 3_600_000,
};
const POINTS_A_DAY: Limit = Limit {
    name: "points_a_day",
    most: 35_000,
    span: 86_400_000,
};

pub(super) fn answer(net: &mut Bluesky, call: &Call, kit: &Kit) -> Reply {
    let path = call.path();
    let method = match path.as_slice() {
        ["subscribe"] => return Reply::Socket(String::new()),
        ["img", _, "plain", did, file] => return image(net, did, file, kit).into(),
        ["xrpc", method] => *method,
        _ => return refused(404, "XRPCNotSupported", "XRPCNotSupported").into(),
    };
    let standing = kit.limits.take(CALLS, "address", 1, kit.now());
    let answer = if standing.allowed {
        respond(net, call, method, kit)
    } else {
        refused(429, "RateLimitExceeded", "Rate Limit Exceeded")
    };
    if answer
        .headers
        .iter()
        .any(|(name, _)| name == "ratelimit-limit")
    {
        return answer.into();
    }
    answer
        .with("ratelimit-limit", standing.limit)
        .with("ratelimit-remaining", standing.remaining)
        .with("ratelimit-reset", standing.reset / 1_000)
        .with("ratelimit-policy", format!("{};w=300", standing.limit))
        .into()
}

fn respond(net: &mut Bluesky, call: &Call, method: &str, kit: &Kit) -> Answer {
    match (call.method.as_str(), method) {
        ("POST", "com.atproto.server.createSession") => return session::create(net, call, kit),
        ("POST", "com.atproto.server.refreshSession") => return session::renew(net, call, kit),
        _ => {}
    }
    let did = match session::admit(net, call, kit) {
        Ok(did) => did,
        Err(answer) => return answer,
    };
    if let Some(method) = method.strip_prefix("chat.bsky.convo.") {
        return in_chat(net, &did, call, method, kit);
    }
    match (call.method.as_str(), method) {
        ("GET", "com.atproto.server.getSession") => Answer::json(200, &session::show(net, &did)),
        ("GET", "com.atproto.identity.resolveHandle") => {
            let handle = call.param("handle").unwrap_or_default();
            match net.by_handle(&handle) {
                Some(person) => Answer::json(200, &json!({"did": person.did})),
                None => refused(400, "InvalidRequest", "Unable to resolve handle"),
            }
        }
        ("POST", "com.atproto.repo.createRecord" | "com.atproto.repo.putRecord") => {
            write(net, &did, call, method.ends_with("putRecord"), kit)
        }
        ("POST", "com.atproto.repo.deleteRecord") => delete(net, &did, call, kit),
        ("POST", "com.atproto.repo.uploadBlob") => {
            let media_type = call
                .header("content-type")
                .unwrap_or("application/octet-stream");
            if call.body.len() > 50 << 20 {
                return refused(413, "PayloadTooLarge", "request entity too large");
            }
            let blob = keep_blob(media_type, call.body.to_vec(), kit);
            Answer::json(200, &json!({"blob": blob}))
        }
        ("GET", "com.atproto.repo.getRecord") => {
            let uri = address(&did, call);
            match net.records.get(&uri) {
                Some(record) => Answer::json(200, &record.show()),
                None => refused(
                    400,
                    "RecordNotFound",
                    &format!("Could not locate record: {uri}"),
                ),
            }
        }
        ("GET", "com.atproto.repo.listRecords") => list(net, call),
        ("GET", "app.bsky.feed.getPosts") => {
            let uris = call.params("uris");
            if uris.len() > 25 {
                return refused(
                    400,
                    "InvalidRequest",
                    "Error: Params must have the property \"uris\" of at most 25",
                );
            }
            let posts: Vec<Value> = uris
                .iter()
                .filter_map(|uri| net.records.get(uri))
                // The view hides whoever blocks us.
                .filter(|record| {
                    let author = net.person(&record.did);
                    author.is_none_or(|author| !author.blocks.contains(&did))
                })
                .map(|record| net.show_post(record))
                .collect();
            Answer::json(200, &json!({"posts": posts}))
        }
        ("GET", "app.bsky.feed.getPostThread") => thread(net, call),
        ("GET", "app.bsky.actor.getProfiles") => {
            let profiles: Vec<Value> = call
                .params("actors")
                .iter()
                .filter_map(|actor| net.person(actor))
                .map(|person| net.show_person(&person.did))
                .collect();
            Answer::json(200, &json!({"profiles": profiles}))
        }
        ("GET", "app.bsky.actor.getProfile") => {
            match net.person(&call.param("actor").unwrap_or_default()) {
                Some(person) => Answer::json(200, &net.show_person(&person.did)),
                None => refused(400, "InvalidRequest", "Profile not found"),
            }
        }
        ("GET", "app.bsky.notification.listNotifications") => notifications(net, &did, call, kit),
        ("POST", "app.bsky.notification.updateSeen") => Answer::json(200, &json!({})),
        ("GET", "app.bsky.feed.searchPosts") => search(net, call),
        _ => refused(404, "XRPCNotSupported", "XRPCNotSupported"),
    }
}

/// Passes a call on to the service for direct messages, if the caller asked for that one and may.
fn in_chat(net: &mut Bluesky, did: &str, call: &Call, method: &str, kit: &Kit) -> Answer {
    let service = call.header("atproto-proxy").unwrap_or_default();
    if service.rsplit('#').next() != Some("bsky_chat") {
        return refused(404, "XRPCNotSupported", "XRPCNotSupported");
    }
    if !net.people.get(did).is_some_and(|person| person.may_chat) {
        return refused(400, "InvalidToken", "Bad token method");
    }
    chat::answer(net, did, call, method, kit)
}

/// Takes the points that writing costs.
fn pay(did: &str, points: u32, kit: &Kit) -> Option<Answer> {
    [POINTS, POINTS_A_DAY].into_iter().find_map(|limit| {
        let standing = kit.limits.take(limit, did, points, kit.now());
        (!standing.allowed).then(|| {
            refused(429, "RateLimitExceeded", "Rate Limit Exceeded")
                .with("ratelimit-limit", standing.limit)
                .with("ratelimit-remaining", standing.remaining)
                .with("ratelimit-reset", standing.reset / 1_000)
                .with(
                    "ratelimit-policy",
                    format!("{};w={}", limit.most, limit.span / 1_000),
                )
        })
    })
}

fn write(net: &mut Bluesky, did: &str, call: &Call, puts: bool, kit: &Kit) -> Answer {
    let repo = call.param("repo").unwrap_or_default();
    if net.person(&repo).is_none_or(|person| person.did != did) {
        return refused(401, "AuthMissing", "Authentication Required");
    }
    let collection = call.param("collection").unwrap_or_default();
    let mut record = call.value("record");
    if let Some(words) = objection(&collection, &record) {
        return refused(400, "InvalidRequest", &words);
    }
    if let Some((name, words)) = pictures_objection(&record, kit) {
        return refused(400, name, &words);
    }
    let rkey = call.param("rkey").unwrap_or_else(|| rkey(kit));
    let uri = format!("at://{did}/{collection}/{rkey}");
    let known = net.records.contains_key(&uri);
    if let Some(answer) = pay(did, if known { 2 } else { 3 }, kit) {
        return answer;
    }
    if known && !puts {
        return refused(500, "InternalServerError", "Internal Server Error");
    }
    record["$type"] = json!(collection);
    let record = net.write(did, &collection, &rkey, record, kit);
    if collection == POST && !known {
        kit.own_words.note(OwnWord {
            id: uri,
            by: did.to_owned(),
            of: record
                .value
                .pointer("/reply/parent/uri")
                .and_then(Value::as_str)
                .map(str::to_owned),
            to: None,
            text: record.value["text"].as_str().unwrap_or_default().to_owned(),
            private: false,
        });
    }
    Answer::json(
        200,
        &json!({
            "uri": record.uri,
            "cid": record.cid,
            "commit": {"cid": record.cid, "rev": kit.ids.letters("rev", 13)},
            "validationStatus": "valid",
        }),
    )
}

fn delete(net: &mut Bluesky, did: &str, call: &Call, kit: &Kit) -> Answer {
    let repo = call.param("repo").unwrap_or_default();
    if net.person(&repo).is_none_or(|person| person.did != did) {
        return refused(401, "AuthMissing", "Authentication Required");
    }
    if let Some(answer) = pay(did, 1, kit) {
        return answer;
    }
    // What is not there is deleted.
    net.erase(&address(did, call), kit);
    Answer::json(200, &json!({}))
}

fn list(net: &Bluesky, call: &Call) -> Answer {
    let repo = call.param("repo").unwrap_or_default();
    let collection = call.param("collection").unwrap_or_default();
    let Some(person) = net.person(&repo) else {
        return refused(
            400,
            "InvalidRequest",
            &format!("Could not find repo: {repo}"),
        );
    };
    let limit = call.number("limit").unwrap_or(50).clamp(1, 100) as usize;
    let below = call.param("cursor");
    let mut records: Vec<&Record> = net
        .records
        .values()
        .filter(|record| record.did == person.did && record.collection == collection)
        .filter(|record| below.as_ref().is_none_or(|below| record.rkey < *below))
        .collect();
    records.sort_by(|one, two| two.rkey.cmp(&one.rkey));
    let more = records.len() > limit;
    records.truncate(limit);
    let mut shown = json!({
        "records": records.iter().map(|record| record.show()).collect::<Vec<_>>(),
    });
    if more && let Some(last) = records.last() {
        shown["cursor"] = json!(last.rkey);
    }
    Answer::json(200, &shown)
}

fn notifications(net: &Bluesky, did: &str, call: &Call, kit: &Kit) -> Answer {
    let reasons = call.params("reasons");
    let limit = call.number("limit").unwrap_or(50).clamp(1, 100) as usize;
    let skipped: usize = call
        .param("cursor")
        .and_then(|cursor| cursor.rsplit(':').next()?.parse().ok())
        .unwrap_or(0);
    let found: Vec<Value> = net
        .notifications
        .iter()
        .rev()
        .filter(|told| told.to == did)
        .filter(|told| reasons.is_empty() || reasons.iter().any(|reason| *reason == told.reason))
        .map(|told| net.show_notification(told))
        .collect();
    let page: Vec<&Value> = found.iter().skip(skipped).take(limit).collect();
    let mut shown = json!({"notifications": page, "priority": false, "seenAt": kit.now_text()});
    if skipped + page.len() < found.len() {
        shown["cursor"] = json!(format!("{}::{}", kit.now_text(), skipped + page.len()));
    }
    Answer::json(200, &shown)
}

fn thread(net: &Bluesky, call: &Call) -> Answer {
    let uri = call.param("uri").unwrap_or_default();
    let Some(record) = net.records.get(&uri) else {
        return refused(400, "NotFound", &format!("Post not found: {uri}"));
    };
    Answer::json(200, &json!({"thread": view(net, record, 6)}))
}

fn view(net: &Bluesky, record: &Record, depth: u32) -> Value {
    let replies: Vec<Value> = net
        .records
        .values()
        .filter(|other| {
            let parent = other.value.pointer("/reply/parent/uri");
            parent.and_then(Value::as_str) == Some(&record.uri)
        })
        .filter(|_| depth > 0)
        .map(|other| view(net, other, depth - 1))
        .collect();
    json!({
        "$type": "app.bsky.feed.defs#threadViewPost",
        "post": net.show_post(record),
        "replies": replies,
    })
}

fn search(net: &Bluesky, call: &Call) -> Answer {
    let query = call.param("q").unwrap_or_default().to_lowercase();
    let phrase = query
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let words: Vec<&str> = match phrase {
        Some(phrase) => vec![phrase],
        None => query.split_whitespace().collect(),
    };
    let since: Millis = call
        .param("since")
        .and_then(|since| since.parse::<jiff::Timestamp>().ok())
        .map_or(0, jiff::Timestamp::as_millisecond);
    let language = call.param("lang");
    let limit = call.number("limit").unwrap_or(25).clamp(1, 100) as usize;
    let mut found: Vec<&Record> = net
        .records
        .values()
        .filter(|record| record.collection == POST && record.at >= since)
        .filter(|record| {
            language.as_ref().is_none_or(|language| {
                let languages = record.value["langs"].as_array();
                languages
                    .into_iter()
                    .flatten()
                    .any(|known| known == language)
            })
        })
        .filter(|record| {
            let text = record.value["text"]
                .as_str()
                .unwrap_or_default()
                .to_lowercase();
            !words.is_empty() && words.iter().all(|word| text.contains(word))
        })
        .collect();
    found.sort_by_key(|record| std::cmp::Reverse((record.at, record.rkey.clone())));
    let posts: Vec<Value> = found
        .into_iter()
        .take(limit)
        .map(|record| net.show_post(record))
        .collect();
    Answer::json(200, &json!({"posts": posts, "hitsTotal": posts.len()}))
}

fn image(net: &Bluesky, did: &str, file: &str, kit: &Kit) -> Answer {
    let cid = file.split('@').next().unwrap_or_default();
    let known = net.people.get(did).is_some_and(|person| !person.gone);
    match kit.file(&format!("/blob/{cid}")) {
        Some((media_type, bytes)) if known => Answer::bytes(200, &media_type, bytes),
        _ => Answer::text(404, "image not found"),
    }
}

fn address(did: &str, call: &Call) -> String {
    let param = |name: &str| call.param(name).unwrap_or_default();
    let repo = match param("repo") {
        repo if repo.starts_with("did:") => repo,
        _ => did.to_owned(),
    };
    format!("at://{repo}/{}/{}", param("collection"), param("rkey"))
}

impl Record {
    fn show(&self) -> Value {
        json!({"uri": self.uri, "cid": self.cid, "value": self.value})
    }
}
