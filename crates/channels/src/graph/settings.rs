//! The settings that every inbox at Meta has, and a way to add those of one channel.

use serde_json::{Map, Value, json};

use super::VERSION;

/// One field of a settings form, its texts found by channel and name.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// What differs from a plain text.
    pub(crate) more: Value,
}

/// Makes the form: what belongs to the channel first, then what all have.
pub(crate) fn schema(channel: &str, base_url: &str, required: &[&str], own: Vec<Field>) -> Value {
    let secret = || json!({"secret": true});
    let common = [
        ("access_token", secret()),
        ("app_id", Value::Null),
        ("app_secret", secret()),
        ("verify_token", secret()),
        ("version", json!({"default": VERSION})),
        ("base_url", json!({"format": "uri", "default": base_url})),
    ];
    let common = common.map(|(name, more)| Field { name, more });
    let mut properties = Map::new();
    for field in own.into_iter().chain(common) {
        let mut property = json!({
            "type": "string",
            "title": format!("channel.{channel}.{}.title", field.name),
            "description": format!("channel.{channel}.{}.description", field.name),
        });
        if let (Some(property), Value::Object(more)) = (property.as_object_mut(), field.more) {
            property.extend(more);
        }
        properties.insert(field.name.to_owned(), property);
    }
    let required = [required, &["access_token", "app_secret", "verify_token"]].concat();
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
    })
}
