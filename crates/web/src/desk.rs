//! The desk's files, embedded in the binary. Names with a digest are kept for a year; the page
//! itself is fresh each time, with a nonce for the styles that its components make.

use std::fmt::Write;

use axum::extract::State;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use kulant_care::Care;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::input::Path;
use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "../../desk/dist"]
struct Files;

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
     <title>kulant</title><h1>The desk is not built</h1>\
     <p>Run <code>make desk</code>, then build the server again.</p>\
     <p>The interface under <code>/api/v1</code> works without it.</p></html>";

/// Gives the one page of the desk.
pub async fn index(State(care): State<Care>) -> Response {
    page(&care)
}

/// Gives a file of the desk; every other address below it is a place within its page.
pub async fn file(
    State(care): State<Care>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    if path == "index.html" {
        return page(&care);
    }
    if let Some(answer) = packed(&path, &headers) {
        return answer;
    }
    match Files::get(&path) {
        Some(file) => answer(&path, &file, &headers),
        None if path.starts_with("assets/") => Problem::not_found().into_response(),
        None => page(&care),
    }
}

fn page(care: &Care) -> Response {
    let Some(file) = Files::get("index.html") else {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response();
    };
    let nonce = care.secret();
    let page = String::from_utf8_lossy(&file.data);
    let page = page.replacen(
        "<head>",
        &format!("<head>\n    <meta property=\"csp-nonce\" nonce=\"{nonce}\" />"),
        1,
    );
    let policy = format!(
        "default-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).expect("a nonce is base64url");
    // The nonce counts once: nothing between may keep the page.
    let fresh = HeaderValue::from_static("no-store");
    let headers = [(CONTENT_SECURITY_POLICY, policy), (CACHE_CONTROL, fresh)];
    (headers, Html(page)).into_response()
}

fn answer(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let digest = file.metadata.sha256_hash();
    let tag = digest[..16]
        .iter()
        .fold(String::from("\""), |mut tag, byte| {
            write!(tag, "{byte:02x}").expect("writing into a string cannot fail");
            tag
        })
        + "\"";
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=3600"
    };
    let known = asked
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains(&tag));
    let tag = HeaderValue::from_str(&tag).expect("a digest is fine in a header");
    let headers = [
        (ETAG, tag),
        (CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = [(CONTENT_TYPE, HeaderValue::from_static(media_type(path)))];
    (headers, kind, file.data.to_vec()).into_response()
}

/// Answers with what was packed when the desk was built, tighter than there is time for later; none
/// where that is not there or not understood.
fn packed(path: &str, asked: &HeaderMap) -> Option<Response> {
    if !takes_brotli(asked) {
        return None;
    }
    let file = Files::get(&format!("{path}.br"))?;
    let mut answer = answer(path, &file, asked);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    Some(answer)
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    let lists = asked.get_all(ACCEPT_ENCODING).into_iter();
    let mut taken = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    taken.any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=");
        let is_none = weight.is_some_and(|weight| weight.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("br") && !is_none
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_goes_only_to_who_can_unpack_it() {
        let of = |list: &'static str| {
            let asked = [(ACCEPT_ENCODING, HeaderValue::from_static(list))];
            takes_brotli(&asked.into_iter().collect())
        };
        assert!(of("gzip, deflate, br, zstd") && of("BR;q=0.5"));
        assert!(!of("gzip") && !of("br;q=0") && !of("br; q=0.0, gzip") && !of("brx"));
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
