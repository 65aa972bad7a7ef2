//! Reads the list of messages: the history when an inbox begins, and later what the hook missed.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::inbound::at;
use super::outbound::refusal;
use super::wire::{Cursor, LISTED, Media, MediaPage, Page, Record};
use super::{address, authorised, origin};
use crate::delivery::{Account, Polled, RawDelivery};
use crate::http::{Http, HttpError, Request};
use crate::outbound::SendError;

const PACE: Duration = Duration::from_mins(1);
const AFTER_TROUBLE: Duration = Duration::from_mins(2);
/// How far back the first poll looks.
const HISTORY: Duration = Duration::from_hours(7 * 24);
/// How far the list is read again each time, because it is not kept strictly in order.
const OVERLAP: Duration = Duration::from_hours(1);
/// The most messages that Twilio gives at once, and how often it is asked in a row.
const PAGE: &str = "1000";
const PAGES: usize = 20;
const REMEMBERED: usize = 1_000;

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let mut cursor: Cursor = cursor
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let since = match cursor.until {
        Some(until) => Timestamp::from_seconds(until).before(OVERLAP),
        None => account.now.before(HISTORY),
    };
    let (deliveries, trouble) = match news(account, since, &cursor.seen, http).await {
        Ok(news) => {
            // Only what was read whole moves the cursor on.
            cursor.until = Some(account.now.as_seconds());
            cursor.seen.extend(news.iter().map(|raw| raw.key.clone()));
            let surplus = cursor.seen.len().saturating_sub(REMEMBERED);
            cursor.seen.drain(..surplus);
            (news, None)
        }
        Err(trouble) => (Vec::new(), Some(trouble)),
    };
    let pause = trouble
        .as_ref()
        .map(|trouble| trouble.wait().unwrap_or(AFTER_TROUBLE));
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(pause.unwrap_or(PACE)),
        trouble,
    })
}

/// Returns what people wrote since then and was not seen, oldest first.
async fn news(
    account: &Account,
    since: Timestamp,
    seen: &[String],
    http: &Http,
) -> Result<Vec<RawDelivery>, SendError> {
    let mut news = Vec::new();
    let mut next = Some(first_page(account, since)?);
    for _ in 0..PAGES {
        let Some(url) = next.take() else {
            break;
        };
        let page: Page = read(account, url, http).await?;
        for message in page.messages {
            let Ok(record) = serde_json::from_value::<Record>(message.clone()) else {
                continue;
            };
            let is_old = record
                .date_sent
                .as_deref()
                .or(record.date_created.as_deref())
                .and_then(at)
                .is_some_and(|sent| sent < since);
            if record.direction != "inbound" || is_old || seen.contains(&record.sid) {
                continue;
            }
            news.push(RawDelivery {
                kind: LISTED.to_owned(),
                body: with_media(account, message, &record, http).await?,
                key: record.sid,
                headers: Vec::new(),
                received_at: account.now,
            });
        }
        next = page
            .next_page_uri
            .map(|path| format!("{}{path}", origin(account)));
    }
    news.reverse();
    Ok(news)
}

fn first_page(account: &Account, since: Timestamp) -> Result<String, SendError> {
    let mut url = Url::parse(&address(account, "/Messages.json")?)
        .map_err(|error| SendError::Forbidden(error.to_string()))?;
    // The list is asked for by days.
    let day: String = since.to_string().chars().take(10).collect();
    url.query_pairs_mut()
        .append_pair("DateSent>", &day)
        .append_pair("PageSize", PAGE);
    if let Some(number) = account.setting("number") {
        url.query_pairs_mut().append_pair("To", number);
    }
    Ok(url.into())
}

/// Adds the addresses of a message's files, which the list leaves out.
async fn with_media(
    account: &Account,
    mut message: Value,
    record: &Record,
    http: &Http,
) -> Result<Vec<u8>, SendError> {
    if record
        .num_media
        .as_deref()
        .is_some_and(|count| count != "0")
    {
        let url = address(account, &format!("/Messages/{}/Media.json", record.sid))?;
        let page: MediaPage = read(account, url, http).await?;
        let media: Vec<Media> = page
            .media_list
            .into_iter()
            .map(|file| Media {
                url: format!(
                    "{}{}",
                    origin(account),
                    file.uri.strip_suffix(".json").unwrap_or(&file.uri)
                ),
                content_type: file.content_type,
            })
            .collect();
        message["media"] = json!(media);
    }
    Ok(message.to_string().into_bytes())
}

async fn read<T: serde::de::DeserializeOwned>(
    account: &Account,
    url: String,
    http: &Http,
) -> Result<T, SendError> {
    let answer = http
        .send(authorised(account, Request::get(url))?)
        .await
        .map_err(HttpError::when_asking)?;
    if !matches!(answer.status, 200..=299) {
        return Err(refusal(account, &answer));
    }
    serde_json::from_slice(&answer.body).map_err(|error| SendError::Unreadable(error.to_string()))
}
