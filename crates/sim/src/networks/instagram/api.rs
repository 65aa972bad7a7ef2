//! What an app may ask of accounts, and do there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Account, Instagram, Thing};
use crate::networks::graph::{
    Caller, Field, List, News, Platform, fields, not_allowed, picked, refused, success, unknown,
    written_time,
};
use crate::networks::kit::{Answer, Call, Kit, OwnWord};

const LONGEST_COMMENT: usize = 2_200;

pub(super) fn answer(net: &mut Instagram, call: &Call, kit: &Kit) -> Answer {
    let path = call.path();
    let path = match path.split_first() {
        Some((version, rest)) if version.starts_with('v') => rest,
        _ => &path[..],
    };
    if let Some(answer) = net.platform.before_tokens(call, path, &net.pages(), kit) {
        return answer;
    }
    let caller = match net.platform.admit(call, kit) {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    let meters = match Platform::meter(&caller, "instagram", kit) {
        Ok(meters) => meters,
        Err(answer) => return answer,
    };
    let answer = net
        .platform
        .common(call, path, &caller, kit)
        .unwrap_or_else(|| respond(net, call, path, &caller, kit));
    answer.with_all(meters)
}

fn respond(net: &mut Instagram, call: &Call, path: &[&str], caller: &Caller, kit: &Kit) -> Answer {
    if let ("GET", ["me", "accounts"]) = (call.method.as_str(), path)
        && caller.user
    {
        let pages: Vec<(String, Value)> = net.accounts.values().filter_map(shown_page).collect();
        let whose = (caller.node.as_str(), caller.scopes.as_slice());
        return net.platform.accounts(whose, &pages, kit);
    }
    if let ("GET", [id]) = (call.method.as_str(), path)
        && caller.user
        && net.pages().iter().any(|(page, _)| page == id)
        && Platform::manages(&caller.node, id)
    {
        let scopes: Vec<&str> = caller.scopes.iter().map(String::as_str).collect();
        let token = net.platform.token(id, &scopes, false, kit);
        return Answer::json(200, &json!({"id": id, "access_token": token}));
    }
    let Some(account) = net.account_of(&caller.node).cloned() else {
        return not_allowed(kit);
    };
    let needed = match path {
        [_, "messages" | "message_attachments" | "conversations"] => "instagram_manage_messages",
        _ => "instagram_manage_comments",
    };
    if !caller.may(needed) {
        return not_allowed(kit);
    }
    let wished = fields(call);
    match (call.method.as_str(), path) {
        ("GET", [id]) if *id == account.id => about(net, &account, &wished, kit),
        ("GET", [id]) if *id == caller.node => Answer::json(
            200,
            &json!({"id": id, "instagram_business_account": {"id": account.id}}),
        ),
        ("GET", [id, "media"]) if *id == account.id => {
            let mut media: Vec<&Thing> = net
                .things
                .values()
                .filter(|thing| thing.media.is_none() && thing.author == account.id)
                .collect();
            media.sort_by_key(|thing| std::cmp::Reverse(thing.order));
            let ids: Vec<String> = media.into_iter().map(|thing| thing.id.clone()).collect();
            let page = List::asked(call, kit).page(&ids, |id| match net.things.get(id) {
                Some(thing) => net.show_thing(thing, &wished),
                None => Value::Null,
            });
            Answer::json(200, &page)
        }
        ("GET", [id, "conversations"]) if *id == caller.node || *id == account.id => {
            Answer::json(200, &conversations(net, &account, call, &wished, kit))
        }
        ("GET", [id, "messages"]) => match id.rsplit_once('_') {
            Some((_, person)) => {
                let list = List::asked(call, kit);
                Answer::json(200, &messages(net, &account, person, &list, &wished))
            }
            None => unknown(id, kit),
        },
        ("GET", [id, "comments" | "replies"]) => match net.things.get(*id) {
            Some(thing) => Answer::json(200, &net.below(thing, &List::asked(call, kit), &wished)),
            None => unknown(id, kit),
        },
        ("GET", [id]) => match net.things.get(*id) {
            Some(thing) => Answer::json(200, &net.show_thing(thing, &wished)),
            None => unknown(id, kit),
        },
        ("POST", [id, "messages"]) if *id == caller.node || *id == account.id => {
            send(net, &account, call, kit)
        }
        ("POST", [_, "message_attachments"]) => net.mailbox.upload(call, kit),
        ("POST", [id, "mentions"]) if *id == account.id => {
            let media = call.param("media_id").unwrap_or_default();
            let comment = call.param("comment_id");
            reply(
                net,
                &account,
                comment.as_deref().unwrap_or(&media),
                call,
                kit,
            )
        }
        ("POST", [id, "replies"]) => {
            let own = net
                .things
                .get(*id)
                .and_then(|comment| comment.media.as_ref());
            let own = own.and_then(|media| net.things.get(media));
            match own {
                Some(media) if media.author == account.id => reply(net, &account, id, call, kit),
                Some(_) => not_allowed(kit),
                None => unknown(id, kit),
            }
        }
        ("POST", [id]) => hide(net, &account, id, call, kit),
        ("DELETE", [id]) => {
            let Some(thing) = net.things.get(*id) else {
                return unknown(id, kit);
            };
            // An account may take away what stands below its pictures, and what it said itself; no app
            // takes a picture away.
            let may = net.stands_below(thing, &account) || thing.author == account.id;
            if !may || thing.media.is_none() {
                return not_allowed(kit);
            }
            net.remove(id);
            success()
        }
        _ => unknown(path.first().unwrap_or(&""), kit),
    }
}

/// Hides what somebody said below a picture of the account, or shows it again.
fn hide(net: &mut Instagram, account: &Account, id: &str, call: &Call, kit: &Kit) -> Answer {
    let Some(thing) = net.things.get(id) else {
        return unknown(id, kit);
    };
    let Some(hidden) = call.param("hide") else {
        return refused(400, (100, 0), "(#100) The parameter hide is required", kit);
    };
    if thing.author == account.id {
        return refused(400, (100, 0), "(#100) Own comments cannot be hidden", kit);
    }
    if !net.stands_below(thing, account) {
        return not_allowed(kit);
    }
    if let Some(thing) = net.things.get_mut(id) {
        thing.hidden = hidden == "true";
    }
    success()
}

/// Shows the page that an account is connected by.
fn shown_page(account: &Account) -> Option<(String, Value)> {
    let page = account.page.clone()?;
    let shown = json!({
        "id": page,
        "name": format!("Seite von {}", account.username),
        "instagram_business_account": {"id": account.id, "username": account.username},
    });
    Some((page, shown))
}

/// Tells of the account itself, and of what mentions it, which is found only this way.
fn about(net: &Instagram, account: &Account, wished: &[Field], kit: &Kit) -> Answer {
    let mut failure = None;
    let shown = picked(wished, |field| {
        let (argument, what) = match field.name.as_str() {
            "id" => return Some(json!(account.id)),
            "username" => return Some(json!(account.username)),
            "mentioned_comment" => ("comment_id", true),
            "mentioned_media" => ("media_id", false),
            _ => return None,
        };
        let id = field.argument(argument).unwrap_or_default();
        let thing = net
            .things
            .get(id)
            .filter(|thing| thing.media.is_some() == what);
        let named = thing.filter(|thing| thing.text.contains(&format!("@{}", account.username)));
        named.map(|thing| net.show_thing(thing, &field.below))
    });
    for field in wished
        .iter()
        .filter(|field| field.name.starts_with("mentioned_"))
    {
        if shown.get(&field.name).is_none() {
            failure = field.arguments.first().map(|(_, id)| id.clone());
        }
    }
    match failure {
        Some(id) => unknown(&id, kit),
        None => Answer::json(200, &shown),
    }
}

fn send(net: &mut Instagram, account: &Account, call: &Call, kit: &Kit) -> Answer {
    let app = net.platform.app_id.clone();
    let things = &net.things;
    let commenter = |of: &str| {
        let thing = things.get(of)?;
        let media = things.get(thing.media.as_ref()?)?;
        let answerable = media.author == account.id && thing.author != account.id;
        answerable.then(|| (thing.author.clone(), thing.at))
    };
    match net.mailbox.send(&account.id, call, &app, kit, commenter) {
        Ok(sent) => {
            if let Some(echo) = sent.echo {
                News::Message(echo).push(&account.id, kit);
            }
            sent.answer
        }
        Err(answer) => answer,
    }
}

fn reply(net: &mut Instagram, account: &Account, of: &str, call: &Call, kit: &Kit) -> Answer {
    let Some(above) = net.things.get(of).cloned() else {
        return unknown(of, kit);
    };
    let text = call.param("message").unwrap_or_default();
    if text.trim().is_empty() {
        return refused(
            400,
            (100, 0),
            "(#100) The parameter message is required",
            kit,
        );
    }
    if text.chars().count() > LONGEST_COMMENT {
        return refused(400, (100, 0), "(#100) The comment is too long", kit);
    }
    let thing = Thing {
        id: String::new(),
        author: account.id.clone(),
        text,
        at: kit.now(),
        media: Some(above.media.clone().unwrap_or_else(|| above.id.clone())),
        parent: above
            .media
            .as_ref()
            .map(|_| above.parent.clone().unwrap_or(above.id)),
        hidden: false,
        likes: BTreeSet::new(),
        order: 0,
    };
    let text = thing.text.clone();
    let id = net.say(thing, kit);
    kit.own_words.note(OwnWord {
        id: id.clone(),
        by: account.id.clone(),
        of: Some(of.to_owned()),
        to: None,
        text,
        private: false,
    });
    Answer::json(200, &json!({"id": id}))
}

fn conversations(
    net: &Instagram,
    account: &Account,
    call: &Call,
    wished: &[Field],
    kit: &Kit,
) -> Value {
    let only = call.param("user_id");
    let threads = net.mailbox.conversations(&account.id);
    let ids: Vec<String> = threads
        .iter()
        .filter(|(person, _)| only.as_ref().is_none_or(|only| only == person))
        .map(|(person, _)| format!("t_{person}"))
        .collect();
    List::asked(call, kit).page(&ids, |id| {
        let person = id.rsplit('_').next().unwrap_or_default();
        let at = threads.iter().find(|(known, _)| known == person);
        picked(wished, |field| {
            Some(match field.name.as_str() {
                "id" => json!(id),
                "updated_time" => written_time(at?.1),
                "messages" => messages(net, account, person, &List::below(field), &field.below),
                _ => return None,
            })
        })
    })
}

fn messages(
    net: &Instagram,
    account: &Account,
    person: &str,
    list: &List<'_>,
    wished: &[Field],
) -> Value {
    let mids = net.mailbox.thread(&account.id, person);
    list.page(&mids, |mid| {
        let whole = net.mailbox.kept(mid, |id| net.name(id));
        picked(wished, |field| whole.get(&field.name).cloned())
    })
}
