//! Looks whether the bot's token lives, its updates come to us, and it may write where it is to.

use serde_json::json;

use super::{bot_id, client, hook as our_hook, is_pushed};
use crate::delivery::{Account, Finding, FindingClass};
use crate::http::Http;
use crate::outbound::SendError;

pub(super) async fn probe(account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
    match client::ask(account, "getMe", &json!({}), http).await {
        Ok(_) => {}
        Err(SendError::AuthBroken(detail)) => return Ok(vec![found(FindingClass::Token, detail)]),
        Err(error) => return Err(error),
    }
    let mut findings = Vec::new();

    let hook = client::ask(account, "getWebhookInfo", &json!({}), http).await?;
    let address = hook["url"].as_str().unwrap_or_default();
    if is_pushed(account) {
        if !our_hook::is_ours(account, address) {
            let detail = "Telegram does not know our hook".to_owned();
            findings.push(found(FindingClass::Subscription, detail));
        } else if our_hook::is_waiting(&hook)
            && let Some(detail) = hook["last_error_message"].as_str()
        {
            findings.push(found(FindingClass::Subscription, detail.to_owned()));
        }
    } else if !address.is_empty() && !our_hook::is_ours(account, address) {
        let detail = "another program's hook receives the updates of this bot".to_owned();
        findings.push(found(FindingClass::Subscription, detail));
    }

    if let Some(channel) = account.setting("channel") {
        let parameters = json!({"chat_id": channel, "user_id": bot_id(account)});
        match client::ask(account, "getChatMember", &parameters, http).await {
            Ok(member) => {
                let may_post = member["status"] == "administrator"
                    && member["can_post_messages"].as_bool() != Some(false);
                if !may_post && member["status"] != "creator" {
                    let detail = format!("the bot may not post in {channel}");
                    findings.push(found(FindingClass::Permission, detail));
                }
            }
            Err(
                error @ (SendError::Forbidden(_)
                | SendError::RecipientGone(_)
                | SendError::ContentRejected(_)),
            ) => {
                let detail = format!("{channel}: {}", error.detail());
                findings.push(found(FindingClass::Permission, detail));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(findings)
}

const fn found(class: FindingClass, detail: String) -> Finding {
    Finding { class, detail }
}
