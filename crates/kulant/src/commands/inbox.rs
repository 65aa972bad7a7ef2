//! `kulant inbox add`: makes an inbox and prints what a script needs of it.

use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use kulant_care::Care;
use kulant_care::access::operator;
use kulant_care::admin::channels;
use kulant_care::admin::inboxes::{self, NewInbox};
use serde_json::{Map, Value};

use super::named;
use crate::config::{Config, NotUnderstood};
use crate::opening;
use crate::output::say;

/// Make inboxes
#[derive(Args)]
pub(crate) struct Inbox {
    #[command(subcommand)]
    wish: Wish,
}

#[derive(Subcommand)]
enum Wish {
    Add(Add),
}

/// Make an inbox: one connected account on a channel
///
/// Prints on standard output, each on a line of its own, what the channel has of it: the hook's path
/// and its secret (webhook), or the path of the public page (form). The secret is shown this once.
/// A brand or team that is not there yet is made.
///
/// Examples:
///   kulant inbox add --channel webhook --name App --brand Nordtal
///   kulant inbox add --channel webhook --name App --set answer_url=https://app.example.org/answers
///   kulant inbox add --channel feed --name Blog --set url=https://blog.example.org/feed.xml
///   kulant inbox add --channel form --name Contact
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct Add {
    /// What kind of network it is on
    #[arg(long, value_parser = PossibleValuesParser::new(channels::list().iter().map(|kind| kind.channel)))]
    channel: String,
    /// What the inbox is called at the desk
    #[arg(long)]
    name: String,
    /// Under whose name it speaks [default: the oldest brand]
    #[arg(long)]
    brand: Option<String>,
    /// Whose queue it feeds [default: the oldest team]
    #[arg(long)]
    team: Option<String>,
    /// A setting of the channel; can be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

pub(crate) async fn inbox(config: Config, wish: Inbox) -> Result<()> {
    let Wish::Add(add) = wish.wish;
    let settings = settings(&add.set)?;
    let addresses: Vec<String> = settings
        .values()
        .filter_map(Value::as_str)
        .filter(|text| text.starts_with("https://") || text.starts_with("http://"))
        .map(str::to_owned)
        .collect();
    let (care, _beside) = opening::open_beside(&config).await?;
    let brand = match &add.brand {
        Some(name) => Some(named::brand(&care, name).await?),
        None => None,
    };
    let team = match &add.team {
        Some(name) => Some(named::team(&care, name).await?),
        None => None,
    };
    let new = NewInbox {
        name: add.name,
        channel: add.channel,
        brand: brand.clone(),
        team: team.clone(),
        settings: Some(Value::Object(settings)),
    };
    let (inbox, secret) = inboxes::create(&care, &operator(), new).await?;
    if let Some(brand) = &brand {
        named::tell_made("brand", brand);
    }
    if let Some(team) = &team {
        named::tell_made("team", team);
    }
    if let Some(path) = inbox.managed.and_then(|managed| managed.hook_path) {
        say(path)?;
    }
    if let Some(secret) = secret {
        say(secret)?;
    }
    if let Some(path) = inbox.public_path {
        say(path)?;
    }
    tell_closed(&care, &addresses).await;
    Ok(())
}

/// Tells the person at the terminal which addresses the inbox will not be let to, where that can be
/// found out at once.
async fn tell_closed(care: &Care, addresses: &[String]) {
    const LONGEST: Duration = Duration::from_secs(3);
    for address in addresses {
        let checked = tokio::time::timeout(LONGEST, care.http.check_resolved(address)).await;
        if let Ok(Err(error)) = checked {
            eprintln!(
                "kulant: {error}: name the host in allowed_hosts, or set allow_private_networks, \
                 before kulant can reach it"
            );
        }
    }
}

/// Reads `name=value`; a value that is JSON is taken as such, else as text.
fn settings(pairs: &[String]) -> Result<Map<String, Value>> {
    let mut settings = Map::new();
    for pair in pairs {
        let (name, value) = pair
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or_else(|| NotUnderstood(format!("--set {pair}: it has to be NAME=VALUE")))?;
        let value = match serde_json::from_str(value) {
            Ok(Value::String(_)) | Err(_) => Value::from(value),
            Ok(value) => value,
        };
        settings.insert(name.trim().to_owned(), value);
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_json_where_they_can_be() {
        let pairs = [
            "url=https://a.example/?x=1",
            "minutes=5",
            "own=true",
            "names=[\"a\"]",
        ];
        let settings = settings(&pairs.map(str::to_owned)).expect("read");
        assert_eq!(
            Value::Object(settings),
            json!({"url": "https://a.example/?x=1", "minutes": 5, "own": true, "names": ["a"]})
        );
        for wrong in ["url", "=x"] {
            assert!(super::settings(&[wrong.to_owned()]).is_err());
        }
    }
}
