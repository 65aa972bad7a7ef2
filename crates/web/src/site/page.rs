//! How a public page is made: templates, which an operator may replace file by file, within one
//! frame; and the few files that pages need.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, REFERRER_POLICY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use kulant_care::Care;
use kulant_care::form::PublicBrand;
use kulant_model::brand::{BrandDetails, Voice};
use kulant_model::ids::InboxId;
use kulant_model::time::Timestamp;
use minijinja::value::{Kwargs, Value};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State as Rendering, context,
    escape_formatter,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::words::Speech;
use super::{accent, times};
use crate::input::Path;
use crate::locale::{self, Language};
use crate::problem::Problem;

const STYLE: &str = include_str!("../../../../templates/site/site.css");
const FRAME_SCRIPT: &str = include_str!("../../../../templates/site/frame.js");
const FAVICON: &str = include_str!("../../../../templates/site/favicon.svg");
const ROBOTS: &str = "User-agent: *\nDisallow: /api/\nDisallow: /c/\nDisallow: /connect/\nDisallow: /desk\nDisallow: /hooks/\n";

/// Every template, by the name under which an operator may put another one.
pub const TEMPLATES: &[(&str, &str)] = &[
    (
        "site/base.html",
        include_str!("../../../../templates/site/base.html"),
    ),
    (
        "site/conversation.html",
        include_str!("../../../../templates/site/conversation.html"),
    ),
    (
        "site/form.html",
        include_str!("../../../../templates/site/form.html"),
    ),
    (
        "site/home.html",
        include_str!("../../../../templates/site/home.html"),
    ),
    (
        "site/parts.html",
        include_str!("../../../../templates/site/parts.html"),
    ),
    (
        "site/problem.html",
        include_str!("../../../../templates/site/problem.html"),
    ),
    (
        "site/sent.html",
        include_str!("../../../../templates/site/sent.html"),
    ),
];

/// What may stand in a query without being encoded.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
pub const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

static STYLE_DIGEST: LazyLock<String> = LazyLock::new(|| digest(STYLE));
static FRAME_DIGEST: LazyLock<String> = LazyLock::new(|| digest(FRAME_SCRIPT));

/// How long it counts what was found out about usual waits.
const WAITS_COUNT: Duration = Duration::from_mins(5);

/// The templates, made once, and what many visits ask for.
pub struct Pages {
    templates: Environment<'static>,
    waits: Mutex<HashMap<InboxId, (Timestamp, Option<Duration>)>>,
}

/// What a page is asked with: its address and the language that its reader wants.
pub struct Visit {
    pub path: String,
    pub query: Vec<(String, String)>,
    asked: Option<Language>,
    accepted: Option<Language>,
}

/// What stands around every page.
pub struct Frame<'a> {
    pub visit: &'a Visit,
    pub brand: &'a PublicBrand,
    pub now: Timestamp,
    pub embedded: bool,
    /// Where the same page is found in the other language.
    pub here: String,
}

impl Pages {
    /// Makes the templates ready, those in the operator's folder before our own.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let mut templates = Environment::new();
        templates.set_auto_reload(false);
        templates.set_loader(move |name| find_template(folder.as_deref(), name));
        templates.set_formatter(escape);
        templates.add_function("t", say);
        Self {
            templates,
            waits: Mutex::default(),
        }
    }

    /// Returns how soon a form's messages are usually answered, found out anew every few minutes.
    pub async fn usual_wait(
        &self,
        care: &Care,
        inbox: InboxId,
    ) -> Result<Option<Duration>, Problem> {
        let now = care.now();
        let waits = || self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let known = waits().get(&inbox).copied();
        if let Some((at, wait)) = known
            && now.since(at) < WAITS_COUNT
        {
            return Ok(wait);
        }
        let wait = kulant_care::form::usual_wait(care, inbox).await?;
        waits().insert(inbox, (now, wait));
        Ok(wait)
    }

    /// Renders a page within its frame.
    pub fn render(
        &self,
        template: &str,
        frame: &Frame<'_>,
        page: Value,
    ) -> Result<Html<String>, Problem> {
        let words = minijinja::value::merge_maps([frame.context(), page]);
        self.templates
            .get_template(template)
            .and_then(|template| template.render(words))
            .map(Html)
            .map_err(|error| {
                Problem::internal(format!("the page {template} cannot be drawn: {error:#}"))
            })
    }
}

fn find_template(folder: Option<&std::path::Path>, name: &str) -> Result<Option<String>, Error> {
    let Some((name, own)) = TEMPLATES.iter().find(|(known, _)| *known == name) else {
        return Ok(None);
    };
    let Some(folder) = folder else {
        return Ok(Some((*own).to_owned()));
    };
    match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Some((*own).to_owned())),
        Err(error) => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("the template {name} of the operator cannot be read: {error}"),
        )),
    }
}

