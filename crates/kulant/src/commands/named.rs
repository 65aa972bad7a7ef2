//! Brands and teams by name, as scripts speak of them; one that is missing is made.

use anyhow::Result;
use kulant_care::Care;
use kulant_care::access::operator;
use kulant_care::admin::brands::{self, BrandChange};
use kulant_care::admin::teams::{self, TeamChange};
use kulant_model::ids::{BrandId, TeamId};

const PAGE: i64 = 100;

/// Finds a brand by name or slug, or makes it.
pub(crate) async fn brand(care: &Care, name: &str) -> Result<BrandId> {
    let wanted = name.trim().to_lowercase();
    let mut after = 0;
    loop {
        let page = brands::list(care, &operator(), after, PAGE).await?;
        let found = page
            .iter()
            .find(|brand| brand.name.to_lowercase() == wanted || brand.slug == wanted);
        if let Some(brand) = found {
            return Ok(brand.id);
        }
        match page.last() {
            Some(last) => after = last.id.0,
            None => break,
        }
    }
    let change = BrandChange {
        name: Some(name.to_owned()),
        ..BrandChange::default()
    };
    let brand = brands::create(care, &operator(), change).await?;
    eprintln!("kulant: made the brand {}", brand.name);
    Ok(brand.id)
}

/// Finds a team by name, or makes it.
pub(crate) async fn team(care: &Care, name: &str) -> Result<TeamId> {
    let wanted = name.trim().to_lowercase();
    let mut after = 0;
    loop {
        let page = teams::list(care, &operator(), after, PAGE).await?;
        if let Some(team) = page.iter().find(|team| team.name.to_lowercase() == wanted) {
            return Ok(team.id);
        }
        match page.last() {
            Some(last) => after = last.id.0,
            None => break,
        }
    }
    let change = TeamChange {
        name: Some(name.to_owned()),
        ..TeamChange::default()
    };
    let team = teams::create(care, &operator(), change).await?;
    eprintln!("kulant: made the team {}", team.name);
    Ok(team.id)
}
