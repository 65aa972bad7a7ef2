//! What is new in the mailbox since the last look: each mail whole, as a delivery of its own.
//! A folder whose numbers mean nothing any more is read again; what comes twice has the same key.

use std::time::Duration;

use jiff::tz::TimeZone;
use kulant_model::time::Timestamp;
use mail_parser::MessageParser;

use super::imap::{Entry, Reader};
use super::inbound;
use super::setup::Setup;
use super::wire::{ARRIVED, CUT, Cursor, FOLDER, MESSAGE, Place};
use crate::delivery::{Account, Polled, RawDelivery};
use crate::http::Http;
use crate::outbound::SendError;

/// How long until the mailbox is looked into again, where nobody holds a connection.
const PACE: Duration = Duration::from_mins(1);
/// How long until the next look, where more is waiting.
const MORE: Duration = Duration::from_secs(1);
/// How many mails, and how many bytes, one look brings.
const MAILS_AT_ONCE: usize = 50;
const BYTES_AT_ONCE: usize = 20 << 20;
/// The largest mail that is fetched whole, and how much is fetched of a larger one.
const LARGEST: usize = 30 << 20;
const CUT_AT: usize = 256 << 10;

/// What one look brought.
pub(super) struct News {
    pub(super) deliveries: Vec<RawDelivery>,
    pub(super) more: bool,
    pub(super) trouble: Option<SendError>,
    /// Why the look ended before its time, though it brought something; the connection is of no use
    /// any more.
    pub(super) broken: Option<SendError>,
}

pub(super) async fn poll(
    setup: &Setup,
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let mut cursor = Cursor::read(cursor);
    let mut reader = Reader::open(setup, http).await?;
    let mut news = look(setup, &mut reader, &mut cursor, account.now).await?;
    match news.broken.take() {
        None => reader.close().await,
        broken => news.trouble = broken,
    }
    Ok(news.polled(&cursor))
}

/// Looks into every folder and moves the cursor past what is brought. What was brought before something
/// went wrong is kept: at a server that fails now and then, a long look would never come to its end.
pub(super) async fn look(
    setup: &Setup,
    reader: &mut Reader,
    cursor: &mut Cursor,
    now: Timestamp,
) -> Result<News, SendError> {
    let mut news = News {
        deliveries: Vec::new(),
        more: false,
        trouble: None,
        broken: None,
    };
    // The folder of new mail comes last: it stays open for being told of more.
    if let Some(sent) = &setup.sent_folder
        && let Err(error) = look_into(sent, setup, reader, cursor, now, &mut news).await
    {
        if !matches!(error, SendError::Forbidden(_)) {
            return news.broken_by(error);
        }
        news.trouble = Some(error);
    }
    match look_into(&setup.folder, setup, reader, cursor, now, &mut news).await {
        Ok(()) => Ok(news),
        Err(error) => news.broken_by(error),
    }
}

async fn look_into(
    folder: &str,
    setup: &Setup,
    reader: &mut Reader,
    cursor: &mut Cursor,
    now: Timestamp,
    news: &mut News,
) -> Result<(), SendError> {
    let mailbox = reader.enter(folder).await?;
    let validity = mailbox.uid_validity.unwrap_or(0);
    let known = cursor
        .folders
        .get(folder)
        .filter(|place| place.validity == validity);
    let query = match known {
        Some(place) => format!("UID {}:*", place.last.saturating_add(1)),
        None => format!("SINCE {}", search_date(setup, now)),
    };
    let last = known.map_or(0, |place| place.last);
    let mut uids = reader.search(&query).await?;
    // The last mail of a folder is always found, even when it was taken before.
    uids.retain(|uid| *uid > last);
    let all = uids.len();
    uids.truncate(MAILS_AT_ONCE);

    let mut place = Place { validity, last };
    let mut outcome = Ok(());
    if all == 0 {
        let newest = mailbox.uid_next.map_or(0, |next| next.saturating_sub(1));
        place.last = last.max(newest);
    } else {
        let mut bytes = 0;
        for entry in reader.entries(&uids).await? {
            let size = entry.size as usize;
            let size = if size > LARGEST { CUT_AT } else { size };
            if bytes > 0 && bytes + size > BYTES_AT_ONCE {
                news.more = true;
                break;
            }
            bytes += size;
            let uid = entry.uid;
            match fetch(reader, folder, entry, now).await {
                Ok(delivery) => news.deliveries.extend(delivery),
                Err(error) => {
                    news.more = true;
                    outcome = Err(error);
                    break;
                }
            }
            place.last = uid;
        }
        if !news.more {
            // What was found and is no longer there is passed as well.
            place.last = uids.last().copied().unwrap_or(place.last);
        }
        news.more |= all > uids.len();
    }
    cursor.folders.insert(folder.to_owned(), place);
    outcome
}

async fn fetch(
    reader: &mut Reader,
    folder: &str,
    entry: Entry,
    now: Timestamp,
) -> Result<Option<RawDelivery>, SendError> {
    let cut = entry.size as usize > LARGEST;
    let Some(body) = reader.fetch_mail(entry.uid, cut.then_some(CUT_AT)).await? else {
        return Ok(None);
    };
    let mut headers = vec![(FOLDER.to_owned(), folder.to_owned())];
    if let Some(arrived) = entry.arrived {
        headers.push((ARRIVED.to_owned(), arrived.to_string()));
    }
    if cut {
        headers.push((CUT.to_owned(), "yes".to_owned()));
    }
    let message = MessageParser::default().parse_headers(&body);
    Ok(Some(RawDelivery {
        kind: MESSAGE.to_owned(),
        key: inbound::id_of(message.as_ref(), &body),
        headers,
        received_at: now,
        body,
    }))
}

impl News {
    /// Ends a look; where it brought nothing, there is nothing but the error.
    fn broken_by(mut self, error: SendError) -> Result<Self, SendError> {
        if self.deliveries.is_empty() {
            return Err(error);
        }
        self.broken = Some(error);
        Ok(self)
    }

    pub(super) fn polled(self, cursor: &Cursor) -> Polled {
        Polled {
            deliveries: self.deliveries,
            cursor: cursor.write(),
            next_in: Some(if self.more { MORE } else { PACE }),
            trouble: self.trouble,
        }
    }
}

/// Returns the day from which on history is read, as IMAP writes days.
fn search_date(setup: &Setup, now: Timestamp) -> String {
    let day = jiff::Timestamp::from_second(now.as_seconds())
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC)
        .date();
    let from = day
        .checked_sub(jiff::Span::new().days(setup.history_days))
        .unwrap_or(day);
    from.strftime("%-d-%b-%Y").to_string()
}
