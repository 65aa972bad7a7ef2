//! Signs mail with the domain's key (DKIM, RFC 6376), relaxed both ways, with RSA or Ed25519.
//! Only signs; what comes in is judged by the server that took it.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest, Sha256};

/// The headers that are signed where they stand; From and the like must not be changed on the way.
const SIGNED: [&str; 11] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "reply-to",
    "mime-version",
    "content-type",
    "auto-submitted",
];

/// Signs for one domain.
pub(super) struct Signer {
    key: Arc<dyn rustls::sign::SigningKey>,
    scheme: SignatureScheme,
    domain: String,
    selector: String,
}

impl Signer {
    /// Reads a private key as PEM.
    pub(super) fn new(pem: &str, domain: &str, selector: &str) -> Result<Self, String> {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| format!("the DKIM key: {error}"))?;
        let key = any_supported_type(&key).map_err(|error| format!("the DKIM key: {error}"))?;
        let scheme = [SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::ED25519]
            .into_iter()
            .find(|scheme| key.choose_scheme(&[*scheme]).is_some())
            .ok_or_else(|| "the DKIM key is neither RSA nor Ed25519".to_owned())?;
        Ok(Self {
            key,
            scheme,
            domain: domain.to_owned(),
            selector: selector.to_owned(),
        })
    }

    /// Returns the header line that goes before the mail.
    pub(super) fn sign(&self, mail: &[u8], seconds: i64) -> Result<String, String> {
        let (head, body) = split(mail);
        let headers = unfold(head);
        let names: Vec<&str> = SIGNED
            .into_iter()
            .filter(|name| headers.iter().any(|(known, _)| known == name))
            .collect();
        let algorithm = match self.scheme {
            SignatureScheme::ED25519 => "ed25519-sha256",
            _ => "rsa-sha256",
        };
        let value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n t={seconds}; h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            names.join(":"),
            STANDARD.encode(Sha256::digest(relaxed_body(body))),
        );
        let signature = self.signature(&hash_input(&headers, &names, &value))?;
        let mut line = format!("DKIM-Signature: {value}");
        for (index, part) in signature.as_bytes().chunks(70).enumerate() {
            if index > 0 {
                line.push_str("\r\n ");
            }
            line.push_str(&String::from_utf8_lossy(part));
        }
        line.push_str("\r\n");
        Ok(line)
    }

    fn signature(&self, input: &str) -> Result<String, String> {
        let signer = self
            .key
            .choose_scheme(&[self.scheme])
            .ok_or_else(|| "the DKIM key does not sign".to_owned())?;
        // Ed25519 signs the digest (RFC 8463), RSA makes it by itself.
        let signed = match self.scheme {
            SignatureScheme::ED25519 => signer.sign(&Sha256::digest(input.as_bytes())),
            _ => signer.sign(input.as_bytes()),
        };
        signed
            .map(|signature| STANDARD.encode(signature))
            .map_err(|error| error.to_string())
    }
}

fn split(mail: &[u8]) -> (&[u8], &[u8]) {
    match mail.windows(4).position(|four| four == b"\r\n\r\n") {
        Some(end) => (&mail[..end + 2], &mail[end + 4..]),
        None => (mail, &[]),
    }
}

/// Returns the headers with names in lower case, each on one line.
fn unfold(head: &[u8]) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in String::from_utf8_lossy(head).split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim_end().to_lowercase(), value.to_owned()));
        }
    }
    headers
}

/// Writes what is signed: the named headers, each taken from below, and the signature's own header.
fn hash_input(headers: &[(String, String)], names: &[&str], own: &str) -> String {
    let mut input = String::new();
    let mut left: Vec<&(String, String)> = headers.iter().collect();
    for name in names {
        if let Some(place) = left.iter().rposition(|(known, _)| known == name) {
            let (name, value) = left.remove(place);
            let _ = write!(input, "{name}:{}\r\n", relaxed(value));
        }
    }
    let _ = write!(input, "dkim-signature:{}", relaxed(own));
    input
}

/// Makes white space within a line narrow and takes it from the ends.
fn relaxed(value: &str) -> String {
    let words: Vec<&str> = value
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    let mut empty_lines = 0;
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut narrow: Vec<u8> = Vec::with_capacity(line.len());
        for byte in line {
            match byte {
                b' ' | b'\t' if narrow.last() == Some(&b' ') => {}
                b' ' | b'\t' => narrow.push(b' '),
                byte => narrow.push(*byte),
            }
        }
        if narrow.last() == Some(&b' ') {
            narrow.pop();
        }
        if narrow.is_empty() {
            empty_lines += 1;
        } else {
            for _ in 0..empty_lines {
                relaxed.extend_from_slice(b"\r\n");
            }
            empty_lines = 0;
            relaxed.extend_from_slice(&narrow);
            relaxed.extend_from_slice(b"\r\n");
        }
    }
    relaxed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8463, appendix A.
    const MAIL: &str = "From: Joe SixPack <joe@football.example.com>\r\n\
        To: Suzie Q <suzie@shopping.example.net>\r\n\
        Subject: Is dinner ready?\r\n\
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
        Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\
        \r\n\
        Hi.\r\n\
        \r\n\
        We lost the game.  Are you hungry yet?\r\n\
        \r\n\
        Joe.\r\n";
    const OWN: &str = "v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n \
        d=football.example.com; i=@football.example.com;\r\n \
        q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
        subject : date : message-id : from : subject : date;\r\n \
        bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
    const SIGNATURE: &str =
        "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==";

    /// Makes a PEM of the example's key: 16 bytes that say Ed25519, then the seed.
    fn key() -> String {
        let seed = STANDARD
            .decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
            .expect("the example is base64");
        let mut der = STANDARD.decode("MC4CAQAwBQYDK2VwBCIEIA==").expect("base64");
        der.extend(seed);
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der)
        )
    }

    #[test]
    fn the_example_of_the_rfc_is_signed_as_there() {
        let (head, body) = split(MAIL.as_bytes());
        let digest = STANDARD.encode(Sha256::digest(relaxed_body(body)));
        assert_eq!(digest, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
        let names = [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "from",
            "subject",
            "date",
        ];
        let input = hash_input(&unfold(head), &names, OWN);
        let signer = Signer::new(&key(), "football.example.com", "brisbane").expect("a good key");
        assert_eq!(signer.signature(&input).as_deref(), Ok(SIGNATURE));
    }

    #[test]
    fn the_header_names_what_it_signs() {
        let signer = Signer::new(&key(), "football.example.com", "brisbane").expect("a good key");
        let line = signer.sign(MAIL.as_bytes(), 7).expect("it signs");
        assert!(line.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;"));
        assert!(line.contains("t=7; h=from:to:subject:date:message-id;"));
        assert!(line.ends_with("\r\n") && line.split("\r\n").all(|line| line.len() < 200));
        assert!(Signer::new("nonsense", "a.example", "s").is_err());
    }

    #[test]
    fn empty_lines_at_the_end_do_not_count() {
        assert_eq!(
            relaxed_body(b"a  b \r\n\r\n c\r\n\r\n\r\n"),
            b"a b\r\n\r\n c\r\n"
        );
        assert_eq!(relaxed_body(b""), b"");
        assert_eq!(relaxed_body(b"no end"), b"no end\r\n");
    }
}
