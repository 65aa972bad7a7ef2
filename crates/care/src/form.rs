//! The contact form: what its page shows, and a submission kept as a raw delivery together with
//! the private link that its sender gets. What a submission means is decided at the intake.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub use kulant_channels::capability::AttachmentLimits;
use kulant_channels::form::{Submission, Upload, thread_key};
use kulant_model::brand::BrandDetails;
use kulant_model::ids::{AttachmentId, BrandId, InboxId};
use kulant_model::message::Visibility;
use kulant_model::refusal::Refusal;
use kulant_model::time::Timestamp;
use kulant_store::inboxes::Inbox;
use kulant_store::links::{self, Link};
use kulant_store::messages::Attachment;
use kulant_store::{brands, inboxes, intakes, messages};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::admin::fields::Faults;
use crate::error::CareError;
use crate::{Care, accept, accounts, hash_secret};

/// A person needs at least as long to fill a form.
pub const QUICKEST: Duration = Duration::from_secs(2);
/// After this time a form that was left open is given anew.
pub const LONGEST_OPEN: Duration = Duration::from_hours(24);

pub const LONGEST_TEXT: usize = 20_000;
const LONGEST_NAME: usize = 120;
const LONGEST_SUBJECT: usize = 200;
const LONGEST_URL: usize = 2_000;
const LONGEST_FILE_NAME: usize = 150;

const NONCE: usize = 16;
const SECRET: usize = 24;

/// How far back one looks to say how soon answers usually come, and how many it takes to say it.
const WAITS_SINCE: Duration = Duration::from_hours(28 * 24);
const FEWEST_WAITS: usize = 20;
const MOST_WAITS: i64 = 200;

/// The name under which a form, a page or a conversation stands.
#[derive(Debug, Clone)]
pub struct PublicBrand {
    pub name: String,
    pub slug: String,
    pub details: BrandDetails,
}

/// A form as its page shows it.
#[derive(Debug, Clone)]
pub struct Form {
    pub inbox: InboxId,
    pub slug: String,
    pub brand: PublicBrand,
    pub heading: Option<String>,
    pub introduction: Option<String>,
    /// None where the form takes no files.
    pub attachments: Option<AttachmentLimits>,
    /// The sites that may show the form in a frame; none named means any.
    pub allowed_origins: Vec<String>,
    /// Whether it takes messages now.
    pub takes_messages: bool,
}

/// The way to a form.
#[derive(Debug, Clone)]
pub struct FormLink {
    pub slug: String,
    pub name: String,
    pub heading: Option<String>,
}

/// What a form's page carries, so that one filling is one message however often it is sent, and
/// other words on the same page are another one.
#[derive(Clone)]
pub struct FormToken {
    nonce: Vec<u8>,
    secret: String,
    issued_at: Timestamp,
}

/// Why a form's token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// Not made by us for this form.
    Unknown,
    /// Open for too long.
    Expired,
    /// Sent sooner than a person could have filled it.
    TooQuick,
}

/// A file that lies with us already and waits for its message.
#[derive(Debug, Clone)]
pub struct KeptFile {
    pub file_name: String,
    pub name: String,
    pub media_type: String,
    pub size: u64,
}

/// What somebody typed into a form.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    pub name: String,
    pub email: String,
    pub subject: String,
    pub text: String,
    pub page_url: String,
    pub language: String,
    pub files: Vec<KeptFile>,
}

/// Finds a form by the part of its page's path.
pub async fn find(care: &Care, slug: &str) -> Result<Form, CareError> {
    let slug = slug.to_owned();
    let found: Option<Inbox> = care
        .store
        .read(move |read| inboxes::find_by_slug(read, &slug).map_err(CareError::from))
        .await?;
    form_of(care, found.ok_or(CareError::NotFound)?).await
}

/// Finds a brand by its slug, or the oldest one, with the forms it offers.
pub async fn find_home(
    care: &Care,
    slug: Option<&str>,
) -> Result<(PublicBrand, Vec<FormLink>), CareError> {
    let slug = slug.map(str::to_owned);
    care.store
        .read(move |read| {
            let brand = match &slug {
                Some(slug) => brands::find_by_word(read, slug)?
                    .filter(|brand| brand.slug == *slug && brand.archived_at.is_none()),
                None => brands::list(read, 0, 1)?.pop(),
            }
            .ok_or(CareError::NotFound)?;
            let forms = inboxes::list_active(read, 0, 1_000)?
                .into_iter()
                .filter(|inbox| inbox.brand == brand.id && has_page(inbox))
                .map(|inbox| FormLink {
                    heading: words(&inbox.settings, "heading"),
                    slug: inbox.slug,
                    name: inbox.name,
                })
                .collect();
            Ok((public(brand), forms))
        })
        .await
}

