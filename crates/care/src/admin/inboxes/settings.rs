//! Settings and secrets of an inbox: taken apart as its channel says, and signing secrets that change
//! without a gap.

use std::time::Duration;

use kulant_channels::Channel;
use kulant_channels::delivery::SIGNING;
use kulant_channels::settings as schema;
use kulant_model::time::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::admin::fields::Faults;

/// How long an older signing secret is still believed after a new one was made.
pub const ROTATION: Duration = Duration::from_hours(24);
/// The secret that says until when each signing secret is believed, null for as long as it stands.
pub(super) const SIGNING_ENDS: &str = "signing_ends";

/// Returns the secrets of an inbox as they count at a time: signing secrets that are over left out.
pub(crate) fn secrets_at(secrets: &Json, now: Timestamp) -> Json {
    let mut counting = secrets.clone();
    let Some(fields) = counting.as_object_mut() else {
        return counting;
    };
    let Some(ends) = fields.remove(SIGNING_ENDS) else {
        return counting;
    };
    if let Some(Json::Array(signing)) = fields.get_mut(SIGNING) {
        let mut place = 0;
        signing.retain(|_| {
            let end = ends.get(place).and_then(Json::as_i64);
            place += 1;
            end.is_none_or(|end| end > now.0)
        });
    }
    counting
}

/// Puts a new signing secret before those that still count, which end within a day.
pub(super) fn rotated(
    mut secrets: Map<String, Json>,
    new: &str,
    now: Timestamp,
) -> Map<String, Json> {
    let ends = secrets.get(SIGNING_ENDS).cloned().unwrap_or(Json::Null);
    let old: Vec<Json> = match secrets.get(SIGNING) {
        Some(Json::Array(old)) => old.clone(),
        Some(Json::String(old)) => vec![json!(old)],
        _ => Vec::new(),
    };
    let mut signing = vec![json!(new)];
    let mut new_ends = vec![Json::Null];
    for (place, secret) in old.into_iter().enumerate() {
        let end = ends.get(place).and_then(Json::as_i64);
        let end = end.unwrap_or_else(|| now.after(ROTATION).0);
        if end > now.0 {
            signing.push(secret);
            new_ends.push(json!(end));
        }
    }
    secrets.insert(SIGNING.to_owned(), Json::Array(signing));
    secrets.insert(SIGNING_ENDS.to_owned(), Json::Array(new_ends));
    secrets
}

/// Takes settings apart from secrets, as the channel's schema says, and has the channel check them.
/// What connecting at the network's page fills may be missing; whether nothing is, is returned last.
pub(super) fn read_settings(
    faults: &mut Faults,
    channel: &dyn Channel,
    mut given: Json,
    kept: &Map<String, Json>,
) -> (Json, Map<String, Json>, bool) {
    let names = schema::secret_names(&channel.settings_schema());
    if let Some(fields) = given.as_object_mut() {
        fields.retain(|_, value| !is_empty(value));
        for name in &names {
            if let (false, Some(value)) = (fields.contains_key(name), kept.get(name)) {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    let connecting = channel.connecting(&given);
    let filled = connecting.map_or(&[][..], |connecting| connecting.fills);
    let mut is_connected = true;
    for fault in channel.validate_settings(&given) {
        if fault.code == "required" && filled.contains(&fault.field.as_str()) {
            is_connected = false;
            continue;
        }
        let field = match fault.field.as_str() {
            "" => "settings".to_owned(),
            name => format!("settings.{name}"),
        };
        faults.add(&field, fault.code, fault.detail);
    }
    let mut secrets = Map::new();
    if let Some(fields) = given.as_object_mut() {
        for name in names {
            if let Some(value) = fields.remove(&name) {
                secrets.insert(name, value);
            }
        }
    }
    (given, secrets, is_connected)
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_signing_secret_counts_for_a_day_after_the_new_one() {
        let start = Timestamp::from_seconds(1_000_000);
        let first = Map::from_iter([
            (SIGNING.to_owned(), json!(["a"])),
            ("token".to_owned(), json!("t")),
        ]);
        let counting = |secrets: &Map<String, Json>, at: Timestamp| {
            secrets_at(&Json::Object(secrets.clone()), at)
        };
        assert_eq!(
            counting(&first, start),
            json!({"signing": ["a"], "token": "t"})
        );

        let second = rotated(first, "b", start);
        let hours = |hours: u64| start.after(Duration::from_hours(hours));
        assert_eq!(
            counting(&second, hours(23)),
            json!({"signing": ["b", "a"], "token": "t"})
        );
        assert_eq!(counting(&second, hours(24))["signing"], json!(["b"]));

        let third = rotated(second, "c", hours(12));
        assert_eq!(
            counting(&third, hours(13))["signing"],
            json!(["c", "b", "a"])
        );
        assert_eq!(counting(&third, hours(25))["signing"], json!(["c", "b"]));
        assert_eq!(counting(&third, hours(36))["signing"], json!(["c"]));
        let fourth = rotated(third, "d", hours(48));
        assert_eq!(counting(&fourth, hours(49))["signing"], json!(["d", "c"]));
    }
}
