//! Who wrote a mail: the person in From, whoever a form names as the one to answer, or we ourselves,
//! where the place it lies in, our seal on its id or the receiving server vouches for it (RFC 8601).

use mail_parser::{Address, Message};

use super::inbound::is_id;
use super::setup::{one_line, own_addresses};
use super::wire::FOLDER;
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{Author, TranslateError};

pub(super) fn read(
    account: &Account,
    raw: &RawDelivery,
    message: &Message<'_>,
    sealed: bool,
) -> Result<Author, TranslateError> {
    let from = message
        .from()
        .and_then(Address::first)
        .or_else(|| message.sender().and_then(Address::first))
        .and_then(Person::read)
        .ok_or_else(|| TranslateError::missing("From"))?;
    let own = own_addresses(account);
    let is_own = |address: &str| own.iter().any(|known| known == address);
    // Answers go where the person asks for them, but never to ourselves.
    let answers_to = message
        .reply_to()
        .and_then(Address::first)
        .and_then(Person::read)
        .filter(|person| person.address.contains('@') && !is_own(&person.address));
    if sealed || lies_among_sent(account, raw) {
        return Ok(from.into_author(None, true));
    }
    if !is_own(&from.address) {
        return Ok(from.into_author(answers_to, false));
    }
    // Forms of websites write in our name and name the customer as the one to answer.
    if let Some(customer) = answers_to {
        return Ok(customer.into_author(None, false));
    }
    let vouched = is_vouched_for(message, &from.address);
    Ok(from.into_author(None, vouched))
}

/// A name and an address of a header.
struct Person {
    name: String,
    address: String,
}

impl Person {
    fn read(found: &mail_parser::Addr<'_>) -> Option<Self> {
        let address = found.address.as_deref()?.trim().to_lowercase();
        let name = found.name.as_deref().map(one_line);
        is_id(&address).then(|| Self {
            name: name
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| address.clone()),
            address,
        })
    }

    fn into_author(self, answers_to: Option<Self>, own: bool) -> Author {
        let answers_to = answers_to.map(|person| person.address);
        Author {
            own,
            handle: Some(answers_to.unwrap_or_else(|| self.address.clone())),
            network_id: self.address,
            name: self.name,
        }
    }
}

fn lies_among_sent(account: &Account, raw: &RawDelivery) -> bool {
    let sent = account.setting("sent_folder");
    sent.is_some() && raw.header(FOLDER) == sent
}

/// Whether the receiving server found a mail in our name to be ours. The topmost verdict is its own;
/// a server that writes none judges nothing, and its word stands for what it let in.
fn is_vouched_for(message: &Message<'_>, address: &str) -> bool {
    let verdict = message
        .headers_raw()
        .find(|(name, _)| name.eq_ignore_ascii_case("Authentication-Results"));
    let Some((_, verdict)) = verdict else {
        return true;
    };
    let domain = address.rsplit('@').next().unwrap_or_default();
    let verdict = verdict.to_lowercase();
    verdict.split(';').any(|result| {
        let mut words = result.split_ascii_whitespace();
        let Some(method) = words.next() else {
            return false;
        };
        let speaks_for = |property: &str| {
            result.split_ascii_whitespace().any(|word| {
                word.strip_prefix(property)
                    .and_then(|value| value.trim_matches('"').rsplit('@').next())
                    .is_some_and(|signed| signed == domain)
            })
        };
        match method {
            "dmarc=pass" => true,
            "dkim=pass" => speaks_for("header.d=") || speaks_for("header.i="),
            "spf=pass" => speaks_for("smtp.mailfrom="),
            _ => false,
        }
    })
}
