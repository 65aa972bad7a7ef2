//! One call as the network's server sees it: path, query, headers, and its fields whichever way they came.

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::Value;

/// A file that came with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) field: String,
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Below the network's address.
    pub(crate) path: String,
    pub(crate) segments: Vec<String>,
    pub(crate) raw_query: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) json: Value,
    pub(crate) files: Vec<Upload>,
    /// Whether the caller has waited as long as the network lets anybody wait.
    pub(crate) waited: bool,
}

impl Call {
    pub(crate) fn new(
        method: &str,
        path: &str,
        raw_query: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        let mut call = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            segments: path.split('/').skip(1).map(decoded).collect(),
            raw_query: raw_query.to_owned(),
            query: pairs(raw_query.as_bytes()),
            headers,
            body,
            fields: Vec::new(),
            json: Value::Null,
            files: Vec::new(),
            waited: false,
        };
        call.read_body();
        call
    }

    /// Returns the path's segments, to be matched on.
    pub(crate) fn path(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the token of `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// Returns a field of the body, or of the query.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        match self.json.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => return Some(text.clone()),
            Some(value) => return Some(value.to_string()),
        }
        self.fields
            .iter()
            .chain(&self.query)
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    /// Returns a field that is a switch.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.param(name)
            .is_some_and(|value| matches!(value.as_str(), "true" | "1" | "on"))
    }

    /// Returns a field that may stand several times, with or without `[]` behind its name.
    pub(crate) fn params(&self, name: &str) -> Vec<String> {
        if let Some(values) = self.json.get(name).and_then(Value::as_array) {
            return values
                .iter()
                .map(|value| {
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned)
                })
                .collect();
        }
        let listed = format!("{name}[]");
        self.fields
            .iter()
            .chain(&self.query)
            .filter(|(known, _)| known == name || *known == listed)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// Returns a field that holds JSON, by itself or written as a text.
    pub(crate) fn value(&self, name: &str) -> Value {
        if let Some(value) = self.json.get(name) {
            return value.clone();
        }
        self.param(name)
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Writes the query anew, each field with a `&` before it, without some of them.
    pub(crate) fn query_without(&self, names: &[&str]) -> String {
        let mut written = String::new();
        for (name, value) in &self.query {
            if !names.contains(&name.as_str()) {
                written.extend(["&", &encoded(name), "=", &encoded(value)]);
            }
        }
        written
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.param(name)?.trim().parse().ok()
    }

    fn read_body(&mut self) {
        let media_type = self.header("content-type").unwrap_or_default().to_owned();
        if media_type.starts_with("application/x-www-form-urlencoded") {
            self.fields = pairs(&self.body);
        } else if let Some(mark) = media_type
            .strip_prefix("multipart/form-data")
            .and_then(|rest| rest.split("boundary=").nth(1))
        {
            let mark = mark.trim_matches('"').to_owned();
            self.read_parts(&mark);
        } else {
            self.json = serde_json::from_slice(&self.body).unwrap_or_default();
        }
    }

    fn read_parts(&mut self, mark: &str) {
        let mark = format!("--{mark}");
        let body = self.body.clone();
        let mut rest: &[u8] = &body;
        while let Some(at) = find(rest, mark.as_bytes()) {
            rest = &rest[at + mark.len()..];
            let end = find(rest, mark.as_bytes()).unwrap_or(0);
            let part = rest[..end].strip_prefix(b"\r\n").unwrap_or(&rest[..end]);
            let Some(cut) = find(part, b"\r\n\r\n") else {
                continue;
            };
            let head = String::from_utf8_lossy(&part[..cut]).into_owned();
            let content = &part[cut + 4..];
            let content = content.strip_suffix(b"\r\n").unwrap_or(content).to_vec();
            let field = quoted(&head, "; name=\"").unwrap_or_default();
            match quoted(&head, "filename=\"") {
                Some(name) => self.files.push(Upload {
                    field,
                    name,
                    media_type: content_type(&head),
                    bytes: content,
                }),
                None => self
                    .fields
                    .push((field, String::from_utf8_lossy(&content).into_owned())),
            }
        }
    }
}

pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

/// Writes a text as a value of a query.
pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn decoded(segment: &str) -> String {
    // In a path a plus is a plus.
    let segment = segment.replace('+', "%2B");
    let key = format!("{segment}=");
    url::form_urlencoded::parse(key.as_bytes())
        .next()
        .map(|(key, _)| key.into_owned())
        .unwrap_or_default()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|some| some == wanted)
}

fn quoted(head: &str, before: &str) -> Option<String> {
    let start = head.find(before)? + before.len();
    let end = head[start..].find('"')?;
    Some(head[start..start + end].to_owned())
}

fn content_type(head: &str) -> String {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map_or("application/octet-stream", |(_, value)| value.trim())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use bytes::Bytes;

    use super::Call;

    fn call(media_type: &str, query: &str, body: &str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", media_type.parse().unwrap());
        let body = Bytes::from(body.to_owned());
        Call::new("POST", "/a/b%20c/d+e", query, headers, body)
    }

    #[test]
    fn fields_are_read_whichever_way_they_come() {
        let json = call("application/json", "x=9&y=1", r#"{"x":5,"ids":["a","b"]}"#);
        assert_eq!(json.path(), ["a", "b c", "d+e"]);
        assert_eq!(json.param("x").as_deref(), Some("5"));
        assert_eq!(json.number("y"), Some(1));
        assert_eq!(json.params("ids"), ["a", "b"]);

        let form = call("application/x-www-form-urlencoded", "", "t=a+b&i[]=1&i[]=2");
        assert_eq!(form.param("t").as_deref(), Some("a b"));
        assert_eq!(form.params("i"), ["1", "2"]);
    }

    #[test]
    fn files_are_taken_out_of_a_form() {
        let body = "--M\r\ncontent-disposition: form-data; name=\"description\"\r\n\r\nEin Bild\r\n\
            --M\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
            content-type: image/png\r\n\r\n\0PNG\r\n--M--\r\n";
        let call = call("multipart/form-data; boundary=M", "", body);
        assert_eq!(call.param("description").as_deref(), Some("Ein Bild"));
        assert_eq!(call.files.len(), 1);
        assert_eq!(call.files[0].field, "file");
        assert_eq!(call.files[0].media_type, "image/png");
        assert_eq!(call.files[0].bytes, b"\0PNG");
    }
}
