//! Twilio's signature over a request to our hook: HMAC-SHA1 over the address and the sorted form.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::delivery::{Account, QUERY_HEADER, RawDelivery, VerifyError};
use crate::signature;

pub(super) const SIGNATURE_HEADER: &str = "x-twilio-signature";

/// The fields of a form, each with all that was given for it.
pub(super) type Form = BTreeMap<String, BTreeSet<String>>;

/// Reads the body of a form; every body is one.
pub(super) fn read_form(body: &[u8]) -> Form {
    let mut form = Form::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        form.entry(name.into_owned())
            .or_default()
            .insert(value.into_owned());
    }
    form
}

/// Decides whether a request is Twilio's.
pub(super) fn verify(account: &Account, raw: &RawDelivery) -> Result<(), VerifyError> {
    let token = account.secret("auth_token").ok_or(VerifyError::NoSecret)?;
    let given = raw
        .header(SIGNATURE_HEADER)
        .ok_or(VerifyError::MissingHeader(SIGNATURE_HEADER))?;
    let is_json = raw
        .header("content-type")
        .is_some_and(|media_type| media_type.starts_with("application/json"));

    let (query, form) = if is_json {
        // The digest of the body stands in the query, and the signature is over the address alone.
        let digest = format!("bodySHA256={}", signature::sha256_hex(&raw.body));
        let query = match raw.header(QUERY_HEADER) {
            Some(query) if query.split('&').any(|field| field == digest) => query.to_owned(),
            Some(_) => return Err(VerifyError::WrongSignature),
            None => digest,
        };
        (Some(query), Form::new())
    } else {
        (
            raw.header(QUERY_HEADER).map(str::to_owned),
            read_form(&raw.body),
        )
    };
    let address = match query {
        Some(query) => format!("{}?{query}", account.hook_url),
        None => account.hook_url.clone(),
    };
    let believed = addresses(&address).iter().any(|address| {
        let expected = sign(token, address, &form);
        signature::equal(given.as_bytes(), expected.as_bytes())
    });
    if believed {
        Ok(())
    } else {
        Err(VerifyError::WrongSignature)
    }
}

/// Signs an address and a form as Twilio does.
pub(super) fn sign(token: &str, address: &str, form: &Form) -> String {
    let mut text = address.to_owned();
    for (name, values) in form {
        for value in values {
            text.push_str(name);
            text.push_str(value);
        }
    }
    signature::hmac_sha1_base64(token.as_bytes(), text.as_bytes())
}

/// Returns the address with and without its port: which one was signed depends on who is between.
fn addresses(address: &str) -> Vec<String> {
    let mut addresses = vec![address.to_owned()];
    let Ok(url) = Url::parse(address) else {
        return addresses;
    };
    let Some((scheme, rest)) = address.split_once("://") else {
        return addresses;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let bare = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    if let Some(port) = url.port_or_known_default() {
        addresses.push(format!("{scheme}://{bare}:{port}{path}"));
    }
    addresses.push(format!("{scheme}://{bare}{path}"));
    addresses
}