/// Escapes what would end a text or an attribute; a slash, which our own would touch, does not.
fn escape(out: &mut Output, state: &mut Rendering, value: &Value) -> Result<(), Error> {
    let Some(text) = value.as_str().filter(|_| !value.is_safe()) else {
        return escape_formatter(out, state, value);
    };
    if !matches!(state.auto_escape(), AutoEscape::Html) {
        return escape_formatter(out, state, value);
    }
    for piece in text.split_inclusive(['&', '<', '>', '"', '\'']) {
        let plain = piece.trim_end_matches(['&', '<', '>', '"', '\'']);
        out.write_str(plain)?;
        out.write_str(match &piece[plain.len()..] {
            "&" => "&amp;",
            "<" => "&lt;",
            ">" => "&gt;",
            "\"" => "&quot;",
            "'" => "&#39;",
            _ => "",
        })?;
    }
    Ok(())
}

/// `t(key, name=value)` in a template: the words of a key for whoever reads the page.
#[expect(
    clippy::needless_pass_by_value,
    reason = "functions of templates take their arguments by value"
)]
fn say(state: &Rendering, key: &str, facts: Kwargs) -> Result<String, Error> {
    let mut said: Vec<(String, String)> = Vec::new();
    for name in facts.args() {
        said.push((name.to_owned(), facts.get::<Value>(name)?.to_string()));
    }
    let facts: Vec<(&str, &str)> = said
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Ok(speech_of(state).say(key, &facts))
}

fn speech_of(state: &Rendering) -> Speech {
    let word = |name: &str| {
        state
            .lookup(name)
            .map(|value| value.to_string())
            .unwrap_or_default()
    };
    Speech {
        language: Language::from_word(&word("language")).unwrap_or(Language::German),
        voice: if word("voice") == Voice::Du.word() {
            Voice::Du
        } else {
            Voice::Sie
        },
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::read(&parts.uri, &parts.headers))
    }
}

impl Visit {
    pub fn read(uri: &Uri, headers: &HeaderMap) -> Self {
        let query: Vec<(String, String)> = uri
            .query()
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
            .collect();
        let word = query.iter().find(|(name, _)| name == "lang");
        Self {
            asked: word.and_then(|(_, word)| Language::from_word(word)),
            accepted: locale::accepted(headers),
            path: uri.path().to_owned(),
            query,
        }
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name)?;
        Some(found.1.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The language to answer in: the one asked for, the browser's, then the brand's first.
    pub fn language(&self, details: &BrandDetails) -> Language {
        let of_brand = || Language::from_word(details.languages.first()?);
        self.asked
            .or(self.accepted)
            .or_else(of_brand)
            .unwrap_or(Language::German)
    }

    /// Takes the language of somebody who is known, where the address asks for none.
    #[must_use]
    pub fn unless_asked(mut self, language: Language) -> Self {
        self.asked = self.asked.or(Some(language));
        self
    }

    pub fn speech(&self, details: &BrandDetails) -> Speech {
        Speech::new(self.language(details), details.voice)
    }

    /// Makes an address that keeps the language somebody chose.
    pub fn address(&self, path: &str, query: &[(&str, &str)]) -> String {
        let chosen = self.asked.map(Language::word);
        let pairs = query
            .iter()
            .copied()
            .chain(chosen.map(|language| ("lang", language)));
        address(path, pairs)
    }
}

impl Frame<'_> {
    fn context(&self) -> Value {
        let details = &self.brand.details;
        let speech = self.visit.speech(details);
        let other = match speech.language {
            Language::German => Language::English,
            Language::English => Language::German,
        };
        let hours = times::hours_line(speech, details, self.now);
        let answers_here = details.languages.is_empty()
            || details
                .languages
                .iter()
                .any(|known| known == speech.language.word());
        let answers_in = details
            .languages
            .iter()
            .find_map(|word| Language::from_word(word));
        context! {
            language => speech.language.word(),
            voice => details.voice.word(),
            brand => context! {
                name => &self.brand.name,
                home => self.visit.address(&format!("/b/{}", self.brand.slug), &[]),
                imprint_url => web_address(details.imprint_url.as_deref()),
                privacy_url => web_address(details.privacy_url.as_deref()),
            },
            hours => hours.map(|(open, words)| context! { open, words }),
            hours_note => details.hours_note.as_deref(),
            answers_in => answers_in.filter(|_| !answers_here).map(Language::word),
            style => style_path(details.colour.as_deref()),
            frame_script => format!("/site/frame-{}.js", *FRAME_DIGEST),
            embedded => self.embedded,
            switch => context! {
                language => other.word(),
                href => self.switch_to(other),
            },
        }
    }

