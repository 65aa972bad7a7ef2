//! What the network's parts share: the world, its clock, the connected accounts and the ways out to them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::clock::{Clock, wall_now};
use crate::content::brands;
use crate::faults::{Faults, lock};
use crate::item::Item;
use crate::residents::Residents;
use crate::settings::{AccountLink, SimSettings};
use crate::world::World;

pub(crate) type SharedHub = Arc<Hub>;

/// One company's way out: items wait here until its account is connected.
struct Outbox {
    sender: UnboundedSender<Item>,
    receiver: Mutex<Option<UnboundedReceiver<Item>>>,
}

pub(crate) struct Hub {
    pub(crate) settings: SimSettings,
    pub(crate) base_url: String,
    pub(crate) world: Mutex<World>,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    /// Wakes the clockwork after something was planned from outside.
    pub(crate) wake: Notify,
    accounts: Mutex<Vec<(usize, AccountLink)>>,
    /// Who lives on simulated networks instead of this one.
    pub(crate) residents: Mutex<Option<Residents>>,
    outboxes: Vec<Outbox>,
    paused: AtomicBool,
}

impl Hub {
    pub(crate) fn new(settings: SimSettings, base_url: String) -> Self {
        let start = wall_now();
        let outboxes = brands()
            .iter()
            .map(|_| {
                let (sender, receiver) = unbounded_channel();
                Outbox {
                    sender,
                    receiver: Mutex::new(Some(receiver)),
                }
            })
            .collect();
        let hub = Self {
            world: Mutex::new(World::new(settings.seed, start, settings.pace.factor())),
            clock: Clock::new(start, settings.pace.factor()),
            faults: Faults::default(),
            wake: Notify::new(),
            accounts: Mutex::new(Vec::new()),
            residents: Mutex::new(None),
            outboxes,
            paused: AtomicBool::new(false),
            settings,
            base_url,
        };
        if !hub.settings.waits {
            hub.begin();
        }
        hub
    }

    /// Begins anew with another seed: the network forgets, kulant does not.
    pub(crate) fn reset(&self, seed: u64) {
        let start = wall_now();
        self.clock.restart(start);
        *lock(&self.world) = World::new(seed, start, self.settings.pace.factor());
        self.faults.clear();
        self.faults.clear_calls();
        self.begin();
        self.wake.notify_one();
    }

    /// Plays the past, and lets customers write from now on.
    pub(crate) fn begin(&self) {
        let mut world = lock(&self.world);
        world.set_base_url(&self.base_url);
        let past = world.history(self.settings.history_days);
        if self.settings.lively {
            world.enliven();
        }
        drop(world);
        let rest = match lock(&self.residents).as_mut() {
            Some(residents) => residents.relive(past),
            None => past,
        };
        self.send(rest);
    }

    /// Hands items to the accounts they are for.
    pub(crate) fn tell(&self, items: Vec<Item>) {
        let rest = match lock(&self.residents).as_mut() {
            Some(residents) => items
                .into_iter()
                .filter(|item| !residents.carry(item))
                .collect(),
            None => items,
        };
        self.send(rest);
    }

    fn send(&self, items: Vec<Item>) {
        for item in items {
            let echo = item.echo_of.is_some();
            if echo && !self.settings.echoes {
                continue;
            }
            if let Some(outbox) = self.outboxes.get(item.brand) {
                // A stopped account has nobody to tell; the network itself goes on.
                let _ = outbox.sender.send(item);
            }
        }
    }

    /// Takes the waiting items of a company, once.
    pub(crate) fn take_outbox(&self, brand: usize) -> Option<UnboundedReceiver<Item>> {
        lock(&self.outboxes.get(brand)?.receiver).take()
    }

    pub(crate) fn add_account(&self, brand: usize, link: AccountLink) {
        lock(&self.accounts).push((brand, link));
    }

    pub(crate) fn list_accounts(&self) -> Vec<(usize, AccountLink)> {
        lock(&self.accounts).clone()
    }

    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// Lets the world's time pass and tells what happened, for ever.
    pub(crate) async fn run_clockwork(self: Arc<Self>) {
        loop {
            let wait = if self.paused.load(Ordering::SeqCst) {
                Duration::from_secs(1)
            } else {
                self.advance()
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.wake.notified() => {}
            }
        }
    }

    fn advance(&self) -> Duration {
        let heard = lock(&self.residents).as_mut().map(Residents::hear);
        let (items, next_at) = {
            let mut world = lock(&self.world);
            let now = self.clock.now();
            for (brand, answer) in heard.into_iter().flatten() {
                // What the world has forgotten meanwhile nobody takes up again.
                let _ = world.answer(brand, &answer, now);
            }
            let items = world.step(now);
            (items, world.next_at())
        };
        self.tell(items);
        let wait = next_at.map_or(Duration::from_secs(1), |at| self.clock.wait_until(at));
        wait.clamp(Duration::from_millis(2), Duration::from_secs(1))
    }
}

/// Finds a company by short name or name, in any case.
pub(crate) fn find_brand(name: &str) -> Option<usize> {
    let name = name.trim().to_lowercase();
    brands().iter().position(|brand| {
        let own = brand.name.to_lowercase();
        !name.is_empty()
            && (name == brand.slug
                || own == name
                || own.starts_with(&name)
                || name.starts_with(&brand.slug))
    })
}

#[cfg(test)]
mod tests {
    use super::find_brand;

    #[test]
    fn companies_are_found_by_any_of_their_names() {
        for name in ["nordtal", "Nordtal Bahn", "nordtal-bahn", "NORDTAL"] {
            assert_eq!(find_brand(name), Some(0), "{name}");
        }
        assert_eq!(find_brand("Lumenau"), Some(1));
        assert_eq!(find_brand("Südbahn"), None);
        assert_eq!(find_brand(""), None);
    }
}
