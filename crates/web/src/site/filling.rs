//! Reads a filled form piece by piece: words are bounded, files go to disk as they come and are
//! gone again when the form is not taken.

use std::net::IpAddr;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::{HeaderValue, StatusCode};
use kulant_care::Care;
use kulant_care::form::{AttachmentLimits, Filled, KeptFile};

use crate::limits::Rate;
use crate::problem::Problem;

/// All words of a form together.
const LONGEST_WORDS: usize = 256 * 1024;
/// The names of the fields; `homepage` is seen by machines alone.
const TRAP: &str = "homepage";
const FILES: &str = "files";

/// What is said of files when too much of them came from one address.
pub const TOO_MUCH: &str = "site.fault.files_too_much";

/// A form as it came.
#[derive(Default)]
pub struct Filling {
    pub filled: Filled,
    pub token: String,
    /// Something stood in the field that no person sees.
    pub trapped: bool,
    /// A file was too large, or there were too many: the key of what to say.
    pub file_fault: Option<&'static str>,
    /// How long to wait before as much may come again.
    pub wait: Option<HeaderValue>,
    /// Files were chosen, which the browser does not choose again by itself.
    pub had_files: bool,
}

/// Which files are taken, and from whom.
#[derive(Clone, Copy)]
pub struct Taking<'a> {
    pub limits: &'a AttachmentLimits,
    /// How many bytes an address may send.
    pub budget: &'a Rate,
    pub from: IpAddr,
}

/// Reads a form. Files are kept only where the token that stands before them is believed.
pub async fn read(
    care: &Care,
    mut form: Multipart,
    taking: Option<Taking<'_>>,
    believes: impl Fn(&str) -> bool,
) -> Result<Filling, Problem> {
    let mut filling = Filling::default();
    let outcome = read_fields(care, &mut form, taking, &believes, &mut filling).await;
    if let Err(problem) = outcome {
        discard(care, &mut filling).await;
        return Err(problem);
    }
    if filling.file_fault.is_some() {
        discard(care, &mut filling).await;
    }
    Ok(filling)
}

/// Lets go of the files of a form that is not taken.
pub async fn discard(care: &Care, filling: &mut Filling) {
    let files = std::mem::take(&mut filling.filled.files);
    kulant_care::form::discard(care, &files).await;
}

async fn read_fields(
    care: &Care,
    form: &mut Multipart,
    taking: Option<Taking<'_>>,
    believes: &impl Fn(&str) -> bool,
    filling: &mut Filling,
) -> Result<(), Problem> {
    let mut room = LONGEST_WORDS;
    while let Some(field) = form.next_field().await.map_err(|error| unread(&error))? {
        let name = field.name().unwrap_or("").to_owned();
        if name == FILES {
            let takes = taking.filter(|_| believes(&filling.token));
            read_file(care, field, takes, filling).await?;
            continue;
        }
        let text = read_text(field, &mut room).await?;
        let filled = &mut filling.filled;
        match name.as_str() {
            "token" => filling.token = text,
            "name" => filled.name = text,
            "email" => filled.email = text,
            "subject" => filled.subject = text,
            "text" => filled.text = text,
            "from" => filled.page_url = text,
            TRAP => filling.trapped = !text.trim().is_empty(),
            _ => {}
        }
    }
    Ok(())
}

async fn read_text(mut field: Field<'_>, room: &mut usize) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| unread(&error))? {
        *room = room
            .checked_sub(piece.len())
            .ok_or_else(Problem::too_large)?;
        bytes.extend_from_slice(&piece);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn read_file(
    care: &Care,
    mut field: Field<'_>,
    taking: Option<Taking<'_>>,
    filling: &mut Filling,
) -> Result<(), Problem> {
    let name = field.file_name().unwrap_or("").to_owned();
    let media_type = field.content_type().unwrap_or("").to_owned();
    // A field in which nothing was chosen comes as a file without name and content.
    let first = field.chunk().await.map_err(|error| unread(&error))?;
    let Some(first) = first.filter(|bytes| !(name.is_empty() && bytes.is_empty())) else {
        return Ok(());
    };
    filling.had_files = true;
    let Some(taking) = taking.filter(|_| filling.file_fault.is_none()) else {
        return skip(field).await;
    };
    let limits = taking.limits;
    if filling.filled.files.len() >= limits.count {
        filling.file_fault = Some("site.fault.files_too_many");
        return skip(field).await;
    }
    let kept = |error| Problem::unavailable(format!("an upload cannot be kept: {error}"));
    let file_name = care.secret();
    let mut draft = care.files.begin(&file_name).await.map_err(kept)?;
    let mut piece = Some(first);
    while let Some(bytes) = piece {
        if draft.size() + bytes.len() as u64 > limits.bytes_each {
            filling.file_fault = Some("site.fault.files_too_large");
            return skip(field).await;
        }
        let counted = taking
            .budget
            .take_some(taking.from, care.now(), bytes.len());
        if let Err(problem) = counted {
            filling.file_fault = Some(TOO_MUCH);
            filling.wait = problem.wait();
            return skip(field).await;
        }
        draft.write(&bytes).await.map_err(kept)?;
        piece = field.chunk().await.map_err(|error| unread(&error))?;
    }
    let size = draft.size();
    draft.finish().await.map_err(kept)?;
    filling.filled.files.push(KeptFile {
        file_name,
        name,
        media_type,
        size,
    });
    Ok(())
}

async fn skip(mut field: Field<'_>) -> Result<(), Problem> {
    while field
        .chunk()
        .await
        .map_err(|error| unread(&error))?
        .is_some()
    {}
    Ok(())
}

fn unread(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large()
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "unreadable_body").detail("the form broke off")
    }
}
