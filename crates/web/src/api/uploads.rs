//! `/uploads` and `/attachments`: files handed in, and files read.

use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kulant_care::Care;
use kulant_care::uploads::{self as care_uploads, Attachment};
use kulant_model::ids::AttachmentId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::failures::{ReadFailures, WriteFailures};
use crate::App;
use crate::input::{Form, Json, Path};
use crate::problem::Problem;
use crate::session::Who;

/// What RFC 8187 leaves as it is.
const UNCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(upload))
        // A file is counted while it is read.
        .layer(DefaultBodyLimit::disable())
        .routes(routes!(describe))
        .routes(routes!(read))
}

/// A file that waits for its message.
#[derive(Serialize, ToSchema)]
struct Upload {
    #[schema(value_type = String)]
    id: AttachmentId,
    name: String,
    size: i64,
    /// By its first bytes.
    media_type: String,
    /// What it shows, for those who do not see it.
    alt: Option<String>,
}

impl From<Attachment> for Upload {
    fn from(file: Attachment) -> Self {
        Self {
            id: file.id,
            name: file.name,
            size: file.size.unwrap_or_default(),
            media_type: file.media_type,
            alt: file.alt,
        }
    }
}

/// What is said of an upload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UploadWords {
    /// What it shows; empty where nothing is to be said.
    alt: String,
}

/// A form with one file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands for the form in the specification")]
struct UploadForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Takes a file for a message to be written; without one it goes after a day.
#[utoipa::path(post, path = "/uploads", tag = "uploads",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Upload), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn upload(
    State(care): State<Care>,
    Who(person): Who,
    Form(mut form): Form,
) -> Result<(StatusCode, Json<Upload>), Problem> {
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable_body").detail("no readable form"),
    };
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let Some(name) = field.file_name().map(str::to_owned) else {
            continue;
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > care.settings.largest_file_bytes {
                return Err(Problem::too_large());
            }
        }
        let kept = care_uploads::upload_by_agent(&care, &person, &name, bytes).await?;
        return Ok((StatusCode::CREATED, Json(kept.into())));
    }
    Err(Problem::invalid("file", "required", "a form with one file"))
}

/// Says what an upload of one's own shows, for those who do not see it. The networks that know such
/// words get them with the file.
#[utoipa::path(patch, path = "/uploads/{id}", tag = "uploads", params(("id" = String, Path)),
    request_body = UploadWords, responses((status = 200, body = Upload), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn describe(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<AttachmentId>,
    Json(words): Json<UploadWords>,
) -> Result<Json<Upload>, Problem> {
    let told = care_uploads::describe(&care, &person, id, &words.alt).await?;
    Ok(Json(told.into()))
}

/// Reads a file: of a message that one may see, or an upload of one's own. Never shown in place.
#[utoipa::path(get, path = "/attachments/{id}", tag = "uploads", params(("id" = String, Path)),
    responses((status = 200, content_type = "*/*", body = Vec<u8>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn read(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<AttachmentId>,
) -> Result<Response, Problem> {
    let (file, bytes) = care_uploads::read(&care, &person, id).await?;
    Ok(as_download(&file.name, &file.media_type, bytes))
}

/// Answers with a file that no browser shows in place or guesses about.
pub(crate) fn as_download(name: &str, media_type: &str, bytes: Vec<u8>) -> Response {
    let name = care_uploads::kept_name(name);
    let plain: String = name
        .chars()
        .map(|one| {
            if one.is_ascii_graphic() || one == ' ' {
                one
            } else {
                '_'
            }
        })
        .collect();
    let coded = utf8_percent_encode(&name, UNCODED);
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}");
    let headers = [
        (CONTENT_TYPE, fitting(media_type)),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    (headers, bytes).into_response()
}

/// A network may call a file anything; what a browser would run is called bytes.
fn fitting(media_type: &str) -> HeaderValue {
    let harmless = [
        "image/",
        "audio/",
        "video/",
        "application/pdf",
        "text/plain",
        "text/csv",
    ]
    .iter()
    .any(|start| media_type.starts_with(start))
        && !media_type.contains("svg");
    let media_type = if harmless {
        media_type
    } else {
        "application/octet-stream"
    };
    HeaderValue::from_str(media_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_never_shown_in_place() {
        for (media_type, expected) in [
            ("image/png", "image/png"),
            ("image/svg+xml", "application/octet-stream"),
            ("text/html", "application/octet-stream"),
            ("application/xhtml+xml", "application/octet-stream"),
            ("x\r\ny", "application/octet-stream"),
        ] {
            assert_eq!(fitting(media_type), expected, "{media_type}");
        }
        let answer = as_download("Grüße \"x\".pdf", "application/pdf", Vec::new());
        assert_eq!(
            answer.headers()[CONTENT_DISPOSITION],
            "attachment; filename=\"Gr__e _x_.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20_x_.pdf"
        );
    }
}
