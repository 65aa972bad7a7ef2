//! `kulant agent add`: makes an account and prints the link by which its person gets in.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use kulant_care::access::operator;
use kulant_care::admin::agents::{self, AgentChange};
use kulant_care::people::invitations;
use kulant_model::role::Role;

use super::named;
use crate::config::Config;
use crate::opening;
use crate::output::say;

/// Make accounts
#[derive(Args)]
pub(crate) struct Agent {
    #[command(subcommand)]
    wish: Wish,
}

#[derive(Subcommand)]
enum Wish {
    Add(Add),
}

/// Make an account and print the invitation link
///
/// The link works once, for 48 hours; whoever opens it chooses a password. For an account that is
/// there already a new link is printed and nothing else changes. A team that is not there yet is
/// made.
///
/// Examples:
///   kulant agent add --email anna@example.org --name "Anna Beispiel" --role agent --team Service
///   kulant agent add --email chef@example.org --name Chef --role administrator
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct Add {
    /// The address they sign in with
    #[arg(long)]
    email: String,
    /// What colleagues call them
    #[arg(long)]
    name: String,
    /// What they may do
    #[arg(long, value_parser = ["administrator", "supervisor", "agent"])]
    role: String,
    /// A team they are in; can be given several times
    #[arg(long)]
    team: Vec<String>,
}

pub(crate) async fn agent(config: Config, wish: Agent) -> Result<()> {
    let Wish::Add(add) = wish.wish;
    let role = Role::from_word(&add.role).context("there is no such role")?;
    let (care, _beside) = opening::open_beside(&config).await?;
    let known = agents::find_by_email(&care, &operator(), &add.email).await?;
    let id = if let Some(id) = known {
        eprintln!("kulant: there is an account with this address; this is a new link to it");
        id
    } else {
        let teams = named::teams(&care, &add.team).await?;
        let change = AgentChange {
            name: Some(add.name),
            email: Some(add.email),
            role: Some(role),
            teams: Some(teams.clone()),
            disabled: None,
        };
        let agent = agents::create(&care, &operator(), change).await?;
        for team in &teams {
            named::tell_made("team", team);
        }
        agent.id
    };
    let link = invitations::invite(&care, &operator(), id).await?;
    say(link)?;
    Ok(())
}
