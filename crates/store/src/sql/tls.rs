//! TLS to PostgreSQL: which the address asks for, whose certificates are believed, and what is said
//! where one is not. Statements know nothing of it.

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::warn;

use crate::error::StoreError;

/// What an address says of TLS beyond what the driver reads of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The address as the driver reads it.
    pub url: String,
    /// The file with the certificates that are believed; the machine's where it is absent.
    pub roots: Option<PathBuf>,
}

/// Takes out of an address what the driver does not know. A certificate is always checked, together
/// with its name, so that `require` and `verify-full` are one.
pub(super) fn address(url: &str) -> Result<Address, StoreError> {
    let Some((server, query)) = url.split_once('?') else {
        return Ok(Address {
            url: url.to_owned(),
            roots: None,
        });
    };
    let mut roots = None;
    let mut kept = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslrootcert", file)) => roots = Some(PathBuf::from(decoded(file)?)),
            Some(("sslmode", "verify-full")) => kept.push("sslmode=require"),
            _ => kept.push(pair),
        }
    }
    // Whoever says whom to believe does not mean to speak in the clear.
    if roots.is_some() && !kept.iter().any(|pair| pair.starts_with("sslmode=")) {
        kept.push("sslmode=require");
    }
    Ok(Address {
        url: format!("{server}?{}", kept.join("&")),
        roots,
    })
}

/// Connects as the address asks: `require` encrypts or fails, `prefer` encrypts where both can,
/// `disable` does not.
pub(super) fn connect(config: &Config, roots: Option<&Path>) -> Result<Client, StoreError> {
    match config.get_ssl_mode() {
        SslMode::Disable => Ok(config.connect(NoTls)?),
        SslMode::Prefer => {
            let encrypted = match believed(roots) {
                Ok(tls) => config.connect(tls).map_err(said),
                Err(error) => Err(error),
            };
            match encrypted {
                Err(StoreError::Broken(why)) if is_about_trust(&why) => {
                    warn!(why, "the connection to PostgreSQL is not encrypted");
                    let mut config = config.clone();
                    Ok(config.ssl_mode(SslMode::Disable).connect(NoTls)?)
                }
                outcome => outcome,
            }
        }
        _ => config.connect(believed(roots)?).map_err(said),
    }
}

/// How every sentence begins that says why nobody is believed.
const UNTRUSTED: &str = "the database server's certificate is not trusted";
const NO_ROOTS: &str = "no certificates are known that could be trusted";

fn is_about_trust(why: &str) -> bool {
    why.starts_with(UNTRUSTED) || why.starts_with(NO_ROOTS)
}

/// Makes what checks the server's certificate.
fn believed(file: Option<&Path>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = file {
        let unreadable = |why: &dyn std::fmt::Display| {
            StoreError::Broken(format!(
                "the certificates in {} cannot be read: {why}",
                file.display()
            ))
        };
        let certificates = CertificateDer::pem_file_iter(file).map_err(|why| unreadable(&why))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|why| unreadable(&why))?;
            roots.add(certificate).map_err(|why| unreadable(&why))?;
        }
        if roots.is_empty() {
            return Err(unreadable(&"there are none in it"));
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(StoreError::Broken(format!(
                "{NO_ROOTS}: install the machine's (ca-certificates), or name a file by sslrootcert="
            )));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Broken(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(tls))
}

/// Says what a failed connection means: neither a certificate nor a server without TLS gets better
/// by trying again.
fn said(error: postgres::Error) -> StoreError {
    let cause = error.source();
    let refused = cause
        .and_then(|cause| cause.downcast_ref::<std::io::Error>())
        .and_then(std::io::Error::get_ref)
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    if let Some(rustls::Error::InvalidCertificate(why)) = refused {
        return StoreError::Broken(format!(
            "{UNTRUSTED}: {why}; name the authority that signed it by sslrootcert=FILE in the address"
        ));
    }
    if cause.is_some_and(|cause| cause.to_string() == "server does not support TLS") {
        return StoreError::Broken(
            "the database server offers no TLS: turn it on there, or take sslmode=require out of the address"
                .to_owned(),
        );
    }
    error.into()
}

/// Returns a value of an address with its escapes read.
fn decoded(value: &str) -> Result<String, StoreError> {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let escaped = after.first_chunk::<2>().filter(|_| *first == b'%');
        let hex = escaped.and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| StoreError::Broken("sslrootcert= is no text in the address".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_the_driver_knows_it() {
        let cases = [
            ("postgres://a@b/c", "postgres://a@b/c", None),
            (
                "postgres://a@b/c?sslmode=verify-full&connect_timeout=3",
                "postgres://a@b/c?sslmode=require&connect_timeout=3",
                None,
            ),
            (
                "postgres://a@b/c?sslrootcert=/etc/my%20ca.pem",
                "postgres://a@b/c?sslmode=require",
                Some("/etc/my ca.pem"),
            ),
        ];
        for (given, url, roots) in cases {
            let read = address(given).expect("an address");
            assert_eq!(
                (read.url.as_str(), read.roots),
                (url, roots.map(PathBuf::from))
            );
            read.url.parse::<Config>().expect("the driver reads it");
        }
    }
}