/// Returns within which time half of the latest messages were answered; nothing where too few are
/// known, or where half of them were not.
pub async fn usual_wait(care: &Care, inbox: InboxId) -> Result<Option<Duration>, CareError> {
    let since = care.now().before(WAITS_SINCE);
    let mut waits: Vec<Option<i64>> = care
        .store
        .read(move |read| {
            links::list_first_waits(read, inbox, since, MOST_WAITS).map_err(CareError::from)
        })
        .await?;
    if waits.len() < FEWEST_WAITS {
        return Ok(None);
    }
    waits.sort_unstable_by_key(|wait| wait.unwrap_or(i64::MAX));
    Ok(waits[waits.len() / 2]
        .and_then(|wait| u64::try_from(wait).ok())
        .map(Duration::from_micros))
}

/// Makes the token of a form that is shown now. It is sealed: what it holds is no one's to read.
pub fn issue_token(care: &Care, place: &TokenPlace<'_>) -> Result<String, CareError> {
    let mut bytes = Vec::with_capacity(8 + NONCE + SECRET);
    bytes.extend_from_slice(&care.now().0.to_be_bytes());
    bytes.extend_from_slice(&care.random_bytes::<NONCE>());
    bytes.extend_from_slice(&care.random_bytes::<SECRET>());
    Ok(URL_SAFE_NO_PAD.encode(care.seal(&place.words(), &bytes)?))
}

/// Where a token counts.
#[derive(Debug, Clone, Copy)]
pub enum TokenPlace<'a> {
    Form(InboxId),
    /// The private page of a thread.
    Thread(&'a str),
}

impl TokenPlace<'_> {
    fn words(&self) -> String {
        match self {
            Self::Form(inbox) => format!("form/{inbox}"),
            Self::Thread(key) => format!("thread/{key}"),
        }
    }
}

/// Opens a token; `Ok` does not mean that it is neither too quick nor too old: `check_age` tells.
pub fn open_token(
    care: &Care,
    place: &TokenPlace<'_>,
    text: &str,
) -> Result<FormToken, TokenFault> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|sealed| care.open_sealed(&place.words(), &sealed).ok())
        .filter(|bytes| bytes.len() == 8 + NONCE + SECRET)
        .ok_or(TokenFault::Unknown)?;
    let (issued_at, rest) = bytes.split_at(8);
    let (nonce, secret) = rest.split_at(NONCE);
    let issued_at = issued_at.try_into().map_err(|_| TokenFault::Unknown)?;
    Ok(FormToken {
        nonce: nonce.to_vec(),
        secret: URL_SAFE_NO_PAD.encode(secret),
        issued_at: Timestamp(i64::from_be_bytes(issued_at)),
    })
}

impl FormToken {
    /// Checks that a person could have filled the form, and not a week ago.
    pub fn check_age(&self, now: Timestamp) -> Result<(), TokenFault> {
        let open = now.since(self.issued_at);
        if open < QUICKEST {
            return Err(TokenFault::TooQuick);
        }
        if open > LONGEST_OPEN {
            return Err(TokenFault::Expired);
        }
        Ok(())
    }

    /// Returns the id of what was filled in: the same again is the same submission, anything else a
    /// new one. The secret is hashed too, so that no id lets anybody guess at the words.
    fn submission(&self, filled: &Filled) -> String {
        let mut hash = Sha256::new()
            .chain_update(&self.nonce)
            .chain_update(&self.secret);
        let mut add = |part: &str| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        for part in [&filled.name, &filled.email, &filled.subject, &filled.text] {
            add(part);
        }
        for file in &filled.files {
            add(&file.name);
            add(&file.size.to_string());
        }
        format!("f-{}", URL_SAFE_NO_PAD.encode(&hash.finalize()[..NONCE]))
    }
}

