//! Signatures of Standard Webhooks 1.0.0: made for what the network pushes, checked for what it receives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far a timestamp may be off, in seconds.
const TOLERANCE_SECONDS: i64 = 300;

/// What a signed request carries in its headers.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`
    pub timestamp: &'a str,
    /// `webhook-signature`
    pub signature: &'a str,
}

/// Signs a body; `None` where the secret is no `whsec_` key.
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let mac = mac(secret, id, &timestamp.to_string(), body)?;
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

/// Tells whether any of the signatures is right and the timestamp is fresh.
pub fn verify(secret: &str, signed: Signed<'_>, body: &[u8], now_seconds: i64) -> bool {
    let fresh = signed
        .timestamp
        .parse::<i64>()
        .is_ok_and(|at| (now_seconds - at).abs() <= TOLERANCE_SECONDS);
    fresh
        && signed.signature.split(' ').any(|one| {
            let given = one
                .strip_prefix("v1,")
                .and_then(|text| STANDARD.decode(text).ok());
            let mac = mac(secret, signed.id, signed.timestamp, body);
            given
                .zip(mac)
                .is_some_and(|(given, mac)| mac.verify_slice(&given).is_ok())
        })
}

fn mac(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::{Signed, sign, verify};

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const EXPECTED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_published_vector_is_met() {
        assert_eq!(
            sign(SECRET, ID, 1_614_265_330, BODY).as_deref(),
            Some(EXPECTED)
        );
        assert_eq!(sign("no key", ID, 1_614_265_330, BODY), None);
    }

    #[test]
    fn right_fresh_signatures_pass_and_others_do_not() {
        let several = format!("v1,AAAA v1a,xyz {EXPECTED}");
        let signed = Signed {
            id: ID,
            timestamp: "1614265330",
            signature: &several,
        };
        assert!(verify(SECRET, signed, BODY, 1_614_265_400));
        assert!(!verify(SECRET, signed, BODY, 1_614_265_330 + 301));
        assert!(!verify(SECRET, signed, b"{}", 1_614_265_400));
        assert!(!verify("whsec_AAAA", signed, BODY, 1_614_265_400));
    }
}
