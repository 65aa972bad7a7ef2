//! Files that people hand in with their words, and files that came with messages: kept under random
//! names, read within a scope alone. What a file is, its first bytes say, not its name.

use kulant_model::ids::{AgentId, AttachmentId, InboxId};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_store::messages;
pub use kulant_store::messages::Attachment;

use crate::error::CareError;
use crate::{Care, access, accounts, view};

const LONGEST_NAME: usize = 120;
/// As much as the network with the least room for it takes.
const LONGEST_ALT: usize = 1_000;
/// What every file is that we do not recognise.
const UNKNOWN: &str = "application/octet-stream";

/// Whose upload it is until a message claims it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A colleague at the desk.
    Agent(AgentId),
    /// A stranger on an inbox's public page.
    Inbox(InboxId),
}

/// The first bytes of files, from which offset, and what they are.
#[rustfmt::skip]
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (0, b"BM", "image/bmp"),
    (0, b"%PDF-", "application/pdf"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
];

/// Files that are archives inside and are told apart by their names.
#[rustfmt::skip]
const IN_ZIP: &[(&str, &str)] = &[
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
];

/// Keeps a file that waits for its message; after a day without one it goes.
pub async fn upload(
    care: &Care,
    owner: Owner,
    name: &str,
    bytes: Vec<u8>,
) -> Result<Attachment, CareError> {
    if bytes.is_empty() {
        return Err(CareError::invalid("file", "required", "the file is empty"));
    }
    if bytes.len() as u64 > care.settings.largest_file_bytes {
        return Err(too_large(care));
    }
    let name = kept_name(name);
    let file_name = care.secret();
    let row = Attachment {
        id: AttachmentId(care.id()),
        message: None,
        inbox: match owner {
            Owner::Inbox(inbox) => Some(inbox),
            Owner::Agent(_) => None,
        },
        agent: match owner {
            Owner::Agent(agent) => Some(agent),
            Owner::Inbox(_) => None,
        },
        media_type: media_type(&name, &bytes).to_owned(),
        name,
        size: Some(bytes.len() as i64),
        source_url: None,
        file_name: Some(file_name.clone()),
        alt: None,
        created_at: care.now(),
        fetch_at: None,
        missing: None,
    };

    care.files
        .keep(&file_name, bytes)
        .await
        .map_err(|error| CareError::Unavailable(format!("a file could not be kept: {error}")))?;
    let kept = row.clone();
    let stored: Result<(), CareError> = care
        .store
        .write(move |tx| messages::insert_attachments(tx, &[kept]).map_err(CareError::from))
        .await;
    if let Err(error) = stored {
        // Without its row nobody would ever remove it.
        drop(care.files.remove(&file_name).await);
        return Err(error);
    }
    Ok(row)
}

/// Keeps what an agent hands in for a reply or a note.
pub async fn upload_by_agent(
    care: &Care,
    person: &Person,
    name: &str,
    bytes: Vec<u8>,
) -> Result<Attachment, CareError> {
    access::require(person, Permission::WriteConversations)?;
    upload(care, Owner::Agent(person.agent), name, bytes).await
}

/// Says what an upload of one's own shows, for those who do not see it; empty words take that back.
pub async fn describe(
    care: &Care,
    person: &Person,
    id: AttachmentId,
    alt: &str,
) -> Result<Attachment, CareError> {
    access::require(person, Permission::WriteConversations)?;
    let words = alt.trim();
    if words.chars().count() > LONGEST_ALT {
        let detail = format!("{LONGEST_ALT} characters at most");
        return Err(CareError::invalid("alt", "too_long", detail));
    }

    let (agent, words) = (person.agent, words.to_owned());
    care.store
        .write(move |tx| {
            let alt = Some(words.as_str()).filter(|words| !words.is_empty());
            if !messages::describe_attachment(tx, id, agent, alt)? {
                return Err(CareError::NotFound);
            }
            messages::find_attachment(tx, id)?.ok_or(CareError::NotFound)
        })
        .await
}

/// Reads a file of a message within the scope, or an upload of one's own. A file that still lies at
/// the network is fetched through the guarded client, so that no agent's browser meets a stranger.
pub async fn read(
    care: &Care,
    person: &Person,
    id: AttachmentId,
) -> Result<(Attachment, Vec<u8>), CareError> {
    access::require(person, Permission::ReadConversations)?;
    let asking = person.clone();
    let file = care
        .store
        .read(move |read| {
            let file = messages::find_attachment(read, id)?.ok_or(CareError::NotFound)?;
            let may = match file.message {
                Some(message) => view::may_see(read, &asking, message)?,
                None => file.agent == Some(asking.agent),
            };
            if may {
                Ok(file)
            } else {
                Err(CareError::NotFound)
            }
        })
        .await?;
    let bytes = match (&file.file_name, &file.source_url) {
        (Some(name), _) => care.files.read(name).await.map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                CareError::NotFound
            } else {
                CareError::Unavailable(format!("a file could not be read: {error}"))
            }
        })?,
        (None, Some(url)) => fetch(care, &file, url).await?,
        (None, None) => return Err(CareError::NotFound),
    };
    Ok((file, bytes))
}

