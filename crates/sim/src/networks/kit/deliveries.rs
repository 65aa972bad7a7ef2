//! What a network has to push: hooks, what waits for them, and in which order it leaves.
//! Only the keeping; `serve` carries things out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;

use serde_json::Value;
use tokio::sync::watch;

use super::Ids;
use super::reply::Ask;
use crate::faults::lock;
use crate::item::Millis;

/// How many deliveries can be played again.
const REMEMBERED: usize = 200;

/// Where a network pushes to for one account.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hook {
    /// The account's id at the network.
    pub(crate) id: String,
    pub(crate) url: String,
    /// What the signature is made with.
    pub(crate) secret: String,
}

/// Something on its way.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) hook: Hook,
    pub(crate) items: Vec<Value>,
    /// The request as it was signed; made on the first try and the same on every other.
    pub(crate) packed: Option<Ask>,
    pub(crate) attempt: u32,
    pub(crate) due: Millis,
    pub(crate) delayed: bool,
    order: u64,
}

/// What is to be done next.
pub(crate) enum Job {
    Push(Parcel),
    /// Something to ask; the network knows by the mark why.
    Ask(String, Ask),
}

/// What waits at one network.
pub(crate) struct Deliveries {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Inner {
    hooks: BTreeMap<String, Hook>,
    waiting: Vec<Parcel>,
    asks: VecDeque<(String, Ask)>,
    busy: BTreeSet<String>,
    held: bool,
    order: u64,
    sent: BTreeMap<String, VecDeque<Ask>>,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self {
            inner: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }
}

impl Deliveries {
    /// Sets where an account's news go.
    pub(crate) fn connect(&self, hook: Hook) {
        lock(&self.inner).hooks.insert(hook.id.clone(), hook);
        self.tell();
    }

    pub(crate) fn disconnect(&self, id: &str) {
        let mut inner = lock(&self.inner);
        inner.hooks.remove(id);
        inner.waiting.retain(|parcel| parcel.hook.id != id);
    }

    /// Puts an item on its way; without a hook it is lost, as at the networks.
    pub(crate) fn push(&self, id: &str, item: Value, now: Millis) {
        let mut inner = lock(&self.inner);
        let Some(hook) = inner.hooks.get(id).cloned() else {
            return;
        };
        inner.order += 1;
        let parcel = Parcel {
            hook,
            items: vec![item],
            packed: None,
            attempt: 0,
            due: now,
            delayed: false,
            order: inner.order,
        };
        inner.waiting.push(parcel);
        drop(inner);
        self.tell();
    }

    /// Asks something in the background.
    pub(crate) fn ask(&self, mark: String, ask: Ask) {
        lock(&self.inner).asks.push_back((mark, ask));
        self.tell();
    }

    /// Holds everything back, or lets it go.
    pub(crate) fn hold(&self, held: bool) {
        lock(&self.inner).held = held;
        self.tell();
    }

    /// Puts what waits into another order.
    pub(crate) fn shuffle(&self, ids: &Ids) {
        let mut inner = lock(&self.inner);
        let mut orders: Vec<u64> = inner.waiting.iter().map(|parcel| parcel.order).collect();
        for last in (1..orders.len()).rev() {
            let other = ids.dice("shuffle", ids.count("shuffle")).below(last + 1);
            orders.swap(last, other);
        }
        for (parcel, order) in inner.waiting.iter_mut().zip(orders) {
            parcel.order = order;
        }
    }

    /// Takes the next thing to do, with up to `batch` items that go to the same hook.
    pub(crate) fn take(&self, now: Millis, batch: usize) -> Option<Job> {
        let mut inner = lock(&self.inner);
        if let Some((mark, ask)) = inner.asks.pop_front() {
            return Some(Job::Ask(mark, ask));
        }
        if inner.held {
            return None;
        }
        let Inner { waiting, busy, .. } = &mut *inner;
        let index = (0..waiting.len())
            .filter(|index| waiting[*index].due <= now)
            .filter(|index| !busy.contains(&waiting[*index].hook.id))
            .min_by_key(|index| waiting[*index].order)?;
        let mut parcel = waiting.remove(index);
        busy.insert(parcel.hook.id.clone());
        if parcel.packed.is_none() && !parcel.delayed {
            let mut more: Vec<usize> = (0..waiting.len())
                .filter(|index| {
                    let other = &waiting[*index];
                    other.hook.id == parcel.hook.id
                        && other.packed.is_none()
                        && !other.delayed
                        && other.due <= now
                })
                .collect();
            more.sort_by_key(|index| waiting[*index].order);
            more.truncate(batch.saturating_sub(1));
            parcel
                .items
                .extend(more.iter().flat_map(|index| waiting[*index].items.clone()));
            let mut index = 0;
            waiting.retain(|_| {
                index += 1;
                !more.contains(&(index - 1))
            });
        }
        Some(Job::Push(parcel))
    }

