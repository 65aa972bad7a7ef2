//! A Facebook page: its posts and comments in public and Messenger in private, in one inbox.
//! What it shares with Instagram and WhatsApp stands in `graph`.

mod connect;
mod inbound;
mod outbound;
mod poll;
mod wire;

use async_trait::async_trait;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    AttachmentLimits, Capabilities, Counting, HandOver, HandOverWay, IntakeWay, SideCapabilities,
    Tells,
};
use crate::connect::{
    Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting, Grant,
};
use crate::delivery::{
    Account, DeliveryKey, Finding, HookAnswer, Polled, RawDelivery, VerifyError, WishStanding,
};
use crate::graph::health::{self, Needs};
use crate::graph::settings::Field;
use crate::graph::{self, hook, wish};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};

/// The channel of Facebook pages.
pub struct Facebook;

const DAY: u64 = 86_400;

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(SideCapabilities {
        send: true,
        length: Some(8_000),
        counts: Counting::Characters,
        edit: true,
        delete: true,
        hide: true,
        reactions: true,
        attachments: Some(AttachmentLimits {
            count: 1,
            bytes_each: 4 << 20,
        }),
        tells: Tells {
            edits: true,
            deletes: true,
            reactions: true,
            attachments: true,
            echoes: true,
            native: true,
            ..Tells::NOTHING
        },
        ..SideCapabilities::READ_ONLY
    }),
    private: Some(SideCapabilities {
        send: true,
        length: Some(2_000),
        counts: Counting::Characters,
        reply_window_seconds: Some(DAY),
        human_window_seconds: Some(7 * DAY),
        attachments: Some(AttachmentLimits {
            count: 1,
            bytes_each: 25 << 20,
        }),
        tells: Tells {
            edits: true,
            reactions: true,
            attachments: true,
            echoes: true,
            native: true,
            ..Tells::NOTHING
        },
        ..SideCapabilities::READ_ONLY
    }),
    intake: IntakeWay::Push,
    needs_public_address: true,
    look_up: true,
    fills_gaps: true,
    hand_over: Some(HandOver {
        way: HandOverWay::OneMessage,
        within_seconds: Some(7 * DAY),
    }),
    own_posts: true,
    departures: true,
    checked_on: graph::CHECKED_ON,
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Facebook {
    fn name(&self) -> &'static str {
        "facebook"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let own = [
            ("page_id", Value::Null),
            ("user_token", json!({"secret": true})),
            ("human_agent", json!({"type": "boolean", "default": false})),
            (
                "authorise_url",
                json!({"format": "uri", "default": graph::connect::AUTHORISE_URL}),
            ),
        ];
        let own = own.map(|(name, more)| Field { name, more });
        graph::settings::schema("facebook", graph::BASE_URL, &["page_id"], own.into())
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

    fn points_elsewhere(&self, _: &Account, raw: &RawDelivery) -> bool {
        wish::is_one(raw)
    }

    async fn follow_up(
        &self,
        account: &Account,
        raw: &RawDelivery,
        http: &Http,
    ) -> Result<Vec<RawDelivery>, SendError> {
        wish::follow_up(account, raw, http).await
    }

    async fn poll(
        &self,
        account: &Account,
        cursor: Option<&str>,
        http: &Http,
    ) -> Result<Polled, SendError> {
        poll::poll(account, cursor, http).await
    }

    async fn probe(&self, account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
        let needs = Needs {
            scopes: &wire::SCOPES,
            node: account.setting("page_id"),
            fields: &wire::SUBSCRIBED_FIELDS,
        };
        health::probe(account, &needs, http).await
    }

    fn renew_at(&self, account: &Account) -> Option<Timestamp> {
        account.secret("user_token")?;
        account.setting("app_id")?;
        Some(health::renew_at(account))
    }

    async fn renew(&self, account: &Account, http: &Http) -> Result<Value, SendError> {
        health::renew_page(account, page_id(account)?, http).await
    }

    fn connecting(&self, _: &Value) -> Option<Connecting> {
        Some(connect::connecting())
    }

    async fn authorise(
        &self,
        account: &Account,
        attempt: &Attempt,
        _: &Http,
    ) -> Result<Authorisation, ConnectError> {
        graph::connect::authorise(account, &connect::PAGE, attempt)
    }

    async fn connect(
        &self,
        account: &Account,
        agreement: &Agreement,
        http: &Http,
    ) -> Result<Connected, ConnectError> {
        let wanted = account.setting("page_id");
        graph::connect::connect(account, (&connect::PAGE, wanted), agreement, http).await
    }

    async fn connect_chosen(
        &self,
        account: &Account,
        kept: &Value,
        choice: &str,
        http: &Http,
    ) -> Result<Grant, ConnectError> {
        graph::connect::connect_chosen(account, &connect::PAGE, (kept, choice), http).await
    }

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(account, outbound, http).await
    }

    async fn look_for(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Option<Receipt>, SendError> {
        outbound::look_for(account, outbound, http).await
    }
}

fn page_id(account: &Account) -> Result<&str, SendError> {
    account
        .setting("page_id")
        .ok_or_else(|| SendError::Forbidden("the inbox has no page".to_owned()))
}

#[cfg(test)]
mod tests;
