//! The demo's inboxes on networks: an account is opened on the simulated network, the inbox made or found
//! with its address and its secrets, and the network told where the inbox's hook is.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use kulant_care::Care;
use kulant_care::access::operator;
use kulant_care::admin::inboxes::{self, Inbox, InboxChange, NewInbox};
use serde_json::{Value, json};

use super::super::named;
use super::cast::{COMPANIES, Company};
use super::network::{Account, Network, Resident, settings_of};

/// A network on which a company has an account. One that is to join them needs a line here, and its
/// customers' habits in the demo world.
pub(super) struct Presence {
    /// What the channel and the simulated network are called.
    channel: &'static str,
    /// What people call it.
    label: &'static str,
    /// How often it is asked, where its channel's own pace is slower than a demo should be.
    poll_seconds: Option<u64>,
}

pub(super) const BLUESKY: Presence = asked("bluesky", "Bluesky", 15);
pub(super) const EMAIL: Presence = told("email", "E-Mail");
pub(super) const FACEBOOK: Presence = told("facebook", "Facebook");
pub(super) const INSTAGRAM: Presence = told("instagram", "Instagram");
pub(super) const MASTODON: Presence = told("mastodon", "Mastodon");
pub(super) const TELEGRAM: Presence = told("telegram", "Telegram");
pub(super) const WHATSAPP: Presence = told("whatsapp", "WhatsApp");
pub(super) const X: Presence = asked("x", "X", 65);
pub(super) const YOUTUBE: Presence = asked("youtube", "YouTube", 30);

/// How the world's own network is connected: over the signed webhook, as a company connects its forum.
const FORUM: &str = "Forum";

const fn told(channel: &'static str, label: &'static str) -> Presence {
    Presence {
        channel,
        label,
        poll_seconds: None,
    }
}

const fn asked(channel: &'static str, label: &'static str, poll_seconds: u64) -> Presence {
    Presence {
        channel,
        label,
        poll_seconds: Some(poll_seconds),
    }
}

/// Connects every company's inboxes with the networks of this start; returns where customers live.
pub(super) async fn connect(
    care: &Care,
    network: &mut Network,
    listening: SocketAddr,
) -> Result<Vec<Resident>> {
    let mut residences = Vec::new();
    for company in &COMPANIES {
        for presence in company.networks {
            let account = open(care, network, (company, presence), listening)
                .await
                .with_context(|| format!("{} {}", company.short, presence.label))?;
            residences.push(resident(company, presence.channel, account));
        }
        let forum = connect_forum(care, network, company, listening).await?;
        network.connect(forum).await?;
        residences.push(resident(company, "here", String::new()));
    }
    Ok(residences)
}

fn resident(company: &Company, network: &str, account: String) -> Resident {
    Resident {
        brand: company.slug.to_owned(),
        network: network.to_owned(),
        handle: company.handle.to_owned(),
        account,
    }
}

/// Opens an account and makes its inbox, or finds both; returns the account's id.
async fn open(
    care: &Care,
    network: &mut Network,
    (company, presence): (&Company, &Presence),
    listening: SocketAddr,
) -> Result<String> {
    let mut wish = json!({
        "network": presence.channel,
        "handle": company.handle,
        "name": company.name,
        // What only some networks know: to speak for a business.
        "business": true,
    });
    let name = format!("{} {}", company.short, presence.label);
    let known = inboxes::find_by_name(care, &operator(), &name).await?;
    let inbox = if let Some(inbox) = known {
        inbox
    } else {
        // The hook's address is known once the inbox is there.
        let opened = network.open(&wish).await?;
        let settings = settings_of(&opened, presence.poll_seconds);
        let (inbox, _) = make(care, company, (name, presence.channel, settings)).await?;
        inbox
    };
    if let Some(hook_url) = hook_url(&inbox, listening) {
        wish["hook_url"] = json!(hook_url);
    }
    let opened = network.open(&wish).await?;
    let change = InboxChange {
        settings: Some(settings_of(&opened, presence.poll_seconds)),
        ..InboxChange::default()
    };
    inboxes::change(care, &operator(), inbox.id, (inbox.version, change)).await?;
    opened["id"]
        .as_str()
        .map(str::to_owned)
        .context("an account has an id")
}

/// Gives the inbox of the world's own network its addresses and a secret that the network is told.
async fn connect_forum(
    care: &Care,
    network: &Network,
    company: &Company,
    listening: SocketAddr,
) -> Result<Account> {
    let settings = json!({"answer_url": network.answer_url, "lookup_url": network.lookup_url});
    let name = format!("{} {FORUM}", company.short);
    let known = inboxes::find_by_name(care, &operator(), &name).await?;
    let (inbox, secret) = if let Some(inbox) = known {
        // The network of this start is another one: its addresses and its secret are new.
        let change = InboxChange {
            settings: Some(settings),
            ..InboxChange::default()
        };
        let seen = inbox.version;
        let inbox = inboxes::change(care, &operator(), inbox.id, (seen, change)).await?;
        inboxes::rotate_secret(care, &operator(), inbox.id, inbox.version).await?
    } else {
        let (inbox, secret) = make(care, company, (name.clone(), "webhook", settings)).await?;
        (inbox, secret.context("a webhook inbox has a secret")?)
    };
    Ok(Account {
        name,
        brand: company.slug.to_owned(),
        hook_url: hook_url(&inbox, listening).context("a webhook inbox has a hook")?,
        secret,
    })
}

async fn make(
    care: &Care,
    company: &Company,
    (name, channel, settings): (String, &str, Value),
) -> Result<(Inbox, Option<String>)> {
    let new = NewInbox {
        name,
        channel: channel.to_owned(),
        brand: Some(named::brand(care, company.name).await?),
        team: Some(named::team(care, company.team).await?),
        settings: Some(settings),
    };
    Ok(inboxes::create(care, &operator(), new).await?)
}

fn hook_url(inbox: &Inbox, listening: SocketAddr) -> Option<String> {
    let path = inbox.managed.as_ref()?.hook_path.as_ref()?;
    Some(format!("http://127.0.0.1:{}{path}", listening.port()))
}
