//! Places for connections: so many are open at once and no more, and no single address takes them all.
//! Whoever finds none waits before the door, in the listener's queue.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;

/// So many addresses at least share the places, where addresses tell people apart.
const SHARES: usize = 4;

/// Every place there is, and who takes how many of them.
pub(crate) struct Places {
    free: Arc<Semaphore>,
    most: usize,
    /// The most of one address; none where all come through one.
    most_each: Option<usize>,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    is_full: AtomicBool,
}

/// A place, free again when it is dropped.
pub(crate) struct Place {
    _free: OwnedSemaphorePermit,
    taken: Option<Taken>,
}

struct Taken {
    address: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Places {
    pub(crate) fn new(most: usize, behind_proxy: bool) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most)),
            most,
            most_each: (!behind_proxy).then(|| most.div_ceil(SHARES)),
            taken: Arc::default(),
            is_full: AtomicBool::new(false),
        }
    }

    /// Waits for a free place.
    pub(crate) async fn wait(&self) -> Place {
        if self.free.available_permits() > 0 {
            self.is_full.store(false, Ordering::Relaxed);
        } else if !self.is_full.swap(true, Ordering::Relaxed) {
            warn!(
                most = self.most,
                "all connections are taken; who comes now waits"
            );
        }
        let free = Arc::clone(&self.free);
        let free = free.acquire_owned().await;
        Place {
            _free: free.expect("the places are never closed"),
            taken: None,
        }
    }

    /// Gives a place to an address; none where that one has its share already.
    pub(crate) fn give(&self, mut place: Place, address: IpAddr) -> Option<Place> {
        let Some(most) = self.most_each else {
            return Some(place);
        };
        let address = household(address);
        let mut counts = lock(&self.taken);
        let count = counts.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(counts);
        place.taken = Some(Taken {
            address,
            counts: Arc::clone(&self.taken),
        });
        Some(place)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// Returns what counts as one address: in IPv6 the network of 64 bits that a household is given.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(network))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn lock(counts: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[tokio::test]
    async fn one_address_takes_its_share_and_gives_it_back() {
        let places = Places::new(8, false);
        let mut kept = Vec::new();
        for end in 1..=2 {
            let from = address(&format!("2001:db8::{end}"));
            kept.push(places.give(places.wait().await, from).expect("a place"));
        }
        let same = address("2001:db8::ffff:3");
        assert!(places.give(places.wait().await, same).is_none());
        let other = address("2001:db8:0:1::1");
        assert!(places.give(places.wait().await, other).is_some());
        kept.pop();
        assert!(places.give(places.wait().await, same).is_some());
        kept.clear();
        assert_eq!(places.free.available_permits(), 8);
        assert!(lock(&places.taken).is_empty());
    }

    #[tokio::test]
    async fn behind_a_proxy_everybody_has_one_address() {
        let places = Places::new(8, true);
        let mut kept = Vec::new();
        for _ in 0..8 {
            let place = places.wait().await;
            kept.push(places.give(place, address("127.0.0.1")).expect("a place"));
        }
        assert_eq!(places.free.available_permits(), 0);
    }
}
