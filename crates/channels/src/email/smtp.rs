//! Handing a mail to the server over SMTP, step by step, because what a failure means depends on the
//! step: before the content nothing has happened, after it the mail may have left.

use std::error::Error as _;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::connect::{self, Line, step};
use super::setup::{Security, Server, Setup};
use crate::http::Http;
use crate::outbound::SendError;

/// How long a server that asks to come back later is left alone.
const LATER: Duration = Duration::from_mins(5);
/// Which answers ask to come back later: busy, or not yet known to it (greylisting).
const COME_BACK: [u16; 4] = [421, 450, 451, 452];
/// The longest answer that is read before the seal.
const LONGEST_ANSWER: usize = 8_192;

/// Where in the conversation with the server something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Greeting,
    SignIn,
    Sender,
    Recipient,
    Content,
}

/// Hands over one mail.
pub(super) async fn deliver(
    setup: &Setup,
    http: &Http,
    recipient: &Address,
    mail: &[u8],
) -> Result<(), SendError> {
    let mut connection = open(setup, http).await?;
    let result = transact(setup, http, &mut connection, recipient, mail).await;
    // The mail is with the server, or is not; its good-bye changes nothing.
    let _ = tokio::time::timeout(Duration::from_secs(5), connection.abort()).await;
    result
}

/// Looks whether the server takes our name and password.
pub(super) async fn probe(setup: &Setup, http: &Http) -> Result<(), SendError> {
    let mut connection = open(setup, http).await?;
    let _ = tokio::time::timeout(Duration::from_secs(5), connection.abort()).await;
    Ok(())
}

