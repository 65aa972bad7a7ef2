//! The import: rows of a CSV or JSON Lines file become messages through the same intake as a
//! network's. There is nobody to answer; the rows keep the address where they once stood.

mod inbound;
pub mod reader;
mod wire;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{Capabilities, SideCapabilities};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{TranslateError, Translation};
use crate::settings::{self, SettingFault};

/// The kind of every delivery of this channel.
pub const KIND: &str = "row";

/// The channel of imported files.
pub struct Import;

impl Import {
    /// Returns whether rows of a file may go into an inbox of this channel.
    pub fn takes(&self, channel: &str) -> bool {
        channel == self.name()
    }
}

const SIDE: SideCapabilities = SideCapabilities {
    reason: Some("channel.import.reason.no_reply"),
    ..SideCapabilities::READ_ONLY
};

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(SIDE),
    private: Some(SIDE),
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Import {
    fn name(&self) -> &'static str {
        "import"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": [],
            "properties": {
                "time_zone": {
                    "type": "string",
                    "default": "UTC",
                    "title": "channel.import.time_zone.title",
                    "description": "channel.import.time_zone.description",
                },
                "own_authors": {
                    "type": "array",
                    "items": {"type": "string"},
                    "title": "channel.import.own_authors.title",
                    "description": "channel.import.own_authors.description",
                },
            },
        })
    }

    fn validate_settings(&self, given: &Value) -> Vec<SettingFault> {
        let mut faults = settings::validate(&self.settings_schema(), given);
        if let Some(zone) = given.get("time_zone").and_then(Value::as_str)
            && !zone.trim().is_empty()
            && TimeZone::get(zone.trim()).is_err()
        {
            faults.push(SettingFault::new(
                "time_zone",
                "unknown_zone",
                "no such time zone",
            ));
        }
        faults
    }

    fn translate(
        &self,
        account: &Account,
        raw: &RawDelivery,
    ) -> Result<Translation, TranslateError> {
        inbound::translate(account, raw)
    }
}

#[cfg(test)]
mod tests;
