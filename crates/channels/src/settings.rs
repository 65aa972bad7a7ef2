//! Checks an inbox's settings against the schema its channel publishes.
//! Understands the part of JSON Schema that the desk draws forms from, and no more.

use serde::Serialize;
use serde_json::Value;
use url::Url;

/// One setting that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingFault {
    pub field: String,
    /// A stable word, which the desk translates.
    pub code: &'static str,
    pub detail: String,
}

impl SettingFault {
    pub(crate) fn new(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            code,
            detail: detail.into(),
        }
    }
}

/// Checks settings against a schema: required fields, types, formats, closed lists and bounds.
pub fn validate(schema: &Value, settings: &Value) -> Vec<SettingFault> {
    let Some(given) = settings.as_object() else {
        return vec![SettingFault::new(
            "",
            "not_an_object",
            "settings are a JSON object",
        )];
    };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if given.get(name).is_none_or(is_empty) {
            faults.push(SettingFault::new(name, "required", "a value is needed"));
        }
    }
    for (name, value) in given.iter().filter(|(_, value)| !is_empty(value)) {
        match properties.get(name) {
            Some(property) => faults.extend(fault(name, property, value)),
            None => faults.push(SettingFault::new(name, "unknown", "no such setting")),
        }
    }
    faults
}

/// Returns the names of the settings that are secrets, to be kept apart.
pub fn secret_names(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| property.get("secret").and_then(Value::as_bool) == Some(true))
        .map(|(name, _)| name.clone())
        .collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn fault(name: &str, property: &Value, value: &Value) -> Option<SettingFault> {
    let kind = property.get("type").and_then(Value::as_str)?;
    let fits = match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value
            .as_array()
            .is_some_and(|items| items.iter().all(Value::is_string)),
        _ => true,
    };
    if !fits {
        return Some(SettingFault::new(
            name,
            "wrong_type",
            format!("not of type {kind}"),
        ));
    }
    if let Some(choices) = property.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        return Some(SettingFault::new(
            name,
            "not_a_choice",
            "not one of the choices",
        ));
    }
    if let (Some(text), Some("uri")) = (
        value.as_str(),
        property.get("format").and_then(Value::as_str),
    ) && !is_web_address(text)
    {
        return Some(SettingFault::new(
            name,
            "not_an_address",
            "not an http or https address",
        ));
    }
    let number = value.as_i64()?;
    let bound = |key: &str| property.get(key).and_then(Value::as_i64);
    let below = bound("minimum").is_some_and(|least| number < least);
    let above = bound("maximum").is_some_and(|most| number > most);
    (below || above).then(|| SettingFault::new(name, "out_of_range", "outside the allowed range"))
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text.trim())
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_fault_is_named_by_field_and_word() {
        let schema = json!({
            "type": "object",
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "format": "uri"},
                "minutes": {"type": "integer", "minimum": 5, "maximum": 60},
                "own": {"type": "boolean"},
                "mode": {"type": "string", "enum": ["a", "b"]},
                "names": {"type": "array", "items": {"type": "string"}},
                "token": {"type": "string", "secret": true},
            },
        });
        let cases = [
            (json!([]), "", "not_an_object"),
            (json!({}), "url", "required"),
            (json!({"url": " "}), "url", "required"),
            (json!({"url": "ftp://a.de"}), "url", "not_an_address"),
            (json!({"url": "nonsense"}), "url", "not_an_address"),
            (json!({"url": 7}), "url", "wrong_type"),
            (
                json!({"url": "https://a.de", "minutes": 4}),
                "minutes",
                "out_of_range",
            ),
            (
                json!({"url": "https://a.de", "minutes": 61}),
                "minutes",
                "out_of_range",
            ),
            (
                json!({"url": "https://a.de", "own": "yes"}),
                "own",
                "wrong_type",
            ),
            (
                json!({"url": "https://a.de", "mode": "c"}),
                "mode",
                "not_a_choice",
            ),
            (
                json!({"url": "https://a.de", "names": [1]}),
                "names",
                "wrong_type",
            ),
            (json!({"url": "https://a.de", "uri": "x"}), "uri", "unknown"),
        ];
        for (settings, field, code) in cases {
            let faults = validate(&schema, &settings);
            assert_eq!(faults.len(), 1, "{settings}");
            assert_eq!(
                (faults[0].field.as_str(), faults[0].code),
                (field, code),
                "{settings}"
            );
        }
        let good = json!({"url": "https://a.de/x", "minutes": 5, "own": true, "mode": null});
        assert_eq!(validate(&schema, &good), []);
        assert_eq!(secret_names(&schema), ["token"]);
    }
}
