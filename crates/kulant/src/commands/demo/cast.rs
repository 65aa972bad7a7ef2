//! Who stands in the demo: two brands with their teams and contact forms, three people to log in as.
//! Made by the same use cases as by hand; kept, with the passwords, in a file beside the data. The
//! inboxes of the networks stand in `accounts`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use kulant_care::Care;
use kulant_care::access::operator;
use kulant_care::admin::Wanted;
use kulant_care::admin::agents::{self, AgentChange};
use kulant_care::admin::brands::{self, BrandChange};
use kulant_care::admin::inboxes::{self, NewInbox};
use kulant_care::admin::teams::{self, TeamChange};
use kulant_care::people::invitations::{self, Acceptance};
use kulant_model::brand::{Opening, Voice};
use kulant_model::role::Role;
use serde::{Deserialize, Serialize};

use super::accounts::{
    BLUESKY, EMAIL, FACEBOOK, INSTAGRAM, MASTODON, Presence, TELEGRAM, WHATSAPP, X, YOUTUBE,
};

/// The file that remembers the log-ins from one start to the next.
const FILE: &str = "demo.json";
/// How many brands or teams are looked through; a demo has a handful.
const PAGE: i64 = 100;

/// One of the invented companies, as it stands at the desk.
pub(super) struct Company {
    /// What the world calls it.
    pub(super) slug: &'static str,
    /// What its accounts are called on the networks.
    pub(super) handle: &'static str,
    pub(super) name: &'static str,
    /// What its inboxes are called by.
    pub(super) short: &'static str,
    pub(super) team: &'static str,
    /// What lay there in an empty database and takes the company's name instead.
    found: Option<(&'static str, &'static str)>,
    voice: Voice,
    colour: &'static str,
    signature: &'static str,
    days: std::ops::RangeInclusive<i64>,
    hours: (&'static str, &'static str),
    form: &'static str,
    /// On which networks its customers live.
    pub(super) networks: &'static [Presence],
}

pub(super) const COMPANIES: [Company; 2] = [
    Company {
        slug: "nordtal",
        handle: "nordtalbahn",
        name: "Nordtal Bahn",
        short: "Nordtal",
        team: "Nordtal Service",
        found: Some(("kulant", "Service")),
        voice: Voice::Sie,
        colour: "#0b6e4f",
        signature: "Ihr Team der Nordtal Bahn",
        days: 1..=6,
        hours: ("08:00", "20:00"),
        form: "Nordtal Kontakt",
        networks: &[EMAIL, FACEBOOK, INSTAGRAM, X, MASTODON, WHATSAPP],
    },
    Company {
        slug: "lumenau",
        handle: "lumenau",
        name: "Lumenau",
        short: "Lumenau",
        team: "Lumenau Service",
        found: None,
        voice: Voice::Du,
        colour: "#8a2be2",
        signature: "Dein Lumenau-Team",
        days: 1..=7,
        hours: ("07:00", "22:00"),
        form: "Lumenau Kontakt",
        networks: &[
            EMAIL, FACEBOOK, INSTAGRAM, YOUTUBE, BLUESKY, TELEGRAM, WHATSAPP,
        ],
    },
];

/// The people: address, name, role, and of which companies' teams.
const PEOPLE: [(&str, &str, Role, &[&str]); 3] = [
    (
        "admin@demo.example",
        "Mara Lindner",
        Role::Administrator,
        &["Nordtal Service", "Lumenau Service"],
    ),
    (
        "supervisor@demo.example",
        "Jonas Okafor",
        Role::Supervisor,
        &["Nordtal Service", "Lumenau Service"],
    ),
    (
        "agent@demo.example",
        "Elif Brandt",
        Role::Agent,
        &["Nordtal Service"],
    ),
];

/// The log-ins of a demo.
pub(super) struct Cast {
    log_ins: Vec<LogIn>,
}

#[derive(Clone, Serialize, Deserialize)]
struct LogIn {
    role: String,
    email: String,
    password: String,
}

