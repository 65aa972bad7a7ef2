//! `/session`: signing in and out, who one is, what one prefers.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kulant_care::Care;
use kulant_care::people::preferences::{self, Language, PreferencesChange, Profile, Theme};
use kulant_care::people::sessions::{self, NewSession};
use kulant_care::people::{Credential, Maker, find_person, sign_in};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Named;
use super::choices;
use super::failures::{ReadFailures, StrangerFailures, WriteFailures};
use crate::App;
use crate::input::{Json, some};
use crate::limits::Address;
use crate::problem::Problem;
use crate::session::{self, COOKIE_NAME, Identified};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, begin, end))
        .routes(routes!(prefer))
        .routes(routes!(change_password))
}

/// What somebody signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    email: String,
    password: String,
}

/// Who one is here.
#[derive(Serialize, ToSchema)]
pub struct Session {
    agent: SessionAgent,
    /// Goes into `X-CSRF-Token` with every write by cookie; null where a token was shown.
    csrf_token: Option<String>,
    /// What one may do.
    permissions: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct SessionAgent {
    id: String,
    name: String,
    email: String,
    #[schema(example = "agent")]
    role: &'static str,
    initials: Option<String>,
    /// Whether answers may go out with the initials.
    initials_consent: bool,
    language: &'static str,
    theme: &'static str,
    single_key_shortcuts: bool,
    teams: Vec<Named>,
}

/// What somebody prefers; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Preferences {
    #[schema(schema_with = choices::language, required = false)]
    language: Option<Language>,
    #[schema(schema_with = choices::theme, required = false)]
    theme: Option<Theme>,
    single_key_shortcuts: Option<bool>,
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    initials: Option<Option<String>>,
    initials_consent: Option<bool>,
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    current: String,
    new: String,
}

impl Session {
    pub fn new(profile: Profile, csrf_token: Option<String>) -> Self {
        Self {
            csrf_token,
            permissions: profile.permissions.iter().map(|one| one.word()).collect(),
            agent: SessionAgent {
                id: profile.id.to_string(),
                name: profile.name,
                email: profile.email,
                role: profile.role.word(),
                initials: profile.initials,
                initials_consent: profile.initials_consent,
                language: profile.preferences.language.word(),
                theme: profile.preferences.theme.word(),
                single_key_shortcuts: profile.preferences.single_key_shortcuts,
                teams: profile.teams.into_iter().map(Named::from).collect(),
            },
        }
    }
}

/// A session with the cookie that keeps it.
pub type WithCookie = ([(HeaderName, HeaderValue); 1], Json<Session>);

/// Answers with a session that has just begun, and its cookie.
pub async fn begun(care: &Care, session: NewSession) -> Result<WithCookie, Problem> {
    let cookie = session::beginning(care, &session);
    let known = find_person(care, &Credential::Session(session.secret), Maker::Person)
        .await?
        .ok_or_else(Problem::unauthenticated)?;
    let profile = preferences::profile(care, &known.person).await?;
    Ok((
        [(SET_COOKIE, cookie)],
        Json(Session::new(profile, known.csrf_token)),
    ))
}

/// Tells who one is.
#[utoipa::path(get, path = "/session", tag = "session",
    responses((status = 200, body = Session), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn show(State(care): State<Care>, identified: Identified) -> Result<Json<Session>, Problem> {
    let profile = preferences::profile(&care, &identified.known.person).await?;
    Ok(Json(Session::new(profile, identified.known.csrf_token)))
}

/// Signs in; the answer sets the session's cookie.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 200, body = Session), StrangerFailures))]
async fn begin(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> Result<WithCookie, Problem> {
    app.limits.guesses.take(address, app.care.now())?;
    let previous = session::cookie(&headers, COOKIE_NAME);
    let session =
        sign_in::sign_in(&app.care, (&body.email, body.password), address, previous).await?;
    begun(&app.care, session).await
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "session",
    responses((status = 204), ReadFailures), security(("session" = [])))]
async fn end(
    State(care): State<Care>,
    identified: Identified,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), Problem> {
    let Credential::Session(secret) = identified.credential else {
        return Err(Problem::forbidden());
    };
    sessions::end(&care, &secret).await?;
    Ok((
        StatusCode::NO_CONTENT,
        [(SET_COOKIE, session::ending(&care))],
    ))
}

/// Changes what one prefers.
#[utoipa::path(patch, path = "/session/preferences", tag = "session", request_body = Preferences,
    responses((status = 200, body = Session), WriteFailures), security(("session" = [])))]
async fn prefer(
    State(care): State<Care>,
    identified: Identified,
    Json(body): Json<Preferences>,
) -> Result<Json<Session>, Problem> {
    let change = PreferencesChange {
        language: body.language,
        theme: body.theme,
        single_key_shortcuts: body.single_key_shortcuts,
        initials: body.initials,
        initials_consent: body.initials_consent,
    };
    let profile = preferences::change(&care, &identified.known.person, change).await?;
    Ok(Json(Session::new(profile, identified.known.csrf_token)))
}

/// Changes one's own password; every other session of one's own ends.
#[utoipa::path(post, path = "/session/password", tag = "session", request_body = PasswordChange,
    responses((status = 200, body = Session), StrangerFailures), security(("session" = [])))]
async fn change_password(
    State(care): State<Care>,
    Address(address): Address,
    identified: Identified,
    Json(body): Json<PasswordChange>,
) -> Result<WithCookie, Problem> {
    let Credential::Session(_) = identified.credential else {
        return Err(Problem::forbidden());
    };
    let agent = identified.known.person.agent;
    let session = sign_in::change_password(&care, agent, address, (body.current, body.new)).await?;
    begun(&care, session).await
}
