//! The command line: what can be asked for, and how an end is told. One file per command.

mod agent;
mod backup;
mod bench;
mod completion;
mod demo;
mod doctor;
mod erase;
mod export;
mod import;
mod inbox;
mod insight;
mod migrate;
mod named;
mod serve;
mod sim;
mod token;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches, Parser, Subcommand};
use kulant_care::CareError;

use crate::ambient::Stopwatch;
use crate::config::{self, Config, Given, NotUnderstood};
use crate::logging;
use crate::settings::SETTINGS;

const END: &str = "\
Exit codes:
  0  done
  1  failed; the last line on standard error says what and why
  2  the command line was not understood

Settings:
  a flag wins over a variable (KULANT_LISTEN), a variable over kulant.toml in the data folder;
  kulant serve --help shows them all, kulant.example.toml explains them.";

const EXAMPLES: &str = "\
A first evening:
  kulant demo                                      a living desk with invented customers
  kulant serve                                     your own desk; prints the first administrator's link
  kulant inbox add --channel form --name Contact   beside it: a page where customers write
  kulant import posts.csv --inbox \"Posts of 2012\"  past messages from a file
  kulant doctor                                    says in plain words what is wrong";

/// Open social customer care in one file.
#[derive(Parser)]
#[command(
    name = "kulant",
    version,
    about = "kulant takes in what customers say, shows it to those who answer, and sends each answer out once",
    long_about = format!("kulant takes in what customers say, shows it to those who answer, and sends each answer out once.\n\n{EXAMPLES}"),
    after_help = END,
    propagate_version = true,
    max_term_width = 100
)]
struct Line {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    wish: Wish,
}

/// Where the data is; every command takes it.
#[derive(Args)]
struct Place {
    /// The data folder [default: KULANT_DATA_DIR, else ./kulant-data, for demo ./kulant-data/demo]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// The database, postgres://... or sqlite:FILE [default: kulant.db in the data folder]
    #[arg(long, value_name = "URL", global = true)]
    database: Option<String>,
}

/// Every command, one line each.
#[derive(Subcommand)]
enum Wish {
    Serve(serve::Serve),
    Import(import::Import),
    Export(export::Export),
    Inbox(inbox::Inbox),
    Agent(agent::Agent),
    Token(token::Token),
    Erase(erase::Erase),
    Insight(insight::Insight),
    Migrate(migrate::Migrate),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Doctor(doctor::Doctor),
    Bench(bench::Bench),
    Demo(demo::Demo),
    #[command(name = "demo-network")]
    DemoNetwork(demo::DemoNetwork),
    Sim(sim::Sim),
    Completion(completion::Completion),
}

/// Flags for the settings, made from their table.
#[derive(Debug, Default)]
pub(crate) struct SettingFlags(BTreeMap<&'static str, String>);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        SETTINGS
            .iter()
            // The database is a flag of every command.
            .filter(|setting| setting.flag && setting.name != "database")
            .fold(command, |command, setting| {
                let default = match setting.plain_default() {
                    "" => String::new(),
                    default => format!(" [default: {default}]"),
                };
                command.arg(
                    clap::Arg::new(setting.name)
                        .long(setting.flag())
                        .value_name(setting.value)
                        .help(format!("{}{default}", setting.why))
                        .help_heading("Settings"),
                )
            })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in SETTINGS {
            if let Ok(Some(value)) = matches.try_get_one::<String>(setting.name) {
                self.0.insert(setting.name, value.clone());
            }
        }
        Ok(())
    }
}

/// Runs what the command line asks for.
pub(crate) fn run() -> ExitCode {
    let begun = Stopwatch::start();
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help and version were asked for: they are the answer.
            let asked = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            drop(error.print());
            return ExitCode::from(if asked { 0 } else { 2 });
        }
    };
    match perform(line, begun) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kulant: {}", said(&error));
            ExitCode::from(if error.is::<NotUnderstood>() { 2 } else { 1 })
        }
    }
}

