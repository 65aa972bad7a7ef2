//! How many bytes of attachments stand in memory at once, over all answers on their way out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes at once; one answer that is larger goes alone.
const MOST: u64 = 64 * 1024 * 1024;

/// Counts the bytes that are taken.
#[derive(Default)]
pub(crate) struct Room {
    taken: Mutex<u64>,
}

/// Bytes that are taken until this is dropped.
pub(super) struct Taken {
    room: Arc<Room>,
    bytes: u64,
}

impl Room {
    /// Takes room for so many bytes; none where there is not enough now.
    pub(super) fn take(self: &Arc<Self>, bytes: u64) -> Option<Taken> {
        let mut taken = self.lock();
        if *taken > 0 && bytes > 0 && *taken + bytes > MOST {
            return None;
        }
        *taken += bytes;
        Some(Taken {
            room: Arc::clone(self),
            bytes,
        })
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        *self.room.lock() -= self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_share_the_room_and_a_larger_one_goes_alone() {
        let room = Arc::new(Room::default());
        let half = room.take(MOST / 2).expect("there is room");
        let rest = room.take(MOST / 2).expect("there is room");
        assert!(room.take(1).is_none());
        assert!(room.take(0).is_some(), "words alone need none");
        drop(half);
        assert!(room.take(2 * MOST).is_none(), "not beside another");
        drop(rest);
        let alone = room.take(2 * MOST).expect("alone");
        assert!(room.take(1).is_none());
        drop(alone);
        assert!(room.take(1).is_some());
    }
}
