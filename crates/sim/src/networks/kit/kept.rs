//! How a network's state is written down and read again, so that a later start goes on with it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Writes a state down.
pub(crate) fn written<T: Serialize>(state: &T) -> Value {
    serde_json::to_value(state)
        .inspect_err(|error| tracing::error!(error = %error, "a network cannot be written down"))
        .unwrap_or_default()
}

/// Takes a state as it was written down; no where it cannot be read, and nothing has changed then.
pub(crate) fn read<T: DeserializeOwned>(state: &mut T, written: Value) -> bool {
    match serde_json::from_value(written) {
        Ok(read) => {
            *state = read;
            true
        }
        Err(error) => {
            tracing::warn!(error = %error, "what a network was cannot be read");
            false
        }
    }
}

/// Maps whose keys are more than one word, as a list of pairs.
pub(crate) mod pairs {
    use super::{BTreeMap, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let pairs = Vec::<(K, V)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::{pairs, read, written};

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct State {
        #[serde(with = "pairs")]
        heard: BTreeMap<(String, i64), u64>,
        numbers: BTreeMap<u64, String>,
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let state = State {
            heard: [(("a".to_owned(), -1), u64::MAX)].into(),
            numbers: [(115_500_000_000_000_001, "b".to_owned())].into(),
        };
        let mut again = State::default();
        assert!(read(&mut again, written(&state)));
        assert_eq!(again, state);
        assert!(!read(&mut again, json!({"heard": 1})));
        assert_eq!(again, state);
    }
}
