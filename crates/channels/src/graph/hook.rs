//! Our hook as Meta uses it: the handshake, the signature over the raw body, and the signed requests
//! by which people leave the app or have their data erased, with the page on which they read what
//! became of the wish.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::{DEAUTHORISED, GRAPH, SIGNED_REQUEST};
use crate::delivery::{
    Account, DeliveryKey, HookAnswer, QUERY_HEADER, RawDelivery, VerifyError, WishStanding,
};
use crate::inbound::{Departure, Inbound, TranslateError, Translation};
use crate::signature;

const SIGNATURE_HEADER: &str = "x-hub-signature-256";
const PREFIX: &str = "sha256=";
/// The field of the form that a signed request comes in.
const FIELD: &str = "signed_request";
/// The query by which somebody asks what became of a wish to be erased.
const CODE: &str = "deletion";
/// The word in the query of the address that is told of people who leave the app.
const LEAVES: &str = "deauthorise";

/// A wish to be erased, or the word that somebody left the app.
pub(crate) struct SignedRequest {
    payload: String,
    pub(crate) person: String,
    pub(crate) issued_at: Option<Timestamp>,
}

/// Answers Meta's question whether the hook is ours, and a person's what became of a wish.
pub(crate) fn handshake(account: &Account, query: &[(String, String)]) -> Option<HookAnswer> {
    let given = |name: &str| {
        query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    if given(CODE).is_some() {
        return Some(status_page(account, query));
    }
    given("hub.mode").filter(|mode| *mode == "subscribe")?;
    let expected = account.secret("verify_token").unwrap_or_default();
    let token = given("hub.verify_token").unwrap_or_default();
    let ours = !expected.is_empty() && signature::equal(token.as_bytes(), expected.as_bytes());
    Some(if ours {
        HookAnswer::text(200, given("hub.challenge").unwrap_or_default())
    } else {
        HookAnswer::text(403, "the verify token is another one")
    })
}

/// Checks the signature over the raw body. Meta's deliveries have no id, so the body is the key.
pub(crate) fn verify(account: &Account, raw: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
    let secret = account.secret("app_secret").ok_or(VerifyError::NoSecret)?;
    if let Some(request) = form_field(&raw.body) {
        let request = signed_request(&request, secret).ok_or(VerifyError::WrongSignature)?;
        let kind = if leaves_only(raw) {
            DEAUTHORISED
        } else {
            SIGNED_REQUEST
        };
        return Ok(DeliveryKey {
            kind: kind.to_owned(),
            key: signature::sha256_hex(request.payload.as_bytes()),
        });
    }
    let given = raw
        .header(SIGNATURE_HEADER)
        .ok_or(VerifyError::MissingHeader("X-Hub-Signature-256"))?;
    let given = given
        .trim()
        .strip_prefix(PREFIX)
        .ok_or(VerifyError::BadHeader("X-Hub-Signature-256"))?;
    let expected = signature::hmac_hex(secret.as_bytes(), &raw.body);
    let given = given.to_ascii_lowercase();
    if !signature::equal(given.as_bytes(), expected.as_bytes()) {
        return Err(VerifyError::WrongSignature);
    }
    Ok(DeliveryKey {
        kind: GRAPH.to_owned(),
        key: signature::sha256_hex(&raw.body),
    })
}

/// Returns what Meta reads after a delivery of news.
pub(crate) fn received() -> HookAnswer {
    HookAnswer::text(200, "EVENT_RECEIVED")
}

/// Returns what Meta reads after a delivery: where it may follow a wish to be erased, else a yes.
pub(crate) fn acknowledgement(account: &Account, raw: &RawDelivery) -> HookAnswer {
    let secret = account.secret("app_secret").unwrap_or_default();
    let request = form_field(&raw.body).and_then(|request| signed_request(&request, secret));
    let Some(request) = request.filter(|_| !leaves_only(raw)) else {
        return received();
    };
    let code = request.code(secret);
    let joint = if account.hook_url.contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!("{}{joint}{CODE}={code}", account.hook_url);
    HookAnswer::json(
        200,
        json!({"url": url, "confirmation_code": code}).to_string(),
    )
}

/// Reads a wish to be erased that was verified when it came.
pub(crate) fn departure(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let departure = wish(account, raw)?;
    Ok(Translation::of(Inbound::Departure(departure)))
}

/// Reads who wishes to be erased, under the id that the app knows them by.
pub(super) fn wish(account: &Account, raw: &RawDelivery) -> Result<Departure, TranslateError> {
    let secret = account.secret("app_secret").unwrap_or_default();
    let text = form_field(&raw.body)
        .ok_or_else(|| TranslateError::Unreadable("no signed request".to_owned()))?;
    let request = signed_request(&text, secret)
        .ok_or_else(|| TranslateError::Unreadable("the signed request is another's".to_owned()))?;
    Ok(Departure {
        wish: Some(request.code(secret)),
        at: request.issued_at.unwrap_or(raw.received_at),
        person: request.person,
        also: Vec::new(),
    })
}

/// Whether a delivery came to the address that is told of people who leave the app, which is no wish.
fn leaves_only(raw: &RawDelivery) -> bool {
    raw.header(QUERY_HEADER).is_some_and(|query| {
        url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == LEAVES)
    })
}

