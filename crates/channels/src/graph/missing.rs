//! What was deleted where the network tells nobody: whatever no list has shown for a day is asked for
//! by itself, and what is no more, while its surroundings can still be read, must go here as well.

use std::collections::BTreeMap;
use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::Graph;
use super::history::{Walk, delivery};
use super::usage::Usage;
use crate::delivery::RawDelivery;
use crate::outbound::SendError;

/// After how long something that no list shows is asked for.
const RECHECK: Duration = Duration::from_secs(86_400);
/// How many of the newest are kept in mind, and how many are asked for at one poll.
const MOST: usize = 1_000;
const AT_ONCE: usize = 20;

/// What was said below our posts, by its id.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Known(BTreeMap<String, Said>);

#[derive(Serialize, Deserialize)]
struct Said {
    /// The post that it stands below.
    post: String,
    at: i64,
    /// When it was there.
    seen: i64,
}

/// What asking gave.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) usage: Usage,
    pub(super) trouble: Option<SendError>,
    /// Whether some are left to be asked for.
    pub(super) unasked: bool,
}

impl Known {
    /// Notes that something is there.
    pub(super) fn see(&mut self, id: &str, post: &str, at: Option<Timestamp>, now: Timestamp) {
        if let Some(said) = self.0.get_mut(id) {
            said.seen = now.as_seconds();
            return;
        }
        let said = Said {
            post: post.to_owned(),
            at: at.unwrap_or(now).as_seconds(),
            seen: now.as_seconds(),
        };
        self.0.insert(id.to_owned(), said);
        if self.0.len() > MOST {
            let oldest = self.0.iter().min_by_key(|(_, said)| said.at);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                self.0.remove(&id);
            }
        }
    }

    /// Asks for some of what was not seen for long, and tells what is no more.
    pub(super) async fn check(
        &mut self,
        graph: &Graph<'_>,
        walk: &Walk<'_>,
        deliveries: &mut Vec<RawDelivery>,
    ) -> Checked {
        let now = graph.account.now;
        let limit = now.before(RECHECK).as_seconds();
        let mut due: Vec<(String, String)> = self
            .0
            .iter()
            .filter(|(_, said)| said.seen <= limit)
            .map(|(id, said)| (id.clone(), said.post.clone()))
            .take(AT_ONCE + 1)
            .collect();
        let mut checked = Checked {
            unasked: due.len() > AT_ONCE,
            ..Checked::default()
        };
        due.truncate(AT_ONCE);
        let (mut gone, mut readable) = (Vec::new(), BTreeMap::new());
        for (id, post) in due {
            if checked.usage.per_cent >= 100 {
                break;
            }
            let there = match graph.ask(&[&id], &[("fields", "id")]).await {
                Ok(reading) => {
                    checked.usage = checked.usage.or(reading.usage);
                    true
                }
                Err(SendError::RecipientGone(_)) => match readable.get(&post) {
                    Some(readable) => !readable,
                    None => match is_readable(graph, walk, &post).await {
                        Ok(found) => {
                            readable.insert(post, found);
                            !found
                        }
                        Err(error) => {
                            checked.trouble = Some(error);
                            break;
                        }
                    },
                },
                Err(error) if error.wait().is_some() || error.stops_inbox() => {
                    checked.trouble = Some(error);
                    break;
                }
                // Nobody knows; tomorrow again, and the others today.
                Err(_) => true,
            };
            if !there {
                self.0.remove(&id);
                gone.push(id);
            } else if let Some(said) = self.0.get_mut(&id) {
                said.seen = now.as_seconds();
            }
        }
        if let Some(kind) = walk.gone.filter(|_| !gone.is_empty()) {
            deliveries.push(delivery(kind, json!({"gone": gone}), now));
        }
        checked
    }
}

/// Returns whether we may still read what stands around something that is missing: Meta gives one
/// answer for what is no more and for what we may not see. A post that was put into the archive is
/// not shown either, and may come back with all that stands below it.
async fn is_readable(graph: &Graph<'_>, walk: &Walk<'_>, post: &str) -> Result<bool, SendError> {
    let query = [("fields", "id"), ("limit", "1")];
    let edge = walk.below.map_or("comments", |below| below.edge);
    match graph.ask(&[post, edge], &query).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_retryable() || error.stops_inbox() => Err(error),
        Err(_) => Ok(false),
    }
}
