//! X's lists: timelines, search, look-ups and messages, page by page.

use std::ops::Range;

use serde_json::{Value, json};

use super::api::{invalid, invalid_value};
use super::fields::Wanted;
use super::{Message, Post, X};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call};

/// How far back messages can be asked for.
const MESSAGES_KEPT: Millis = 30 * 86_400_000;

pub(super) fn messages(
    net: &X,
    call: &Call,
    (user, other): (&str, Option<&str>),
    now: Millis,
) -> Result<Answer, Answer> {
    let wanted = Wanted::of_messages(call)?;
    let limit = bounds(call, (1, 100))?;
    let found: Vec<&Message> = net
        .messages
        .iter()
        .rev()
        .filter(|message| message.at >= now - MESSAGES_KEPT)
        .filter(|message| message.from == user || message.to == user)
        .filter(|message| other.is_none_or(|other| message.from == other || message.to == other))
        .collect();
    let ids: Vec<&str> = found.iter().map(|message| message.id.as_str()).collect();
    let page = Page::cut(call, limit, &ids)?;
    let shown = found[page.place.clone()]
        .iter()
        .map(|message| wanted.item(net.show_message(message)));
    Ok(page.show(shown.collect(), wanted.of_these_messages(net, &page.ids)))
}

pub(super) fn lookup(net: &X, call: &Call) -> Result<Answer, Answer> {
    let asked = Wanted::of_posts(call)?;
    let wanted = call.param("ids").unwrap_or_default();
    let ids: Vec<&str> = wanted.split(',').filter(|id| !id.is_empty()).collect();
    if ids.is_empty() || ids.len() > 100 {
        return Err(invalid(
            "The number of values in the `ids` query parameter list is not between 1 and 100",
        ));
    }
    let (known, unknown): (Vec<&str>, Vec<&str>) = ids
        .iter()
        .copied()
        .partition(|id| net.posts.contains_key(*id));
    let posts: Vec<Value> = known
        .iter()
        .filter_map(|id| net.posts.get(*id))
        .map(|post| asked.item(net.show(post)))
        .collect();
    let mut shown = json!({});
    if !posts.is_empty() {
        shown["data"] = json!(posts);
        include(&mut shown, asked.of_these(net, &known));
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
    Ok(Answer::json(200, &shown))
}

/// How far back the search looks.
const SEARCHED: Millis = 7 * 86_400_000;

pub(super) fn search(net: &X, call: &Call, now: Millis) -> Result<Answer, Answer> {
    let begin = now - SEARCHED;
    for name in ["since_id", "until_id"] {
        let named = call.param(name);
        let known = named.as_ref().and_then(|id| net.posts.get(id));
        if known.is_some_and(|post| post.at < begin) {
            return Err(invalid(&format!(
                "'{name}' must be a tweet id created after [{}]. Please use a '{name}' that is larger.",
                super::written(begin)
            )));
        }
    }
    let query = call.param("query").unwrap_or_default();
    if query.is_empty() || query.chars().count() > 512 {
        return Err(invalid(
            "The `query` parameter is missing or longer than 512 characters.",
        ));
    }
    let language = query
        .split_whitespace()
        .find_map(|word| word.trim_matches(['(', ')']).strip_prefix("lang:"))
        .map(str::to_owned);
    let (wanted, without) = terms(&query);
    timeline(net, call, (10, 100), move |post: &Post| {
        let text = post.text.to_lowercase();
        post.at >= begin
            && (wanted.is_empty() || wanted.iter().any(|term| text.contains(term)))
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
) -> Result<Answer, Answer> {
    let wanted = Wanted::of_posts(call)?;
    let limit = bounds(call, (least, most))?;
    let (since, until) = (call.param("since_id"), call.param("until_id"));
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
        .filter(|post| {
            until
                .as_ref()
                .is_none_or(|until| (post.id.len(), &post.id) < (until.len(), until))
        })
        .collect();
    posts.sort_by_key(|post| std::cmp::Reverse((post.id.len(), post.id.clone())));
    let ids: Vec<&str> = posts.iter().map(|post| post.id.as_str()).collect();
    let page = Page::cut(call, limit, &ids)?;
    let shown = posts[page.place.clone()]
        .iter()
        .map(|post| wanted.item(net.show(post)));
    Ok(page.show(shown.collect(), wanted.of_these(net, &page.ids)))
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
    Err(invalid_value("max_results", &wanted.to_string(), &words))
}

/// A part of a list.
struct Page<'a> {
    place: Range<usize>,
    ids: Vec<&'a str>,
    next: Option<String>,
}

impl<'a> Page<'a> {
    /// Cuts a page out of a list, where the token says that it begins. A token is good for its list
    /// alone, also when what it was made of is gone meanwhile.
    fn cut(call: &Call, limit: usize, ids: &[&'a str]) -> Result<Self, Answer> {
        let list: u32 = call.path.bytes().map(u32::from).sum();
        let mark = format!("7140{list:06}");
        let token = call
            .param("pagination_token")
            .or_else(|| call.param("next_token"));
        let begin = match &token {
            None => 0,
            Some(token) => {
                let id = token
                    .strip_prefix(&mark)
                    .filter(|id| !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit()));
                let id = id.ok_or_else(|| {
                    let words = format!(
                        "The `pagination_token` query parameter value [{token}] is not valid"
                    );
                    invalid_value("pagination_token", token, &words)
                })?;
                let place = ids
                    .iter()
                    .position(|known| (known.len(), *known) <= (id.len(), id));
                place.unwrap_or(ids.len())
            }
        };
        let end = ids.len().min(begin + limit);
        Ok(Self {
            place: begin..end,
            ids: ids[begin..end].to_vec(),
            next: ids.get(end).map(|id| format!("{mark}{id}")),
        })
    }

    fn show(&self, data: Vec<Value>, includes: Value) -> Answer {
        let mut meta = json!({"result_count": data.len()});
        if let (Some(newest), Some(oldest)) = (self.ids.first(), self.ids.last()) {
            meta["newest_id"] = json!(newest);
            meta["oldest_id"] = json!(oldest);
        }
        if let Some(next) = &self.next {
            meta["next_token"] = json!(next);
        }
        let mut shown = json!({"meta": meta});
        if !data.is_empty() {
            shown["data"] = Value::Array(data);
            include(&mut shown, includes);
        }
        Answer::json(200, &shown)
    }
}

/// Puts what is referred to below a list, where there is any of it.
fn include(shown: &mut Value, includes: Value) {
    if includes.as_object().is_some_and(|all| !all.is_empty()) {
        shown["includes"] = includes;
    }
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
