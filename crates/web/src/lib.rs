//! Everything that speaks HTTP: hooks, the API for the desk and others, public pages.
//! Depends on `care` alone; decides nothing about conversations.

pub mod api;
pub mod connect;
pub mod desk;
pub mod export;
pub mod headers;
pub mod health;
pub mod hooks;
pub mod idempotency;
pub mod input;
pub mod limits;
pub mod locale;
pub mod page;
pub mod precondition;
pub mod problem;
pub mod session;
pub mod site;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRef};
use axum::routing::{get, post};
use axum::{Router, middleware};
use kulant_care::Care;
use kulant_care::connect::CALLBACK;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// What the operator set for the server itself.
#[derive(Clone)]
pub struct WebSettings {
    /// Whether a server before us tells who asks, in `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// How long a request may take before it is answered with 503.
    pub longest_request: Duration,
    /// Where `/metrics` gets its numbers, if they are gathered.
    pub metrics: Option<PrometheusHandle>,
    /// Where the operator's own templates lie; what is not there is ours.
    pub templates: Option<PathBuf>,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            behind_proxy: false,
            longest_request: Duration::from_secs(30),
            metrics: None,
            templates: None,
        }
    }
}

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    pub care: Care,
    pub settings: Arc<WebSettings>,
    pub limits: Arc<limits::Limits>,
    pub pages: Arc<site::page::Pages>,
}

impl FromRef<App> for Care {
    fn from_ref(app: &App) -> Self {
        app.care.clone()
    }
}

/// Returns everything kulant answers to. A new page or resource adds its line here or in `api`.
pub fn router(care: Care, settings: WebSettings) -> Router {
    let app = App {
        care,
        pages: Arc::new(site::page::Pages::new(settings.templates.clone())),
        settings: Arc::new(settings),
        limits: Arc::default(),
    };
    Router::new()
        .nest("/api/v1", api::router(&app))
        .route("/desk", get(desk::index))
        .route("/desk/", get(desk::index))
        .route("/desk/{*path}", get(desk::file))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(site::router())
        .route(CALLBACK, get(connect::come_back))
        .route("/hooks/{key}", post(hooks::receive).get(hooks::shake_hands))
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(limits::LONGEST_BODY))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), limits::in_time))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            problem::log_faults,
        ))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            site::problem_page::dress,
        ))
        .layer(middleware::from_fn(headers::protect))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// Returns the OpenAPI specification, as it is served and as it is kept in `docs/openapi.json`.
pub fn openapi() -> String {
    api::specification()
}