/// Returns whether a demo was begun in this folder.
pub(super) fn has_begun(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

/// Sets the demo up, or finds it as an earlier start left it; one that was interrupted is completed.
pub(super) async fn set_up(care: &Care, folder: &Path) -> Result<Cast> {
    let path = folder.join(FILE);
    if let Ok(text) = std::fs::read_to_string(&path) {
        let log_ins: Vec<LogIn> = serde_json::from_str(&text).with_context(|| {
            format!(
                "{} cannot be read; write [] into it, and the log-ins are made anew",
                path.display()
            )
        })?;
        if !log_ins.is_empty() {
            return Ok(Cast { log_ins });
        }
    }
    // Says that what stands here is the demo's, also after a start that was interrupted.
    super::keep(&path, "[]").with_context(|| format!("{} cannot be written", path.display()))?;
    for company in &COMPANIES {
        found_company(care, company).await?;
    }
    let mut log_ins = Vec::new();
    for (email, name, role, teams) in PEOPLE {
        log_ins.push(hire(care, (email, name, role), teams).await?);
    }
    super::keep(&path, &serde_json::to_string_pretty(&log_ins)?)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(Cast { log_ins })
}

impl Cast {
    /// Returns the addresses of the people.
    pub(super) fn emails(&self) -> Vec<&str> {
        self.log_ins
            .iter()
            .map(|log_in| log_in.email.as_str())
            .collect()
    }

    /// Writes what somebody needs to look around.
    pub(super) fn card(&self, public_url: &str, network: &str) -> String {
        let mut card = format!(
            "\n  kulant demo\n\n  desk      {public_url}/desk\n  network   {network}   what the invented customers say; write as one of them\n  form      {public_url}/form/nordtal-kontakt\n\n"
        );
        for log_in in &self.log_ins {
            let _ = writeln!(
                card,
                "  {:<14} {:<26} {}",
                log_in.role, log_in.email, log_in.password
            );
        }
        card.push_str("\n  Ctrl-C ends it; the next start goes on with the same data.");
        card
    }
}

async fn found_company(care: &Care, company: &Company) -> Result<()> {
    let change = BrandChange {
        name: Some(company.name.to_owned()),
        slug: Some(company.slug.to_owned()),
        voice: Some(company.voice),
        languages: Some(vec!["de".to_owned(), "en".to_owned()]),
        colour: Some(Some(company.colour.to_owned())),
        signature: Some(Some(company.signature.to_owned())),
        hours: Some(
            company
                .days
                .clone()
                .map(|day| Opening {
                    day,
                    open: company.hours.0.to_owned(),
                    close: company.hours.1.to_owned(),
                })
                .collect(),
        ),
        ..BrandChange::default()
    };
    let brands = brands::list(care, &operator(), 0, PAGE).await?;
    let made = brands.iter().find(|brand| brand.slug == company.slug);
    let found = company
        .found
        .and_then(|(name, _)| brands.iter().find(|brand| brand.name == name));
    let brand = match (made, found) {
        (Some(brand), _) => brand.id,
        (None, Some(brand)) => {
            let seen = (brand.version, change);
            brands::change(care, &operator(), brand.id, seen).await?.id
        }
        (None, None) => brands::create(care, &operator(), change).await?.id,
    };

    let change = TeamChange {
        name: Some(company.team.to_owned()),
        ..TeamChange::default()
    };
    let teams = teams::list(care, &operator(), 0, PAGE).await?;
    let made = teams.iter().find(|team| team.name == company.team);
    let found = company
        .found
        .and_then(|(_, name)| teams.iter().find(|team| team.name == name));
    let team = match (made, found) {
        (Some(team), _) => team.id,
        (None, Some(team)) => {
            let seen = (team.version, change);
            teams::change(care, &operator(), team.id, seen).await?.id
        }
        (None, None) => teams::create(care, &operator(), change).await?.id,
    };

    let known = inboxes::find_by_name(care, &operator(), company.form).await?;
    if known.is_none() {
        let form = NewInbox {
            name: company.form.to_owned(),
            channel: "form".to_owned(),
            brand: Some(Wanted::Known(brand)),
            team: Some(Wanted::Known(team)),
            settings: None,
        };
        inboxes::create(care, &operator(), form).await?;
    }
    Ok(())
}

/// Makes an account and chooses its password; for one that is there already, a new password.
async fn hire(care: &Care, person: (&str, &str, Role), teams: &[&str]) -> Result<LogIn> {
    let (email, name, role) = person;
    let id = if let Some(id) = agents::find_by_email(care, &operator(), email).await? {
        id
    } else {
        let change = AgentChange {
            name: Some(name.to_owned()),
            email: Some(email.to_owned()),
            role: Some(role),
            teams: Some(super::super::named::teams(care, teams).await?),
            disabled: None,
        };
        agents::create(care, &operator(), change).await?.id
    };
    let link = invitations::invite(care, &operator(), id).await?;
    let secret = link.rsplit('/').next().unwrap_or_default();
    let password = password(care);
    let acceptance = Acceptance {
        password: password.clone(),
        ..Acceptance::default()
    };
    invitations::accept(care, secret, acceptance).await?;
    Ok(LogIn {
        role: role.word().to_owned(),
        email: email.to_owned(),
        password,
    })
}

/// Makes a password that can be typed from a screen: 60 bits in three groups.
fn password(care: &Care) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<char> = care
        .random_bytes::<12>()
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect();
    letters
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}
