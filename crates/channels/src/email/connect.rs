//! Connections to mail servers: through the guard, with TLS from the first byte, after STARTTLS, or
//! in the clear where the settings say so. The certificate is always checked.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::setup::{Security, Server, Setup};
use crate::http::{Http, HttpError};
use crate::outbound::SendError;

/// How long one step of a conversation with a server may take.
const STEP: Duration = Duration::from_secs(60);

/// A connection to a mail server.
pub(super) enum Line {
    Clear(TcpStream),
    Sealed(Box<TlsStream<TcpStream>>),
    /// What was read already, to be read once more, and then the connection.
    Begun(Vec<u8>, Box<Line>),
}

/// Opens a connection, sealed from the first byte where the settings say so.
pub(super) async fn open(setup: &Setup, server: &Server, http: &Http) -> Result<Line, SendError> {
    let stream = http
        .dial(&server.host, server.port)
        .await
        .map_err(HttpError::when_asking)?;
    let _ = stream.set_nodelay(true);
    match server.security {
        Security::Tls => seal(setup, server, Line::Clear(stream)).await,
        Security::StartTls | Security::None => Ok(Line::Clear(stream)),
    }
}

/// Seals a connection that is in the clear.
pub(super) async fn seal(setup: &Setup, server: &Server, line: Line) -> Result<Line, SendError> {
    let Line::Clear(stream) = line else {
        return Err(SendError::Bug(
            "the connection is sealed already".to_owned(),
        ));
    };
    let name = ServerName::try_from(server.host.clone())
        .map_err(|error| SendError::Forbidden(error.to_string()))?;
    let connector = TlsConnector::from(Arc::new(config(setup.certificate.as_deref())?));
    let sealing = tokio::time::timeout(STEP, connector.connect(name, stream));
    match sealing.await {
        Err(_) => Err(SendError::RetryBackoff("TLS timed out".to_owned())),
        Ok(Ok(stream)) => Ok(Line::Sealed(Box::new(stream))),
        Ok(Err(error)) => {
            let refused = error
                .get_ref()
                .and_then(|source| source.downcast_ref::<rustls::Error>())
                .is_some_and(|error| matches!(error, rustls::Error::InvalidCertificate(_)));
            Err(if refused {
                SendError::Forbidden(format!("the server's certificate is not believed: {error}"))
            } else {
                SendError::RetryBackoff(format!("TLS: {error}"))
            })
        }
    }
}

/// Waits for one step, but not for ever; a step that takes too long was lost.
pub(super) async fn step<T, E>(
    doing: impl Future<Output = Result<T, E>>,
    otherwise: impl FnOnce(E) -> SendError,
) -> Result<T, SendError> {
    match tokio::time::timeout(STEP, doing).await {
        Ok(done) => done.map_err(otherwise),
        Err(_) => Err(SendError::RetryBackoff(
            "the server did not answer in time".to_owned(),
        )),
    }
}

fn config(certificate: Option<&str>) -> Result<ClientConfig, SendError> {
    static MACHINE: OnceLock<RootCertStore> = OnceLock::new();
    let mut roots = MACHINE
        .get_or_init(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots
        })
        .clone();
    for read in CertificateDer::pem_slice_iter(certificate.unwrap_or_default().as_bytes()) {
        let certificate = read.map_err(|error| {
            SendError::Forbidden(format!("the certificate of the settings: {error}"))
        })?;
        roots
            .add(certificate)
            .map_err(|error| SendError::Forbidden(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SendError::Bug(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Sealed(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
            Self::Begun(first, line) if first.is_empty() => {
                Pin::new(line.as_mut()).poll_read(context, buffer)
            }
            Self::Begun(first, _) => {
                let count = first.len().min(buffer.remaining());
                buffer.put_slice(&first[..count]);
                first.drain(..count);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Sealed(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
            Self::Begun(_, line) => Pin::new(line.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_flush(context),
            Self::Sealed(stream) => Pin::new(stream.as_mut()).poll_flush(context),
            Self::Begun(_, line) => Pin::new(line.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Sealed(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
            Self::Begun(_, line) => Pin::new(line.as_mut()).poll_shutdown(context),
        }
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Clear(stream) => stream.peer_addr(),
            Self::Sealed(stream) => stream.get_ref().0.peer_addr(),
            Self::Begun(_, line) => line.peer_addr(),
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Clear(_) => "Line::Clear",
            Self::Sealed(_) => "Line::Sealed",
            Self::Begun(..) => "Line::Begun",
        })
    }
}
