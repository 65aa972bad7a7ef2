//! Mails that nobody has seen, made of every recorded one: more headers, fewer, others, broken bounds,
//! other encodings, five megabytes. Each is read or refused with a reason; none panics.

use super::*;
use crate::fixture::Recorded;
use crate::inbound::Inbound;

/// Every recorded mail, split behind its header.
fn mails() -> Vec<(Recorded, Vec<Vec<u8>>, Vec<u8>)> {
    let mut mails = Vec::new();
    for recorded in fixture::recorded(&Email) {
        let body = &recorded.raw.body;
        let Some(end) = body.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        // A line that begins with white space goes on with the one above.
        let mut headers: Vec<Vec<u8>> = Vec::new();
        for line in body[..end + 2].split_inclusive(|byte| *byte == b'\n') {
            match headers.last_mut() {
                Some(above) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                    above.extend_from_slice(line);
                }
                _ => headers.push(line.to_vec()),
            }
        }
        let rest = body[end + 2..].to_vec();
        mails.push((recorded, headers, rest));
    }
    assert!(mails.len() >= 15, "only {} mails are recorded", mails.len());
    mails
}

fn read(recorded: &Recorded, body: Vec<u8>) -> Result<Translation, TranslateError> {
    let mut raw = recorded.raw.clone();
    raw.body = body;
    let read = Email.translate(&recorded.account, &raw);
    for inbound in read.iter().flat_map(|read| &read.taken) {
        let id = inbound.network_id();
        assert!(
            !id.is_empty() && id.len() <= 500,
            "{}: {id:?}",
            recorded.name
        );
        if let Inbound::Post(post) = inbound {
            assert!(!post.author.network_id.is_empty(), "{}", recorded.name);
            assert!(post.thread.is_some(), "{}", recorded.name);
        }
    }
    read
}

fn joined(headers: &[Vec<u8>], rest: &[u8]) -> Vec<u8> {
    [headers.concat().as_slice(), rest].concat()
}

#[test]
fn unknown_headers_change_nothing() {
    for (recorded, mut headers, rest) in mails() {
        let before = read(&recorded, joined(&headers, &rest));
        headers.insert(0, b"Received: from a by b; nobody knows when\r\n".to_vec());
        headers.push(b"X-Zzz-New: a;\r\n\tb=\"\xc3\x28\"; c*0*=utf-8''%E2%82\r\n".to_vec());
        // Where there is no id, one is made of all the bytes.
        let has_id = headers
            .iter()
            .any(|line| line.to_ascii_lowercase().starts_with(b"message-id:"));
        let after = read(&recorded, joined(&headers, &rest));
        if has_id {
            assert_eq!(before, after, "{}", recorded.name);
        }
    }
}

#[test]
fn other_headers_never_panic() {
    let others: [&[u8]; 9] = [
        b"",
        b" ",
        b"\0",
        b"<>",
        b"<@>, \"\" <a@b>, undisclosed:;",
        b"=?utf-8?B?//8=?= =?x?Q?=ZZ?= =?utf-8?Q?=F0=9F?=",
        b"multipart/mixed; boundary=\"\"",
        b"\xff\xfe\xc3\x28",
        b"Mon, 99 Foo 99999999999999999999 99:99:99 +9999",
    ];
    for (recorded, headers, rest) in mails() {
        for place in 0..headers.len() {
            let name = headers[place]
                .split(|byte| *byte == b':')
                .next()
                .unwrap_or_default();
            for other in others {
                let mut changed = headers.clone();
                changed[place] = [name, b": ", other, b"\r\n"].concat();
                let _ = read(&recorded, joined(&changed, &rest));
            }
            let mut without = headers.clone();
            let line = without.remove(place);
            let _ = read(&recorded, joined(&without, &rest));
            let mut doubled = headers.clone();
            doubled.insert(0, line);
            let _ = read(&recorded, joined(&doubled, &rest));
        }
    }
}

#[test]
fn broken_bounds_and_other_encodings_never_panic() {
    for (recorded, headers, rest) in mails() {
        let whole = joined(&headers, &rest);
        let text = String::from_utf8_lossy(&whole).into_owned();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for body in [
            text.replace("\r\n", "\n").into_bytes(),
            text.replace("\r\n", "\r").into_bytes(),
            text.replace("--", "-").into_bytes(),
            text.replace("quoted-printable", "base64").into_bytes(),
            text.replace("base64", "quoted-printable").into_bytes(),
            text.replace("utf-8", "utf-7").into_bytes(),
            text.replace("utf-8", "iso-2022-jp").into_bytes(),
            text.replace('=', "==").into_bytes(),
            [b"\xef\xbb\xbf", whole.as_slice()].concat(),
            utf16,
            whole.repeat(3),
        ] {
            let _ = read(&recorded, body);
        }
        for end in (0..whole.len()).step_by(7) {
            let _ = read(&recorded, whole[..end].to_vec());
        }
    }
}

#[test]
fn huge_mails_end() {
    let (recorded, headers, _) = mails().swap_remove(0);
    let huge = "ü".repeat((5 << 20) / 2);
    for rest in [
        format!("\r\n{huge}"),
        format!("X-Huge: {huge}\r\n\r\nHallo"),
        format!("Subject: {huge}\r\n\r\nHallo"),
        format!("\r\n{}", "\r\n".repeat(1 << 20)),
        format!("\r\n{}", "> ".repeat(1 << 20)),
    ] {
        let _ = read(&recorded, joined(&headers, rest.as_bytes()));
    }
}
