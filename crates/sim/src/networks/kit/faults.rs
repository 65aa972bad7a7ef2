//! Faults on order: which calls and deliveries they meet, how often, and what happens to those.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dice::Dice;
use crate::faults::lock;

/// One order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The network's name, or `*`.
    pub network: String,
    #[serde(default, rename = "match")]
    pub matching: Matching,
    /// How many calls or deliveries it still meets; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How many it lets pass first.
    #[serde(default)]
    pub skip: u32,
    /// The share of what it meets that it happens to, from 0 to 1; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    pub then: Then,
}

/// Which calls a rule meets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Then {
    /// This status and no effect, with the network's own words where no body is given.
    Status {
        status: u16,
        #[serde(default)]
        body: Option<Value>,
        #[serde(default)]
        headers: Map<String, Value>,
    },
    /// A pause before anything else.
    Latency { ms: u64 },
    /// The connection is cut, and nothing was done.
    Reset,
    /// It is done, and the connection is cut instead of an answer.
    EffectThenReset,
    /// It is done, and the answer comes too late for anybody.
    EffectThenSilence,
    /// It is done, and half of the answer arrives.
    Truncated,
    /// Streams stay open and say nothing more; a waiting caller waits for ever.
    HalfOpenStream,
    /// Streams end without a good-bye.
    DropStream,
    /// A delivery comes again.
    DuplicateDelivery {
        #[serde(default = "once")]
        times: u32,
    },
    /// A delivery comes later, after its followers.
    DelayDelivery { seconds: u32 },
    /// A delivery with a wrong signature comes first.
    WrongSignature,
    /// The last deliveries of this hook come again after it.
    Replay {
        #[serde(default = "once")]
        times: u32,
    },
}

const fn once() -> u32 {
    1
}

/// The orders that stand.
#[derive(Default)]
pub(crate) struct Rules {
    rules: Mutex<(Vec<Rule>, u64)>,
}

impl Then {
    /// Returns whether this happens to what the network pushes, and not to what it is asked.
    pub(crate) const fn is_of_deliveries(&self) -> bool {
        matches!(
            self,
            Self::DuplicateDelivery { .. }
                | Self::DelayDelivery { .. }
                | Self::WrongSignature
                | Self::Replay { .. }
        )
    }

    /// Returns the word that stands for this in transcripts.
    pub(crate) fn name(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value["do"].as_str().unwrap_or_default().to_owned()
    }
}

impl Rules {
    pub(crate) fn add(&self, rule: Rule) {
        lock(&self.rules).0.push(rule);
    }

    pub(crate) fn list(&self) -> Vec<Rule> {
        lock(&self.rules).0.clone()
    }

    pub(crate) fn clear(&self, network: Option<&str>) {
        let all = &mut lock(&self.rules).0;
        all.retain(|rule| network.is_some_and(|network| rule.network != network));
    }

    /// Returns what happens to a call.
    pub(crate) fn meet_call(&self, network: &str, method: &str, path: &str) -> Option<Then> {
        self.meet(network, method, path, false)
    }

    /// Returns what happens to a delivery.
    pub(crate) fn meet_delivery(&self, network: &str, url: &str) -> Option<Then> {
        self.meet(network, "POST", url, true)
    }

    fn meet(&self, network: &str, method: &str, path: &str, delivery: bool) -> Option<Then> {
        let mut guard = lock(&self.rules);
        let (rules, met) = &mut *guard;
        let index = rules.iter_mut().position(|rule| {
            let hits = (rule.network == "*" || rule.network == network)
                && rule.then.is_of_deliveries() == delivery
                && rule.matching.hits(method, path);
            if hits && rule.skip > 0 {
                rule.skip -= 1;
                return false;
            }
            if hits && let Some(share) = rule.share {
                *met += 1;
                return Dice::from_parts(&[*met, 0x5e]).chance(share);
            }
            hits
        })?;
        let then = rules[index].then.clone();
        if let Some(times) = &mut rules[index].times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                rules.remove(index);
            }
        }
        Some(then)
    }
}

impl Matching {
    fn hits(&self, method: &str, path: &str) -> bool {
        self.method
            .as_ref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|part| path.contains(part))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Rule, Rules, Then};

    fn rules(orders: serde_json::Value) -> Rules {
        let rules = Rules::default();
        let orders: Vec<Rule> = serde_json::from_value(orders).unwrap();
        for order in orders {
            rules.add(order);
        }
        rules
    }

    #[test]
    fn a_rule_meets_what_it_names_and_as_often_as_it_says() {
        let rules = rules(json!([{
            "network": "x", "match": {"method": "post", "path": "tweets"}, "times": 1, "skip": 1,
            "then": {"do": "effect_then_reset"},
        }]));
        assert_eq!(rules.meet_call("x", "GET", "/2/tweets"), None);
        assert_eq!(rules.meet_call("mastodon", "POST", "/2/tweets"), None);
        assert_eq!(rules.meet_call("x", "POST", "/2/tweets"), None);
        let then = rules.meet_call("x", "POST", "/2/tweets");
        assert_eq!(then, Some(Then::EffectThenReset));
        assert_eq!(then.unwrap().name(), "effect_then_reset");
        assert_eq!(rules.meet_call("x", "POST", "/2/tweets"), None);
    }

    #[test]
    fn calls_and_deliveries_have_their_own_faults() {
        let rules = rules(json!([
            {"network": "*", "then": {"do": "duplicate_delivery"}},
            {"network": "*", "share": 0.2, "then": {"do": "status", "status": 500}},
        ]));
        let duplicate = Some(Then::DuplicateDelivery { times: 1 });
        assert_eq!(rules.meet_delivery("x", "http://hook"), duplicate);
        let refused = (0..1_000)
            .filter(|_| rules.meet_call("x", "GET", "/").is_some())
            .count();
        assert!((150..250).contains(&refused), "{refused}");
        rules.clear(None);
        assert!(rules.list().is_empty());
    }
}
