//! One folder per network: what comes in is translated into `Inbound`, what goes out is transported.
//! Keeps no state and knows no database; cursors and secrets come in and go out as values.

pub mod capability;
pub mod connect;
pub mod counting;
pub mod delivery;
mod fields;
mod files;
#[cfg(test)]
mod fixture;
mod guard;
pub mod http;
pub mod inbound;
mod jwt;
mod oauth;
pub mod outbound;
mod review;
pub mod settings;
pub mod signature;
pub mod socket;
mod text;
mod time;

pub mod app_store;
pub mod bluesky;
pub mod discourse;
pub mod email;
pub mod facebook;
pub mod feed;
pub mod form;
mod google;
pub mod google_business;
pub mod google_play;
mod graph;
pub mod import;
pub mod instagram;
pub mod mastodon;
pub mod phone;
pub mod telegram;
pub mod twilio;
pub mod webhook;
pub mod whatsapp;
pub mod x;
pub mod youtube;

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::Value;

use crate::capability::Capabilities;
use crate::connect::{
    Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting, Grant,
};
use crate::delivery::{
    Account, DeliveryKey, Finding, HookAnswer, Polled, RawDelivery, Search, Usage, VerifyError,
    WishStanding,
};
use crate::http::{Http, HttpError, Request};
use crate::inbound::{Figures, TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};
use crate::settings::SettingFault;

/// Every network kulant speaks with, one line each.
#[rustfmt::skip]
pub static CHANNELS: &[&dyn Channel] = &[
    &app_store::AppStore,
    &bluesky::Bluesky,
    &discourse::Discourse,
    &email::Email,
    &facebook::Facebook,
    &feed::Feed,
    &form::Form,
    &google_business::GoogleBusiness,
    &google_play::GooglePlay,
    &import::Import,
    &instagram::Instagram,
    &mastodon::Mastodon,
    &phone::Phone,
    &telegram::Telegram,
    &twilio::Twilio,
    &webhook::Webhook,
    &whatsapp::WhatsApp,
    &x::X,
    &youtube::Youtube,
];

/// Finds a channel by its name.
pub fn find(name: &str) -> Option<&'static dyn Channel> {
    CHANNELS
        .iter()
        .copied()
        .find(|channel| channel.name() == name)
}

