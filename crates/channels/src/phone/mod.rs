//! The phone: a colleague writes down what was said in a call, and what was answered. The number is who
//! called. No network lies between, and nothing is sent: whoever wants to answer calls back.

mod inbound;
mod wire;

use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{Capabilities, IdentityRealm, SideCapabilities};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{TranslateError, Translation};
use crate::settings::{self, SettingFault};

pub use wire::{Call, number};

/// The kind of every delivery of this channel.
pub const KIND: &str = "call";

/// The channel of calls that are written down.
pub struct Phone;

static CAPABILITIES: Capabilities = Capabilities {
    private: Some(SideCapabilities {
        reason: Some("channel.phone.reason.call"),
        ..SideCapabilities::READ_ONLY
    }),
    calls: true,
    identity_realm: IdentityRealm::Network,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

impl Channel for Phone {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": [],
            "properties": {
                "country_code": {
                    "type": "string",
                    "default": wire::COUNTRY_CODE,
                    "title": "channel.phone.country_code.title",
                    "description": "channel.phone.country_code.description",
                },
            },
        })
    }

    fn validate_settings(&self, given: &Value) -> Vec<SettingFault> {
        let mut faults = settings::validate(&self.settings_schema(), given);
        let code = given.get("country_code").and_then(Value::as_str);
        if faults.is_empty() && code.is_some_and(|code| !wire::is_country_code(code)) {
            let detail = "one to three digits, as 49 for Germany";
            faults.push(SettingFault::new("country_code", "not_a_number", detail));
        }
        faults
    }

    fn translate(&self, _: &Account, raw: &RawDelivery) -> Result<Translation, TranslateError> {
        inbound::translate(raw)
    }
}

#[cfg(test)]
mod tests;
