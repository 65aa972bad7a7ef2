//! How what was said in the world becomes an order to a network, and how that is given.

use serde_json::{Value, json};

use super::habits::{Habit, title_of};
use super::{Residents, is_private};
use crate::content::brands;
use crate::item::Item;

impl Residents {
    /// Writes the order by which a network does what was said.
    pub(super) fn act_of(&self, item: &Item, number: usize, habit: &Habit) -> Option<Value> {
        let home = &self.homes[number];
        let mut act = json!({"to": home.handle, "text": item.text});
        if is_private(item) {
            let thread = item.thread.as_ref().and_then(|key| self.threads.get(key));
            let (handle, name) = if item.author.own {
                let thread = thread?;
                act["act"] = json!(habit.own_private?);
                act["of"] = json!(thread.last);
                (&thread.handle, &thread.name)
            } else {
                act["act"] = json!("dm");
                // What only some networks know: chats of a business, and letters in answer to others.
                act["business"] = json!(true);
                act["goes_on"] = json!(thread.is_some());
                (&item.author.handle, &item.author.name)
            };
            act["by"] = json!(habit.name_of(handle));
            act["name"] = json!(name);
            return Some(act);
        }
        let above = item
            .parent
            .as_ref()
            .and_then(|above| self.places.get(above));
        if let Some(above) = above {
            act["of"] = json!(above.id);
        }
        act["act"] = json!(match (item.author.own, above.is_some()) {
            (true, false) => habit.below.map(|_| "native_post")?,
            (true, true) => "native_reply",
            (false, true) => habit.below.or(habit.begin)?,
            (false, false) => habit.begin?,
        });
        if item.author.own {
            act["title"] = json!(item.title.as_deref().unwrap_or(title_of(&item.text)));
        } else {
            // Each network names an account in its own way.
            let name = format!("@{} ", brands()[home.brand].handle);
            let text = item.text.strip_prefix(&name).unwrap_or(&item.text);
            act["text"] = json!(text);
            act["by"] = json!(habit.name_of(&item.author.handle));
            act["name"] = json!(item.author.name);
        }
        Some(act)
    }

    /// Gives an order to a network; none where it is refused.
    pub(super) fn order(&self, home: usize, habit: &Habit, act: Value) -> Option<Value> {
        let done = self.town.stations.get(habit.network)?.act(act);
        done.inspect_err(|refused| {
            let account = &self.homes[home].account;
            tracing::debug!(network = habit.network, account, reason = %refused.1, "a customer could not do something");
        })
        .ok()
    }
}
