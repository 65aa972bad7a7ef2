//! Brands and teams by name, as scripts speak of them; one that is missing is to be made with what
//! asks for it.

use anyhow::Result;
use kulant_care::Care;
use kulant_care::access::operator;
use kulant_care::admin::Wanted;
use kulant_care::admin::{brands, teams};
use kulant_model::ids::{BrandId, TeamId};

const PAGE: i64 = 100;

/// Finds a brand in use by name or slug.
pub(crate) async fn brand(care: &Care, name: &str) -> Result<Wanted<BrandId>> {
    let wanted = name.trim().to_lowercase();
    let mut after = 0;
    loop {
        let page = brands::list(care, &operator(), after, PAGE).await?;
        let found = page
            .iter()
            .find(|brand| brand.name.to_lowercase() == wanted || brand.slug == wanted);
        if let Some(brand) = found {
            return Ok(Wanted::Known(brand.id));
        }
        match page.last() {
            Some(last) => after = last.id.0,
            None => return Ok(Wanted::New(name.trim().to_owned())),
        }
    }
}

/// Finds a team in use by name.
pub(crate) async fn team(care: &Care, name: &str) -> Result<Wanted<TeamId>> {
    let wanted = name.trim().to_lowercase();
    let mut after = 0;
    loop {
        let page = teams::list(care, &operator(), after, PAGE).await?;
        if let Some(team) = page.iter().find(|team| team.name.to_lowercase() == wanted) {
            return Ok(Wanted::Known(team.id));
        }
        match page.last() {
            Some(last) => after = last.id.0,
            None => return Ok(Wanted::New(name.trim().to_owned())),
        }
    }
}

/// Finds teams in use by name, each once however often it is named.
pub(crate) async fn teams(care: &Care, names: &[impl AsRef<str>]) -> Result<Vec<Wanted<TeamId>>> {
    let mut wanted: Vec<Wanted<TeamId>> = Vec::new();
    for name in names {
        let team = team(care, name.as_ref()).await?;
        if !wanted.iter().any(|other| is_same(other, &team)) {
            wanted.push(team);
        }
    }
    Ok(wanted)
}

/// Tells the person at the terminal what was made beside what they asked for.
pub(crate) fn tell_made<Id>(what: &str, wanted: &Wanted<Id>) {
    if let Wanted::New(name) = wanted {
        eprintln!("kulant: made the {what} {name}");
    }
}

fn is_same(one: &Wanted<TeamId>, other: &Wanted<TeamId>) -> bool {
    match (one, other) {
        (Wanted::New(one), Wanted::New(other)) => one.to_lowercase() == other.to_lowercase(),
        _ => one == other,
    }
}
