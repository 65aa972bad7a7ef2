//! A call as a colleague wrote it down, as it is kept among the raw deliveries; and the one way in which
//! a number is written, so that one number is one person.

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::KIND;
use crate::delivery::{Account, RawDelivery};

/// The country whose numbers are dialled without its code, where the inbox names no other.
pub(super) const COUNTRY_CODE: &str = "49";
/// The longest number that the international plan (E.164) allows, in digits.
const LONGEST: usize = 15;
/// Up to how many digits a number is dialled as it stands: extensions and short numbers.
const SHORT: usize = 6;

/// One call, written down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Made for every note, so that a double click is one message.
    pub id: String,
    /// Who called: a number as `number` writes it, or a word of ours for somebody without one.
    pub caller: String,
    #[serde(default)]
    pub number: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    /// The private thread that the call goes on with.
    pub thread: String,
    pub said: String,
    /// What we said in the call, which answers it.
    #[serde(default)]
    pub answered: Option<String>,
}

impl Call {
    /// Returns the id under which what we answered in the call is a message.
    pub fn answer_id(&self) -> String {
        format!("{}/answer", self.id)
    }

    /// Makes the delivery to be kept.
    pub fn delivery(&self, now: Timestamp) -> RawDelivery {
        RawDelivery {
            kind: KIND.to_owned(),
            key: self.id.clone(),
            headers: Vec::new(),
            body: serde_json::to_vec(self).expect("a call is plain JSON"),
            received_at: now,
        }
    }
}

/// Writes a number as it is dialled from anywhere, `+4930123456`; none where it is no number.
pub fn number(account: &Account, typed: &str) -> Option<String> {
    let code = account
        .setting("country_code")
        .filter(|code| is_country_code(code));
    // The zero of "+49 (0)30" is dialled within the country alone.
    let typed = typed.replace("(0)", "");
    let plain: String = typed
        .chars()
        .filter(|sign| !sign.is_whitespace() && !"-–/().".contains(*sign))
        .collect();
    let (abroad, digits) = match plain.strip_prefix('+').or_else(|| plain.strip_prefix("00")) {
        Some(digits) => (true, digits),
        None => (false, plain.as_str()),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let written = match digits.strip_prefix('0') {
        Some(_) if abroad => return None,
        Some(inland) => format!("+{}{inland}", code.unwrap_or(COUNTRY_CODE)),
        None if abroad => format!("+{digits}"),
        None if digits.len() <= SHORT => return Some(digits.to_owned()),
        None => return None,
    };
    let length = written.len() - 1;
    (SHORT..=LONGEST).contains(&length).then_some(written)
}

pub(super) fn is_country_code(code: &str) -> bool {
    let digits = code.chars().all(|digit| digit.is_ascii_digit());
    digits && (1..=3).contains(&code.len()) && !code.starts_with('0')
}
