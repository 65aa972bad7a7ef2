//! Signatures of webhooks: Standard Webhooks 1.0.0, and plain HMAC-SHA256 in hex or base64.
//! Compares in constant time; makes secrets from randomness it is given.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use kulant_model::time::Timestamp;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::delivery::{VerifyError, header};

/// The header with the delivery's own id, the same on every retry.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the unix time in seconds.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with one or more signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// How far a delivery's time may be off before it counts as replayed.
pub const TOLERANCE: Duration = Duration::from_mins(5);

const SECRET_PREFIX: &str = "whsec_";
const VERSION_PREFIX: &str = "v1,";

/// Makes a signing secret of 24 random bytes.
pub fn new_secret(randomness: [u8; 24]) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(randomness))
}

/// Signs a body and returns the three headers to send; none where the secret cannot be read.
pub fn sign(secret: &str, id: &str, at: Timestamp, body: &[u8]) -> Option<Vec<(String, String)>> {
    let key = read_secret(secret)?;
    let seconds = at.as_seconds().to_string();
    let signature = STANDARD.encode(mark(&key, id, &seconds, body));
    Some(vec![
        (ID_HEADER.to_owned(), id.to_owned()),
        (TIMESTAMP_HEADER.to_owned(), seconds),
        (
            SIGNATURE_HEADER.to_owned(),
            format!("{VERSION_PREFIX}{signature}"),
        ),
    ])
}

/// Checks the signature over the raw body and returns the delivery's id.
/// Any of several signatures may match any of several secrets, as during a rotation.
pub fn verify<'a>(
    secrets: &[&str],
    headers: &'a [(String, String)],
    body: &[u8],
    now: Timestamp,
) -> Result<&'a str, VerifyError> {
    let keys: Vec<Vec<u8>> = secrets
        .iter()
        .filter_map(|secret| read_secret(secret))
        .collect();
    if keys.is_empty() {
        return Err(VerifyError::NoSecret);
    }
    let id = find(headers, ID_HEADER)?;
    let seconds = find(headers, TIMESTAMP_HEADER)?;
    let signatures = find(headers, SIGNATURE_HEADER)?;

    let stated: i64 = seconds
        .parse()
        .map_err(|_| VerifyError::BadHeader(TIMESTAMP_HEADER))?;
    if now.as_seconds().abs_diff(stated) > TOLERANCE.as_secs() {
        return Err(VerifyError::Stale);
    }

    let given: Vec<Vec<u8>> = signatures
        .split_ascii_whitespace()
        .filter_map(|signature| signature.strip_prefix(VERSION_PREFIX))
        .filter_map(|signature| STANDARD.decode(signature).ok())
        .collect();
    let believed = keys.iter().any(|key| {
        let expected = mark(key, id, seconds, body);
        given.iter().any(|signature| equal(signature, &expected))
    });
    if believed {
        Ok(id)
    } else {
        Err(VerifyError::WrongSignature)
    }
}

/// Returns the HMAC-SHA256 of a text in lower-case hex.
pub fn hmac_hex(key: &[u8], body: &[u8]) -> String {
    hex(&hmac(key, &[body]))
}

/// Returns the HMAC-SHA256 of a text in base64.
pub fn hmac_base64(key: &[u8], body: &[u8]) -> String {
    STANDARD.encode(hmac(key, &[body]))
}

