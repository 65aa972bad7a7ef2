//! Logs on standard error, for people or as JSON. What may stand in a log is decided where it is
//! written: ids, kinds, counts and durations; never words, addresses or tokens.

use std::io::{IsTerminal, stderr};

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Begins to write logs; the first call of a process counts.
pub fn begin(format: LogFormat, level: &str) -> Result<()> {
    let filter = EnvFilter::builder()
        .parse(level)
        .with_context(|| format!("log_level cannot be `{level}`"))?;
    let begin = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    let begun = match format {
        LogFormat::Plain => begin.try_init(),
        LogFormat::Json => begin.json().flatten_event(true).try_init(),
    };
    // A second call comes from a test that runs two commands in one process.
    drop(begun);
    Ok(())
}
