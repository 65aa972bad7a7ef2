//! Lists in pages: opaque cursors, bounded limits, the shape that every list has.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

const DEFAULT_LIMIT: i64 = 50;
/// The most items of a page, where nothing else is said.
pub const MOST: i64 = 100;

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// `next_cursor` of the page before; absent for the first.
    pub cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<i64>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; null at the end.
    pub next_cursor: Option<String>,
}

impl PageQuery {
    /// Returns how many items are wanted.
    pub fn limit(&self, most: i64) -> Result<i64, Problem> {
        match self.limit {
            None => Ok(DEFAULT_LIMIT),
            Some(limit) if (1..=most).contains(&limit) => Ok(limit),
            Some(_) => Err(Problem::invalid(
                "limit",
                "out_of_range",
                format!("between 1 and {most}"),
            )),
        }
    }

    /// Returns the key after which the page begins, as `Page::new` wrote it; none for the first page.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        self.cursor.as_deref().map(decode).transpose()
    }
}

impl<T> Page<T> {
    /// Makes a page of what was found when one item more than wanted was asked for.
    pub fn new<K: Serialize>(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> K) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| encode(&key(last)));
        Self { items, next_cursor }
    }

    /// Turns the items into what the client reads.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(turn).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// Writes a cursor.
pub fn encode<K: Serialize>(key: &K) -> String {
    let text = serde_json::to_vec(key).expect("the key of a cursor is JSON");
    URL_SAFE_NO_PAD.encode(text)
}

/// Reads a cursor.
pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| Problem::invalid("cursor", "not_a_cursor", "not a cursor of this list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_cursor_only_where_more_follows() {
        let full = Page::new(vec![3_i64, 4, 5], 2, |item| *item);
        assert_eq!(full.items, [3, 4]);
        let cursor = full.next_cursor.expect("more follows");
        assert_eq!(decode::<i64>(&cursor).expect("a cursor"), 4);
        let last = Page::new(vec![5_i64, 6], 2, |item| *item);
        assert_eq!((last.items.len(), last.next_cursor), (2, None));
    }

    #[test]
    fn strange_cursors_and_limits_are_refused() {
        assert!(decode::<i64>("!").is_err());
        assert!(decode::<i64>(&encode(&"text")).is_err());
        let query = |limit| PageQuery {
            cursor: None,
            limit,
        };
        assert_eq!(query(None).limit(100).expect("default"), 50);
        assert_eq!(query(Some(100)).limit(100).expect("fine"), 100);
        for limit in [0, -1, 101] {
            assert!(query(Some(limit)).limit(100).is_err(), "{limit}");
        }
    }
}
