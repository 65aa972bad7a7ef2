//! Compares what the networks were told with what stands in kulant.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use kulant_care::access::operator;
use kulant_care::{Care, export};
use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::time::Timestamp;

use super::inboxes::Inbox;
use super::speak::Said;

const PAGE: i64 = 500;

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Posts that do not stand there, by network, id and mark.
    pub(super) lost: Vec<String>,
    /// Posts that stand there more than once.
    pub(super) doubled: Vec<String>,
    pub(super) out_of_order: usize,
    /// Threads that lie in several conversations.
    pub(super) torn: usize,
    missing: BTreeSet<&'static str>,
}

/// Where a post stands.
#[derive(Debug, Clone)]
struct Standing {
    network_id: String,
    conversation: Option<ConversationId>,
    /// What conversations are ordered by.
    place: (Timestamp, MessageId),
}

impl Found {
    pub(super) fn misses(&self, network: &str) -> bool {
        self.missing.contains(network)
    }
}

/// Reads every message and compares.
pub(super) async fn look(care: &Care, inboxes: &[Inbox], said: &[Said]) -> Result<Found> {
    let mut standing: HashMap<(&'static str, String), Vec<Standing>> = HashMap::new();
    let mut after = MessageId(0);
    loop {
        let page = export::list_messages(care, &operator(), after, PAGE).await?;
        for view in page.items {
            let message = view.message;
            let Some(inbox) = inboxes.iter().find(|inbox| inbox.id == message.inbox) else {
                continue;
            };
            let (Some(mark), Some(network_id)) = (marked(&message.body), message.network_id) else {
                continue;
            };
            let one = Standing {
                network_id,
                conversation: message.conversation,
                place: (message.platform_at, message.id),
            };
            standing.entry((inbox.network, mark)).or_default().push(one);
        }
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    Ok(compare(said, &standing))
}

fn compare(said: &[Said], standing: &HashMap<(&'static str, String), Vec<Standing>>) -> Found {
    let mut found = Found::default();
    let mut threads: BTreeMap<(&str, u64), Vec<(u64, &Standing)>> = BTreeMap::new();
    for one in said {
        let told = || format!("{} {} ({})", one.network, one.id, one.mark);
        let all = standing
            .get(&(one.network, one.mark.clone()))
            .map_or(&[][..], Vec::as_slice);
        let Some(there) = all.iter().find(|there| there.network_id == one.id) else {
            found.lost.push(told());
            found.missing.insert(one.network);
            continue;
        };
        if all.len() > 1 {
            found.doubled.push(told());
        }
        threads
            .entry((one.network, one.thread))
            .or_default()
            .push((one.place, there));
    }
    for mut thread in threads.into_values() {
        thread.sort_by_key(|(place, _)| *place);
        let in_order = thread
            .windows(2)
            .all(|pair| pair[0].1.place < pair[1].1.place);
        found.out_of_order += usize::from(!in_order);
        let conversations: BTreeSet<_> =
            thread.iter().map(|(_, there)| there.conversation).collect();
        found.torn += usize::from(conversations.len() > 1);
    }
    found
}

/// Returns the word by which a post of the rush is known.
fn marked(body: &str) -> Option<String> {
    body.split_whitespace()
        .find(|word| word.ends_with("mark") && word.chars().any(|sign| sign.is_ascii_digit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: &str, thread: u64, place: u64) -> Said {
        Said {
            network: "x",
            id: id.to_owned(),
            mark: format!("x{id}mark"),
            thread,
            place,
        }
    }

    fn standing(id: &str, at: i64, conversation: i64) -> Standing {
        Standing {
            network_id: id.to_owned(),
            conversation: Some(ConversationId(conversation)),
            place: (Timestamp(at), MessageId(at)),
        }
    }

    #[test]
    fn what_is_lost_doubled_torn_or_out_of_order_is_seen() {
        let all = [
            said("1", 1, 0),
            said("2", 1, 1),
            said("3", 2, 0),
            said("4", 2, 1),
        ];
        let mut there = HashMap::new();
        let key = |id: &str| ("x", format!("x{id}mark"));
        there.insert(key("1"), vec![standing("1", 20, 7)]);
        there.insert(key("2"), vec![standing("2", 10, 7)]);
        there.insert(key("3"), vec![standing("3", 30, 8), standing("9", 31, 8)]);
        let found = compare(&all, &there);
        assert_eq!(found.lost, ["x 4 (x4mark)"]);
        assert!(found.misses("x"));
        assert_eq!(found.doubled, ["x 3 (x3mark)"]);
        assert_eq!((found.out_of_order, found.torn), (1, 0));

        there.insert(key("3"), vec![standing("3", 30, 8)]);
        there.insert(key("4"), vec![standing("4", 40, 9)]);
        let found = compare(&all, &there);
        assert!(found.lost.is_empty() && found.doubled.is_empty());
        assert_eq!((found.out_of_order, found.torn), (1, 1));
    }

    #[test]
    fn a_post_is_known_by_its_mark() {
        let body = "@nordtal_bot Warum? x000012mark";
        assert_eq!(marked(body).as_deref(), Some("x000012mark"));
        assert_eq!(marked("a landmark"), None);
    }
}
