//! Short-lived tokens that an account signs by itself, with a private key that never leaves (RFC 7515).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::outbound::SendError;

/// How long each of the two numbers of a signature by P-256 is.
const NUMBER: usize = 32;

/// Signs claims with a private key in PEM; the key decides how: P-256 makes ES256, RSA makes RS256.
pub(crate) fn signed(pem: &str, key_id: Option<&str>, claims: &Value) -> Result<String, SendError> {
    let broken = |detail: String| SendError::AuthBroken(format!("the private key: {detail}"));
    // Forms put a key into one line; its line ends come back here.
    let pem = pem.replace("\\n", "\n");
    let key =
        PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| broken(error.to_string()))?;
    let key = any_supported_type(&key).map_err(|error| broken(error.to_string()))?;
    let schemes = [
        (SignatureScheme::ECDSA_NISTP256_SHA256, "ES256"),
        (SignatureScheme::RSA_PKCS1_SHA256, "RS256"),
    ];
    let (signer, algorithm) = schemes
        .into_iter()
        .find_map(|(scheme, name)| Some((key.choose_scheme(&[scheme])?, name)))
        .ok_or_else(|| broken("neither P-256 nor RSA".to_owned()))?;

    let mut header = json!({"alg": algorithm, "typ": "JWT"});
    if let Some(key_id) = key_id {
        header["kid"] = json!(key_id);
    }
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encoded(&header), encoded(claims));
    let signature = signer
        .sign(text.as_bytes())
        .map_err(|error| broken(error.to_string()))?;
    let signature = if algorithm == "ES256" {
        two_numbers(&signature).ok_or_else(|| broken("an unexpected signature".to_owned()))?
    } else {
        signature
    };
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Takes the two numbers out of a signature in DER and writes them one behind the other.
fn two_numbers(der: &[u8]) -> Option<Vec<u8>> {
    let (0x30, rest) = (*der.first()?, der.get(2..)?) else {
        return None;
    };
    let mut rest = rest;
    let mut numbers = Vec::with_capacity(2 * NUMBER);
    for _ in 0..2 {
        let (0x02, length) = (*rest.first()?, usize::from(*rest.get(1)?)) else {
            return None;
        };
        let number = rest.get(2..2 + length)?;
        let first = number.iter().position(|byte| *byte != 0).unwrap_or(length);
        let number = &number[first..];
        numbers.extend(std::iter::repeat_n(0, NUMBER.checked_sub(number.len())?));
        numbers.extend_from_slice(number);
        rest = &rest[2 + length..];
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_signature_have_a_fixed_length() {
        let mut der = vec![0x30, 0x26, 0x02, 0x21, 0x00];
        der.extend([0xFF; 32]);
        der.extend([0x02, 0x01, 0x07]);
        let mut expected = vec![0xFF; 32];
        expected.extend([0; 31]);
        expected.push(7);
        assert_eq!(two_numbers(&der), Some(expected));
        for broken in [&[][..], &[0x30], &[0x30, 2, 0x02, 9], &[0x31, 0, 0x02, 0]] {
            assert_eq!(two_numbers(broken), None);
        }
        let mut long = vec![0x30, 0x26, 0x02, 0x21];
        long.extend([0xFF; 33]);
        assert_eq!(two_numbers(&long), None);
    }

    fn parts(token: &str) -> (String, Vec<u8>, Value) {
        let (text, signature) = token.rsplit_once('.').expect("three parts");
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64");
        let header = text.split('.').next().expect("a header");
        let header = serde_json::from_slice(&decoded(header)).expect("JSON");
        (text.to_owned(), decoded(signature), header)
    }

    #[test]
    fn a_key_of_p_256_signs_what_its_public_half_believes() {
        let public = "0473d957d831cfc107b2b195e5b91a205a67b2c1333dac716598ad6b99eeb120c8b5cc281a5f65857d646608594c9dcb96f0207529d582b17f456f05a7204ce6bb";
        let public: Vec<u8> = (0..public.len() / 2)
            .map(|index| u8::from_str_radix(&public[2 * index..2 * index + 2], 16).expect("hex"))
            .collect();
        let provider = rustls::crypto::ring::default_provider();
        let mapping = provider.signature_verification_algorithms.mapping;
        let (_, verifiers) = mapping
            .iter()
            .find(|(scheme, _)| *scheme == SignatureScheme::ECDSA_NISTP256_SHA256)
            .expect("it is offered");
        let pem = include_str!("jwt/p256.pem");
        // Now and then a number begins with zeros.
        for round in 0..300 {
            let claims = json!({"iss": "nordbahn", "iat": round});
            let token = signed(pem, Some("KEY1"), &claims).expect("a good key");
            let (text, signature, header) = parts(&token);
            assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": "KEY1"}));
            assert_eq!(signature.len(), 64);
            let mut der = Vec::new();
            for number in signature.chunks(NUMBER) {
                let first = number.iter().position(|byte| *byte != 0).unwrap_or(0);
                let sign = usize::from(number[first] >= 0x80);
                der.extend([0x02, (NUMBER - first + sign) as u8]);
                der.extend(std::iter::repeat_n(0, sign));
                der.extend_from_slice(&number[first..]);
            }
            let der = [vec![0x30, der.len() as u8], der].concat();
            let believed = verifiers.iter().any(|verifier| {
                verifier
                    .verify_signature(&public, text.as_bytes(), &der)
                    .is_ok()
            });
            assert!(believed, "round {round}");
        }
    }

    #[test]
    fn a_key_of_rsa_signs_as_other_programs_do() {
        let pem = include_str!("jwt/rsa.pem").replace('\n', "\\n");
        let token = signed(&pem, None, &json!({"iss": "nordbahn"})).expect("a good key");
        let (_, signature, header) = parts(&token);
        assert_eq!(header, json!({"alg": "RS256", "typ": "JWT"}));
        // The same text, signed by OpenSSL.
        let expected = "aacbf60921d03e33c28f0a0598dc219238deb8d73c273dde6325415021a76379";
        assert_eq!(crate::signature::sha256_hex(&signature), expected);
    }

    #[test]
    fn what_is_no_key_is_named() {
        let error = signed("no key", None, &json!({})).expect_err("nothing to sign with");
        assert_eq!(error.class(), "auth_broken");
        assert!(error.detail().starts_with("the private key"));
    }
}