async fn transact(
    setup: &Setup,
    http: &Http,
    connection: &mut AsyncSmtpConnection,
    recipient: &Address,
    mail: &[u8],
) -> Result<(), SendError> {
    let abilities = connection.server_info();
    let mut parameters = Vec::new();
    if !mail.is_ascii() {
        if !abilities.supports_feature(Extension::EightBitMime) {
            return Err(SendError::ContentRejected(
                "the server takes no 8-bit mail".to_owned(),
            ));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let beyond_ascii = |address: &Address| !AsRef::<str>::as_ref(address).is_ascii();
    if beyond_ascii(recipient) || beyond_ascii(&setup.address) {
        if !abilities.supports_feature(Extension::SmtpUtfEight) {
            return Err(SendError::RecipientGone(
                "the server takes no addresses beyond ASCII".to_owned(),
            ));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }

    let sender = Mail::new(Some(setup.address.clone()), parameters);
    step(connection.command(sender), |error| {
        failure(&error, Stage::Sender)
    })
    .await?;
    let to = Rcpt::new(recipient.clone(), Vec::new());
    step(connection.command(to), |error| {
        failure(&error, Stage::Recipient)
    })
    .await?;
    step(connection.command(Data), |error| {
        failure(&error, Stage::Sender)
    })
    .await?;

    // Many servers look through a mail before they answer.
    match tokio::time::timeout(http.patience(), connection.message(mail)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failure(&error, Stage::Content)),
        Err(_) => Err(SendError::Uncertain(
            "the server did not say whether it took the mail".to_owned(),
        )),
    }
}

async fn open(setup: &Setup, http: &Http) -> Result<AsyncSmtpConnection, SendError> {
    let server = &setup.smtp;
    let hello = ClientId::Domain(setup.address.domain().to_owned());
    let mut line = connect::open(setup, server, http).await?;
    if server.security == Security::StartTls {
        line = start_tls(setup, server, line, &hello).await?;
    }
    let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello);
    let mut connection = step(greeting, |error| failure(&error, Stage::Greeting)).await?;
    // Some servers know us by our address and offer no way to sign in; one that wants it says so
    // when we name the sender.
    let credentials = Credentials::new(server.username.clone(), server.password.clone());
    let mechanisms = if server.by_token {
        &[Mechanism::Xoauth2]
    } else {
        DEFAULT_MECHANISMS
    };
    let offered = connection.server_info().get_auth_mechanism(mechanisms);
    if offered.is_some() {
        let signing_in = connection.auth(mechanisms, &credentials);
        step(signing_in, |error| {
            // A server that refuses a token asks once more, and there is nothing more to say.
            if error.is_client() {
                return SendError::AuthBroken("the server does not take the token".to_owned());
            }
            failure(&error, Stage::SignIn)
        })
        .await?;
    }
    Ok(connection)
}

/// Asks for the seal, and begins anew behind it; the greeting is said once more for who comes next.
async fn start_tls(
    setup: &Setup,
    server: &Server,
    mut line: Line,
    hello: &ClientId,
) -> Result<Line, SendError> {
    let greeting = answer(&mut line).await?;
    accepted(&greeting, "220")?;
    say(&mut line, &format!("EHLO {hello}\r\n")).await?;
    let abilities = answer(&mut line).await?;
    accepted(&abilities, "250")?;
    let offered = abilities.lines().any(|offer| {
        offer
            .get(4..)
            .is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"))
    });
    if !offered {
        return Err(SendError::Forbidden(
            "the server offers no STARTTLS, and nothing is said in the clear".to_owned(),
        ));
    }
    say(&mut line, "STARTTLS\r\n").await?;
    accepted(&answer(&mut line).await?, "220")?;
    let line = connect::seal(setup, server, line).await?;
    Ok(Line::Begun(greeting.into_bytes(), Box::new(line)))
}

async fn say(line: &mut Line, command: &str) -> Result<(), SendError> {
    step(line.write_all(command.as_bytes()), |error| {
        SendError::RetryBackoff(error.to_string())
    })
    .await
}

/// Reads one whole answer and not a byte more: what follows it in the clear is not to be believed.
async fn answer(line: &mut Line) -> Result<String, SendError> {
    let reading = async {
        let mut text = String::new();
        let mut begin = 0;
        loop {
            let byte = line.read_u8().await?;
            text.push(char::from(byte));
            if text.len() > LONGEST_ANSWER {
                return Err(std::io::Error::other("the answer is too long"));
            }
            if byte == b'\n' {
                if text.as_bytes().get(begin + 3) != Some(&b'-') {
                    return Ok(text);
                }
                begin = text.len();
            }
        }
    };
    step(reading, |error| SendError::RetryBackoff(error.to_string())).await
}

fn accepted(answer: &str, code: &str) -> Result<(), SendError> {
    if answer.starts_with(code) {
        Ok(())
    } else {
        Err(SendError::RetryBackoff(answer.trim().to_owned()))
    }
}

/// Reads a failure by the server's code and the step in which it came.
fn failure(error: &Error, stage: Stage) -> SendError {
    let detail = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let Some(code) = error.status().map(u16::from) else {
        return if stage == Stage::Content {
            SendError::Uncertain(detail)
        } else {
            SendError::RetryBackoff(detail)
        };
    };
    classify(code, stage, detail)
}

fn classify(code: u16, stage: Stage, detail: String) -> SendError {
    if COME_BACK.contains(&code) && stage != Stage::SignIn {
        return SendError::RetryAfter {
            wait: LATER,
            detail,
        };
    }
    if code < 500 {
        return SendError::RetryBackoff(detail);
    }
    let enhanced = enhanced_status(&detail);
    let is = |status: &str| enhanced.is_some_and(|found| found.starts_with(status));
    match stage {
        Stage::SignIn => SendError::AuthBroken(detail),
        _ if matches!(code, 530 | 534 | 535 | 538) => SendError::AuthBroken(detail),
        Stage::Greeting => SendError::RetryBackoff(detail),
        _ if code == 552 || is("5.2.2") || is("5.2.3") || is("5.3.4") => {
            SendError::ContentRejected(detail)
        }
        Stage::Sender => SendError::Forbidden(detail),
        Stage::Recipient if is("5.7.") => SendError::Forbidden(detail),
        Stage::Recipient => SendError::RecipientGone(detail),
        Stage::Content if is("5.1.") => SendError::RecipientGone(detail),
        Stage::Content => SendError::ContentRejected(detail),
    }
}

/// Finds the status of RFC 3463 in a server's words.
pub(super) fn enhanced_status(text: &str) -> Option<&str> {
    text.split(|sign: char| sign.is_whitespace() || matches!(sign, '(' | ')' | '#' | ','))
        .map(|word| word.trim_end_matches([':', ';', '.']))
        .find(|word| {
            let mut parts = word.split('.');
            let class = matches!(parts.next(), Some("2" | "4" | "5"));
            let number = |part: Option<&str>| {
                part.is_some_and(|part| {
                    (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
                })
            };
            class && number(parts.next()) && number(parts.next()) && parts.next().is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class_by_its_step() {
        let cases = [
            (421, Stage::Greeting, "busy", "retry_after"),
            (554, Stage::Greeting, "no", "retry_backoff"),
            (454, Stage::SignIn, "4.7.0 later", "retry_backoff"),
            (535, Stage::SignIn, "5.7.8 bad", "auth_broken"),
            (530, Stage::Sender, "5.7.0 sign in first", "auth_broken"),
            (553, Stage::Sender, "5.7.1 not your address", "forbidden"),
            (450, Stage::Recipient, "4.2.0 greylisted", "retry_after"),
            (455, Stage::Recipient, "odd", "retry_backoff"),
            (550, Stage::Recipient, "5.1.1 nobody", "recipient_gone"),
            (550, Stage::Recipient, "nobody", "recipient_gone"),
            (550, Stage::Recipient, "5.7.1 no relay", "forbidden"),
            (552, Stage::Recipient, "5.2.2 full", "content_rejected"),
            (554, Stage::Content, "5.7.1 spam", "content_rejected"),
            (550, Stage::Content, "5.1.1 nobody", "recipient_gone"),
            (451, Stage::Content, "4.3.0 try later", "retry_after"),
        ];
        for (code, stage, detail, class) in cases {
            let error = classify(code, stage, detail.to_owned());
            assert_eq!(error.class(), class, "{code} {stage:?} {detail}");
        }
    }

    #[test]
    fn the_enhanced_status_is_found_in_any_words() {
        assert_eq!(
            enhanced_status("permanent error (550): 5.1.1 <a@b> unknown"),
            Some("5.1.1")
        );
        assert_eq!(enhanced_status("smtp; 550 #5.7.1: no"), Some("5.7.1"));
        assert_eq!(enhanced_status("from 10.1.1.4 or 5.1"), None);
    }
}
