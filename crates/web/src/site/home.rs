//! The home of a brand: who it is, when somebody is there, and the ways to write to it.

use axum::extract::State;
use axum::http::header::VARY;
use axum::response::{IntoResponse, Response};
use kulant_care::form;
use minijinja::context;

use super::page::{Frame, Visit};
use super::times;
use crate::App;
use crate::input::Path;
use crate::problem::Problem;

/// Shows the oldest brand, or the one that `?brand=` names.
pub async fn of_first_brand(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let slug = visit.find("brand").map(str::to_owned);
    show(&app, &visit, slug.as_deref()).await
}

/// Shows one brand.
pub async fn of_brand(
    State(app): State<App>,
    visit: Visit,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    show(&app, &visit, Some(&slug)).await
}

async fn show(app: &App, visit: &Visit, slug: Option<&str>) -> Result<Response, Problem> {
    let (brand, forms) = form::find_home(&app.care, slug).await?;
    let speech = visit.speech(&brand.details);
    let frame = Frame {
        visit,
        brand: &brand,
        now: app.care.now(),
        embedded: false,
        here: visit.address(&visit.path, &[("brand", visit.find("brand").unwrap_or(""))]),
    };
    let forms: Vec<_> = forms
        .into_iter()
        .map(|form| {
            context! {
                name => form.heading.unwrap_or(form.name),
                href => visit.address(&format!("/form/{}", form.slug), &[]),
            }
        })
        .collect();
    let week: Vec<_> = times::week(speech, &brand.details)
        .into_iter()
        .map(|(days, hours)| context! { days, hours })
        .collect();
    let page = app
        .pages
        .render("site/home.html", &frame, context! { forms, week })?;
    // Who keeps it must not show it to a reader of the other language.
    Ok(([(VARY, "accept-language")], page).into_response())
}
