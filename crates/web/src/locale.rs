//! Which language a reader wants: what the address says, then the cookie, then the browser.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
pub use kulant_care::people::preferences::Language;

use crate::session::cookie;

/// The cookie in which a reader's choice stands.
pub const COOKIE_NAME: &str = "kulant_language";

/// The language to answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale(pub Language);

impl<S: Send + Sync> FromRequestParts<S> for Locale {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(wanted(parts.uri.query(), &parts.headers)))
    }
}

fn wanted(query: Option<&str>, headers: &HeaderMap) -> Language {
    let asked = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("lang="));
    asked
        .and_then(Language::from_word)
        .or_else(|| cookie(headers, COOKIE_NAME).and_then(Language::from_word))
        .or_else(|| accepted(headers))
        .unwrap_or(Language::German)
}

/// Returns the language of ours that the browser likes best.
pub fn accepted(headers: &HeaderMap) -> Option<Language> {
    let text = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Language)> = None;
    for part in text.split(',') {
        let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        let tag = tag.trim().to_ascii_lowercase();
        let language = tag.split('-').next().and_then(Language::from_word);
        if let Some(language) = language
            && weight > 0.0
            && best.is_none_or(|(known, _)| weight > known)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_counts_before_the_cookie_and_the_cookie_before_the_browser() {
        let headers = |accept: &str, cookies: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accept.parse().expect("a header"));
            headers.insert("cookie", cookies.parse().expect("a header"));
            headers
        };
        let cases = [
            (None, "", "", Language::German),
            (None, "en-GB,en;q=0.9,de;q=0.8", "", Language::English),
            (None, "fr, de-AT;q=0.4, en;q=0.5", "", Language::English),
            (None, "fr", "", Language::German),
            (None, "en;q=0", "", Language::German),
            (None, "en", "kulant_language=de", Language::German),
            (
                Some("x=1&lang=en"),
                "de",
                "kulant_language=de",
                Language::English,
            ),
            (Some("lang=xx"), "en", "", Language::English),
        ];
        for (query, accept, cookies, expected) in cases {
            assert_eq!(
                wanted(query, &headers(accept, cookies)),
                expected,
                "{query:?} {accept} {cookies}"
            );
        }
    }
}
