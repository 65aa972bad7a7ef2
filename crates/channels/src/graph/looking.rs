//! Looks for something of ours whose answer was lost, in the list where it would stand.
//! Nothing there carries a mark of ours, so it goes by author, words and the time since it was tried.

use kulant_model::time::Timestamp;
use serde_json::Value;

use super::client::Graph;
use super::envelope::time;
use super::history::next;
use crate::outbound::{Outbound, Receipt, SendError};

/// The most pages that are looked through.
const PAGES: usize = 10;

/// What of ours is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    Words(&'a str),
    /// A file, beside which no words stand.
    File,
}

/// A list in which something of ours would stand.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// Whether what is older stands further back.
    pub(crate) newest_first: bool,
    /// Our own id as the author, and our own name where it is known.
    pub(crate) own: &'a [&'a str],
}

/// Where the private messages of an account stand.
#[derive(Clone, Copy)]
pub(crate) struct PrivatePlace<'a> {
    /// The page or Instagram account in whose name is sent.
    pub(crate) node: &'a str,
    /// What Meta calls the network.
    pub(crate) platform: &'a str,
    /// What is asked of a conversation, and of a message in it.
    pub(crate) fields: (&'a str, &'a str),
    pub(crate) own: &'a [&'a str],
}

/// By what something of ours is known among other things.
struct Marks<'a> {
    wanted: Wanted<'a>,
    words: String,
    own: &'a [&'a str],
    known: &'a [String],
    since: Timestamp,
}

impl<'a> Wanted<'a> {
    /// Looks for a message by its words, where it has some.
    pub(crate) fn of(body: &'a str) -> Self {
        if body.trim().is_empty() {
            Self::File
        } else {
            Self::Words(body)
        }
    }
}

/// Finds something of ours in a list, reading on until what is older than the first try.
pub(crate) async fn find(
    graph: &Graph<'_>,
    place: &Place<'_>,
    outbound: &Outbound,
    wanted: Wanted<'_>,
) -> Result<Option<Receipt>, SendError> {
    let marks = Marks::of(graph, outbound, (wanted, place.own));
    let mut after: Option<String> = None;
    for _ in 0..PAGES {
        let mut query = place.query.to_vec();
        query.extend(after.as_deref().map(|after| ("after", after)));
        let reading = match graph.ask(place.path, &query).await {
            Err(SendError::RecipientGone(_)) => return Ok(None),
            reading => reading?,
        };
        match marks.read(&reading.body, place.newest_first) {
            Seen::Ours(receipt) => return Ok(Some(receipt)),
            Seen::All => return Ok(None),
            Seen::Some(next) => after = Some(next),
        }
    }
    Err(too_many())
}

/// Finds something of ours in the private thread it went into.
pub(crate) async fn find_private(
    graph: &Graph<'_>,
    place: PrivatePlace<'_>,
    outbound: &Outbound,
    wanted: Wanted<'_>,
) -> Result<Option<Receipt>, SendError> {
    let person = outbound.thread.as_deref().or(outbound.recipient.as_deref());
    let query = [
        ("platform", place.platform),
        ("user_id", person.unwrap_or_default()),
        ("fields", place.fields.0),
    ];
    let reading = match graph.ask(&[place.node, "conversations"], &query).await {
        Err(SendError::RecipientGone(_)) => return Ok(None),
        reading => reading?,
    };
    let Some(thread) = reading.body.pointer("/data/0") else {
        return Ok(None);
    };
    let marks = Marks::of(graph, outbound, (wanted, place.own));
    let newest = thread.get("messages").unwrap_or(&Value::Null);
    let mut after = match marks.read(newest, true) {
        Seen::Ours(receipt) => return Ok(Some(receipt)),
        Seen::All => return Ok(None),
        Seen::Some(next) => next,
    };
    let id = thread
        .get("id")
        .and_then(Value::as_str)
        .ok_or_else(|| SendError::Unreadable("a conversation without an id".to_owned()))?;
    for _ in 1..PAGES {
        let query = [
            ("fields", place.fields.1),
            ("limit", "100"),
            ("after", after.as_str()),
        ];
        let reading = graph.ask(&[id, "messages"], &query).await?;
        match marks.read(&reading.body, true) {
            Seen::Ours(receipt) => return Ok(Some(receipt)),
            Seen::All => return Ok(None),
            Seen::Some(next) => after = next,
        }
    }
    Err(too_many())
}

/// What a page of a list says.
enum Seen {
    Ours(Receipt),
    /// Ours is not there, and what comes after it is older, or there is nothing more.
    All,
    /// It goes on there.
    Some(String),
}

impl<'a> Marks<'a> {
    fn of(
        graph: &Graph<'_>,
        outbound: &'a Outbound,
        (wanted, own): (Wanted<'a>, &'a [&'a str]),
    ) -> Self {
        Self {
            words: match wanted {
                Wanted::Words(words) => plain(words),
                Wanted::File => String::new(),
            },
            wanted,
            own,
            known: &outbound.references,
            since: outbound.looked_for_since(graph.account.now),
        }
    }

    fn read(&self, list: &Value, newest_first: bool) -> Seen {
        let items = list.get("data").and_then(Value::as_array);
        let items = || items.into_iter().flatten();
        if let Some(receipt) = items().find_map(|item| self.ours(item)) {
            return Seen::Ours(receipt);
        }
        let behind =
            newest_first && items().any(|item| said_at(item).is_some_and(|at| at < self.since));
        match next(list).filter(|_| !behind) {
            Some(next) => Seen::Some(next.to_owned()),
            None => Seen::All,
        }
    }

    /// Reads an item where it is what is looked for.
    fn ours(&self, item: &Value) -> Option<Receipt> {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let at = said_at(item).filter(|at| *at >= self.since)?;
        let id = text("id").filter(|id| !id.is_empty())?;
        let from = item.pointer("/from/id").and_then(Value::as_str);
        let ours = [from, text("username")]
            .into_iter()
            .flatten()
            .any(|author| self.own.contains(&author));
        let words = plain(text("message").or_else(|| text("text")).unwrap_or_default());
        let fits = match self.wanted {
            Wanted::Words(_) => words == self.words,
            Wanted::File => words.is_empty() && has_file(item),
        };
        // The same words said before are not meant.
        let known = self.known.iter().any(|known| known == id);
        (ours && fits && !known).then(|| Receipt {
            pause: None,
            network_id: id.to_owned(),
            at,
            url: text("permalink_url").map(str::to_owned),
        })
    }
}

fn said_at(item: &Value) -> Option<Timestamp> {
    time(item.get("created_time").or_else(|| item.get("timestamp")))
}

fn has_file(item: &Value) -> bool {
    let several = item.pointer("/attachments/data").and_then(Value::as_array);
    several.is_some_and(|files| !files.is_empty()) || item.get("attachment").is_some()
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn too_many() -> SendError {
    SendError::Uncertain("too much was said since to look through".to_owned())
}
