//! `kulant token add`: makes an API token for somebody and prints it.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use kulant_care::access::operator;
use kulant_care::admin::agents;
use kulant_care::people::tokens::{self, NewToken};
use kulant_model::role::Permission;

use crate::config::Config;
use crate::opening;
use crate::output::say;

/// Make API tokens
#[derive(Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    wish: Wish,
}

#[derive(Subcommand)]
enum Wish {
    Add(Add),
}

/// Make an API token for somebody and print it
///
/// The token is shown this once; kulant keeps only its digest. It may never do more than its person
/// may at that moment.
///
/// Examples:
///   kulant token add --email anna@example.org
///   kulant token add --email anna@example.org --name "Wallboard" --scope conversations:read
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct Add {
    /// Whose token it is
    #[arg(long)]
    email: String,
    /// What it is for, shown in the list of tokens
    #[arg(long, default_value = "command line")]
    name: String,
    /// What it may do; several follow one another or the flag is repeated [default: all that the person may]
    #[arg(long, num_args = 1.., value_delimiter = ',', value_parser = scope)]
    scope: Vec<String>,
}

pub(crate) async fn token(config: Config, wish: Token) -> Result<()> {
    let Wish::Add(add) = wish.wish;
    let (care, _beside) = opening::open_existing(&config).await?;
    let agent = agents::find_by_email(&care, &operator(), &add.email)
        .await?
        .with_context(|| format!("nobody here has the address {}", add.email))?;
    let new = NewToken {
        name: add.name,
        scopes: (!add.scope.is_empty()).then_some(add.scope),
    };
    let (_, secret) = tokens::create_for(&care, &operator(), agent, new).await?;
    say(secret)?;
    Ok(())
}

fn scope(word: &str) -> Result<String, String> {
    if Permission::from_word(word).is_some() {
        return Ok(word.to_owned());
    }
    let words: Vec<&str> = Permission::ALL.iter().map(|known| known.word()).collect();
    Err(format!("the scopes are {}", words.join(", ")))
}
