//! `kulant export`: everything as JSON Lines, in the shapes of the interface.

use anyhow::Result;
use clap::{Args, ValueEnum};
use kulant_care::access::operator;
use kulant_web::export;

use crate::config::Config;
use crate::opening;
use crate::output::write;

/// Write messages, conversations or contacts to standard output, one JSON object a line
///
/// The fields are those of the interface. Works beside a running server and without one; what is
/// written meanwhile is in it or not, nothing stands in it twice.
///
/// Examples:
///   kulant export conversations > conversations.jsonl
///   kulant export messages | gzip > messages.jsonl.gz
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Export {
    /// What is written
    #[arg(value_enum)]
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    Messages,
    Conversations,
    Contacts,
}

pub(crate) async fn export(config: Config, wish: Export) -> Result<()> {
    let (care, _beside) = opening::open_existing(&config).await?;
    let what = match wish.what {
        What::Messages => export::What::Messages,
        What::Conversations => export::What::Conversations,
        What::Contacts => export::What::Contacts,
    };
    let mut after = None;
    loop {
        let lines = export::lines(&care, &operator(), what, after).await?;
        if !write(&lines.text)? || lines.next.is_none() {
            return Ok(());
        }
        after = lines.next;
    }
}