    fn switch_to(&self, language: Language) -> String {
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let kept: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .filter(|(name, _)| *name != "lang")
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        let pairs = kept
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain([("lang", language.word())]);
        // Two slashes, or one and its reverse, would name another host.
        let within = path.trim_start_matches(['/', '\\']);
        address(&format!("/{within}"), pairs)
    }
}

/// Makes an address of a path and a query, of which empty values are left out.
pub fn address<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut address = path.to_owned();
    let mut mark = '?';
    for (name, value) in query.into_iter().filter(|(_, value)| !value.is_empty()) {
        let value = utf8_percent_encode(value, PLAIN);
        write!(address, "{mark}{name}={value}").expect("writing into a string cannot fail");
        mark = '&';
    }
    address
}

/// Sets what pages for one reader need: kept nowhere, found by no search, told to nobody.
pub fn confide(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_ROBOTS_TAG, "noindex, nofollow"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Gives the style and the script of the embedded form, by names that change with their content.
pub async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let script = format!("frame-{}.js", *FRAME_DIGEST);
    let (kind, text) = if name == script {
        ("text/javascript; charset=utf-8", FRAME_SCRIPT.to_owned())
    } else {
        let style = name
            .strip_prefix("site-")
            .and_then(|rest| rest.strip_suffix(".css"))
            .and_then(|rest| rest.strip_prefix(STYLE_DIGEST.as_str()))
            .and_then(|rest| match rest.strip_prefix('-') {
                None => rest.is_empty().then(|| STYLE.to_owned()),
                Some(digits) => Some(format!("{STYLE}{}", accent::style(digits)?)),
            })
            .ok_or_else(Problem::not_found)?;
        ("text/css; charset=utf-8", style)
    };
    Ok(fixed(kind, FOR_A_YEAR, text))
}

pub async fn favicon() -> Response {
    fixed("image/svg+xml", "public, max-age=86400", FAVICON.to_owned())
}

pub async fn robots() -> Response {
    fixed(
        "text/plain; charset=utf-8",
        "public, max-age=86400",
        ROBOTS.to_owned(),
    )
}

pub(super) fn fixed(kind: &'static str, cache: &'static str, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    (StatusCode::OK, headers, text).into_response()
}

fn style_path(colour: Option<&str>) -> String {
    let digits = colour
        .and_then(|colour| colour.strip_prefix('#'))
        .filter(|digits| accent::style(digits).is_some());
    match digits {
        Some(digits) => format!("/site/site-{}-{digits}.css", *STYLE_DIGEST),
        None => format!("/site/site-{}.css", *STYLE_DIGEST),
    }
}

/// Lets only addresses of the web become links.
fn web_address(text: Option<&str>) -> Option<&str> {
    text.filter(|text| text.starts_with("https://") || text.starts_with("http://"))
}

fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes())[..6]
        .iter()
        .fold(String::new(), |mut digest, byte| {
            write!(digest, "{byte:02x}").expect("writing into a string cannot fail");
            digest
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(uri: &str, accept: &str) -> Visit {
        let mut headers = HeaderMap::new();
        headers.insert("accept-language", accept.parse().expect("a header"));
        Visit::read(&uri.parse().expect("an address"), &headers)
    }

    #[test]
    fn the_language_is_the_readers_then_the_brands() {
        let english_brand = BrandDetails {
            languages: vec!["en".to_owned()],
            ..BrandDetails::default()
        };
        let cases = [
            ("/?lang=en", "de", Language::English),
            ("/?lang=xx", "de", Language::German),
            ("/", "de-CH", Language::German),
            ("/", "fr", Language::English),
        ];
        for (uri, accept, expected) in cases {
            assert_eq!(
                visit(uri, accept).language(&english_brand),
                expected,
                "{uri} {accept}"
            );
        }
    }

    #[test]
    fn addresses_keep_what_was_chosen_and_nothing_breaks_out() {
        let visit = visit("/form/x?subject=a%26b+c&lang=en", "de");
        assert_eq!(visit.find("subject"), Some("a&b c"));
        assert_eq!(
            visit.address("/form/x", &[("from", "https://a/?b=c&d"), ("text", "")]),
            "/form/x?from=https%3A%2F%2Fa%2F%3Fb%3Dc%26d&lang=en"
        );
    }

    #[test]
    fn templates_of_the_operator_come_first_and_no_other_file_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("site")).expect("a folder");
        std::fs::write(folder.path().join("site/home.html"), "ours").expect("written");
        std::fs::write(folder.path().join("secret"), "hush").expect("written");
        let find = |name| find_template(Some(folder.path()), name).expect("read");
        assert_eq!(find("site/home.html").as_deref(), Some("ours"));
        assert!(find("site/form.html").is_some_and(|text| text != "ours"));
        assert_eq!(find("secret"), None);
        assert_eq!(find("site/../secret"), None);
    }
}
