//! The link by which somebody who wrote in public opens a private chat with the bot. It says which
//! message it stands under, sealed, so that nobody gets into a conversation that is not theirs.

use super::wire::Place;
use crate::delivery::Account;
use crate::signature;

/// How many signs of the seal are kept; what follows `start=` may have 64 in all.
const SEAL: usize = 20;

/// Returns what stands behind `start=` in a link under this public message.
pub(super) fn payload(account: &Account, message: &str) -> Option<String> {
    let (place, message_id) = Place::read_message(message)?;
    let name = format!("{}_{message_id}", place.chat);
    let seal = seal(account, &name)?;
    Some(format!("{name}_{seal}"))
}

/// Reads the public message from what stood behind `start=`; none where the seal is not ours.
pub(super) fn public_message(account: &Account, payload: &str) -> Option<String> {
    let (name, given) = payload.rsplit_once('_')?;
    let expected = seal(account, name)?;
    if !signature::equal(given.as_bytes(), expected.as_bytes()) {
        return None;
    }
    let (chat, message_id) = name.split_once('_')?;
    Some(Place::of(chat.parse().ok()?, None).message(message_id.parse().ok()?))
}

fn seal(account: &Account, name: &str) -> Option<String> {
    let token = account.secret("token")?;
    let mut seal = signature::hmac_hex(token.as_bytes(), format!("start {name}").as_bytes());
    seal.truncate(SEAL);
    Some(seal)
}
