//! The contact form's page: shown empty or prefilled from a post, taken once, given back with what
//! was typed when something is missing.

use axum::extract::State;
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kulant_care::CareError;
use kulant_care::form::{self, Filled, Form, FormToken, TokenFault, TokenPlace};
use minijinja::context;
use minijinja::value::Value;

use super::filling::{self, Filling, TOO_MUCH, Taking};
use super::page::{Frame, Visit, confide};
use super::{embed, times};
use crate::App;
use crate::input::{self, Path};
use crate::limits::Address;
use crate::problem::Problem;

/// So much of a prefilled text is taken from an address.
const LONGEST_PREFILL: usize = 2_000;

/// A form that is given back, and why.
struct Again {
    status: StatusCode,
    faults: Vec<Fault>,
    token: Option<String>,
    retry_after: Option<HeaderValue>,
}

/// What is wrong with a field, or with the form as a whole.
pub(super) struct Fault {
    pub field: &'static str,
    pub key: String,
}

/// Shows the form.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let form = form::find(&app.care, &slug).await?;
    let prefill = |name: &str| {
        let text = visit.find(name).unwrap_or("");
        text.chars().take(LONGEST_PREFILL).collect::<String>()
    };
    let filled = Filled {
        subject: prefill("subject"),
        text: prefill("text"),
        page_url: prefill("from"),
        ..Filled::default()
    };
    draw(&app, &visit, &form, &filled, None).await
}

/// Takes the form.
pub async fn take(
    State(app): State<App>,
    Address(address): Address,
    visit: Visit,
    Path(slug): Path<String>,
    input::Form(multipart): input::Form,
) -> Result<Response, Problem> {
    let form = form::find(&app.care, &slug).await?;
    let limited = app.limits.forms.take(address, app.care.now()).err();
    let place = TokenPlace::Form(form.inbox);
    let believes = |text: &str| limited.is_none() && believed(&app, &place, text).is_ok();
    let taking = form.attachments.as_ref().map(|limits| Taking {
        limits,
        budget: &app.limits.uploads,
        from: address,
    });
    let mut filling = filling::read(&app.care, multipart, taking, believes).await?;
    let language = visit.language(&form.brand.details);
    filling.filled.language = String::from(language.word());

    let again = match check(&app, &place, &mut filling) {
        _ if limited.is_some() => Err(too_often(limited)),
        checked => checked,
    };
    let again = match again {
        Err(again) => again,
        Ok(token) => {
            let filled = std::mem::take(&mut filling.filled);
            match form::submit(&app.care, &form, &token, filled.clone()).await {
                Ok(secret) => return sent(&app, &visit, &form, &secret),
                Err(error) => {
                    form::discard(&app.care, &filled.files).await;
                    filling.filled = filled;
                    refused(error, Some(filling.token.clone()))?
                }
            }
        }
    };
    let mut again = again;
    filling::discard(&app.care, &mut filling).await;
    if filling.had_files && form.attachments.is_some() {
        again
            .faults
            .push(Fault::new("files", "site.fault.files_again"));
    }
    draw(&app, &visit, &form, &filling.filled, Some(again)).await
}

/// Opens a token and checks its age.
pub(super) fn believed(
    app: &App,
    place: &TokenPlace<'_>,
    text: &str,
) -> Result<FormToken, TokenFault> {
    let token = form::open_token(&app.care, place, text)?;
    token.check_age(app.care.now())?;
    Ok(token)
}

fn check(app: &App, place: &TokenPlace<'_>, filling: &mut Filling) -> Result<FormToken, Again> {
    let token = believed(app, place, &filling.token).map_err(|fault| Again {
        // Too quick: the same token is old enough in a moment.
        token: (fault == TokenFault::TooQuick).then(|| filling.token.clone()),
        ..Again::of(token_fault(fault))
    })?;
    let own_token = Some(filling.token.clone());
    let fault = match filling.file_fault {
        _ if filling.trapped => Some(Fault::new("form", "site.fault.trapped")),
        Some(key) => Some(Fault::new("files", key)),
        None => None,
    };
    match fault {
        Some(fault) => Err(Again {
            status: if fault.key == TOO_MUCH {
                StatusCode::TOO_MANY_REQUESTS
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            },
            retry_after: filling.wait.take(),
            token: own_token,
            ..Again::of(fault)
        }),
        None => Ok(token),
    }
}

pub(super) fn token_fault(fault: TokenFault) -> Fault {
    Fault::new(
        "form",
        match fault {
            TokenFault::Unknown => "site.fault.token_unknown",
            TokenFault::Expired => "site.fault.token_expired",
            TokenFault::TooQuick => "site.fault.token_too_quick",
        },
    )
}

