//! The contact form on our own site: a submission is a private message, and an answer is delivered
//! by standing on the private page whose secret only the sender knows. No network lies between.

mod inbound;
mod outbound;
mod wire;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{AttachmentLimits, Capabilities, SideCapabilities, Tells};
use crate::delivery::{Account, RawDelivery};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{LOOKS_AT_ONCE, Outbound, Receipt, SendError};

pub use wire::{Submission, Upload, thread_key};

/// The kind of every delivery of this channel.
pub const KIND: &str = "submission";

/// The channel of our own contact form.
pub struct Form;

static CAPABILITIES: Capabilities = Capabilities {
    private: Some(SideCapabilities {
        send: true,
        edit: true,
        delete: true,
        attachments: Some(AttachmentLimits {
            count: 10,
            bytes_each: 10 << 20,
        }),
        tells: Tells {
            attachments: true,
            ..Tells::NOTHING
        },
        ..SideCapabilities::READ_ONLY
    }),
    needs_public_address: true,
    public_page: true,
    look_up: true,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Form {
    fn name(&self) -> &'static str {
        "form"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": [],
            "properties": {
                "heading": {
                    "type": "string",
                    "title": "channel.form.heading.title",
                    "description": "channel.form.heading.description",
                },
                "introduction": {
                    "type": "string",
                    "multiline": true,
                    "title": "channel.form.introduction.title",
                    "description": "channel.form.introduction.description",
                },
                "attachments": {
                    "type": "boolean",
                    "default": true,
                    "title": "channel.form.attachments.title",
                    "description": "channel.form.attachments.description",
                },
                "allowed_origins": {
                    "type": "array",
                    "items": {"type": "string"},
                    "title": "channel.form.allowed_origins.title",
                    "description": "channel.form.allowed_origins.description",
                },
            },
        })
    }

    fn translate(&self, _: &Account, raw: &RawDelivery) -> Result<Translation, TranslateError> {
        inbound::translate(raw)
    }

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        _: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(account, outbound)
    }

    fn looks_after(&self, _: &Account, _: &Outbound) -> &'static [u64] {
        // It is our own store that is looked into.
        LOOKS_AT_ONCE
    }

    async fn look_up(
        &self,
        account: &Account,
        message_id: &str,
        _: &Http,
    ) -> Result<Option<Receipt>, SendError> {
        Ok(Some(outbound::receipt(account, message_id)))
    }
}

#[cfg(test)]
mod tests {
    use kulant_model::message::Visibility;

    use super::*;
    use crate::fixture;
    use crate::outbound::Action;

    fn submission() -> Submission {
        Submission {
            id: "s-1".to_owned(),
            thread: thread_key("secret of the private page"),
            name: "Jörg Öhlmann".to_owned(),
            text: "Meine Rechnung stimmt nicht.".to_owned(),
            ..Submission::default()
        }
    }

    #[test]
    fn recorded_submissions_are_translated() {
        fixture::run(&Form);
    }

    #[test]
    fn a_submission_holds_no_secret() {
        let raw = submission().delivery(fixture::NOW);
        assert_eq!((raw.kind.as_str(), raw.key.as_str()), (KIND, "s-1"));
        assert!(!String::from_utf8_lossy(&raw.body).contains("secret"));
        let account = fixture::account(json!({}));
        let translation = Form.translate(&account, &raw).expect("it is readable");
        let crate::inbound::Inbound::Post(post) = &translation.taken[0] else {
            panic!("a submission is a post");
        };
        assert_eq!(post.thread, Some(thread_key("secret of the private page")));
        assert_eq!(
            post.author.network_id,
            thread_key("secret of the private page")
        );
        assert_eq!(post.visibility, Visibility::Private);
    }

    #[tokio::test]
    async fn an_answer_is_there_at_once() {
        let account = fixture::account(json!({}));
        let mut outbound = fixture::reply("Guten Tag, wir prüfen das.");
        outbound.visibility = Visibility::Private;
        outbound.thread = Some(thread_key("x"));
        let http = fixture::http();
        let receipt = Form
            .send(&account, &outbound, &http)
            .await
            .expect("it is delivered");
        assert_eq!(
            (receipt.network_id.as_str(), receipt.at),
            ("9001", fixture::NOW)
        );
        let found = Form.look_up(&account, "9001", &http).await;
        assert_eq!(found, Ok(Some(receipt)));

        outbound.action = Action::Delete {
            network_id: "9001".to_owned(),
        };
        assert!(Form.send(&account, &outbound, &http).await.is_ok());
        outbound.action = Action::React {
            network_id: "s-1".to_owned(),
            kind: "like".to_owned(),
            added: true,
        };
        let error = Form.send(&account, &outbound, &http).await;
        assert_eq!(
            error.expect_err("the page shows no reactions").class(),
            "forbidden"
        );
        outbound.visibility = Visibility::Public;
        let error = Form.send(&account, &outbound, &http).await;
        assert_eq!(
            error.expect_err("a form has no public side").class(),
            "forbidden"
        );
    }
}
