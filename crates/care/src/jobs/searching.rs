//! Asks networks what the searches of the listening post look for, each search on each inbox at its own
//! pace and within its budget of the day, which is kept with the search.

use std::time::Duration;

use kulant_channels::Channel;
use kulant_channels::delivery::{Account, RawDelivery};
use kulant_channels::inbound::Inbound;
use kulant_channels::outbound::SendError;
use kulant_model::ids::{InboxId, JobId, SearchId};
use kulant_model::time::Timestamp;
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::searches::{self, Look};
use kulant_store::{StoreError, Tx};
use serde_json::{Value as Json, json};

use super::Outcome;
use crate::error::CareError;
use crate::searches::{day_of, wording};
use crate::{Care, accept};

pub(super) const KIND: &str = "search";

/// How often one network is asked for one search at most.
const PACE: Duration = Duration::from_mins(3);
/// How long one look may take; after that another process may begin.
const TIME: Duration = Duration::from_secs(60);
/// How many looks go beside each other, over all processes: a slow server keeps nothing else waiting.
const BESIDE: usize = 3;
/// How long a look waits for its turn.
const TURN: Duration = Duration::from_secs(5);
const DAY_SECONDS: i64 = 86_400;

/// Lists the jobs that running searches need.
pub(super) async fn list_wanted(care: &Care) -> Result<Vec<NewJob>, CareError> {
    let running: Vec<(SearchId, InboxId)> = care
        .store
        .read(|read| searches::list_running(read).map_err(CareError::from))
        .await?;
    Ok(running
        .into_iter()
        .map(|(search, inbox)| NewJob {
            id: JobId(care.id()),
            kind: KIND,
            key: Some(key(search, inbox)),
            inbox: None,
            run_at: care.now(),
            payload: json!({"inbox": inbox, "search": search}),
        })
        .collect())
}

/// Has a search look at once where it waits for its next look.
pub(crate) fn look_soon(
    tx: &mut Tx<'_>,
    (search, inbox): (SearchId, InboxId),
    now: Timestamp,
) -> Result<(), StoreError> {
    jobs::hurry(tx, KIND, &key(search, inbox), now)
}

fn key(search: SearchId, inbox: InboxId) -> String {
    format!("{search}:{inbox}")
}

/// Looks once for one search on one inbox.
pub(super) async fn search(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let Some(opened) = super::inbox_of(care, job).await? else {
        return Ok(Outcome::Done);
    };
    let id = job.payload.get("search").and_then(Json::as_str);
    let Some(id) = id.and_then(|id| id.parse::<SearchId>().ok()) else {
        return Ok(Outcome::Done);
    };
    let inbox = opened.inbox.id;
    let (row, place) = care
        .store
        .read(move |read| -> Result<_, CareError> {
            Ok((
                searches::find(read, id)?,
                searches::find_inbox(read, id, inbox)?,
            ))
        })
        .await?;
    let (Some(row), Some(place)) = (row, place) else {
        return Ok(Outcome::Done);
    };
    let terms = wording::terms_of(&row.terms);
    if !row.state.runs() || terms.is_empty() {
        return Ok(Outcome::Done);
    }
    if !opened.channel.capabilities().search {
        // What comes in there is looked through as it comes; whether that changed is asked each hour.
        return Ok(Outcome::Afresh(care.now().after(Duration::from_hours(1))));
    }

    let now = care.now();
    if let Some(until) = opened.inbox.quiet_until.filter(|until| *until > now) {
        return Ok(Outcome::Afresh(until));
    }
    if !has_turn(care, job, inbox).await? {
        return Ok(Outcome::Afresh(now.after(TURN)));
    }
    let today = day_of(now);
    let used = if place.used_on == today {
        place.used
    } else {
        0
    };
    let tomorrow = Timestamp::from_seconds((today + 1) * DAY_SECONDS);
    if used >= place.budget {
        // Nobody was asked: what is known of the last look stays.
        let (search, at) = (id, tomorrow);
        care.store
            .write(move |tx| searches::put_off(tx, search, inbox, at).map_err(CareError::from))
            .await?;
        return Ok(Outcome::Afresh(tomorrow));
    }

    let account = opened.account(now);
    let question = wording::question_of(&terms, place.budget - used);
    let asking = opened
        .channel
        .search(&account, &question, place.cursor.as_deref(), &care.http);
    let asked = tokio::time::timeout(TIME, asking)
        .await
        .unwrap_or_else(|_| Err(SendError::RetryBackoff("no answer in time".to_owned())));
    match asked {
        Ok(mut polled) => {
            // Kept first: whatever cannot be read lies in quarantine then, and stops no search.
            let deliveries = polled.deliveries.clone();
            for raw in &mut polled.deliveries {
                wording::mark(raw, id);
            }
            accept::store(care, inbox, polled.deliveries).await?;
            let fetched = count(opened.channel, &account, &deliveries);
            let wait = polled.next_in.map(|wait| wait.max(PACE));
            let spent = used + fetched >= place.budget;
            let next_at = wait.map(|wait| {
                if spent {
                    tomorrow
                } else {
                    care.now().after(wait)
                }
            });
            let kept = Look {
                cursor: Some(polled.cursor),
                trouble: polled.trouble.as_ref().map_or(Json::Null, trouble),
                ..look(now, fetched, next_at)
            };
            keep(care, (id, inbox), kept).await?;
            // A network that asked never to be asked again is asked once a day.
            Ok(Outcome::Afresh(next_at.unwrap_or(tomorrow)))
        }
        Err(error) => {
            let pause = Duration::from_secs(60 << (job.attempts - 1).clamp(0, 6));
            let next_at = care.now().after(error.wait().unwrap_or(pause).max(PACE));
            let kept = Look {
                trouble: trouble(&error),
                ..look(now, 0, Some(next_at))
            };
            keep(care, (id, inbox), kept).await?;
            Ok(Outcome::Later(next_at))
        }
    }
}