/// Turns faults of fields into words beside them; everything else stays a problem.
fn refused(error: CareError, token: Option<String>) -> Result<Again, Problem> {
    match error {
        CareError::Invalid(faults) => Ok(Again {
            faults: field_faults(&faults),
            token,
            ..Again::of(Fault::new("form", ""))
        }),
        CareError::Refused(_) => Ok(Again {
            status: StatusCode::CONFLICT,
            ..Again::of(Fault::new("form", "site.form.closed"))
        }),
        other => Err(other.into()),
    }
}

pub(super) fn field_faults(faults: &[kulant_care::error::FieldFault]) -> Vec<Fault> {
    let field = |name: &str| match name {
        "name" => "name",
        "email" => "email",
        "subject" => "subject",
        _ => "text",
    };
    faults
        .iter()
        .map(|fault| {
            let key = format!("site.fault.{}_{}", fault.field, fault.code);
            Fault::new(field(&fault.field), key)
        })
        .collect()
}

fn too_often(limited: Option<Problem>) -> Again {
    Again {
        status: StatusCode::TOO_MANY_REQUESTS,
        retry_after: limited.and_then(|problem| problem.wait()),
        ..Again::of(Fault::new("form", "site.fault.too_often"))
    }
}

impl Fault {
    pub(super) fn new(field: &'static str, key: impl Into<String>) -> Self {
        let key = key.into();
        Self { field, key }
    }
}

impl Again {
    fn of(fault: Fault) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            faults: vec![fault],
            token: None,
            retry_after: None,
        }
    }
}

/// Leads to the private page; within a foreign frame, which that page refuses, shows the way.
fn sent(app: &App, visit: &Visit, form: &Form, secret: &str) -> Result<Response, Problem> {
    let path = format!("/c/{secret}");
    if !embed::is_embedded(visit) {
        let location = visit.address(&path, &[("new", "1")]);
        let location = HeaderValue::from_str(&location)
            .map_err(|error| Problem::internal(format!("an address is no header: {error}")))?;
        return Ok(confide(
            (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        ));
    }
    let frame = frame(app, visit, form);
    let page = context! {
        sent => true,
        href => visit.address(&path, &[]),
        link => format!("{}{path}", app.care.settings.public_url),
    };
    let page = app.pages.render("site/sent.html", &frame, page)?;
    Ok(embed::let_in(confide(page.into_response()), form))
}

fn frame<'a>(app: &App, visit: &'a Visit, form: &'a Form) -> Frame<'a> {
    Frame {
        visit,
        brand: &form.brand,
        now: app.care.now(),
        embedded: embed::is_embedded(visit),
        here: visit.address(&visit.path, &embed::kept(visit)),
    }
}

async fn draw(
    app: &App,
    visit: &Visit,
    form: &Form,
    filled: &Filled,
    again: Option<Again>,
) -> Result<Response, Problem> {
    let speech = visit.speech(&form.brand.details);
    let (status, faults, token, retry_after) = match again {
        None => (StatusCode::OK, Vec::new(), None, None),
        Some(again) => (again.status, again.faults, again.token, again.retry_after),
    };
    let token = match token {
        Some(token) => token,
        None => form::issue_token(&app.care, &TokenPlace::Form(form.inbox))?,
    };
    let wait = app.pages.usual_wait(&app.care, form.inbox).await?;
    let page = context! {
        action => visit.address(&visit.path, &embed::kept(visit)),
        heading => form.heading.as_deref(),
        introduction => form.introduction.as_deref(),
        takes_messages => form.takes_messages,
        wait => wait.map(|wait| times::usual_wait(speech, wait)),
        token,
        filled => context! {
            name => &filled.name,
            email => &filled.email,
            subject => &filled.subject,
            text => &filled.text,
            from => web_page(&filled.page_url),
        },
        files => form.attachments.as_ref().map(|limits| context! {
            count => limits.count,
            megabytes => limits.bytes_each >> 20,
        }),
        faults => fault_values(&faults),
    };
    let page = app
        .pages
        .render("site/form.html", &frame(app, visit, form), page)?;
    let mut response = confide((status, page).into_response());
    if let Some(value) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    Ok(if embed::is_embedded(visit) {
        embed::let_in(response, form)
    } else {
        response
    })
}

pub(super) fn fault_values(faults: &[Fault]) -> Vec<Value> {
    faults
        .iter()
        .map(|fault| context! { field => fault.field, key => &fault.key })
        .collect()
}

fn web_page(text: &str) -> Option<&str> {
    Some(text).filter(|text| text.starts_with("https://") || text.starts_with("http://"))
}
