//! Lists that show late what was written, as networks of many machines do.

use std::sync::Mutex;

use serde_json::Value;

use super::{Call, OwnWords, Reply};
use crate::faults::lock;
use crate::item::Millis;

/// What our accounts wrote a short while ago, and how long lists keep it back.
#[derive(Default)]
pub(crate) struct Late {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    span: Millis,
    written: Vec<(String, Millis)>,
}

impl Late {
    /// Lets lists show what is written so many seconds later; nothing is late by itself.
    pub(crate) fn set(&self, seconds: u32) {
        lock(&self.state).span = i64::from(seconds) * 1_000;
    }

    pub(crate) fn clear(&self) {
        *lock(&self.state) = State::default();
    }

    /// Takes out of the lists of an answer what is too young to be seen.
    pub(crate) fn keep_back(
        &self,
        words: &OwnWords,
        call: &Call,
        reply: Reply,
        now: Millis,
    ) -> Reply {
        let mut state = lock(&self.state);
        let State { span, written } = &mut *state;
        let fresh = words.fresh().into_iter().map(|id| (id, now));
        if *span == 0 {
            written.clear();
            return reply;
        }
        written.extend(fresh);
        written.retain(|(_, at)| now - at < *span);
        let Reply::Answer(mut answer) = reply else {
            return reply;
        };
        if call.method == "GET"
            && !written.is_empty()
            && let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body)
        {
            prune(&mut body, written);
            answer.body = body.to_string().into_bytes();
        }
        Reply::Answer(answer)
    }
}

fn prune(value: &mut Value, written: &[(String, Millis)]) {
    match value {
        Value::Array(items) => {
            items.retain(|item| !is_one_of(item, written));
            for item in items {
                prune(item, written);
            }
        }
        Value::Object(fields) => {
            for item in fields.values_mut() {
                prune(item, written);
            }
        }
        _ => {}
    }
}

/// Some networks call a private message by its thread and its number, and write only the number.
fn is_one_of(item: &Value, written: &[(String, Millis)]) -> bool {
    ["id", "sid", "uri"].into_iter().any(|name| {
        let id = item.get(name).and_then(Value::as_str).unwrap_or_default();
        !id.is_empty()
            && written.iter().any(|(known, _)| {
                known == id
                    || known
                        .rsplit_once('/')
                        .is_some_and(|(thread, number)| !thread.contains(':') && number == id)
            })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_young_stands_in_no_list() {
        let written = [("2".to_owned(), 0), ("c1/7".to_owned(), 0)];
        let mut body = json!({"data": [{"id": "1", "below": {"data": [{"id": "2"}]}}, {"id": "2"}], "messages": [{"id": "7"}], "id": "2"});
        prune(&mut body, &written);
        assert_eq!(
            body,
            json!({"data": [{"id": "1", "below": {"data": []}}], "messages": [], "id": "2"})
        );
    }
}