/// Returns the HMAC-SHA1 of a text in base64, for networks that sign with nothing younger.
pub fn hmac_sha1_base64(key: &[u8], body: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Returns the SHA-256 of a text in lower-case hex.
pub fn sha256_hex(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// Compares in a time that does not depend on where two values differ.
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

fn read_secret(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD
        .decode(secret.trim().strip_prefix(SECRET_PREFIX)?)
        .ok()?;
    (!key.is_empty()).then_some(key)
}

fn find<'a>(headers: &'a [(String, String)], name: &'static str) -> Result<&'a str, VerifyError> {
    header(headers, name)
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .ok_or(VerifyError::MissingHeader(name))
}

fn mark(key: &[u8], id: &str, seconds: &str, body: &[u8]) -> Vec<u8> {
    hmac(key, &[id.as_bytes(), b".", seconds.as_bytes(), b".", body])
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing into a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const AT: Timestamp = Timestamp::from_seconds(1_614_265_330);

    fn headers(signature: &str) -> Vec<(String, String)> {
        vec![
            ("Webhook-Id".to_owned(), ID.to_owned()),
            ("Webhook-Timestamp".to_owned(), "1614265330".to_owned()),
            ("Webhook-Signature".to_owned(), signature.to_owned()),
        ]
    }

    #[test]
    fn the_vector_of_the_specification_holds() {
        let signed = sign(SECRET, ID, AT, BODY).expect("the secret is readable");
        assert_eq!(signed[2].1, SIGNATURE);
        assert_eq!(verify(&[SECRET], &headers(SIGNATURE), BODY, AT), Ok(ID));
    }

    #[test]
    fn a_changed_body_or_id_or_time_is_not_believed() {
        let wrong = Err(VerifyError::WrongSignature);
        assert_eq!(verify(&[SECRET], &headers(SIGNATURE), b"{}", AT), wrong);
        let mut other = headers(SIGNATURE);
        other[0].1 = "msg_other".to_owned();
        assert_eq!(verify(&[SECRET], &other, BODY, AT), wrong);
        let mut later = headers(SIGNATURE);
        later[1].1 = "1614265331".to_owned();
        assert_eq!(verify(&[SECRET], &later, BODY, AT), wrong);
        assert_eq!(verify(&[SECRET], &headers("v1,AAAA"), BODY, AT), wrong);
        assert_eq!(verify(&[SECRET], &headers("v2,g0hM"), BODY, AT), wrong);
    }

    #[test]
    fn old_and_future_deliveries_are_refused() {
        let given = headers(SIGNATURE);
        for (seconds_off, expected) in [
            (300, Ok(ID)),
            (-300, Ok(ID)),
            (301, Err(VerifyError::Stale)),
            (-301, Err(VerifyError::Stale)),
        ] {
            let now = Timestamp::from_seconds(AT.as_seconds() + seconds_off);
            assert_eq!(
                verify(&[SECRET], &given, BODY, now),
                expected,
                "{seconds_off}"
            );
        }
    }

    #[test]
    fn any_signature_may_match_any_secret_during_a_rotation() {
        let old = new_secret([7; 24]);
        let both = format!("v1,AAAA v1a,zzzz {SIGNATURE}");
        assert_eq!(verify(&[&old, SECRET], &headers(&both), BODY, AT), Ok(ID));
        assert_eq!(
            verify(&[&old], &headers(&both), BODY, AT),
            Err(VerifyError::WrongSignature)
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let given = headers(SIGNATURE);
        for (absent, name) in [(0, ID_HEADER), (1, TIMESTAMP_HEADER), (2, SIGNATURE_HEADER)] {
            let mut fewer = given.clone();
            fewer.remove(absent);
            assert_eq!(
                verify(&[SECRET], &fewer, BODY, AT),
                Err(VerifyError::MissingHeader(name))
            );
        }
        for secrets in [&[][..], &["whsec_"], &["plain"], &["whsec_!!"]] {
            assert_eq!(
                verify(secrets, &given, BODY, AT),
                Err(VerifyError::NoSecret)
            );
        }
        assert_eq!(sign("whsec_", ID, AT, BODY), None);
    }

    #[test]
    fn a_new_secret_signs_and_verifies() {
        let secret = new_secret([3; 24]);
        let signed = sign(&secret, "msg_1", AT, b"x").expect("a new secret is readable");
        assert_eq!(verify(&[&secret], &signed, b"x", AT), Ok("msg_1"));
    }

    #[test]
    fn plain_hmac_is_the_known_value() {
        // RFC 4231, test case 2.
        assert_eq!(
            hmac_hex(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hmac_base64(b"Jefe", b"what do ya want for nothing?"),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
        );
        // RFC 2202, test case 2.
        assert_eq!(
            hmac_sha1_base64(b"Jefe", b"what do ya want for nothing?"),
            "7/zfauXrL6LSdBbV8YTfnCWafHk="
        );
        assert!(equal(b"a", b"a") && !equal(b"a", b"b") && !equal(b"a", b"ab"));
    }
}