    /// Puts back what is to be tried again at its due time.
    pub(crate) fn put_back(&self, parcel: Parcel) {
        let mut inner = lock(&self.inner);
        inner.busy.remove(&parcel.hook.id);
        if inner.hooks.contains_key(&parcel.hook.id) {
            inner.waiting.push(parcel);
        }
        drop(inner);
        self.tell();
    }

    /// Says that a hook took something, or that nobody tries any more.
    pub(crate) fn done(&self, hook: &str, packed: Option<&Ask>) {
        let mut inner = lock(&self.inner);
        inner.busy.remove(hook);
        if let Some(packed) = packed {
            let sent = inner.sent.entry(hook.to_owned()).or_default();
            sent.push_back(packed.clone());
            if sent.len() > REMEMBERED {
                sent.pop_front();
            }
        }
        drop(inner);
        self.tell();
    }

    /// Returns the last deliveries that a hook took, oldest first.
    pub(crate) fn last_sent(&self, hook: &str, count: usize) -> Vec<Ask> {
        let inner = lock(&self.inner);
        let Some(sent) = inner.sent.get(hook) else {
            return Vec::new();
        };
        let skipped = sent.len().saturating_sub(count);
        sent.iter().skip(skipped).cloned().collect()
    }

    /// Returns when the next thing is due that no hook is busy for.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        let inner = lock(&self.inner);
        if inner.held {
            return None;
        }
        inner
            .waiting
            .iter()
            .filter(|parcel| !inner.busy.contains(&parcel.hook.id))
            .map(|parcel| parcel.due)
            .min()
    }

    /// Returns how many parcels wait or are on their way to a hook, or to all.
    pub(crate) fn pending(&self, hook: Option<&str>) -> usize {
        let inner = lock(&self.inner);
        let meant = |id: &str| hook.is_none_or(|hook| hook == id);
        inner
            .waiting
            .iter()
            .filter(|parcel| meant(&parcel.hook.id))
            .count()
            + inner.busy.iter().filter(|id| meant(id)).count()
            + inner.asks.len()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn clear(&self) {
        let mut inner = lock(&self.inner);
        let busy = std::mem::take(&mut inner.busy);
        *inner = Inner {
            busy,
            ..Inner::default()
        };
    }

    fn tell(&self) {
        self.changed.send_modify(|changed| *changed += 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Deliveries, Hook, Job};
    use crate::networks::kit::Ids;

    fn filled(count: usize) -> Deliveries {
        let deliveries = Deliveries::default();
        deliveries.connect(Hook {
            id: "page".to_owned(),
            url: "http://hook".to_owned(),
            secret: "s".to_owned(),
        });
        for number in 0..count {
            deliveries.push("page", json!(number), 10);
        }
        deliveries
    }

    fn items(job: Option<Job>) -> Vec<u64> {
        match job {
            Some(Job::Push(parcel)) => parcel
                .items
                .iter()
                .filter_map(serde_json::Value::as_u64)
                .collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn items_leave_in_order_and_together() {
        let deliveries = filled(5);
        assert!(deliveries.take(9, 2).is_none(), "nothing is due yet");
        assert_eq!(items(deliveries.take(10, 2)), [0, 1]);
        assert!(deliveries.take(10, 2).is_none(), "one at a time to a hook");
        deliveries.done("page", None);
        assert_eq!(items(deliveries.take(10, 10)), [2, 3, 4]);
        assert_eq!(deliveries.pending(None), 1);
        deliveries.push("nobody", json!(1), 0);
        assert_eq!(deliveries.pending(Some("nobody")), 0);
    }

    #[test]
    fn what_is_held_back_can_be_shuffled() {
        let deliveries = filled(20);
        deliveries.hold(true);
        assert!(deliveries.take(10, 20).is_none());
        deliveries.shuffle(&Ids::new(1, 0));
        deliveries.hold(false);
        let mut left = items(deliveries.take(10, 20));
        assert_ne!(left, (0..20).collect::<Vec<_>>());
        left.sort_unstable();
        assert_eq!(left, (0..20).collect::<Vec<_>>());
    }
}
