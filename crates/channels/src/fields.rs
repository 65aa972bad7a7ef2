//! Reads fields of a JSON object by name, so that what is wrong can be named.
//! Ids and times, which every sender writes a little differently, are read here.

use kulant_model::time::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::inbound::{LONGEST_ID, TranslateError};

/// A JSON object whose fields are asked for by name.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value) -> Result<Self, TranslateError> {
        value
            .as_object()
            .map(Self)
            .ok_or_else(|| TranslateError::Unreadable("not a JSON object".to_owned()))
    }

    /// Returns a field that is there and not null.
    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(self, name: &str) -> Result<Option<&'a str>, TranslateError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(TranslateError::bad(name, "not a text")),
        }
    }

    /// Returns a text that says something, without the space around it.
    pub(crate) fn words(self, name: &str) -> Result<Option<String>, TranslateError> {
        let text = self.text(name)?.map(str::trim);
        Ok(text.filter(|text| !text.is_empty()).map(str::to_owned))
    }

    /// Returns an id: a text or a number.
    pub(crate) fn id(self, name: &str) -> Result<Option<String>, TranslateError> {
        let id = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(TranslateError::bad(name, "neither a text nor a number")),
        };
        if id.chars().count() > LONGEST_ID {
            return Err(TranslateError::bad(
                name,
                format!("longer than {LONGEST_ID} characters"),
            ));
        }
        Ok(Some(id).filter(|id| !id.is_empty()))
    }

    pub(crate) fn required_id(self, name: &str) -> Result<String, TranslateError> {
        self.id(name)?.ok_or_else(|| TranslateError::missing(name))
    }

    pub(crate) fn switch(self, name: &str) -> Result<bool, TranslateError> {
        match self.value(name) {
            None => Ok(false),
            Some(Value::Bool(on)) => Ok(*on),
            Some(_) => Err(TranslateError::bad(name, "neither true nor false")),
        }
    }

    /// Returns an RFC 3339 time.
    pub(crate) fn time(self, name: &str) -> Result<Option<Timestamp>, TranslateError> {
        self.words(name)?
            .map(|text| {
                text.parse()
                    .map_err(|error| TranslateError::bad(name, error))
            })
            .transpose()
    }

    pub(crate) fn objects(self, name: &str) -> Result<Vec<Self>, TranslateError> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| Self::of(value).map_err(|_| TranslateError::bad(name, "not objects")))
                .collect(),
            Some(_) => Err(TranslateError::bad(name, "not a list")),
        }
    }
}

/// Reads null as if the field were not there; some servers write it where others leave it out.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
