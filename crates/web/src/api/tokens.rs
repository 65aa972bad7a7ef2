//! `/tokens`: one's own keys for programs. Made and revoked in person, never by a token.

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::people::tokens::{self as care_tokens, NewToken};
use kulant_model::ids::TokenId;
use kulant_model::role::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::failures::{ReadFailures, WriteFailures};
use crate::App;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery};
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// A key for a program.
#[derive(Serialize, ToSchema)]
struct Token {
    id: String,
    name: String,
    /// What it may do, and never more than its person.
    scopes: Vec<&'static str>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// The token itself: only in the answer that made it.
    #[serde(rename = "token", skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenCreation {
    name: String,
    /// Left out: all that the person may.
    scopes: Option<Vec<String>>,
}

impl Token {
    fn new(token: care_tokens::Token, secret: Option<String>) -> Self {
        let words = |scope: &Permission| scope.word();
        Self {
            id: token.id.to_string(),
            name: token.name,
            scopes: match &token.scopes {
                None => Permission::ALL.iter().map(words).collect(),
                Some(scopes) => scopes.iter().map(words).collect(),
            },
            created_at: token.created_at.to_string(),
            last_used_at: token.used_at.map(|at| at.to_string()),
            secret,
        }
    }
}

/// Lists one's own tokens.
#[utoipa::path(get, path = "/tokens", tag = "tokens", params(PageQuery),
    responses((status = 200, body = Page<Token>), ReadFailures), security(("session" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Token>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or(0), query.limit(MOST)?);
    let found = care_tokens::list(&care, &person, after, limit + 1).await?;
    Ok(Json(
        Page::new(found, limit, |token| token.id.0).map(|token| Token::new(token, None)),
    ))
}

/// Makes a token and tells it, once.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = TokenCreation,
    responses((status = 201, body = Token), WriteFailures), security(("session" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<TokenCreation>,
) -> Result<(StatusCode, Json<Token>), Problem> {
    let new = NewToken {
        name: body.name,
        scopes: body.scopes,
    };
    let (token, secret) = care_tokens::create(&care, &person, new).await?;
    Ok((StatusCode::CREATED, Json(Token::new(token, Some(secret)))))
}

/// Revokes one of one's own tokens.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204), WriteFailures), security(("session" = [])))]
async fn revoke(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, Problem> {
    care_tokens::revoke(&care, &person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
