//! What stands on the network: posts, threads, private messages, reactions. It keeps and answers; it decides nothing.

use std::collections::{BTreeMap, HashMap};

use crate::item::{Item, ItemType, Visibility};

/// One post, comment or private message as it stands now.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The item as it was published; text and deletion follow later changes.
    pub item: Item,
    pub edited: bool,
    pub deleted: bool,
    pub reactions: BTreeMap<String, u32>,
    pub children: Vec<String>,
}

/// Everything that stands, in the order in which it was published.
#[derive(Debug, Default)]
pub struct Network {
    order: Vec<String>,
    standing: HashMap<String, Standing>,
    threads: BTreeMap<String, Vec<String>>,
}

impl Network {
    /// Finds what stands under an id.
    pub fn find(&self, id: &str) -> Option<&Standing> {
        self.standing.get(id)
    }

    /// Lists the beginnings of public threads, newest first.
    pub fn list_roots(&self) -> impl Iterator<Item = &Standing> {
        self.order
            .iter()
            .rev()
            .filter_map(|id| self.standing.get(id))
            .filter(|standing| {
                standing.item.visibility == Visibility::Public && standing.item.parent.is_none()
            })
    }

    /// Lists the messages of a private thread, oldest first.
    pub fn list_thread(&self, key: &str) -> impl Iterator<Item = &Standing> {
        let ids = self.threads.get(key).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.standing.get(id))
    }

    /// Finds the first post of the public thread in which an item stands.
    pub fn root_of<'a>(&'a self, id: &'a str) -> &'a str {
        let mut at = id;
        while let Some(parent) = self
            .standing
            .get(at)
            .and_then(|standing| standing.item.parent.as_deref())
        {
            if !self.standing.contains_key(parent) {
                break;
            }
            at = parent;
        }
        at
    }

    /// Counts what stands.
    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// Takes in what happened.
    pub(crate) fn take(&mut self, item: &Item) {
        match item.what {
            ItemType::Post => self.publish(item),
            ItemType::Edit => self.change(&item.id, |standing| {
                standing.item.text.clone_from(&item.text);
                standing.edited = true;
            }),
            ItemType::Delete => self.change(&item.id, |standing| {
                standing.item.text.clear();
                standing.deleted = true;
            }),
            ItemType::Reaction | ItemType::Unreaction => {
                let (Some(of), Some(kind)) = (&item.of, &item.reaction) else {
                    return;
                };
                let more = item.what == ItemType::Reaction;
                self.change(of, |standing| {
                    let count = standing.reactions.entry(kind.clone()).or_default();
                    *count = if more {
                        *count + 1
                    } else {
                        count.saturating_sub(1)
                    };
                });
            }
        }
    }

    fn publish(&mut self, item: &Item) {
        if let Some(parent) = item.parent.as_deref() {
            self.change(parent, |standing| standing.children.push(item.id.clone()));
        }
        if let Some(key) = &item.thread {
            self.threads
                .entry(key.clone())
                .or_default()
                .push(item.id.clone());
        }
        self.order.push(item.id.clone());
        let standing = Standing {
            item: item.clone(),
            edited: false,
            deleted: false,
            reactions: BTreeMap::new(),
            children: Vec::new(),
        };
        self.standing.insert(item.id.clone(), standing);
    }

    fn change(&mut self, id: &str, change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.standing.get_mut(id) {
            change(standing);
        }
    }
}