fn perform(line: Line, begun: Stopwatch) -> Result<ExitCode> {
    let mut given = Given {
        data: line.place.data,
        flags: BTreeMap::new(),
        variables: config::variables(),
    };
    if let Some(database) = line.place.database {
        given.flags.insert("database", database);
    }
    // None of these reads settings.
    let reads_none = matches!(
        line.wish,
        Wish::Completion(_) | Wish::DemoNetwork(_) | Wish::Insight(_)
    );
    if !reads_none {
        for sentence in config::unknown(&given.variables) {
            eprintln!("kulant: {sentence}");
        }
    }
    match line.wish {
        Wish::Completion(wish) => completion::complete(&wish),
        Wish::Insight(wish) => insight::insight(wish),
        Wish::Serve(wish) => {
            given.flags.extend(wish.flags.0);
            let config = configured(&given)?;
            block_on(crate::serve::serve(config, begun))
        }
        Wish::Import(wish) => block_on(import::import(quiet(&given)?, wish)),
        Wish::Export(wish) => block_on(export::export(quiet(&given)?, wish)),
        Wish::Erase(wish) => block_on(erase::erase(quiet(&given)?, wish)),
        Wish::Doctor(_) => return block_on(doctor::doctor(quiet(&given)?)),
        Wish::Inbox(wish) => block_on(inbox::inbox(quiet(&given)?, wish)),
        Wish::Agent(wish) => block_on(agent::agent(quiet(&given)?, wish)),
        Wish::Token(wish) => block_on(token::token(quiet(&given)?, wish)),
        Wish::Bench(wish) => block_on(bench::bench(quiet(&given)?, wish)),
        Wish::Demo(mut wish) => {
            demo::settle(&mut given);
            given.flags.extend(std::mem::take(&mut wish.flags.0));
            block_on(demo::demo(quiet(&given)?, wish))
        }
        Wish::DemoNetwork(wish) => {
            drop(quiet(&given)?);
            block_on(demo::inhabit(wish))
        }
        Wish::Sim(wish) => {
            drop(quiet(&given)?);
            block_on(sim::sim(wish))
        }
        Wish::Backup(wish) => block_on(backup::backup(quiet(&given)?, wish)),
        Wish::Restore(wish) => block_on(backup::restore(quiet(&given)?, wish)),
        Wish::Migrate(_) => block_on(migrate::migrate(configured(&given)?)),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the settings and begins to log.
fn configured(given: &Given) -> Result<Config> {
    let config = Config::read(given)?;
    logging::begin(config.log_format, &config.log_level)?;
    Ok(config)
}

/// As `configured`, for short commands: what they have to say they say themselves.
fn quiet(given: &Given) -> Result<Config> {
    let config = Config::read(given)?;
    let level = match config.log_level.as_str() {
        "info" => "warn",
        level => level,
    };
    logging::begin(config.log_format, level)?;
    Ok(config)
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")?;
    let outcome = runtime.block_on(work);
    // What still waits for an answer from a dead network must not hold the end up.
    runtime.shutdown_background();
    outcome
}

/// Says an error with what led to it, in one line, and the fields that a rule refused.
fn said(error: &anyhow::Error) -> String {
    match error.downcast_ref::<CareError>() {
        Some(CareError::Invalid(faults)) => {
            let faults: Vec<String> = faults
                .iter()
                .map(|fault| format!("{}: {}", fault.field, fault.detail))
                .collect();
            faults.join("; ")
        }
        _ => format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_and_what_it_takes_is_explained() {
        explained(&Line::command());
    }

    fn explained(command: &Command) {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name}");
        for argument in command.get_arguments() {
            assert!(
                argument.get_help().is_some(),
                "{name} {}",
                argument.get_id()
            );
        }
        // Hidden is what kulant calls itself.
        let shown = command.get_subcommands().filter(|one| !one.is_hide_set());
        shown.for_each(explained);
    }
}