/// Returns whether a look may begin: not too many go beside each other, and one at a time on an inbox.
async fn has_turn(care: &Care, job: &Job, inbox: InboxId) -> Result<bool, CareError> {
    let now = care.now();
    let claimed: Vec<(JobId, String)> = care
        .store
        .read(move |read| jobs::list_claimed(read, KIND, now).map_err(CareError::from))
        .await?;
    let on_inbox = format!(":{inbox}");
    let before = claimed.iter().take_while(|(id, _)| *id != job.id);
    let of_inbox = before.clone().any(|(_, key)| key.ends_with(&on_inbox));
    Ok(!of_inbox && before.count() < BESIDE)
}

/// Counts the posts in what a network gave; a delivery that cannot be read counts as one.
fn count(channel: &dyn Channel, account: &Account, deliveries: &[RawDelivery]) -> i64 {
    let posts = deliveries.iter().map(|raw| {
        let taken = wording::read_safely(channel, account, raw);
        taken.map_or(1, |taken| {
            let is_post = |inbound: &&Inbound| matches!(inbound, Inbound::Post(_));
            taken.iter().filter(is_post).count()
        })
    });
    i64::try_from(posts.sum::<usize>()).unwrap_or(i64::MAX)
}

fn look(at: Timestamp, fetched: i64, next_at: Option<Timestamp>) -> Look {
    Look {
        cursor: None,
        fetched,
        day: day_of(at),
        at,
        next_at,
        trouble: Json::Null,
    }
}

fn trouble(error: &SendError) -> Json {
    json!({"class": error.class(), "detail": error.detail()})
}

async fn keep(
    care: &Care,
    (search, inbox): (SearchId, InboxId),
    look: Look,
) -> Result<(), CareError> {
    care.store
        .write(move |tx| searches::save_look(tx, search, inbox, &look).map_err(CareError::from))
        .await
}

#[cfg(test)]
mod tests {
    use kulant_channels::capability::Capabilities;
    use kulant_channels::inbound::{TranslateError, Translation};

    use super::*;

    /// A network that gives something on which its channel breaks.
    struct Breaking;

    static NOTHING: Capabilities = Capabilities::NONE;

    impl Channel for Breaking {
        fn name(&self) -> &'static str {
            "breaking"
        }

        fn capabilities(&self) -> &'static Capabilities {
            &NOTHING
        }

        fn settings_schema(&self) -> Json {
            json!({})
        }

        fn translate(&self, _: &Account, raw: &RawDelivery) -> Result<Translation, TranslateError> {
            assert!(raw.body != b"a bomb", "it goes off");
            Err(TranslateError::Unreadable("never seen".to_owned()))
        }
    }

    #[test]
    fn what_breaks_the_reading_counts_and_stops_no_search() {
        let raw = |body: &str| RawDelivery {
            kind: "found".to_owned(),
            key: body.to_owned(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            received_at: Timestamp(1),
        };
        let account = Account {
            inbox_id: "1".to_owned(),
            settings: json!({}),
            secrets: json!({}),
            hook_url: String::new(),
            now: Timestamp(1),
        };
        let given = [raw("a bomb"), raw("a riddle")];
        assert_eq!(count(&Breaking, &account, &given), 2);
    }
}
