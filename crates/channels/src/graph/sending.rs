//! Private messages of Messenger and Instagram on their way out: within the window, as a person's
//! answer after it, and the one private answer to something public.

use serde_json::{Value, json};

use super::client::{Graph, id_in};
use super::looking::{self, PrivatePlace, Wanted};
use crate::outbound::{Outbound, OutboundAttachment, Receipt, SendError};

/// Stands before our message id, because other apps write into the same field.
const MARK: &str = "kulant:";

/// How one account sends in private.
pub(crate) struct Sending<'a> {
    /// In whose name is sent, and where that stands afterwards.
    pub(crate) private: PrivatePlace<'a>,
    /// Whether the network carries a mark with the message and gives it back.
    pub(crate) marks: bool,
    /// What Meta calls the network where one page has several.
    pub(crate) platform: Option<&'a str>,
    /// Whether a person may still answer when the window is closed.
    pub(crate) human_agent: bool,
}

impl Sending<'_> {
    /// Sends text and files. Files are brought first, which nobody sees, so that what can be
    /// refused is refused before anything has happened.
    pub(crate) async fn send(
        &self,
        graph: &Graph<'_>,
        outbound: &Outbound,
        (body, files): (&str, &[OutboundAttachment]),
    ) -> Result<Receipt, SendError> {
        let recipient = self.recipient(outbound)?;
        let mut receipt = None;
        let mut messages = Vec::new();
        for file in files {
            // Of an earlier try, the file may stand there already.
            if outbound.may_be_there() && !outbound.hand_over {
                receipt =
                    looking::find_private(graph, self.private, outbound, Wanted::File).await?;
            }
            if receipt.is_none() {
                messages.push(self.brought(graph, file).await?);
            }
        }
        if !body.is_empty() {
            messages.push(json!({"text": body}));
        }
        if messages.is_empty() && receipt.is_none() {
            return Err(SendError::ContentRejected(
                "there is neither text nor file".to_owned(),
            ));
        }
        let last = messages.len().saturating_sub(1);
        if outbound.hand_over && last > 0 {
            // One answer is one message here.
            return Err(SendError::ContentRejected(
                "the one private answer to a public message is a text or a file, not both"
                    .to_owned(),
            ));
        }

        for (place, mut message) in messages.into_iter().enumerate() {
            if self.marks && place == last {
                message["metadata"] = json!(mark_of(&outbound.message_id));
            }
            match self.one(graph, outbound, &recipient, message).await {
                Ok(sent) => receipt = Some(sent),
                // The text is looked for; of what was refused it is known that it is not there.
                Err(error @ SendError::Uncertain(_)) => return Err(error),
                Err(error) if receipt.is_some() => {
                    return Err(SendError::Partly(Box::new(error)));
                }
                Err(error) => return Err(error),
            }
        }
        receipt.ok_or_else(|| SendError::Bug("nothing was sent".to_owned()))
    }

    /// Reacts to a message, or takes the reaction back.
    pub(crate) async fn react(
        &self,
        graph: &Graph<'_>,
        outbound: &Outbound,
        (of, kind, added): (&str, &str, bool),
    ) -> Result<Receipt, SendError> {
        let mut body = json!({
            "recipient": self.recipient(outbound)?,
            "sender_action": if added { "react" } else { "unreact" },
            "payload": {"message_id": of},
        });
        if added {
            body["payload"]["reaction"] = json!(kind);
        }
        graph.post(&[self.private.node, "messages"], &body).await?;
        Ok(graph.receipt(of))
    }

    async fn one(
        &self,
        graph: &Graph<'_>,
        outbound: &Outbound,
        recipient: &Value,
        message: Value,
    ) -> Result<Receipt, SendError> {
        let mut body = json!({
            "recipient": recipient,
            "messaging_type": "RESPONSE",
            "message": message,
        });
        let path = [self.private.node, "messages"];
        let answer = match graph.post(&path, &body).await {
            Err(SendError::WindowClosed(_))
                if self.human_agent && !outbound.hand_over && !outbound.automatic =>
            {
                body["messaging_type"] = json!("MESSAGE_TAG");
                body["tag"] = json!("HUMAN_AGENT");
                graph.post(&path, &body).await?
            }
            // Whoever answered it in private: if it may have been this message, it is there.
            Err(SendError::Duplicate { .. }) if outbound.hand_over && !outbound.may_be_there() => {
                return Err(SendError::Forbidden(
                    "it was answered in private before".to_owned(),
                ));
            }
            answer => answer?,
        };
        let network_id = id_in(&answer, "message_id")
            .ok_or_else(|| SendError::Uncertain("the answer names no message".to_owned()))?;
        Ok(graph.receipt(&network_id))
    }

    /// A public message is answered in private by its own id, everybody else by theirs.
    fn recipient(&self, outbound: &Outbound) -> Result<Value, SendError> {
        if outbound.hand_over {
            let of = outbound.in_reply_to.as_deref().ok_or_else(|| {
                SendError::Bug("a private answer to nothing in public".to_owned())
            })?;
            let post = of
                .strip_prefix(self.private.node)
                .is_some_and(|rest| rest.starts_with('_'));
            let name = if post { "post_id" } else { "comment_id" };
            return Ok(json!({name: of}));
        }
        outbound
            .thread
            .as_deref()
            .or(outbound.recipient.as_deref())
            .map(|id| json!({"id": id}))
            .ok_or_else(|| SendError::Bug("a private message to nobody".to_owned()))
    }

    async fn brought(
        &self,
        graph: &Graph<'_>,
        file: &OutboundAttachment,
    ) -> Result<Value, SendError> {
        let kind = ["image", "video", "audio"]
            .into_iter()
            .find(|kind| file.media_type.split('/').next() == Some(kind))
            .unwrap_or("file");
        let message = json!({
            "attachment": {"type": kind, "payload": {"is_reusable": true}},
        });
        let message = message.to_string();
        let mut fields = vec![("message", message.as_str())];
        fields.extend(self.platform.map(|platform| ("platform", platform)));
        let answer = graph
            .post_file(
                &[self.private.node, "message_attachments"],
                &fields,
                ("filedata", file),
            )
            .await
            .map_err(unseen)?;
        let id = id_in(&answer, "attachment_id")
            .ok_or_else(|| SendError::RetryBackoff("the answer names no attachment".to_owned()))?;
        Ok(json!({"attachment": {"type": kind, "payload": {"attachment_id": id}}}))
    }
}

/// Makes the mark that travels with a message of ours.
pub(crate) fn mark_of(message_id: &str) -> String {
    format!("{MARK}{message_id}")
}

/// Reads our message id from the mark that came back.
pub(crate) fn our_id(mark: &str) -> Option<String> {
    mark.strip_prefix(MARK)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

/// A lost answer to something that nobody sees may be tried again.
pub(crate) fn unseen(error: SendError) -> SendError {
    match error {
        SendError::Uncertain(detail) => SendError::RetryBackoff(detail),
        other => other,
    }
}
