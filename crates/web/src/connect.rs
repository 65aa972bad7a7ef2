//! Where every network's page leads back to after somebody agreed or not: one fixed address. It works
//! only with the session that began, and leads on to the desk, which says what came of it.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kulant_care::Care;
use kulant_care::connect::{self, Returned};
use kulant_care::people::{Credential, Known, Maker, find_person, preferences};
use serde::Deserialize;

use crate::App;
use crate::input::Query;
use crate::problem::Problem;
use crate::session::{COOKIE_NAME, cookie};
use crate::site::page::address;
use crate::site::problem_page::ReaderLanguage;

/// What a network's page brings along; whatever else it says is of no matter.
#[derive(Deserialize)]
pub struct Brought {
    #[serde(default)]
    state: String,
    code: Option<String>,
}

/// Takes what a network's page brought back.
pub async fn come_back(
    State(app): State<App>,
    Query(brought): Query<Brought>,
    headers: HeaderMap,
) -> Response {
    let care = &app.care;
    // A token in a header is no session, and no session of another kind counts here.
    let session = cookie(&headers, COOKIE_NAME).map(str::to_owned);
    let known = match find(care, session.as_deref()).await {
        Ok(known) => known,
        Err(problem) => return problem.into_response(),
    };
    let outcome = match (known.as_ref(), session) {
        (Some(known), Some(session)) => take(care, known, &session, brought).await,
        _ => Err(Problem::unauthenticated()),
    };
    let mut response = outcome.unwrap_or_else(Problem::into_response);
    if let Some(known) = known
        && let Ok(profile) = preferences::profile(care, &known.person).await
    {
        let language = profile.preferences.language;
        response.extensions_mut().insert(ReaderLanguage(language));
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The address of this page holds the code.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn find(care: &Care, session: Option<&str>) -> Result<Option<Known>, Problem> {
    let Some(session) = session else {
        return Ok(None);
    };
    let credential = Credential::Session(session.to_owned());
    Ok(find_person(care, &credential, Maker::Person).await?)
}

async fn take(
    care: &Care,
    known: &Known,
    session: &str,
    brought: Brought,
) -> Result<Response, Problem> {
    let returned = Returned {
        state: brought.state,
        code: brought.code.filter(|code| !code.is_empty()),
    };
    let (inbox, outcome) = connect::finish(care, &known.person, session, returned).await?;
    let inbox = inbox.to_string();
    let query = [("inbox", inbox.as_str()), ("connection", outcome.word())];
    let location = address("/desk/settings/inboxes", query);
    let location = HeaderValue::from_str(&location).expect("ids and words are plain");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}
