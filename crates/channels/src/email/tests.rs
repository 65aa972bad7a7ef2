//! Mail in every dress, servers on this machine that say their lines by script, and real ones.

mod compose;
mod consent;
mod mailbox;
mod odd;
mod real;
mod server;
mod submission;
mod token;

use super::*;
use crate::fixture;

/// For the name localhost, signed by itself, good for a hundred years and for nothing but tests.
const CERTIFICATE: &str = include_str!("tests/localhost.cert.pem");
const KEY: &str = include_str!("tests/localhost.key.pem");

#[test]
fn recorded_mails_are_translated() {
    fixture::run(&Email);
}

#[test]
fn deep_and_odd_mails_end() {
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(20_000);
    let mut multipart = String::new();
    for index in 0..20_000 {
        let boundary = format!("b{index}");
        multipart.push_str("Content-Type: multipart/mixed; boundary=");
        multipart.push_str(&[boundary.as_str(), "\r\n\r\n--", &boundary, "\r\n"].concat());
    }
    let attachments = "--b\r\nContent-Type: image/png\r\n\r\nx\r\n".repeat(20_000);
    let many = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{attachments}");
    let references = format!("References: {}\r\n\r\n", "<a@b> ".repeat(200_000));
    for body in [nested, multipart, many, references] {
        let mail = format!("From: a@b.example\r\n{body}");
        let raw = fixture::delivery("message", mail);
        let translation = Email.translate(&fixture::account(json!({})), &raw);
        let taken = translation.expect("it is readable").taken;
        let [crate::inbound::Inbound::Post(post)] = taken.as_slice() else {
            panic!("one mail is one post");
        };
        assert!(post.attachments.len() <= 100);
    }
}
