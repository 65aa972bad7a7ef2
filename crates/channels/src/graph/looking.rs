//! Looks for a text of ours whose answer was lost, in the list where it would stand.
//! Public texts carry no mark, so it goes by author, words and a short time.

use std::time::Duration;

use serde_json::Value;

use super::client::Graph;
use super::envelope::time;
use crate::outbound::{Receipt, SendError};

/// How long ago it may have been said, so that the same words of another day are not meant.
const WITHIN: Duration = Duration::from_secs(3_600);

/// Where and how something of ours would stand.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// Where in the answer the list stands.
    pub(crate) list: &'a str,
    /// Our own id as the author, and our own name where it is known.
    pub(crate) own: &'a [&'a str],
    /// What is known already, so that the same words said before are not meant.
    pub(crate) known: &'a [String],
}

/// Finds the newest text of ours with these words.
pub(crate) async fn find(
    graph: &Graph<'_>,
    place: &Place<'_>,
    body: &str,
) -> Result<Option<Receipt>, SendError> {
    let wanted = plain(body);
    if wanted.is_empty() {
        return Err(SendError::Uncertain(
            "a file without words cannot be looked for".to_owned(),
        ));
    }
    let reading = match graph.ask(place.path, place.query).await {
        Err(SendError::RecipientGone(_)) => return Ok(None),
        reading => reading?,
    };
    let earliest = graph.account.now.before(WITHIN);
    let items = reading.body.pointer(place.list).and_then(Value::as_array);
    let found = items.into_iter().flatten().find_map(|item| {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let at = time(item.get("created_time").or_else(|| item.get("timestamp")))?;
        let from = item.pointer("/from/id").and_then(Value::as_str);
        let ours = [from, text("username")]
            .into_iter()
            .flatten()
            .any(|author| place.own.contains(&author));
        let words = plain(text("message").or_else(|| text("text"))?);
        let known = text("id").is_some_and(|id| place.known.iter().any(|known| known == id));
        (ours && !known && at >= earliest && words == wanted).then(|| Receipt {
            network_id: text("id").unwrap_or_default().to_owned(),
            at,
            url: text("permalink_url").map(str::to_owned),
        })
    });
    Ok(found.filter(|receipt| !receipt.network_id.is_empty()))
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
