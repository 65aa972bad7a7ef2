//! Signatures as networks make them, and JSON as they write it.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// Returns the HMAC-SHA256 in hexadecimal.
pub(crate) fn sha256_hex(secret: &str, bytes: &[u8]) -> String {
    hex(&sha256(secret, bytes))
}

/// Returns the HMAC-SHA256 in Base64.
pub(crate) fn sha256_base64(secret: &str, bytes: &[u8]) -> String {
    STANDARD.encode(sha256(secret, bytes))
}

/// Returns the HMAC-SHA1 in Base64.
pub(crate) fn sha1_base64(secret: &str, bytes: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())
        .expect("a key of this kind may have any length");
    mac.update(bytes);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Returns the plain SHA-256 in hexadecimal.
pub(crate) fn digest_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Makes the `signed_request` of Meta's callbacks.
pub(crate) fn signed_request(secret: &str, payload: &str) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload);
    let mac = URL_SAFE_NO_PAD.encode(sha256(secret, payload.as_bytes()));
    format!("{mac}.{payload}")
}

/// Writes everything beyond ASCII as `\uXXXX`, and slashes as `\/`, as Meta does.
pub(crate) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() + 64);
    let mut units = [0; 2];
    for sign in json.chars() {
        match sign {
            '/' => escaped.push_str("\\/"),
            sign if sign.is_ascii() => escaped.push(sign),
            sign => {
                for unit in sign.encode_utf16(&mut units) {
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}

fn sha256(secret: &str, bytes: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .expect("a key of this kind may have any length");
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_meet_the_published_vectors() {
        assert_eq!(
            sha256_hex("app-secret", br#"{"object":"page","entry":[]}"#),
            "e6e9d7a842a48e17f43a34d6125d0d933e2aab92ee37f0993a4d493b50e3d438"
        );
        assert_eq!(
            sha256_base64("consumer-secret", b"challenge"),
            "2RUZDVKjSpEV/C/r9ivMsVZJ4DFPAawjJFQQzY+6ba4="
        );
        let text = "https://mycompany.com/myapp.php?foo=1&bar=2CallSidCA1234567890ABCDE\
            Caller+14158675309Digits1234From+14158675309To+18005551212";
        assert_eq!(
            sha1_base64("12345", text.as_bytes()),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        );
        assert!(digest_hex(b"").starts_with("e3b0c442"));
    }

    #[test]
    fn escapes_read_back_to_the_same_text() {
        let json = serde_json::json!({"text": "Störung 🚆 a/b"}).to_string();
        let written = escaped(&json);
        assert!(written.is_ascii() && written.contains("\\u00f6") && written.contains("\\/"));
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(read["text"], "Störung 🚆 a/b");
    }
}
