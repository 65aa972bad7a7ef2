//! The fields that a caller wishes for, with arguments and fields below, and lists page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::networks::kit::{Call, Kit};

/// One wished field: `comments.limit(5){id,message}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) arguments: Vec<(String, String)>,
    pub(crate) below: Vec<Field>,
}

/// Which part of a list is wanted.
pub(crate) struct List<'a> {
    arguments: &'a [(String, String)],
    /// Where the list is asked for, for the address of the next page.
    address: Option<(&'a Call, &'a Kit)>,
}

impl Field {
    pub(crate) fn argument(&self, name: &str) -> Option<&str> {
        let argument = self.arguments.iter().find(|(known, _)| known == name);
        argument.map(|(_, value)| value.as_str())
    }
}

/// Reads `fields=` of a call.
pub(crate) fn fields(call: &Call) -> Vec<Field> {
    let text = call.param("fields").unwrap_or_default();
    let mut rest = text.as_str();
    read(&mut rest)
}

fn read(rest: &mut &str) -> Vec<Field> {
    let mut fields = Vec::new();
    loop {
        let name = word(rest);
        if name.is_empty() {
            return fields;
        }
        let mut field = Field {
            name,
            ..Field::default()
        };
        while let Some(after) = rest.strip_prefix('.') {
            *rest = after;
            let argument = word(rest);
            let mut value = String::new();
            if let Some(after) = rest.strip_prefix('(') {
                let end = after.find(')').unwrap_or(after.len());
                after[..end].clone_into(&mut value);
                *rest = after.get(end + 1..).unwrap_or_default();
            }
            field.arguments.push((argument, value));
        }
        if let Some(after) = rest.strip_prefix('{') {
            *rest = after;
            field.below = read(rest);
            *rest = rest.strip_prefix('}').unwrap_or(rest);
        }
        fields.push(field);
        match rest.trim_start().strip_prefix(',') {
            Some(after) => *rest = after,
            None => return fields,
        }
    }
}

fn word(rest: &mut &str) -> String {
    *rest = rest.trim_start();
    let end = rest
        .find(|sign: char| !(sign.is_alphanumeric() || sign == '_'))
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    word.to_owned()
}

/// Writes an object with the fields that were wished for; `of` knows what each is.
pub(crate) fn picked(wished: &[Field], of: impl Fn(&Field) -> Option<Value>) -> Value {
    let mut picked = Map::new();
    let id = Field {
        name: "id".to_owned(),
        ..Field::default()
    };
    for field in wished.iter().chain([&id]) {
        if let Some(value) = of(field)
            && !value.is_null()
        {
            picked.insert(field.name.clone(), value);
        }
    }
    Value::Object(picked)
}

impl<'a> List<'a> {
    /// A list that a call asks for by itself.
    pub(crate) fn asked(call: &'a Call, kit: &'a Kit) -> Self {
        Self {
            arguments: if call.query.is_empty() {
                &call.fields
            } else {
                &call.query
            },
            address: Some((call, kit)),
        }
    }

    /// A list below another object.
    pub(crate) fn below(field: &'a Field) -> Self {
        Self {
            arguments: &field.arguments,
            address: None,
        }
    }

    pub(crate) fn argument(&self, name: &str) -> Option<&str> {
        let argument = self.arguments.iter().find(|(known, _)| known == name);
        argument.map(|(_, value)| value.as_str())
    }

    /// Cuts the wished page out of ids in their order.
    pub(crate) fn page(&self, ids: &[String], show: impl Fn(&str) -> Value) -> Value {
        let limit = self
            .argument("limit")
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(25)
            .clamp(1, 100);
        let begin = self
            .argument("after")
            .and_then(|after| {
                let after = URL_SAFE_NO_PAD.decode(after).ok()?;
                let after = String::from_utf8(after).ok()?;
                Some(ids.iter().position(|id| *id == after)? + 1)
            })
            .unwrap_or(0);
        let page: Vec<&String> = ids.iter().skip(begin).take(limit).collect();
        let data: Vec<Value> = page.iter().map(|id| show(id)).collect();
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return json!({"data": data});
        };
        let after = URL_SAFE_NO_PAD.encode(last);
        let mut paging =
            json!({"cursors": {"before": URL_SAFE_NO_PAD.encode(first), "after": after}});
        if begin + page.len() < ids.len() {
            let address = self.address.map_or_else(String::new, |(call, kit)| {
                format!("{}{}", kit.base, call.path)
            });
            // The real one writes the token into this address.
            paging["next"] = json!(format!(
                "{address}?access_token=EAA&limit={limit}&after={after}"
            ));
        }
        json!({"data": data, "paging": paging})
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, read};

    #[test]
    fn wishes_are_read_with_what_hangs_below() {
        let mut text = "id, comments.filter(stream).limit(5){id,parent{id}},message";
        let fields = read(&mut text);
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["id", "comments", "message"]);
        assert_eq!(fields[1].argument("limit"), Some("5"));
        assert_eq!(fields[1].below[1].below[0].name, "id");
        assert_eq!(read(&mut ""), Vec::<Field>::new());
    }
}
