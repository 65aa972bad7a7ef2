//! Logs on standard error, for people or as JSON. What may stand in a log is decided where it is
//! written: ids, kinds, counts and durations; never words, addresses or tokens.

use std::io::{IsTerminal, stderr};

use anyhow::{Context, Result, bail};
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

/// Refuses a misspelt level: taken for the name of a part, it would silence all others.
pub fn check(level: &str) -> Result<()> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    for directive in level.split(',').map(str::trim) {
        let is_level = LEVELS
            .iter()
            .any(|word| word.eq_ignore_ascii_case(directive));
        if !is_level && !directive.contains('=') {
            bail!(
                "it has to be one of {}, or PART=LEVEL, several by commas",
                LEVELS.join(", ")
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_level_is_refused() {
        for level in [
            "info",
            "WARN",
            "info,kulant_care=debug",
            "kulant_store=trace, error",
        ] {
            assert!(check(level).is_ok(), "{level}");
        }
        for level in ["loud", "", "info,kulant_care", "5"] {
            assert!(check(level).is_err(), "{level}");
        }
    }
}
