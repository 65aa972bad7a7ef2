//! What colleagues did before the demo's first start: most of the past is settled, some of today is
//! somebody's, so that the desk opens on a day's work and not on a week's.

use std::time::Duration;

use anyhow::Result;
use kulant_care::access::operator;
use kulant_care::admin::agents;
use kulant_care::conversations::{self, Assignment};
use kulant_care::error::CareError;
use kulant_care::view::Summary;
use kulant_care::{Care, checkup, export};
use kulant_model::conversation::Status;
use kulant_model::ids::{AgentId, ConversationId, TeamId};
use kulant_model::time::Timestamp;

/// Everything older is settled.
const LONG_AGO: Duration = Duration::from_hours(30);
/// Of what is older, most is settled.
const TODAY: Duration = Duration::from_hours(5);
/// A thank-you that is older was seen by somebody.
const A_WHILE: Duration = Duration::from_hours(1);
/// By these words the invented customers say thanks.
const THANKS: [&str; 8] = [
    "dank",
    "thank",
    "cheers",
    "geht doch",
    "hilft mir",
    "freut mich",
    "alles klar",
    "that helps",
];
/// How long the past may take to come in.
const PATIENCE: usize = 100;
/// How often in a row nothing may be new until it has come in.
const QUIET: usize = 8;
/// Networks that are asked and not heard tell some of it later: it is looked again.
const ROUNDS: usize = 6;
const ROUND_EVERY: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(150);
const PAGE: i64 = 200;

/// Waits until the past has come in, then settles most of it.
pub(super) async fn settle(care: &Care, emails: &[&str]) -> Result<()> {
    let begun = care.now();
    wait_for_the_past(care).await?;
    let mut people = Vec::new();
    for email in emails {
        if let Some(id) = agents::find_by_email(care, &operator(), email).await? {
            let agent = agents::find(care, &operator(), id).await?;
            let teams = agent.teams.iter().map(|(team, _)| *team).collect();
            people.push((id, teams));
        }
    }
    for _ in 0..ROUNDS {
        settle_all(care, &people, begun).await?;
        tokio::time::sleep(ROUND_EVERY).await;
    }
    Ok(())
}

async fn settle_all(
    care: &Care,
    people: &[(AgentId, Vec<TeamId>)],
    begun: Timestamp,
) -> Result<()> {
    let mut after = ConversationId(0);
    loop {
        let page = export::list_conversations(care, &operator(), after, PAGE).await?;
        let past = page
            .items
            .iter()
            .filter(|summary| summary.row.last_message_at < begun);
        for summary in past {
            match settle_one(care, summary, people).await {
                // Somebody wrote meanwhile, or looks at it already: it is theirs.
                Ok(()) | Err(CareError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match page.next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

async fn settle_one(
    care: &Care,
    summary: &Summary,
    people: &[(AgentId, Vec<TeamId>)],
) -> Result<(), CareError> {
    let row = &summary.row;
    if row.status != Status::Open || row.agent.is_some() {
        return Ok(());
    }
    let age = care.now().since(row.last_message_at);
    // The id's lower digits are as good as chance and the same each time.
    let chance = row.id.0 % 10;
    let is_thanks = says_thanks(&summary.preview) && age > A_WHILE;
    if age > LONG_AGO || is_thanks || (age > TODAY && chance < 7) {
        let (id, version) = (row.id, row.version);
        return conversations::set_status(care, &operator(), id, version, Status::Resolved, None)
            .await;
    }
    let place = usize::try_from(row.id.0 / 10 % 6).unwrap_or(usize::MAX);
    if let Some((agent, teams)) = people.get(place)
        && row.team.is_some_and(|team| teams.contains(&team))
    {
        let to = Assignment::Agent(*agent);
        return conversations::assign(care, &operator(), row.id, row.version, to).await;
    }
    Ok(())
}

/// Needs no answer: whoever saw it took it from the list of those who wait.
fn says_thanks(words: &str) -> bool {
    let words = words.to_lowercase();
    THANKS.iter().any(|thanks| words.contains(thanks))
}

/// The past has come in when nothing is new and nothing waits for a while, and something is there.
async fn wait_for_the_past(care: &Care) -> Result<()> {
    let mut quiet = 0;
    let mut newest = None;
    for _ in 0..PATIENCE {
        tokio::time::sleep(LOOK_EVERY).await;
        let findings = checkup::look_over(&care.store, None).await?;
        let still = findings.oldest_waiting.is_none()
            && findings.newest_event_at.is_some()
            && findings.newest_event_at == newest;
        newest = findings.newest_event_at;
        quiet = if still { quiet + 1 } else { 0 };
        if quiet >= QUIET {
            break;
        }
    }
    Ok(())
}
