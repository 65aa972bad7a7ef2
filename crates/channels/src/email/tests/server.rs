//! Mail servers on this machine that say their lines by script, sealed or not, and remember what they
//! were told. A line that does not come as written ends the conversation, and with it the test.

use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::*;

/// One step of a server.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Says this; `{tag}` is the first word of the line that came last.
    Say(String),
    /// Reads a line that holds this.
    Hear(String),
    /// Reads a mail up to the line with only a dot.
    HearMail,
    Seal,
}

type Heard = Arc<Mutex<Vec<String>>>;

/// A server that plays one script per connection, in their order.
pub(super) struct Server {
    pub(super) port: u16,
    heard: Heard,
    _playing: JoinSet<()>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Server {
    pub(super) async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let heard = Heard::default();
        let mut playing = JoinSet::new();
        playing.spawn({
            let heard = Arc::clone(&heard);
            async move {
                for script in scripts {
                    let (stream, _) = listener.accept().await.expect("somebody connects");
                    play(Box::new(stream), script, &heard).await;
                }
            }
        });
        Self {
            port,
            heard,
            _playing: playing,
        }
    }

    pub(super) fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }
}

async fn play(stream: Box<dyn Stream>, script: Vec<Step>, heard: &Heard) {
    let mut stream = BufReader::new(stream);
    let mut tag = String::new();
    for step in script {
        match step {
            Step::Say(text) => {
                let text = text.replace("{tag}", &tag).replace('\n', "\r\n");
                let _ = stream.write_all(text.as_bytes()).await;
            }
            Step::Hear(part) => {
                let mut line = String::new();
                let _ = stream.read_line(&mut line).await;
                let line = line.trim_end().to_owned();
                tag = line.split(' ').next().unwrap_or_default().to_owned();
                let fits = line.contains(&part);
                heard.lock().unwrap().push(line);
                if !fits {
                    heard.lock().unwrap().push(format!("(expected {part})"));
                    return;
                }
            }
            Step::HearMail => loop {
                let mut line = String::new();
                let count = stream.read_line(&mut line).await.unwrap_or(0);
                let end = count == 0 || line == ".\r\n";
                heard
                    .lock()
                    .unwrap()
                    .push(line.trim_end_matches("\r\n").to_owned());
                if end {
                    break;
                }
            },
            Step::Seal => {
                let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes());
                let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).expect("a good key");
                let provider = Arc::new(rustls::crypto::ring::default_provider());
                let config = rustls::ServerConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()
                    .expect("the usual versions")
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate.expect("a good certificate")], key)
                    .expect("they belong together");
                let acceptor = TlsAcceptor::from(Arc::new(config));
                let Ok(sealed) = acceptor.accept(stream.into_inner()).await else {
                    return;
                };
                stream = BufReader::new(Box::new(sealed));
            }
        }
    }
    let _ = stream.flush().await;
    let _ = stream.shutdown().await;
}

pub(super) fn say(text: &str) -> Step {
    Step::Say(format!("{text}\n"))
}

/// Hears a line and answers it, the tag put in.
pub(super) fn talk(hear: &str, answer: &str) -> [Step; 2] {
    [Step::Hear(hear.to_owned()), say(answer)]
}

/// A mailbox that is signed in to.
pub(super) fn signed_in(abilities: &str) -> Vec<Step> {
    let mut steps = vec![say("* OK ready")];
    steps.extend(talk(r#"LOGIN "service" "geheim""#, "{tag} OK in"));
    let answer = format!("* CAPABILITY IMAP4rev1 {abilities}\n{{tag}} OK done");
    steps.extend(talk("CAPABILITY", &answer));
    steps
}

pub(super) fn examined(validity: u32, next: u32) -> [Step; 2] {
    let answer = format!(
        "* 9 EXISTS\n* OK [UIDVALIDITY {validity}] valid\n* OK [UIDNEXT {next}] next\n{{tag}} OK [READ-ONLY] done"
    );
    talk("EXAMINE", &answer)
}

pub(super) fn account(imap: u16, smtp: u16, security: &str) -> Account {
    let mut account = fixture::account(json!({
        "address": "service@nordbahn.example",
        "name": "Nordbahn",
        "username": "service",
        "imap_host": "localhost",
        "imap_port": imap,
        "imap_security": security,
        "smtp_host": "localhost",
        "smtp_port": smtp,
        "smtp_security": security,
        "certificate": CERTIFICATE,
    }));
    account.secrets["password"] = json!("geheim");
    account
}
