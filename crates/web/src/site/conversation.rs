//! The private page of a contact-form conversation: whoever has the link reads it and writes on.

use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kulant_care::CareError;
use kulant_care::customer::{self, Line, Standing, Thread};
use kulant_care::form::{self, TokenPlace};
use kulant_model::ids::AttachmentId;
use minijinja::context;
use minijinja::value::Value;

use super::filling::{self, Filling, TOO_MUCH, Taking};
use super::form::{Fault, believed, fault_values, field_faults, token_fault};
use super::page::{Frame, Visit, confide};
use super::times;
use super::words::Speech;
use crate::App;
use crate::api::uploads::as_download;
use crate::input::{Form, Path};
use crate::limits::Address;
use crate::problem::Problem;

/// What the page is drawn with besides the thread.
#[derive(Default)]
struct Drawing {
    text: String,
    faults: Vec<Fault>,
    retry_after: Option<HeaderValue>,
}

/// Shows the conversation.
pub async fn show(
    State(app): State<App>,
    Address(address): Address,
    visit: Visit,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    let thread = open(&app, address, &secret).await?;
    draw(
        &app,
        &visit,
        (&secret, &thread),
        StatusCode::OK,
        Drawing::default(),
    )
}

/// Takes one more message.
pub async fn take(
    State(app): State<App>,
    Address(address): Address,
    visit: Visit,
    Path(secret): Path<String>,
    Form(multipart): Form,
) -> Result<Response, Problem> {
    let thread = open(&app, address, &secret).await?;
    let limited = app.limits.forms.take(address, app.care.now()).err();
    let place = TokenPlace::Thread(&thread.key);
    let believes = |text: &str| limited.is_none() && believed(&app, &place, text).is_ok();
    let taking = thread.form.attachments.as_ref().map(|limits| Taking {
        limits,
        budget: &app.limits.uploads,
        from: address,
    });
    let mut filling = filling::read(&app.care, multipart, taking, believes).await?;
    let language = visit.language(&thread.form.brand.details);
    filling.filled.language = String::from(language.word());

    let (status, faults, retry_after) = match limited {
        Some(problem) => {
            let faults = vec![Fault::new("form", "site.fault.too_often")];
            (StatusCode::TOO_MANY_REQUESTS, faults, problem.wait())
        }
        None => match write(&app, &secret, &place, &mut filling).await? {
            Ok(()) => return written(&visit, &secret),
            Err(faults) if faults.iter().any(|fault| fault.key == TOO_MUCH) => {
                (StatusCode::TOO_MANY_REQUESTS, faults, filling.wait.take())
            }
            Err(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults, None),
        },
    };
    filling::discard(&app.care, &mut filling).await;
    let mut drawing = Drawing {
        text: filling.filled.text,
        faults,
        retry_after,
    };
    if filling.had_files {
        drawing
            .faults
            .push(Fault::new("files", "site.fault.files_again"));
    }
    draw(&app, &visit, (&secret, &thread), status, drawing)
}

/// Gives a file of the conversation.
pub async fn file(
    State(app): State<App>,
    Address(address): Address,
    Path((secret, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id: AttachmentId = id.parse().map_err(|_| Problem::not_found())?;
    let found = customer::find_file(&app.care, &secret, id).await;
    let file = found.map_err(|error| wrong_secret(&app, address, error))?;
    let name = file.file_name.unwrap_or_default();
    let bytes = app.care.files.read(&name).await.map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Problem::not_found()
        } else {
            Problem::unavailable(format!("a file cannot be read: {error}"))
        }
    })?;
    // What a customer calls a script is none of our pages', which may run what comes from here.
    let mut response = confide(as_download(&file.name, &file.media_type, bytes));
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

async fn open(app: &App, address: std::net::IpAddr, secret: &str) -> Result<Thread, Problem> {
    customer::open(&app.care, secret)
        .await
        .map_err(|error| wrong_secret(app, address, error))
}

/// A secret that opens nothing counts as a guess, and guesses are counted by address.
fn wrong_secret(app: &App, address: std::net::IpAddr, error: CareError) -> Problem {
    if matches!(error, CareError::NotFound)
        && let Err(problem) = app.limits.guesses.take(address, app.care.now())
    {
        return problem;
    }
    error.into()
}

