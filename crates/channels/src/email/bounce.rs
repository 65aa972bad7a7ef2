//! Reports that a mail of ours did not arrive (RFC 3464, and the older words of one server). Believed
//! only about a message id that we signed: nobody else can say that a mail of ours failed.

use kulant_model::time::Timestamp;
use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};

use super::marks::Marks;
use super::smtp::enhanced_status;
use crate::inbound::{Inbound, Status};

/// The longest reason that is kept.
const LONGEST_REASON: usize = 300;

/// What a report says about one recipient.
#[derive(Debug, Default)]
struct Report {
    action: String,
    status: String,
    reason: String,
}

/// Reads a report; none where the mail is not one, or not about a mail of ours.
pub(super) fn read(message: &Message<'_>, marks: &Marks, at: Timestamp) -> Option<Vec<Inbound>> {
    let is_report = message.content_type().is_some_and(|kind| {
        kind.subtype()
            .is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"))
            && kind
                .attribute("report-type")
                .is_some_and(|of| of.eq_ignore_ascii_case("delivery-status"))
    });
    let reports = if is_report {
        reports(message)
    } else {
        // Exim says it in a header, above words for people.
        let failed = message.header_raw("X-Failed-Recipients")?;
        vec![Report {
            action: "failed".to_owned(),
            status: String::new(),
            reason: failed.trim().to_owned(),
        }]
    };
    let (network_id, echo_of) = original(message, marks)?;
    let said = reports.iter().find_map(|report| {
        let failure = match report.action.as_str() {
            "failed" => Some((class(&report.status).to_owned(), report.words())),
            "delivered" | "relayed" | "expanded" => None,
            _ => return None,
        };
        Some(Inbound::Status(Status {
            network_id: network_id.clone(),
            echo_of: Some(echo_of.clone()),
            at,
            failure,
        }))
    });
    // A delay is no end: the server goes on trying, and reports once more.
    Some(said.into_iter().collect())
}

fn reports(message: &Message<'_>) -> Vec<Report> {
    let mut reports = Vec::new();
    for part in &message.parts {
        let is_status = part.content_type().is_some_and(|kind| {
            kind.subtype().is_some_and(|subtype| {
                subtype.eq_ignore_ascii_case("delivery-status")
                    || subtype.eq_ignore_ascii_case("global-delivery-status")
            })
        });
        if !is_status {
            continue;
        }
        let text = String::from_utf8_lossy(part.contents()).replace("\r\n", "\n");
        for block in text.split("\n\n") {
            let mut report = Report::default();
            // A line that begins with white space goes on with the one above.
            for line in block.replace("\n ", " ").replace("\n\t", " ").lines() {
                let Some((name, value)) = line.split_once(':') else {
                    continue;
                };
                let value = value.trim();
                match name.to_ascii_lowercase().as_str() {
                    "action" => report.action = value.to_ascii_lowercase(),
                    "status" => value.clone_into(&mut report.status),
                    "diagnostic-code" => {
                        let words = value.split_once(';').map_or(value, |(_, words)| words);
                        words.trim().clone_into(&mut report.reason);
                    }
                    _ => {}
                }
            }
            if !report.action.is_empty() {
                reports.push(report);
            }
        }
    }
    reports
}

/// Finds the id of the mail of ours that came back, whole or as headers, or named in the text.
fn original(message: &Message<'_>, marks: &Marks) -> Option<(String, String)> {
    let known = |id: &str| {
        let own = marks.read_id(id)?;
        Some((id.to_owned(), own.message_id))
    };
    for part in &message.parts {
        let found = match &part.body {
            PartType::Message(original) => original.message_id().and_then(known),
            PartType::Multipart(_) => None,
            _ => {
                let contents = part.contents();
                MessageParser::default()
                    .parse_headers(contents)
                    .as_ref()
                    .and_then(|original| original.message_id().and_then(known))
                    .or_else(|| ids(&String::from_utf8_lossy(contents)).find_map(known))
            }
        };
        if found.is_some() {
            return found;
        }
    }
    ["In-Reply-To", "References"]
        .into_iter()
        .filter_map(|name| message.header_raw(name))
        .find_map(|value| ids(value).find_map(known))
}

/// Finds what stands in angle brackets.
pub(super) fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split('<')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('>')?.0.trim()))
        .filter(|id| !id.is_empty() && !id.contains(char::is_whitespace))
}

fn class(status: &str) -> &'static str {
    let refused = ["5.2.2", "5.2.3", "5.3.4", "5.6.", "5.7."];
    if refused.iter().any(|refusal| status.starts_with(refusal)) {
        "content_rejected"
    } else {
        "recipient_gone"
    }
}

impl Report {
    fn words(&self) -> String {
        let known = enhanced_status(&self.reason).is_some_and(|found| found == self.status);
        let words = if known {
            self.reason.clone()
        } else {
            format!("{} {}", self.status, self.reason)
        };
        words.trim().chars().take(LONGEST_REASON).collect()
    }
}
