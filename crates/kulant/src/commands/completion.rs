//! `kulant completion`: what a shell needs to complete the command line.

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Line;
use crate::output::write;

/// Print what a shell needs to complete kulant's commands
///
/// Examples:
///   kulant completion bash > /etc/bash_completion.d/kulant
///   kulant completion zsh > "${fpath[1]}/_kulant"
///   kulant completion fish > ~/.config/fish/completions/kulant.fish
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completion {
    /// For which shell
    shell: Shell,
}

pub(crate) fn complete(wish: &Completion) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(wish.shell, &mut Line::command(), "kulant", &mut script);
    write(&String::from_utf8(script)?)?;
    Ok(())
}
