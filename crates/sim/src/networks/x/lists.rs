//! X's lists: timelines, search, look-ups and messages, page by page.

use serde_json::{Value, json};

use super::api::invalid;
use super::{Post, X};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call};

pub(super) fn messages(net: &X, call: &Call, user: &str, other: Option<&str>) -> Answer {
    let mut found: Vec<(String, Value)> = net
        .messages
        .iter()
        .rev()
        .filter(|message| message.from == user || message.to == user)
        .filter(|message| other.is_none_or(|other| message.from == other || message.to == other))
        .map(|message| (message.id.clone(), X::show_message(message)))
        .collect();
    let users: Vec<Value> = net.users.keys().map(|id| net.show_user(id)).collect();
    match bounds(call, (1, 100)) {
        Ok(limit) => page(call, limit, &mut found, &json!({"users": users})),
        Err(answer) => answer,
    }
}

pub(super) fn lookup(net: &X, call: &Call) -> Answer {
    let wanted = call.param("ids").unwrap_or_default();
    let ids: Vec<&str> = wanted.split(',').filter(|id| !id.is_empty()).collect();
    if ids.is_empty() || ids.len() > 100 {
        return invalid(
            "The number of values in the `ids` query parameter list is not between 1 and 100",
        );
    }
    let (known, unknown): (Vec<&str>, Vec<&str>) = ids
        .iter()
        .copied()
        .partition(|id| net.posts.contains_key(*id));
    let posts: Vec<Value> = known
        .iter()
        .filter_map(|id| net.posts.get(*id))
        .map(|post| net.show(post))
        .collect();
    let mut shown = json!({});
    if !posts.is_empty() {
        shown["data"] = json!(posts);
        shown["includes"] = net.includes(&known);
    }
    if !unknown.is_empty() {
        let errors: Vec<Value> = unknown
            .iter()
            .map(|id| {
                json!({
                    "value": id,
                    "detail": format!("Could not find tweet with ids: [{id}]."),
                    "title": "Not Found Error",
                    "resource_type": "tweet",
                    "parameter": "ids",
                    "resource_id": id,
                    "type": "https://api.x.com/2/problems/resource-not-found",
                })
            })
            .collect();
        shown["errors"] = json!(errors);
    }
    Answer::json(200, &shown)
}

pub(super) fn search(net: &X, call: &Call) -> Answer {
    let query = call.param("query").unwrap_or_default();
    if query.is_empty() || query.chars().count() > 512 {
        return invalid("The `query` parameter is missing or longer than 512 characters.");
    }
    let language = query
        .split_whitespace()
        .find_map(|word| word.trim_matches(['(', ')']).strip_prefix("lang:"))
        .map(str::to_owned);
    let (wanted, without) = terms(&query);
    timeline(net, call, (10, 100), move |post: &Post| {
        let text = post.text.to_lowercase();
        (wanted.is_empty() || wanted.iter().any(|term| text.contains(term)))
            && !without.iter().any(|term| text.contains(term))
            && language
                .as_ref()
                .is_none_or(|language| post.language == *language)
    })
}

/// Cuts a question into what is wanted, any of it, and what is not.
fn terms(query: &str) -> (Vec<String>, Vec<String>) {
    let (mut wanted, mut without) = (Vec::new(), Vec::new());
    let mut rest = query;
    while let Some(start) =
        rest.find(|sign: char| !sign.is_whitespace() && !matches!(sign, '(' | ')'))
    {
        rest = &rest[start..];
        let negated = rest.starts_with('-');
        let bare = rest.strip_prefix('-').unwrap_or(rest);
        let (term, after) = if let Some(inner) = bare.strip_prefix('"') {
            let end = inner.find('"').unwrap_or(inner.len());
            (&inner[..end], inner.get(end + 1..).unwrap_or_default())
        } else {
            let end = bare
                .find(|sign: char| sign.is_whitespace() || sign == ')')
                .unwrap_or(bare.len());
            bare.split_at(end)
        };
        rest = after;
        if term == "OR" || term.contains(':') {
            continue;
        }
        let list = if negated { &mut without } else { &mut wanted };
        list.push(term.to_lowercase());
    }
    (wanted, without)
}

pub(super) fn timeline(
    net: &X,
    call: &Call,
    (least, most): (i64, i64),
    belongs: impl Fn(&Post) -> bool,
) -> Answer {
    let limit = match bounds(call, (least, most)) {
        Ok(limit) => limit,
        Err(answer) => return answer,
    };
    let since = call.param("since_id");
    let begin: Millis = call
        .param("start_time")
        .and_then(|at| at.parse::<jiff::Timestamp>().ok())
        .map_or(0, jiff::Timestamp::as_millisecond);
    let mut posts: Vec<&Post> = net
        .posts
        .values()
        // Of an edited post the newest version stands in lists.
        .filter(|post| post.history.last() == Some(&post.id))
        .filter(|post| belongs(post) && post.at >= begin)
        .filter(|post| {
            since
                .as_ref()
                .is_none_or(|since| (post.id.len(), &post.id) > (since.len(), since))
        })
        .collect();
    posts.sort_by_key(|post| std::cmp::Reverse((post.id.len(), post.id.clone())));
    let ids: Vec<&str> = posts.iter().map(|post| post.id.as_str()).collect();
    let includes = net.includes(&ids);
    let mut found: Vec<(String, Value)> = posts
        .into_iter()
        .map(|post| (post.id.clone(), net.show(post)))
        .collect();
    page(call, limit, &mut found, &includes)
}

fn bounds(call: &Call, (least, most): (i64, i64)) -> Result<usize, Answer> {
    let wanted = call
        .number("max_results")
        .unwrap_or(most.min(10).max(least));
    if (least..=most).contains(&wanted) {
        return Ok(wanted as usize);
    }
    let words = format!(
        "The `max_results` query parameter value [{wanted}] is not between {least} and {most}"
    );
    let mut body = json!({
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.x.com/2/problems/invalid-request",
    });
    body["errors"] =
        json!([{"parameters": {"max_results": [wanted.to_string()]}, "message": words}]);
    Err(Answer::json(400, &body))
}

fn page(call: &Call, limit: usize, found: &mut Vec<(String, Value)>, includes: &Value) -> Answer {
    let token = call
        .param("pagination_token")
        .or_else(|| call.param("next_token"));
    if let Some(token) = token {
        let at = found
            .iter()
            .position(|(id, _)| format!("7140{id}") == token);
        found.drain(..at.unwrap_or(0));
    }
    let next = found.get(limit).map(|(id, _)| format!("7140{id}"));
    found.truncate(limit);
    let mut meta = json!({"result_count": found.len()});
    if let (Some((newest, _)), Some((oldest, _))) = (found.first(), found.last()) {
        meta["newest_id"] = json!(newest);
        meta["oldest_id"] = json!(oldest);
    }
    if let Some(next) = next {
        meta["next_token"] = json!(next);
    }
    let mut shown = json!({"meta": meta});
    if !found.is_empty() {
        let data: Vec<&Value> = found.iter().map(|(_, value)| value).collect();
        shown["data"] = json!(data);
        shown["includes"] = includes.clone();
    }
    Answer::json(200, &shown)
}

#[cfg(test)]
mod tests {
    use super::terms;

    #[test]
    fn questions_are_cut_into_terms() {
        let (wanted, without) =
            terms("(\"nordtalbahn spät\" OR #ntb) -\"Gewinnspiel\" -is:retweet (lang:de)");
        assert_eq!(wanted, ["nordtalbahn spät", "#ntb"]);
        assert_eq!(without, ["gewinnspiel"]);
    }
}
