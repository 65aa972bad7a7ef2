//! `kulant doctor`: looks an installation over and says in plain words what is wrong and what to do.
//! It changes nothing.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use kulant_care::DatabaseUrl;
use kulant_care::checkup::{self, Findings};
use kulant_care::secrets::SecretKeys;
use kulant_care::upgrade::{self, Standing};
use kulant_model::time::{Clock, Timestamp};

use crate::ambient::SystemClock;
use crate::config::{Config, DEFAULT_FOLDER};
use crate::lock;
use crate::opening;
use crate::output::say;

/// Below this much free space something will go wrong soon.
const LITTLE_SPACE_KIB: u64 = 1024 * 1024;
/// How long things may wait while a server runs.
const LONG: Duration = Duration::from_mins(5);
/// How many events a follower may be behind while a server runs.
const FAR_BEHIND: i64 = 20_000;
/// Before this moment kulant did not exist: such a clock is wrong.
const BEFORE_US: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Say in plain words what is wrong, and what to do about it
///
/// Looks at the data folder, the lock, the disk, the clock, the database, the secret key, inboxes,
/// quarantine, jobs and followers. Changes nothing, and works beside a running server. Ends with 0 if
/// nothing is wrong, else with 1.
///
/// Examples:
///   kulant doctor --data /var/lib/kulant
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Doctor {}

/// What is said, line by line.
#[derive(Default)]
struct Report {
    wrong: usize,
}

impl Report {
    fn wrong(&mut self, words: &str) {
        self.wrong += 1;
        say(format_args!("WRONG  {words}")).ok();
    }
}

fn well(words: &str) {
    say(format_args!("ok     {words}")).ok();
}

fn hint(words: &str) {
    say(format_args!("hint   {words}")).ok();
}

pub(crate) async fn doctor(config: Config) -> Result<ExitCode> {
    let mut report = Report::default();
    let served = look_at_folder(&config, &mut report);
    look_at_addresses(&config, &mut report);
    if let Some(findings) = look_at_database(&config, &mut report).await {
        look_at_findings(&findings, served, &mut report);
    }
    match report.wrong {
        0 => say("nothing is wrong"),
        1 => say("one thing is wrong"),
        several => say(format_args!("{several} things are wrong")),
    }?;
    Ok(ExitCode::from(u8::from(report.wrong > 0)))
}

/// Looks at what lies on the disk; returns whether a server runs on it.
fn look_at_folder(config: &Config, report: &mut Report) -> bool {
    let folder = config.data.display();
    if !config.data.is_dir() {
        report.wrong(&format!(
            "there is no data folder {folder}: kulant serve makes it, or name another with --data (without it, {DEFAULT_FOLDER} is meant)"
        ));
        return false;
    }
    if let DatabaseUrl::Sqlite(path) = &config.database
        && is_open_to_others(path)
        && is_open_to_others(&config.data)
    {
        report.wrong(&format!(
            "everybody on this machine can read {}: chmod -R go= {folder}",
            path.display()
        ));
    }
    let probe = config.data.join(".doctor");
    match std::fs::write(&probe, b"written by kulant doctor") {
        Ok(()) => {
            well(&format!("the data folder {folder} can be written"));
            drop(std::fs::remove_file(&probe));
        }
        Err(error) => report.wrong(&format!(
            "the data folder {folder} cannot be written ({error}): give it to the account that runs kulant"
        )),
    }
    match free_kib(config) {
        Some(free) if free < LITTLE_SPACE_KIB => report.wrong(&format!(
            "only {} MiB are free on the disk: make room before deliveries are turned away",
            free / 1024
        )),
        Some(free) => well(&format!("{} GiB are free on the disk", free / 1024 / 1024)),
        None => hint("how much of the disk is free could not be found out"),
    }
    if let Some(holder) = lock::holder(&config.data) {
        let place = holder.public_url.unwrap_or_default();
        well(&format!(
            "kulant {} runs on it as process {} {place}",
            holder.command, holder.pid
        ));
        return true;
    }
    hint("no server runs on it now");
    false
}

