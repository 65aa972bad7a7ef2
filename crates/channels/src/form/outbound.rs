//! Answers → the private page. It reads our own store, so keeping a message is delivering it.

use kulant_model::message::Visibility;

use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::outbound::{Action, Outbound, Receipt, SendError};

const FILES: &[FileKind] = &[FileKind::any(10 << 20)];

pub(super) fn send(account: &Account, outbound: &Outbound) -> Result<Receipt, SendError> {
    if outbound.visibility != Visibility::Private {
        return Err(SendError::Forbidden("a form has no public side".to_owned()));
    }
    match &outbound.action {
        Action::Reply { attachments, .. } => {
            files::check(attachments, FILES)?;
            Ok(receipt(account, &outbound.message_id))
        }
        Action::Edit { network_id, .. } | Action::Delete { network_id } => {
            Ok(receipt(account, network_id))
        }
        Action::React { .. } | Action::Hide { .. } => Err(SendError::Forbidden(
            "the private page shows no reactions and hides nothing".to_owned(),
        )),
    }
}

pub(super) fn receipt(account: &Account, network_id: &str) -> Receipt {
    Receipt {
        pause: None,
        network_id: network_id.to_owned(),
        at: account.now,
        url: None,
    }
}
