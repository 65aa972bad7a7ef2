//! What the networks of Meta share: apps and tokens, the shape of answers and refusals, fields and
//! pages, usage meters, and the webhook with its handshake.

mod app;
mod fields;
mod hook;
mod messaging;
mod oauth;

pub(super) use app::{Caller, Platform};
pub(super) use fields::{Field, List, fields, picked};
pub(super) use hook::{
    News, handshake, pack, retry_seconds, scoped_id, signed_ask, take_handshake,
};
pub(super) use messaging::{Kind, Mailbox};

use serde_json::{Value, json};

use super::kit::{Answer, Kit};

/// Writes a refusal.
pub(super) fn refused(status: u16, (code, subcode): (i64, i64), words: &str, kit: &Kit) -> Answer {
    let kind = if code == 100 && subcode == 33 {
        "GraphMethodException"
    } else {
        "OAuthException"
    };
    let mut error = json!({
        "message": words,
        "type": kind,
        "code": code,
        "fbtrace_id": format!("A{}", kit.ids.letters("trace", 22)),
    });
    if subcode != 0 {
        error["error_subcode"] = json!(subcode);
    }
    if matches!(code, 1 | 2) {
        error["is_transient"] = json!(true);
    }
    Answer::json(status, &json!({"error": error}))
}

/// Refuses to know an object.
pub(super) fn unknown(id: &str, kit: &Kit) -> Answer {
    let words = format!(
        "Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"
    );
    refused(400, (100, 33), &words, kit)
}

/// Refuses for a missing permission.
pub(super) fn not_allowed(kit: &Kit) -> Answer {
    let words = "(#200) If posting to a group, requires app being installed in the group, and either publish_to_groups permission with user token, or both pages_read_engagement and pages_manage_posts permission with page token";
    refused(403, (200, 0), words, kit)
}

pub(super) fn success() -> Answer {
    Answer::json(200, &json!({"success": true}))
}

/// Writes a refusal for a status, as ordered by faults.
pub(super) fn failure(status: u16, kit: &Kit) -> Answer {
    match status {
        401 => refused(401, (190, 460), "Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.", kit),
        403 => refused(403, (10, 0), "(#10) Application does not have permission for this action", kit),
        404 => unknown("0", kit),
        429 => refused(400, (80_001, 0), "(#80001) There have been too many calls to this Page account. Wait a bit and try again.", kit)
            .with("x-business-use-case-usage", json!({"0": [{"type": "pages", "call_count": 100, "total_cputime": 12, "total_time": 9, "estimated_time_to_regain_access": 7}]})),
        500..=599 => refused(status, (2, 0), "An unexpected error has occurred. Please retry your request later.", kit),
        _ => refused(400, (100, 0), "(#100) Invalid parameter", kit),
    }
}

/// Returns the time as Meta writes it in answers.
pub(super) fn written_time(at: crate::item::Millis) -> Value {
    let text = crate::item::rfc3339(at);
    json!(format!("{}+0000", &text[..text.len().min(19)]))
}
