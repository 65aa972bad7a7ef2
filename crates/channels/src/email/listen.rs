//! Holds a connection open and is told of new mail as it comes (IDLE). Looks every few minutes all
//! the same: some servers forget to tell, and some connections die without a word.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::time::Instant;

use super::connect::step;
use super::imap::{Reader, failure};
use super::poll;
use super::setup::Setup;
use super::wire::Cursor;
use crate::delivery::{Account, Polled};
use crate::http::Http;
use crate::outbound::SendError;

/// How long we wait to be told; servers close a connection that idles for half an hour.
const IDLE: Duration = Duration::from_mins(5);
/// How long until the next look at a server that does not tell.
const WITHOUT_IDLE: Duration = Duration::from_mins(1);

/// A mailbox that is listened to.
struct Listening<'a> {
    account: &'a Account,
    http: &'a Http,
    setup: Setup,
    cursor: Cursor,
    reader: Option<Reader>,
    /// Whether there may be more than the last look brought.
    more: bool,
    /// What ended the last look, which is said after what it brought.
    broken: Option<SendError>,
    begun: Instant,
}

/// Gives what each look brings, beginning with the gap; ends with the first error.
pub(super) fn listen<'a>(
    account: &'a Account,
    cursor: Option<&'a str>,
    http: &'a Http,
) -> BoxStream<'a, Result<Polled, SendError>> {
    let begin = Setup::read(account).map(|setup| Listening {
        account,
        http,
        setup,
        cursor: Cursor::read(cursor),
        reader: None,
        more: true,
        broken: None,
        begun: Instant::now(),
    });
    stream::unfold(Some(begin), |state| async {
        match state? {
            Err(error) => Some((Err(error), None)),
            Ok(mut listening) => match listening.next().await {
                Ok(polled) => Some((Ok(polled), Some(Ok(listening)))),
                Err(error) => Some((Err(error), None)),
            },
        }
    })
    .boxed()
}

impl Listening<'_> {
    /// Waits until there may be something new, and looks.
    async fn next(&mut self) -> Result<Polled, SendError> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        let mut reader = match self.reader.take() {
            None => Reader::open(&self.setup, self.http).await?,
            Some(reader) if self.more => reader,
            Some(reader) => wait(reader).await?,
        };
        let now = self.account.now.after(self.begun.elapsed());
        let mut news = poll::look(&self.setup, &mut reader, &mut self.cursor, now).await?;
        self.more = news.more;
        self.broken = news.broken.take();
        self.reader = Some(reader);
        Ok(news.polled(&self.cursor))
    }
}

/// Waits until the server tells of something, but not for ever.
async fn wait(mut reader: Reader) -> Result<Reader, SendError> {
    if !reader.idles {
        tokio::time::sleep(WITHOUT_IDLE).await;
        step(reader.session.noop(), failure).await?;
        return Ok(reader);
    }
    let mut idling = reader.session.idle();
    step(idling.init(), failure).await?;
    {
        let (told, _stop) = idling.wait_with_timeout(IDLE);
        // Signs of life of the server begin the library's time anew, but not ours.
        if let Ok(told) = tokio::time::timeout(IDLE, told).await {
            told.map_err(failure)?;
        }
    }
    reader.session = step(idling.done(), failure).await?;
    Ok(reader)
}