/// Asks the system's own `df`, which every Unix has.
fn free_kib(config: &Config) -> Option<u64> {
    let output = Command::new("df")
        .arg("-Pk")
        .arg(&config.data)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn look_at_addresses(config: &Config, report: &mut Report) {
    match &config.public_url {
        None if config.listen.ip().is_loopback() => hint(
            "public_url is not set: links lead to this machine alone; set it before customers or colleagues elsewhere get links",
        ),
        None => report.wrong(
            "kulant listens beyond this machine and public_url is not set: set it to the address that people use",
        ),
        Some(url) if url.starts_with("http://") && !is_here(url) => report.wrong(&format!(
            "public_url is {url}: without https passwords and letters travel open; put a web server with TLS before kulant"
        )),
        Some(url) => well(&format!("links begin with {url}")),
    }
}

fn is_here(url: &str) -> bool {
    ["http://localhost", "http://127.", "http://[::1]"]
        .iter()
        .any(|here| url.starts_with(here))
}

async fn look_at_database(config: &Config, report: &mut Report) -> Option<Findings> {
    // Opening an embedded database would make it, and a doctor only looks.
    if let DatabaseUrl::Sqlite(path) = &config.database
        && !path.exists()
    {
        report.wrong(&format!(
            "there is no database {} yet: kulant serve makes it",
            path.display()
        ));
        return None;
    }
    let store = match opening::open_store(config) {
        Ok(store) => store,
        Err(error) => {
            report.wrong(&format!(
                "{error:#}: is it running, and is the address right?"
            ));
            return None;
        }
    };
    let standing = match upgrade::standing(&store).await {
        Ok(standing) => standing,
        Err(error) => {
            report.wrong(&format!(
                "{error}: is it running, and is the address right?"
            ));
            return None;
        }
    };
    match standing {
        Standing::Current | Standing::AheadButCompatible(_) => {
            well(&format!("the database {} has its schema", config.database));
        }
        Standing::Empty => {
            report.wrong("the database is empty: kulant serve lays its ground");
            return None;
        }
        Standing::Behind(schema) => {
            report.wrong(&format!(
                "the database has schema {schema} and this program needs {}: start kulant serve, or run kulant migrate",
                upgrade::NEWEST
            ));
            return None;
        }
        Standing::TooNew { schema, oldest } => {
            report.wrong(&upgrade::too_new(schema, oldest).to_string());
            return None;
        }
    }
    let keys = look_at_key(config, report);
    match checkup::look_over(&store, keys).await {
        Ok(findings) => Some(findings),
        Err(error) => {
            report.wrong(&format!("the database could not be looked over: {error}"));
            None
        }
    }
}

fn look_at_key(config: &Config, report: &mut Report) -> Option<SecretKeys> {
    let path = config.data.join(opening::SECRET_KEY);
    let text = match &config.secret_key {
        Some(key) => key.0.clone(),
        None => match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                report.wrong(&format!(
                    "the secret key {} cannot be read ({error}): bring it back from where you keep it, or give every inbox a new secret",
                    path.display()
                ));
                return None;
            }
        },
    };
    match SecretKeys::from_text(&text) {
        Ok(keys) => {
            if config.secret_key.is_none() && is_open_to_others(&path) {
                report.wrong(&format!(
                    "others on this machine can read the secret key: chmod 600 {}",
                    path.display()
                ));
            } else {
                well("the secret key is there");
            }
            Some(keys)
        }
        Err(error) => {
            report.wrong(&format!("the secret key cannot be used: {error}"));
            None
        }
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::path::Path) -> bool {
    false
}

fn look_at_findings(findings: &Findings, served: bool, report: &mut Report) {
    let now = SystemClock.now();
    match &findings.weakness {
        None => well("what is acknowledged is on the disk"),
        Some(weakness) => report.wrong(&format!(
            "a power cut could take what was acknowledged: {weakness}"
        )),
    }
    if now < BEFORE_US {
        report.wrong(&format!(
            "the clock says {now}: set it, signatures go by it"
        ));
    } else if let Some(at) = findings.newest_event_at
        && at.since(now) > LONG
    {
        report.wrong(&format!(
            "the clock says {now}, and something was written at {at} already: set it"
        ));
    } else {
        well("the clock is plausible");
    }
    if findings.administrators == 0 {
        hint(
            "nobody can administer yet: the link is printed by kulant serve, or by kulant agent add",
        );
    }

    for name in &findings.sealed_off {
        report.wrong(&format!(
            "the secrets of the inbox {name} cannot be opened with the key that is here: put the right key back, or give the inbox new secrets at the desk"
        ));
    }
    for troubled in &findings.troubled {
        let detail = match troubled.detail.as_str() {
            "" => String::new(),
            detail => format!(" ({detail})"),
        };
        report.wrong(&format!(
            "the inbox {}: {}{detail}",
            troubled.inbox,
            in_words(&troubled.class)
        ));
    }
    if findings.troubled.is_empty() && findings.sealed_off.is_empty() {
        match findings.inbox_count {
            1 => well("the one inbox is well"),
            count => well(&format!("{count} inboxes are well")),
        }
    }
    match findings.quarantined {
        0 => well("the quarantine is empty"),
        1 => report.wrong("a delivery is in quarantine because it could not be read: the desk shows it under Quarantine"),
        count => report.wrong(&format!(
            "{count} deliveries are in quarantine because they could not be read: the desk shows them under Quarantine"
        )),
    }
    look_at_waiting(findings, served, now, report);
}

/// Says a class of trouble in words, and what to do where something can be done.
fn in_words(class: &str) -> &'static str {
    match class {
        "auth_broken" => {
            "the network has ended the access: connect it again at the desk under Settings, Inboxes"
        }
        "forbidden" => "the way to it is not allowed: look at its address and at allowed_hosts",
        "recipient_gone" => "what it asks for is no longer there: look at its address",
        "retry_after" => "the network asks for patience, and is asked again later",
        "unreadable" => "the network answers with something that kulant cannot read",
        _ => "the network is disturbed, and is asked again later",
    }
}

/// What waits is wrong only while somebody should be working on it.
fn look_at_waiting(findings: &Findings, served: bool, now: Timestamp, report: &mut Report) {
    let mut late = Vec::new();
    if let Some(at) = findings.oldest_waiting
        && now.since(at) > LONG
    {
        late.push(format!("deliveries have not been taken in since {at}"));
    }
    if let Some(at) = findings.oldest_due
        && now.since(at) > LONG
    {
        late.push(format!("jobs have been due since {at}"));
    }
    for (name, behind) in &findings.followers {
        if *behind > FAR_BEHIND {
            late.push(format!("{name} is {behind} events behind"));
        }
    }
    match (late.is_empty(), served) {
        (true, _) => well("nothing waits for long"),
        (false, true) => late.iter().for_each(|words| {
            report.wrong(&format!("{words} although a server runs: look at its log"));
        }),
        (false, false) => late.iter().for_each(|words| {
            hint(&format!("{words}: a server will do it"));
        }),
    }
}