/// Keeps the message, or tells what is wrong with it.
async fn write(
    app: &App,
    secret: &str,
    place: &TokenPlace<'_>,
    filling: &mut Filling,
) -> Result<Result<(), Vec<Fault>>, Problem> {
    let token = match believed(app, place, &filling.token) {
        Ok(token) => token,
        Err(fault) => return Ok(Err(vec![token_fault(fault)])),
    };
    if filling.trapped {
        return Ok(Err(vec![Fault::new("form", "site.fault.trapped")]));
    }
    if let Some(key) = filling.file_fault {
        return Ok(Err(vec![Fault::new("files", key)]));
    }
    match customer::write(&app.care, secret, &token, filling.filled.clone()).await {
        Ok(()) => Ok(Ok(())),
        Err(CareError::Invalid(faults)) => Ok(Err(field_faults(&faults))),
        Err(CareError::Refused(_)) => Ok(Err(vec![Fault::new("form", "site.form.closed")])),
        Err(error) => Err(error.into()),
    }
}

fn written(visit: &Visit, secret: &str) -> Result<Response, Problem> {
    let location = visit.address(&format!("/c/{secret}"), &[("sent", "1")]);
    let location = HeaderValue::from_str(&format!("{location}#newest"))
        .map_err(|error| Problem::internal(format!("an address is no header: {error}")))?;
    let answer = (StatusCode::SEE_OTHER, [(LOCATION, location)]);
    Ok(confide(answer.into_response()))
}

fn draw(
    app: &App,
    visit: &Visit,
    (secret, thread): (&str, &Thread),
    status: StatusCode,
    drawing: Drawing,
) -> Result<Response, Problem> {
    let form = &thread.form;
    let now = app.care.now();
    let details = &form.brand.details;
    let speech = visit.speech(details);
    let path = format!("/c/{secret}");
    let frame = Frame {
        visit,
        brand: &form.brand,
        now,
        embedded: false,
        here: path.clone(),
    };
    let last = thread.lines.len().saturating_sub(1);
    let lines: Vec<Value> = thread
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let at = times::moment(speech, details, line.at, now);
            line_value(line, speech, (&path, at, index == last))
        })
        .collect();
    let token = form::issue_token(&app.care, &TokenPlace::Thread(&thread.key))?;
    let page = context! {
        subject => thread.subject.as_deref(),
        standing => standing_word(thread.standing),
        is_new => visit.has("new"),
        is_sent => visit.has("sent") && drawing.faults.is_empty(),
        link => format!("{}{path}", app.care.settings.public_url),
        reload => visit.address(&path, &[]),
        action => visit.address(&path, &[]),
        lines,
        takes_messages => form.takes_messages,
        token,
        text => &drawing.text,
        files => form.attachments.as_ref().map(|limits| context! {
            count => limits.count,
            megabytes => limits.bytes_each >> 20,
        }),
        faults => fault_values(&drawing.faults),
    };
    let page = app.pages.render("site/conversation.html", &frame, page)?;
    let mut response = confide((status, page).into_response());
    if let Some(value) = drawing.retry_after {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    Ok(response)
}

fn line_value(line: &Line, speech: Speech, (path, at, newest): (&str, String, bool)) -> Value {
    let files: Vec<Value> = line
        .files
        .iter()
        .map(|file| {
            context! {
                name => &file.name,
                size => file.size.and_then(|size| u64::try_from(size).ok())
                    .map(|size| times::size(speech, size)),
                href => file.id.map(|id| format!("{path}/files/{id}")),
            }
        })
        .collect();
    context! {
        ours => line.ours,
        words => words(line),
        at,
        exact_at => line.at.to_string(),
        edited => line.edited,
        taken_back => line.taken_back,
        signature => line.signature.as_deref(),
        files,
        newest,
    }
}

/// The words of a line; addresses of the web in ours are links, those of customers stay words.
fn words(line: &Line) -> Vec<Value> {
    if !line.ours {
        return vec![context! { text => &line.text }];
    }
    line.text
        .split_inclusive(char::is_whitespace)
        .flat_map(|word| {
            let bare = word.trim_end();
            let at = bare.find("https://").or_else(|| bare.find("http://"));
            let Some(at) = at.filter(|at| bare[..*at].chars().all(|one| "([<\"„“".contains(one)))
            else {
                return vec![context! { text => word }];
            };
            let link = bare[at..].trim_end_matches(|one| ".,;:!?)]>\"“”'".contains(one));
            vec![
                context! { text => &word[..at] },
                context! { text => link, href => link },
                context! { text => &word[at + link.len()..] },
            ]
        })
        .collect()
}

fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::WaitsForUs => "waits",
        Standing::Answered => "answered",
        Standing::Resolved => "resolved",
    }
}
