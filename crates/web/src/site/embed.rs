//! The form on other people's sites: one script tag makes a frame, and the frame tells its height.
//! Only the form that was asked for so may be framed, and only where its settings allow it.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Response;
use kulant_care::form::Form;

use super::page::{Visit, fixed};

const SCRIPT: &str = include_str!("../../../../templates/site/embed.js");

/// Every site that is reached safely.
const ANYWHERE: &str = "'self' https:";

/// Gives the script that puts a form into a page.
pub async fn script() -> Response {
    let mut response = fixed(
        "text/javascript; charset=utf-8",
        "public, max-age=3600",
        SCRIPT.to_owned(),
    );
    // Any page may load it: that is what it is for.
    response.headers_mut().insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("cross-origin"),
    );
    response
}

/// Returns whether the form was asked for to stand in a frame.
pub fn is_embedded(visit: &Visit) -> bool {
    visit.find("embedded") == Some("1")
}

/// What an embedded form's address keeps when the form is sent.
pub fn kept(visit: &Visit) -> Vec<(&'static str, &str)> {
    if !is_embedded(visit) {
        return Vec::new();
    }
    let origin = visit.find("origin").unwrap_or("");
    vec![("embedded", "1"), ("origin", origin)]
}

/// Lets the sites that an inbox names show the form in a frame, or any if it names none.
pub fn let_in(response: Response, form: &Form) -> Response {
    let named: Vec<&str> = form
        .allowed_origins
        .iter()
        .map(String::as_str)
        .filter(|origin| is_origin(origin))
        .collect();
    let ancestors = match (form.allowed_origins.is_empty(), named.is_empty()) {
        (true, _) => ANYWHERE.to_owned(),
        // Settings that name no real site let nobody in.
        (false, true) => "'none'".to_owned(),
        (false, false) => format!("'self' {}", named.join(" ")),
    };
    framed_by(response, &ancestors)
}

/// Lets any site show a page in a frame, for the words that say why there is no form.
pub fn let_in_anywhere(response: Response) -> Response {
    framed_by(response, ANYWHERE)
}

fn framed_by(mut response: Response, ancestors: &str) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.:*".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_origins_go_into_the_policy() {
        for good in [
            "https://shop.example",
            "https://*.example.org",
            "http://localhost:3000",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "*",
            "https:",
            "https://a; script-src *",
            "https://a b",
            "ftp://a",
            "https://a/b",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn the_script_is_small() {
        assert!(SCRIPT.len() < 2_000, "{}", SCRIPT.len());
    }
}