impl SignedRequest {
    fn code(&self, secret: &str) -> String {
        confirmation_code(secret, &signature::sha256_hex(self.payload.as_bytes()))
    }
}

/// Opens `signature.payload`, both in base64url without padding; none where it is not genuine.
pub(crate) fn signed_request(text: &str, secret: &str) -> Option<SignedRequest> {
    let (mark, payload) = text.trim().split_once('.')?;
    let mark = URL_SAFE_NO_PAD.decode(mark.trim_end_matches('=')).ok()?;
    let expected = signature::hmac_base64(secret.as_bytes(), payload.as_bytes());
    let given = STANDARD.encode(mark);
    if secret.is_empty() || !signature::equal(given.as_bytes(), expected.as_bytes()) {
        return None;
    }
    let decoded = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let fields: Value = serde_json::from_slice(&decoded).ok()?;
    let algorithm = fields.get("algorithm").and_then(Value::as_str)?;
    if !algorithm.eq_ignore_ascii_case("HMAC-SHA256") {
        return None;
    }
    Some(SignedRequest {
        payload: payload.to_owned(),
        person: super::client::id_in(&fields, "user_id")?,
        issued_at: fields
            .get("issued_at")
            .and_then(Value::as_i64)
            .filter(|seconds| (0..253_402_300_800).contains(seconds))
            .map(Timestamp::from_seconds),
    })
}

fn form_field(body: &[u8]) -> Option<String> {
    if !body.starts_with(FIELD.as_bytes()) {
        return None;
    }
    url::form_urlencoded::parse(body)
        .find(|(name, _)| name == FIELD)
        .map(|(_, value)| value.into_owned())
}

/// Makes a code that tells by itself that it is one of ours, so that nothing must be kept for it.
fn confirmation_code(secret: &str, wish: &str) -> String {
    let wish = &wish[..16];
    let mark = signature::hmac_hex(secret.as_bytes(), format!("deletion {wish}").as_bytes());
    format!("{wish}{}", &mark[..16])
}

/// Returns the code of the wish that a question to our hook asks about, where it is one of ours.
pub(crate) fn asked_wish(account: &Account, query: &[(String, String)]) -> Option<String> {
    let (_, code) = query.iter().find(|(name, _)| name == CODE)?;
    let secret = account.secret("app_secret").unwrap_or_default();
    let ours = code.len() == 32
        && code.is_ascii()
        && signature::equal(confirmation_code(secret, code).as_bytes(), code.as_bytes());
    ours.then(|| code.clone())
}

/// Says in human words how a wish stands, in both languages, because nobody is signed in here.
pub(crate) fn wish_answer(code: &str, standing: WishStanding) -> HookAnswer {
    let (german, english) = match standing {
        WishStanding::Taken => (
            "Texte, Namen und Dateien der Person, der diese Kennung hier zugeordnet ist, werden \
             ohne weiteres Zutun gelöscht.",
            "Texts, names and files of the person whom this id belongs to here are erased without \
             further ado.",
        ),
        WishStanding::Unmatched => (
            "Unter der übermittelten Kennung ließ sich hier niemand finden; deshalb wurde noch \
             nichts gelöscht. Wer die Seite betreibt, ist verständigt und prüft den Wunsch. Nennen \
             Sie dort diese Nummer und den Namen, unter dem Sie geschrieben haben.",
            "Nobody could be found here under the id that came with it, so nothing has been erased \
             yet. Whoever runs the page was told and looks into it. Please tell them this code and \
             the name under which you wrote.",
        ),
        WishStanding::LookedInto => (
            "Unter der übermittelten Kennung ließ sich hier niemand finden. Wer die Seite betreibt, \
             wurde verständigt; die Frist dafür ist vorüber. Fragen Sie dort mit dieser Nummer nach.",
            "Nobody could be found here under the id that came with it. Whoever runs the page was \
             told, and the time for it is over. Please ask them about this code.",
        ),
    };
    HookAnswer::text(
        200,
        format!(
            "Ihr Wunsch {code} ist eingegangen. {german} Fragen beantwortet, wessen Seite Sie \
             geschrieben haben.\n\nYour request {code} was received. {english} Whoever runs the page \
             you wrote to answers questions."
        ),
    )
}

fn status_page(account: &Account, query: &[(String, String)]) -> HookAnswer {
    match asked_wish(account, query) {
        Some(code) => wish_answer(&code, WishStanding::Taken),
        None => HookAnswer::text(
            404,
            "Diese Nummer ist hier nicht bekannt.\nThis code is not known here.",
        ),
    }
}
