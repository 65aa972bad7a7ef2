//! The binary's inside: settings, commands, start and stop. It decides nothing about conversations
//! and speaks with databases and networks through `care` and `web` alone.

mod ambient;
mod answer;
mod commands;
pub mod config;
mod lock;
mod logging;
mod opening;
mod output;
mod places;
mod serve;
pub mod settings;

use std::process::ExitCode;

/// Runs the command line of this process and returns how it ended.
pub fn run() -> ExitCode {
    // Whatever is made holds customers' words: it is for its owner alone, also in an open folder.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    commands::run()
}