async fn fetch(care: &Care, file: &Attachment, url: &str) -> Result<Vec<u8>, CareError> {
    let limit = usize::try_from(care.settings.largest_file_bytes).unwrap_or(usize::MAX);
    let gone = || CareError::Refused(Refusal::new("file_not_at_network"));
    let inbox = file.inbox.ok_or_else(gone)?;
    let opened = accounts::find(care, inbox).await?.ok_or_else(gone)?;
    let account = opened.account(care.now());
    opened
        .channel
        .fetch_file(&account, url, limit, &care.http)
        .await
        .map_err(|_| gone())
}

fn too_large(care: &Care) -> CareError {
    let most = care.settings.largest_file_bytes;
    CareError::invalid("file", "too_large", format!("{most} bytes at most"))
}

/// Makes a name that is harmless in any folder and any header: one part, one line, not too long.
pub fn kept_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .filter(|one| !one.is_control() && !turns_direction(*one))
        .map(|one| if "\"<>|:*?".contains(one) { '_' } else { one })
        .collect();
    let plain = plain.trim().trim_start_matches('.').trim();
    if plain.is_empty() {
        return "file".to_owned();
    }
    let length = plain.chars().count();
    if length <= LONGEST_NAME {
        return plain.to_owned();
    }
    // The ending says what it is, so it stays.
    let ending: String = match plain.rsplit_once('.') {
        Some((_, ending)) if ending.chars().count() <= 10 => format!(".{ending}"),
        _ => String::new(),
    };
    let kept = LONGEST_NAME - ending.chars().count();
    plain.chars().take(kept).collect::<String>() + &ending
}

/// Signs that turn the direction of writing, by which `gpj.exe` looks like `exe.jpg`.
const fn turns_direction(one: char) -> bool {
    matches!(one, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns what a file is, by its first bytes. What a browser would run is never called so.
pub fn media_type(name: &str, bytes: &[u8]) -> &'static str {
    let known = SIGNATURES.iter().find(|(offset, signature, _)| {
        bytes
            .get(*offset..)
            .is_some_and(|rest| rest.starts_with(signature))
    });
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase())
        .unwrap_or_default();
    match known {
        Some((_, _, "application/zip")) => IN_ZIP
            .iter()
            .find(|(known, _)| *known == ending)
            .map_or("application/zip", |(_, media_type)| media_type),
        Some((_, _, media_type)) => media_type,
        None if is_text(bytes) && ending == "csv" => "text/csv",
        None if is_text(bytes) => "text/plain",
        None => UNKNOWN,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(4_096)];
    let readable = match std::str::from_utf8(start) {
        Ok(_) => true,
        // The cut may go through a sign.
        Err(error) => error.error_len().is_none(),
    };
    readable && !start.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        for (given, kept) in [
            ("Rechnung März.pdf", "Rechnung März.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\anna\\foto.jpg", "foto.jpg"),
            (".htaccess", "htaccess"),
            ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"),
            ("rech\u{202e}gpj.exe", "rechgpj.exe"),
            ("\"x\".txt", "_x_.txt"),
            ("...", "file"),
            ("", "file"),
        ] {
            assert_eq!(kept_name(given), kept, "{given:?}");
        }
        let long = kept_name(&format!("{}.jpeg", "ä".repeat(300)));
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert_eq!(
            long.rsplit_once('.').map(|(_, ending)| ending),
            Some("jpeg")
        );
    }

    #[test]
    fn the_first_bytes_say_what_a_file_is() {
        let cases: [(&str, &[u8], &str); 10] = [
            ("a.png", b"\x89PNG\r\n\x1a\n....", "image/png"),
            ("a.txt", b"\xff\xd8\xff\xe0", "image/jpeg"),
            ("a.jpg", b"<html><script>", "text/plain"),
            ("a.svg", b"<svg onload=alert(1)>", "text/plain"),
            ("a.pdf", b"%PDF-1.7", "application/pdf"),
            ("a.docx", b"PK\x03\x04", IN_ZIP[0].1),
            ("a.zip", b"PK\x03\x04", "application/zip"),
            ("a.csv", "Name;Größe".as_bytes(), "text/csv"),
            ("a.mp4", b"\0\0\0\x20ftypisom", "video/mp4"),
            ("a.exe", b"MZ\x90\0\x03", UNKNOWN),
        ];
        for (name, bytes, expected) in cases {
            assert_eq!(media_type(name, bytes), expected, "{name}");
        }
    }
}
