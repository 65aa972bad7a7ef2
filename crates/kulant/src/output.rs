//! Standard output: what a command answers. Whoever reads it may stop reading at any time; that is no
//! failure of the command, whose work is done. Whoever reads it must not lose it unnoticed: a secret is
//! said once.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};

/// Says a line.
pub(crate) fn say(words: impl Display) -> Result<()> {
    write(&format!("{words}\n")).map(drop)
}

/// Says how many there are of what one of them is called.
pub(crate) fn counted(count: u64, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}

/// Writes a part of a long answer; returns whether somebody still reads.
pub(crate) fn write(text: &str) -> Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written
            .map(|()| true)
            .context("standard output cannot be written"),
    }
}
