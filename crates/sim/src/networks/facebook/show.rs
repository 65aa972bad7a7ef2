//! How posts, comments and conversations are written, with the fields that were wished for.

use serde_json::{Value, json};

use super::{Facebook, Thing};
use crate::networks::graph::{Field, List, picked, written_time};
use crate::networks::kit::Kit;

impl Facebook {
    pub(super) fn show_thing(&self, thing: &Thing, wished: &[Field], kit: &Kit) -> Value {
        picked(wished, |field| self.thing_field(thing, field, kit))
    }

    fn thing_field(&self, thing: &Thing, field: &Field, kit: &Kit) -> Option<Value> {
        let photo = thing.photo.as_ref().map(|url| {
            json!({
                "type": "photo",
                "media": {"image": {"src": url, "width": 720, "height": 540}},
                "url": url,
            })
        });
        Some(match field.name.as_str() {
            "id" => json!(thing.id),
            "message" => json!(thing.text),
            "from" => self.name(&thing.author),
            "created_time" => written_time(thing.at),
            "permalink_url" => json!(format!("https://www.facebook.com/{}", thing.id)),
            "is_hidden" => json!(thing.hidden),
            "like_count" => json!(thing.likes.len()),
            "comment_count" => json!(self.below(thing, "toplevel", false).len()),
            "can_reply_privately" => json!(thing.author != thing.page),
            "parent" => thing.parent.as_ref().map(|parent| json!({"id": parent}))?,
            "attachment" => photo?,
            "attachments" => json!({"data": [photo?]}),
            "reactions" => json!({
                "data": [],
                "summary": {"total_count": thing.likes.len()},
            }),
            "comments" => self.comments(thing, &List::below(field), &field.below, kit),
            _ => return None,
        })
    }

    /// Writes a page of what stands below a post or a comment.
    pub(super) fn comments(
        &self,
        thing: &Thing,
        list: &List<'_>,
        wished: &[Field],
        kit: &Kit,
    ) -> Value {
        let filter = list.argument("filter").unwrap_or("toplevel");
        let newest_first = list.argument("order") == Some("reverse_chronological");
        let ids = self.below(thing, filter, newest_first);
        list.page(&ids, |id| match self.things.get(id) {
            Some(comment) => self.show_thing(comment, wished, kit),
            None => Value::Null,
        })
    }

    fn below(&self, thing: &Thing, filter: &str, newest_first: bool) -> Vec<String> {
        let mut found: Vec<&Thing> = self
            .things
            .values()
            .filter(|other| match &thing.post {
                // Below a comment stand the answers to it.
                Some(_) => other.parent.as_ref() == Some(&thing.id),
                None => {
                    other.post.as_ref() == Some(&thing.id)
                        && (filter == "stream" || other.parent.is_none())
                }
            })
            .collect();
        found.sort_by_key(|thing| thing.order);
        if newest_first {
            found.reverse();
        }
        found.into_iter().map(|thing| thing.id.clone()).collect()
    }

    /// Writes a page of a page's posts, newest first.
    pub(super) fn feed(&self, page: &str, list: &List<'_>, wished: &[Field], kit: &Kit) -> Value {
        let since: i64 = list
            .argument("since")
            .and_then(|since| since.parse().ok())
            .unwrap_or(0);
        let mut posts: Vec<&Thing> = self
            .things
            .values()
            .filter(|thing| thing.page == page && thing.post.is_none())
            .filter(|thing| thing.at / 1_000 >= since)
            .collect();
        posts.sort_by_key(|thing| std::cmp::Reverse(thing.order));
        let ids: Vec<String> = posts.into_iter().map(|thing| thing.id.clone()).collect();
        list.page(&ids, |id| match self.things.get(id) {
            Some(post) => self.show_thing(post, wished, kit),
            None => Value::Null,
        })
    }

    /// Writes a page of the posts elsewhere that name a page, newest first.
    pub(super) fn tagged(&self, page: &str, list: &List<'_>, wished: &[Field], kit: &Kit) -> Value {
        let mut posts: Vec<&Thing> = self
            .things
            .values()
            .filter(|thing| thing.tagged.as_deref() == Some(page))
            .collect();
        posts.sort_by_key(|thing| std::cmp::Reverse(thing.order));
        let ids: Vec<String> = posts.into_iter().map(|thing| thing.id.clone()).collect();
        list.page(&ids, |id| match self.things.get(id) {
            Some(post) => self.show_thing(post, wished, kit),
            None => Value::Null,
        })
    }

    /// Writes a page of a page's conversations; each is called after the person in it.
    pub(super) fn conversations(
        &self,
        page: &str,
        only: Option<&str>,
        list: &List<'_>,
        wished: &[Field],
    ) -> Value {
        let threads = self.mailbox.conversations(page);
        let ids: Vec<String> = threads
            .iter()
            .filter(|(person, _)| only.is_none_or(|only| only == person))
            .map(|(person, _)| format!("t_{page}_{person}"))
            .collect();
        list.page(&ids, |id| {
            let person = id.rsplit('_').next().unwrap_or_default();
            let at = threads.iter().find(|(known, _)| known == person);
            picked(wished, |field| {
                Some(match field.name.as_str() {
                    "id" => json!(id),
                    "updated_time" => written_time(at?.1),
                    "participants" => json!({"data": [self.name(person), self.name(page)]}),
                    "messages" => self.messages((page, person), &List::below(field), &field.below),
                    _ => return None,
                })
            })
        })
    }

    /// Writes a page of a conversation's messages, newest first.
    pub(super) fn messages(
        &self,
        (page, person): (&str, &str),
        list: &List<'_>,
        wished: &[Field],
    ) -> Value {
        let mids = self.mailbox.thread(page, person);
        list.page(&mids, |mid| {
            let whole = self.mailbox.kept(mid, |id| self.name(id));
            picked(wished, |field| whole.get(&field.name).cloned())
        })
    }
}