/// Keeps a submission and its private link in one durable step; returns the link's secret. The
/// same again is the same submission; other words under the same token are another message behind
/// the same link.
pub async fn submit(
    care: &Care,
    form: &Form,
    token: &FormToken,
    filled: Filled,
) -> Result<String, CareError> {
    if !form.takes_messages {
        return Err(Refusal::new("inbox_is_paused").into());
    }
    let mut faults = Faults::default();
    let name = faults.text("name", &one_line(&filled.name), LONGEST_NAME);
    let email = email_of(&mut faults, &filled.email);
    let subject =
        faults.optional_text("subject", Some(&one_line(&filled.subject)), LONGEST_SUBJECT);
    let text = text_of(&mut faults, &filled);
    faults.end()?;

    let link = Link {
        inbox: form.inbox,
        thread: thread_key(&token.secret),
        created_at: care.now(),
    };
    let submission = Submission {
        id: token.submission(&filled),
        thread: link.thread.clone(),
        name,
        email,
        subject,
        text,
        attachments: Vec::new(),
        page_url: page_url(&filled.page_url),
        language: language(&filled.language),
    };
    let hash = hash_secret(&token.secret);
    keep(care, &link, Some(hash), submission, filled.files).await?;
    Ok(token.secret.clone())
}

/// Keeps another message of a thread in one durable step.
pub(crate) async fn submit_more(
    care: &Care,
    link: &Link,
    token: &FormToken,
    (from, filled): ((String, Option<String>), Filled),
) -> Result<(), CareError> {
    let mut faults = Faults::default();
    let text = text_of(&mut faults, &filled);
    faults.end()?;

    let submission = Submission {
        id: token.submission(&filled),
        thread: link.thread.clone(),
        name: from.0,
        email: from.1,
        subject: None,
        text,
        attachments: Vec::new(),
        page_url: None,
        language: language(&filled.language),
    };
    keep(care, link, None, submission, filled.files).await
}

async fn keep(
    care: &Care,
    link: &Link,
    new_link: Option<Vec<u8>>,
    mut submission: Submission,
    files: Vec<KeptFile>,
) -> Result<(), CareError> {
    let now = care.now();
    let uploads: Vec<Attachment> = files
        .iter()
        .map(|file| Attachment {
            id: AttachmentId(care.id()),
            message: None,
            inbox: Some(link.inbox),
            agent: None,
            name: file_name(&file.name),
            media_type: media_type(&file.media_type),
            size: i64::try_from(file.size).ok(),
            source_url: None,
            file_name: Some(file.file_name.clone()),
            alt: None,
            created_at: now,
            fetch_at: None,
            missing: None,
        })
        .collect();
    submission.attachments = uploads
        .iter()
        .zip(&files)
        .map(|(upload, file)| Upload {
            id: upload.id.to_string(),
            name: upload.name.clone(),
            media_type: upload.media_type.clone(),
            size: file.size,
        })
        .collect();
    let rows = accept::rows(care, link.inbox, vec![submission.delivery(now)]);
    let link = link.clone();
    let kept: Result<bool, CareError> = care
        .store
        .write(move |tx| {
            if inboxes::list_in_use(tx, &[link.inbox])?.is_empty() {
                return Err(CareError::NotFound);
            }
            if intakes::insert(tx, &rows)?.is_empty() {
                return Ok(false);
            }
            if let Some(hash) = new_link {
                links::insert(tx, &hash, &link)?;
            }
            messages::insert_attachments(tx, &uploads)?;
            Ok(true)
        })
        .await;
    if !matches!(kept, Ok(true)) {
        discard(care, &files).await;
    }
    kept.map(|_| ())
}

/// Removes files that no message will claim.
pub async fn discard(care: &Care, files: &[KeptFile]) {
    for file in files {
        if let Err(error) = care.files.remove(&file.file_name).await {
            tracing::warn!(error = %error, "the file of a refused upload could not be removed");
        }
    }
}