/// One kind of network. What it cannot do says so by capability, and by the answers given here.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// Returns the word that stands for this channel in the database and the API.
    fn name(&self) -> &'static str;

    fn capabilities(&self) -> &'static Capabilities;

    /// Returns the part of JSON Schema that the desk draws the settings form from; titles and
    /// descriptions are keys of the locale files, secrets are marked with `"secret": true`.
    fn settings_schema(&self) -> Value;

    /// Checks the settings of an inbox, secrets included.
    fn validate_settings(&self, settings: &Value) -> Vec<SettingFault> {
        settings::validate(&self.settings_schema(), settings)
    }

    /// Answers the question by which a network finds out whether our hook is ours; none where this
    /// is no such question.
    fn handshake(&self, _: &Account, _query: &[(String, String)]) -> Option<HookAnswer> {
        None
    }

    /// Returns what the network wants to read after a delivery was stored.
    fn acknowledgement(&self) -> HookAnswer {
        HookAnswer::json(202, r#"{"accepted":true}"#)
    }

    /// Returns what the network wants to read after this very delivery was stored, where the answer
    /// depends on it.
    fn acknowledgement_of(&self, _: &Account, _: &RawDelivery) -> HookAnswer {
        self.acknowledgement()
    }

    /// Decides whether a delivery to our hook is genuine, on its raw bytes, and names it.
    fn verify(&self, _: &Account, _: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
        Err(VerifyError::NotOffered)
    }

    /// Reads a delivery; pure, so that it can be done again.
    fn translate(
        &self,
        account: &Account,
        raw: &RawDelivery,
    ) -> Result<Translation, TranslateError>;

    /// Reads what a delivery tells of how messages are doing; pure, as translating is.
    fn figures(&self, _: &RawDelivery) -> Vec<Figures> {
        Vec::new()
    }

    /// Asks the network for news since the cursor.
    async fn poll(
        &self,
        _: &Account,
        _cursor: Option<&str>,
        _: &Http,
    ) -> Result<Polled, SendError> {
        Err(not_offered())
    }

    /// Holds a connection open and gives news as they come; none where the network has no such way.
    fn listen<'a>(
        &'a self,
        _: &'a Account,
        _cursor: Option<&'a str>,
        _: &'a Http,
    ) -> Option<BoxStream<'a, Result<Polled, SendError>>> {
        None
    }

    /// Looks whether the account still works and may do what is needed; everything that is wrong.
    async fn probe(&self, _: &Account, _: &Http) -> Result<Vec<Finding>, SendError> {
        Ok(Vec::new())
    }

    /// Returns when the secrets of an account are to be renewed; never, where they do not run out.
    fn renew_at(&self, _: &Account) -> Option<Timestamp> {
        None
    }

    /// Fetches new secrets, which replace those of the same names.
    async fn renew(&self, _: &Account, _: &Http) -> Result<Value, SendError> {
        Err(not_offered())
    }

    /// Returns what it takes to connect an account at the network's own page, with these settings; none
    /// where tokens can only be typed in.
    fn connecting(&self, _settings: &Value) -> Option<Connecting> {
        None
    }

    /// Begins to connect: makes itself known to the network where that must be, and returns where a
    /// person agrees.
    async fn authorise(
        &self,
        _: &Account,
        _: &Attempt,
        _: &Http,
    ) -> Result<Authorisation, ConnectError> {
        Err(not_offered().into())
    }

    /// Exchanges what the network's page brought back for what an inbox needs.
    async fn connect(
        &self,
        _: &Account,
        _: &Agreement,
        _: &Http,
    ) -> Result<Connected, ConnectError> {
        Err(not_offered().into())
    }

    /// Connects with one of the accounts that were to be chosen from.
    async fn connect_chosen(
        &self,
        _: &Account,
        _kept: &Value,
        _choice: &str,
        _: &Http,
    ) -> Result<Grant, ConnectError> {
        Err(not_offered().into())
    }

    /// Looks for words at the network, newest last; what is found is a delivery like any other.
    async fn search(
        &self,
        _: &Account,
        _: &Search,
        _cursor: Option<&str>,
        _: &Http,
    ) -> Result<Polled, SendError> {
        Err(not_offered())
    }

    /// Returns what searching here finds and what it does not, as a key of the locale files.
    fn coverage(&self) -> &'static str {
        if self.capabilities().public.is_some() {
            "channel.coverage.incoming"
        } else {
            "channel.coverage.closed"
        }
    }

    /// Returns whether only what a search hears is wanted of what this inbox receives.
    fn only_listens(&self, _: &Account) -> bool {
        false
    }

    /// Returns a cursor of a search that counts on where this one does and begins to look anew, for what
    /// is only tried; none where the network does not count.
    fn meter_of(&self, _cursor: &str) -> Option<String> {
        None
    }

    /// Returns what the network was asked for so far, as the cursor of a poll or a search remembers it;
    /// none where the network does not count.
    fn usage(&self, _: &Account, _cursor: &str) -> Option<Usage> {
        None
    }

    /// Returns why this inbox cannot send in public or in private, as a key of the locale files.
    fn send_refusal(&self, _: &Account, visibility: Visibility) -> Option<&'static str> {
        match self.capabilities().side(visibility) {
            None => Some("channel.reason.no_such_side"),
            Some(side) if side.send => None,
            Some(side) => side.reason.or(Some("channel.reason.no_reply")),
        }
    }

    /// Returns why this inbox cannot post of itself, in reply to nothing, as a key of the locale files.
    fn own_post_refusal(&self, account: &Account) -> Option<&'static str> {
        if self.capabilities().own_posts {
            self.send_refusal(account, Visibility::Public)
        } else {
            Some("channel.reason.no_own_posts")
        }
    }

    /// Returns whether the network no longer gives what we have hidden, so that it seems deleted.
    fn hidden_goes_missing(&self) -> bool {
        false
    }

    /// Whether people give a message one reaction at most, so that a new one takes the place of theirs.
    fn one_reaction_each(&self) -> bool {
        false
    }

    /// Returns the code of the wish to be erased that a question to our hook asks about, where it is
    /// one of ours.
    fn asked_wish(&self, _: &Account, _: &[(String, String)]) -> Option<String> {
        None
    }

    /// Says in human words how such a wish stands.
    fn wish_answer(&self, code: &str, _: WishStanding) -> HookAnswer {
        HookAnswer::text(200, code)
    }

    /// Returns whether a delivery only points at something, which `follow_up` fetches.
    fn points_elsewhere(&self, _: &Account, _: &RawDelivery) -> bool {
        false
    }

    /// Fetches what a delivery only points at, as deliveries of their own; called once for each that
    /// was taken in and points elsewhere, and again after a retryable error.
    async fn follow_up(
        &self,
        _: &Account,
        _: &RawDelivery,
        _: &Http,
    ) -> Result<Vec<RawDelivery>, SendError> {
        Ok(Vec::new())
    }

    /// Returns how to ask for a file that came along; `address` is what `AttachmentSource::Url` said,
    /// which may be one that only this network reads, or one that is opened only with the account's
    /// secrets.
    async fn file_request(
        &self,
        _: &Account,
        address: &str,
        _: &Http,
    ) -> Result<Request, SendError> {
        Ok(Request::get(address))
    }

    /// Fetches such a file whole.
    async fn fetch_file(
        &self,
        account: &Account,
        address: &str,
        limit: usize,
        http: &Http,
    ) -> Result<Vec<u8>, SendError> {
        let request = self
            .file_request(account, address, http)
            .await?
            .limit(limit);
        let answer = http.send(request).await.map_err(HttpError::when_asking)?;
        file_refusal(answer.status).map_or(Ok(answer.body), Err)
    }

    /// Does one thing at the network. Called again only after `look_up` or a retryable error.
    async fn send(&self, _: &Account, _: &Outbound, _: &Http) -> Result<Receipt, SendError> {
        Err(not_offered())
    }

    /// Returns whether this inbox can look for a message of ours at the network.
    fn can_look_up(&self, _: &Account) -> bool {
        self.capabilities().look_up
    }

    /// Returns how long something is tried that the network does not take yet.
    fn patience(&self) -> Duration {
        Duration::from_hours(24)
    }

    /// Returns after how many seconds a message is looked for whose answer was lost, one look after the
    /// other; that it is not there is believed of the last one only.
    fn looks_after(&self, _: &Account, _: &Outbound) -> &'static [u64] {
        outbound::LOOKS_LATE
    }

    /// Looks for a message of ours whose answer was lost.
    async fn look_up(
        &self,
        _: &Account,
        _message_id: &str,
        _: &Http,
    ) -> Result<Option<Receipt>, SendError> {
        Err(not_offered())
    }

    /// Looks for it knowing what was sent, where the network can only be asked for that. This is
    /// what to call; by itself it goes by our message id alone.
    async fn look_for(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Option<Receipt>, SendError> {
        self.look_up(account, &outbound.message_id, http).await
    }
}

/// Returns what the status of an answer says against a file; none where the file comes with it.
pub fn file_refusal(status: u16) -> Option<SendError> {
    let said = format!("status {status}");
    match status {
        200..=299 => None,
        401 | 403 => Some(SendError::Forbidden(said)),
        404 | 410 => Some(SendError::RecipientGone(said)),
        _ => Some(SendError::RetryBackoff(said)),
    }
}

fn not_offered() -> SendError {
    SendError::Forbidden("this channel does not offer it".to_owned())
}

#[cfg(test)]
mod tests;
