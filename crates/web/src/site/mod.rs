//! The public pages: the brand's home, the contact form, the private page behind it. Rendered here,
//! readable without a script and without a cookie; what they mean is decided in `care`.

mod accent;
pub mod conversation;
pub mod embed;
pub mod filling;
pub mod form;
pub mod home;
pub mod page;
pub mod problem_page;
pub mod times;
pub mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::App;

/// A filled form with its files; each file has a limit of its own.
const LONGEST_FORM: usize = 101 << 20;

/// Returns the addresses of the public pages.
pub fn router() -> Router<App> {
    let forms = Router::new()
        .route("/form/{slug}", get(form::show).post(form::take))
        .route(
            "/c/{secret}",
            get(conversation::show).post(conversation::take),
        )
        .layer(DefaultBodyLimit::max(LONGEST_FORM));
    Router::new()
        .route("/", get(home::of_first_brand))
        .route("/b/{slug}", get(home::of_brand))
        .route("/c/{secret}/files/{id}", get(conversation::file))
        .route("/embed.js", get(embed::script))
        .route("/site/{file}", get(page::file))
        .route("/favicon.ico", get(page::favicon))
        .route("/favicon.svg", get(page::favicon))
        .route("/robots.txt", get(page::robots))
        .merge(forms)
}
