//! An Instagram account: comments and mentions in public, direct messages in private, in one inbox;
//! connected by its Facebook page or by itself. What it shares with the others stands in `graph`.

mod connect;
mod inbound;
mod mention;
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
use crate::graph::{self, hook};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};

/// The channel of Instagram accounts.
pub struct Instagram;

const DAY: u64 = 86_400;

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(SideCapabilities {
        send: true,
        length: Some(2_200),
        counts: Counting::Characters,
        delete: true,
        hide: true,
        tells: Tells {
            echoes: true,
            native: true,
            ..Tells::NOTHING
        },
        ..SideCapabilities::READ_ONLY
    }),
    private: Some(SideCapabilities {
        send: true,
        length: Some(1_000),
        counts: Counting::Bytes,
        reactions: true,
        reply_window_seconds: Some(DAY),
        human_window_seconds: Some(7 * DAY),
        attachments: Some(AttachmentLimits {
            count: 1,
            bytes_each: 8 << 20,
        }),
        tells: Tells {
            deletes: true,
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
    departures: true,
    checked_on: graph::CHECKED_ON,
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Instagram {
    fn name(&self) -> &'static str {
        "instagram"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let own = [
            ("account_id", Value::Null),
            ("username", Value::Null),
            (
                "login",
                json!({"enum": ["facebook", "instagram"], "default": "facebook"}),
            ),
            ("page_id", Value::Null),
            ("user_token", json!({"secret": true})),
            ("human_agent", json!({"type": "boolean", "default": false})),
            ("metadata", json!({"type": "boolean", "default": true})),
            (
                "authorise_url",
                json!({"format": "uri", "default": graph::connect::AUTHORISE_URL}),
            ),
        ];
        let own = own.map(|(name, more)| Field { name, more });
        graph::settings::schema("instagram", graph::BASE_URL, &["account_id"], own.into())
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

    fn points_elsewhere(&self, account: &Account, raw: &RawDelivery) -> bool {
        mention::is_in(account, raw)
    }

    async fn follow_up(
        &self,
        account: &Account,
        raw: &RawDelivery,
        http: &Http,
    ) -> Result<Vec<RawDelivery>, SendError> {
        mention::follow_up(account, raw, http).await
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
        let alone = is_alone(account);
        let needs = Needs {
            // Only Facebook's own tokens can be asked about.
            scopes: if alone { &[] } else { &wire::SCOPES },
            node: Some(node(account)?),
            fields: if alone { &wire::SUBSCRIBED_FIELDS } else { &[] },
        };
        health::probe(account, &needs, http).await
    }

    fn renew_at(&self, account: &Account) -> Option<Timestamp> {
        if !is_alone(account) {
            account.secret("user_token")?;
            account.setting("app_id")?;
            account.setting("page_id")?;
        }
        Some(health::renew_at(account))
    }

    async fn renew(&self, account: &Account, http: &Http) -> Result<Value, SendError> {
        if is_alone(account) {
            health::renew_instagram(account, http).await
        } else {
            health::renew_page(account, node(account)?, http).await
        }
    }

    fn connecting(&self, settings: &Value) -> Option<Connecting> {
        connect::connecting(settings)
    }

    async fn authorise(
        &self,
        account: &Account,
        attempt: &Attempt,
        _: &Http,
    ) -> Result<Authorisation, ConnectError> {
        graph::connect::authorise(account, &connect::ACCOUNT, attempt)
    }

    async fn connect(
        &self,
        account: &Account,
        agreement: &Agreement,
        http: &Http,
    ) -> Result<Connected, ConnectError> {
        let wanted = account.setting("account_id");
        graph::connect::connect(account, (&connect::ACCOUNT, wanted), agreement, http).await
    }

    async fn connect_chosen(
        &self,
        account: &Account,
        kept: &Value,
        choice: &str,
        http: &Http,
    ) -> Result<Grant, ConnectError> {
        graph::connect::connect_chosen(account, &connect::ACCOUNT, (kept, choice), http).await
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

/// Whether the account was connected by itself, without a Facebook page.
fn is_alone(account: &Account) -> bool {
    account.setting("login") == Some("instagram")
}

fn account_id(account: &Account) -> Result<&str, SendError> {
    account
        .setting("account_id")
        .ok_or_else(|| SendError::Forbidden("the inbox has no account".to_owned()))
}

/// Returns in whose name private messages go: the page's where there is one.
fn node(account: &Account) -> Result<&str, SendError> {
    match account.setting("page_id") {
        Some(page) if !is_alone(account) => Ok(page),
        _ => account_id(account),
    }
}

#[cfg(test)]
mod tests;
