//! `kulant erase`: everything of a person goes, counts stay.

use anyhow::{Result, bail};
use clap::Args;
use kulant_care::access::operator;
use kulant_care::{CareError, contacts, erase as erasing};
use kulant_model::ids::ContactId;

use crate::config::Config;
use crate::opening;

/// Erase a contact: every byte of text, name, address and attachment; counts stay
///
/// Cannot be undone. Back-ups, what stands on the network and files that somebody exported are out
/// of its reach.
///
/// Examples:
///   kulant erase --contact 382774730245017882
///   kulant erase --identity @anna
#[derive(Args)]
#[command(verbatim_doc_comment)]
#[group(required = true, multiple = false)]
pub(crate) struct Erase {
    /// The contact's id, as the desk's address and the interface show it
    #[arg(long, value_name = "ID")]
    contact: Option<ContactId>,
    /// A handle, name or network id of the contact; refused where several have it
    #[arg(long, value_name = "TEXT")]
    identity: Option<String>,
}

pub(crate) async fn erase(config: Config, wish: Erase) -> Result<()> {
    let (care, _beside) = opening::open_existing(&config).await?;
    let id = match (wish.contact, wish.identity) {
        (Some(id), _) => id,
        (None, Some(text)) => {
            let found = contacts::find_by_identity(&care, &operator(), &text).await?;
            match found.as_slice() {
                [] => bail!("nobody here is known by {text}"),
                [one] => *one,
                several => bail!(
                    "{} contacts are known by {text}; erase them by their ids: {}",
                    several.len(),
                    several
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            }
        }
        (None, None) => bail!("say --contact or --identity"),
    };
    match erasing::erase(&care, &operator(), id, None).await {
        Err(CareError::NotFound) => bail!("there is no contact {id}"),
        outcome => outcome?,
    }
    eprintln!("kulant: contact {id} is erased");
    Ok(())
}
