//! A WhatsApp number by Meta's Cloud API: private messages of every kind, what became of ours, and
//! approved templates after 24 hours. Meta keeps no history, so nothing is polled.

mod inbound;
mod outbound;
mod wire;

use async_trait::async_trait;
use serde_json::Value;

use crate::Channel;
use crate::capability::{
    AttachmentLimits, Capabilities, Counting, IntakeWay, SideCapabilities, Tells,
};
use crate::delivery::{
    Account, DeliveryKey, Finding, FindingClass, HookAnswer, RawDelivery, VerifyError, WishStanding,
};
use crate::graph::client::Graph;
use crate::graph::health::{self, Needs};
use crate::graph::settings::Field;
use crate::graph::{self, hook};
use crate::http::{Http, Request};
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};

/// The channel of WhatsApp numbers.
pub struct WhatsApp;

static CAPABILITIES: Capabilities = Capabilities {
    private: Some(SideCapabilities {
        send: true,
        length: Some(4_096),
        counts: Counting::Characters,
        reactions: true,
        reply_window_seconds: Some(86_400),
        templates: true,
        attachments: Some(AttachmentLimits {
            count: 1,
            bytes_each: 16 << 20,
        }),
        tells: Tells {
            edits: true,
            deletes: true,
            reactions: true,
            attachments: true,
            native: true,
            arrivals: true,
            ..Tells::NOTHING
        },
        ..SideCapabilities::READ_ONLY
    }),
    intake: IntakeWay::Push,
    needs_public_address: true,
    departures: true,
    checked_on: graph::CHECKED_ON,
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for WhatsApp {
    fn name(&self) -> &'static str {
        "whatsapp"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let own = ["phone_number_id", "account_id"].map(|name| Field {
            name,
            more: Value::Null,
        });
        graph::settings::schema(
            "whatsapp",
            graph::BASE_URL,
            &["phone_number_id"],
            own.into(),
        )
    }

    fn handshake(&self, account: &Account, query: &[(String, String)]) -> Option<HookAnswer> {
        hook::handshake(account, query)
    }

    fn one_reaction_each(&self) -> bool {
        true
    }

    fn asked_wish(&self, account: &Account, query: &[(String, String)]) -> Option<String> {
        hook::asked_wish(account, query)
    }

    fn wish_answer(&self, code: &str, standing: WishStanding) -> HookAnswer {
        hook::wish_answer(code, standing)
    }

    fn acknowledgement(&self) -> HookAnswer {
        hook::received()
    }

    fn acknowledgement_of(&self, account: &Account, raw: &RawDelivery) -> HookAnswer {
        hook::acknowledgement(account, raw)
    }

    fn verify(&self, account: &Account, raw: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
        hook::verify(account, raw)
    }

    fn translate(
        &self,
        account: &Account,
        raw: &RawDelivery,
    ) -> Result<Translation, TranslateError> {
        inbound::translate(account, raw)
    }

    async fn probe(&self, account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
        let needs = Needs {
            scopes: &wire::SCOPES,
            node: account.setting("account_id"),
            fields: &[],
        };
        let mut findings = health::probe(account, &needs, http).await?;
        if findings
            .iter()
            .all(|finding| finding.class != FindingClass::Token)
        {
            findings.extend(look_at_number(account, http).await?);
        }
        Ok(findings)
    }

    async fn file_request(
        &self,
        account: &Account,
        address: &str,
        http: &Http,
    ) -> Result<Request, SendError> {
        inbound::file_request(account, address, http).await
    }

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(account, outbound, http).await
    }
}

/// Asks whether the number may send; Meta restricts numbers that many people block.
async fn look_at_number(account: &Account, http: &Http) -> Result<Option<Finding>, SendError> {
    let graph = Graph::open(account, http)?;
    let fields = [("fields", "status,quality_rating")];
    let number = match graph.ask(&[number_id(account)?], &fields).await {
        Ok(reading) => reading.body,
        Err(error @ SendError::AuthBroken(_)) => {
            return Ok(Some(Finding::new(FindingClass::Token, error.detail())));
        }
        Err(error @ (SendError::Forbidden(_) | SendError::RecipientGone(_))) => {
            return Ok(Some(Finding::new(FindingClass::Permission, error.detail())));
        }
        Err(error) => return Err(error),
    };
    let status = number.get("status").and_then(Value::as_str);
    Ok(status
        .filter(|status| *status != "CONNECTED")
        .map(|status| Finding::new(FindingClass::Restricted, format!("the number is {status}"))))
}

fn number_id(account: &Account) -> Result<&str, SendError> {
    account
        .setting("phone_number_id")
        .ok_or_else(|| SendError::Forbidden("the inbox has no number".to_owned()))
}

#[cfg(test)]
mod tests;
