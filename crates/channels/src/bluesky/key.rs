//! Record keys made of our message ids, so that one message can never become two posts: the same
//! message has the same key, and the server keeps one record under each.

use crate::signature;

/// The signs of a record key, in their order.
const SIGNS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// When ids of ours begin to count: 2024-01-01, in milliseconds.
const IDS_BEGIN: u64 = 1_704_067_200_000;

/// Returns the key for a message. An id of ours tells when it was made, and so does a record key:
/// microseconds and ten bits for the machine.
pub(super) fn for_message(message_id: &str) -> String {
    let made = message_id.parse::<u64>().ok().filter(|id| *id < 1 << 63);
    let Some(id) = made else {
        return for_text(message_id);
    };
    let (milliseconds, node, sequence) = (id >> 22, (id >> 12) & 1_023, id & 4_095);
    // A machine that makes more than a thousand ids in a millisecond borrows a neighbour's bits.
    let micros = (milliseconds + IDS_BEGIN) * 1_000 + sequence % 1_000;
    write((micros << 10) | (node ^ ((sequence / 1_000) << 8)))
}

/// Returns a key for anything else that is to be there once only.
pub(super) fn for_text(text: &str) -> String {
    let digest = signature::sha256_hex(text.as_bytes());
    write(u64::from_str_radix(&digest[..16], 16).unwrap_or_default() >> 1)
}

/// Returns the message that a key was made for; any other key gives an id that is none of ours.
pub(super) fn message_of(key: &str) -> Option<String> {
    if key.len() != 13 {
        return None;
    }
    let number = key.bytes().try_fold(0_u64, |number, sign| {
        let place = SIGNS.iter().position(|known| *known == sign)?;
        number.checked_mul(32)?.checked_add(place as u64)
    })?;
    let (micros, node) = (number >> 10, number & 1_023);
    let milliseconds = (micros / 1_000).checked_sub(IDS_BEGIN)?;
    let id = (milliseconds << 22) | (node << 12) | (micros % 1_000);
    (id > 0 && id < 1 << 63).then(|| id.to_string())
}

fn write(number: u64) -> String {
    (0..13)
        .rev()
        .map(|place| char::from(SIGNS[(number >> (place * 5) & 31) as usize]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_well_formed_ordered_and_stable() {
        let id = |milliseconds: u64, rest: u64| ((milliseconds << 22) | rest).to_string();
        let keys: Vec<String> = [id(0, 0), id(0, 1), id(1, 0), id(91_256_400_000, 0)]
            .iter()
            .map(|id| for_message(id))
            .collect();
        assert!(keys.is_sorted(), "{keys:?}");
        for key in keys
            .iter()
            .chain([&for_text("at://a"), &for_message("no number")])
        {
            assert_eq!(key.len(), 13);
            assert!("234567abcdefghij".contains(&key[..1]), "{key}");
            assert!(key.bytes().all(|sign| SIGNS.contains(&sign)), "{key}");
        }
        assert_ne!(for_message(&id(5, 4_096)), for_message(&id(5, 8_192)));
        assert_ne!(for_message(&id(5, 1)), for_message(&id(5, 1_001)));
        assert_eq!(message_of(&for_message("9001")).as_deref(), Some("9001"));
        let late = id(91_256_400_000, (7 << 12) + 12);
        assert_eq!(message_of(&for_message(&late)), Some(late));
        for none in ["", "self", "zzzzzzzzzzzzz", "2222222222222", "ö22222222222"] {
            assert_eq!(message_of(none), None, "{none}");
        }
        // 2024-01-01T00:00:00Z as the protocol writes it.
        assert_eq!(write(1_704_067_200_000_000 << 10), for_message("0"));
    }
}
