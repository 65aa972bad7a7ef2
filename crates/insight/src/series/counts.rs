//! Counts of messages per slot of the local calendar, so that the clock's change does not shift the profile.
//! Marks nothing and leaves nothing out: what a special day is, the forecast is told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Twenty years of minutes; who spans more has a wrong time among the right ones.
const MOST_SLOTS: i64 = 10_000_000;

/// Counts instants (seconds UTC) by slot of the wall's clock, quiet slots between first and last included.
///
/// An hour that comes twice in autumn gives its slots twice, one that is left out in spring gives none.
/// Nothing where zone, slot or span make no sense.
pub fn count_by_slot(
    instants: &[i64],
    time_zone: &str,
    slot_seconds: i64,
) -> Option<Vec<(i64, f64)>> {
    if !(60..=86_400).contains(&slot_seconds) || 86_400 % slot_seconds != 0 {
        return None;
    }
    let zone = TimeZone::get(time_zone).ok()?;
    let offset = |instant: i64| {
        let at = Timestamp::from_second(instant).ok()?;
        Some(i64::from(zone.to_offset(at).seconds()))
    };
    // The slot on the wall, apart for each offset from UTC, by the instant at which it begins.
    let slot = |instant: i64| {
        let offset = offset(instant)?;
        let wall = (instant + offset).div_euclid(slot_seconds) * slot_seconds;
        Some((wall - offset, wall))
    };
    let mut counts: BTreeMap<(i64, i64), f64> = BTreeMap::new();
    for instant in instants {
        *counts.entry(slot(*instant)?).or_default() += 1.0;
    }
    let (first, _) = *counts.first_key_value()?.0;
    let (last, _) = *counts.last_key_value()?.0;
    if (last - first) / slot_seconds > MOST_SLOTS {
        return None;
    }
    let mut at = first;
    while at <= last {
        counts.entry(slot(at)?).or_default();
        at += slot_seconds;
    }
    Some(
        counts
            .into_iter()
            .map(|((_, wall), count)| (wall, count))
            .collect(),
    )
}