/// Makes an inbox into its form, if it has a public page.
pub(crate) async fn form_of(care: &Care, inbox: Inbox) -> Result<Form, CareError> {
    if !has_page(&inbox) {
        return Err(CareError::NotFound);
    }
    let brand_id: BrandId = inbox.brand;
    let brand = care
        .store
        .read(move |read| brands::find(read, brand_id).map_err(CareError::from))
        .await?
        .ok_or(CareError::NotFound)?;
    let takes_messages = inbox.paused_at.is_none() && inbox.archived_at.is_none();
    let opened = accounts::open(care, inbox)?;
    let limits = opened
        .channel
        .capabilities()
        .side(Visibility::Private)
        .and_then(|side| side.attachments.clone());
    let settings = &opened.inbox.settings;
    let takes_files = settings.get("attachments").and_then(Json::as_bool) != Some(false);
    Ok(Form {
        inbox: opened.inbox.id,
        slug: opened.inbox.slug.clone(),
        brand: public(brand),
        heading: words(settings, "heading"),
        introduction: words(settings, "introduction"),
        attachments: limits
            .filter(|_| takes_files)
            .map(|limits| AttachmentLimits {
                bytes_each: limits.bytes_each.min(care.settings.largest_file_bytes),
                ..limits
            }),
        allowed_origins: settings
            .get("allowed_origins")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .map(|origin| origin.trim().trim_end_matches('/').to_owned())
            .filter(|origin| !origin.is_empty())
            .collect(),
        takes_messages,
    })
}

fn has_page(inbox: &Inbox) -> bool {
    kulant_channels::find(&inbox.channel).is_some_and(|channel| channel.capabilities().public_page)
}

fn public(brand: brands::Brand) -> PublicBrand {
    PublicBrand {
        name: brand.name,
        slug: brand.slug,
        details: serde_json::from_value(brand.details).unwrap_or_default(),
    }
}

fn words(settings: &Json, name: &str) -> Option<String> {
    let text = settings.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn text_of(faults: &mut Faults, filled: &Filled) -> String {
    let text: String = filled
        .text
        .replace("\r\n", "\n")
        .chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        .collect();
    let text = text.trim().to_owned();
    if text.is_empty() && filled.files.is_empty() {
        faults.add("text", "required", "a value is needed");
    }
    if text.chars().count() > LONGEST_TEXT {
        faults.add(
            "text",
            "too_long",
            format!("at most {LONGEST_TEXT} characters"),
        );
    }
    text
}

fn email_of(faults: &mut Faults, text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    Some(faults.email("email", text))
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

fn page_url(text: &str) -> Option<String> {
    let text = text.trim();
    let of_the_web = text.starts_with("https://") || text.starts_with("http://");
    let plain = !text
        .chars()
        .any(|letter| letter.is_control() || letter.is_whitespace());
    (of_the_web && plain && text.len() <= LONGEST_URL).then(|| text.to_owned())
}

fn language(text: &str) -> Option<String> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())).then(|| text.to_owned())
}

/// The last part of a name, without what could mislead a file system or a reader.
fn file_name(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or("");
    let plain: String = last
        .chars()
        .filter(|letter| !letter.is_control() && !is_turning(*letter))
        .take(LONGEST_FILE_NAME)
        .collect();
    let plain = plain.trim().trim_start_matches('.');
    if plain.is_empty() {
        "file".to_owned()
    } else {
        plain.to_owned()
    }
}

/// Marks that turn the direction of writing, which hide what a file's name ends with.
const fn is_turning(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn media_type(text: &str) -> String {
    let text = text
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    let plain = text.split('/').count() == 2
        && text.len() <= 100
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/+-.".contains(&byte));
    if plain {
        text
    } else {
        "application/octet-stream".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_mislead_nobody() {
        let cases = [
            ("Rechnung Mai.pdf", "Rechnung Mai.pdf"),
            ("C:\\Users\\anna\\foto.jpg", "foto.jpg"),
            ("../../etc/passwd", "passwd"),
            (".htaccess", "htaccess"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
            ("", "file"),
            ("..", "file"),
        ];
        for (given, expected) in cases {
            assert_eq!(file_name(given), expected, "{given:?}");
        }
        for (given, expected) in [
            ("image/PNG", "image/png"),
            ("text/plain; charset=utf-8", "text/plain"),
            ("text/html\r\nx", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(media_type(given), expected, "{given:?}");
        }
    }

    #[test]
    fn only_addresses_of_the_web_are_kept() {
        assert!(page_url("https://example.org/@anna/1").is_some());
        for bad in [
            "javascript:alert(1)",
            "//x",
            "https://a b",
            "",
            "https://a\nb",
        ] {
            assert_eq!(page_url(bad), None, "{bad}");
        }
    }
}
