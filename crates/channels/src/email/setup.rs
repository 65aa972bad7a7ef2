//! What an inbox's settings say about its mailbox, read once before anything is done with it.

use kulant_model::time::Timestamp;
use lettre::Address;
use lettre::message::Mailbox;
use serde_json::Value;

use super::dkim;
use super::marks::Marks;
use super::oauth;
use crate::delivery::Account;
use crate::outbound::SendError;
use crate::settings::SettingFault;

/// What stands in the reply pattern where the token goes.
pub(super) const TOKEN: &str = "{token}";
/// The longest part before the @ that mail servers take, and the length of our token in it.
const LONGEST_LOCAL: usize = 64;
const TOKEN_LENGTH: usize = 32;

/// How a connection is kept from being read along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    Tls,
    StartTls,
    None,
}

/// A server and how to sign in there.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) username: String,
    pub(super) password: String,
    /// Whether the password is a token.
    pub(super) by_token: bool,
}

/// The settings of one mailbox.
pub(super) struct Setup {
    pub(super) address: Address,
    pub(super) from: Mailbox,
    pub(super) imap: Server,
    pub(super) smtp: Server,
    pub(super) folder: String,
    pub(super) sent_folder: Option<String>,
    /// Whether the server files what is sent by itself.
    pub(super) sent_by_server: bool,
    pub(super) history_days: i64,
    /// Certificates that are believed besides the machine's, as PEM.
    pub(super) certificate: Option<String>,
    pub(super) dkim: Option<dkim::Signer>,
    pub(super) marks: Marks,
    pub(super) now: Timestamp,
}

impl Setup {
    /// Reads the settings; what is missing or wrong forbids everything.
    pub(super) fn read(account: &Account) -> Result<Self, SendError> {
        let needed = |name: &str| {
            account
                .setting(name)
                .ok_or_else(|| SendError::Forbidden(format!("the setting {name} is missing")))
        };
        let address: Address = needed("address")?
            .parse()
            .map_err(|_| SendError::Forbidden("the address is no e-mail address".to_owned()))?;
        let by_token = oauth::is_used(account);
        let password = if by_token {
            oauth::token(account).ok_or_else(|| {
                SendError::RetryBackoff("there is no access token yet, or it ran out".to_owned())
            })?
        } else {
            account
                .secret("password")
                .ok_or_else(|| SendError::AuthBroken("the password is missing".to_owned()))?
        };
        let username = account.setting("username").unwrap_or(address.as_ref());
        let number = |name: &str| account.settings.get(name).and_then(Value::as_i64);
        let server = |prefix: &str, username: &str, password: &str| {
            let security = match account.setting(&format!("{prefix}_security")) {
                Some("starttls") => Security::StartTls,
                Some("none") => Security::None,
                _ => Security::Tls,
            };
            let port = number(&format!("{prefix}_port")).and_then(|port| u16::try_from(port).ok());
            Ok::<_, SendError>(Server {
                host: needed(&format!("{prefix}_host"))?.to_owned(),
                port: port.unwrap_or(usual_port(prefix, security)),
                security,
                username: username.to_owned(),
                password: password.to_owned(),
                by_token,
            })
        };
        let dkim = match account.secret("dkim_key") {
            None => None,
            Some(key) => {
                let domain = account.setting("dkim_domain").unwrap_or(address.domain());
                let selector = account.setting("dkim_selector").unwrap_or("kulant");
                let signer = dkim::Signer::new(key, domain, selector);
                Some(signer.map_err(SendError::Forbidden)?)
            }
        };
        Ok(Self {
            from: Mailbox::new(account.setting("name").map(one_line), address.clone()),
            imap: server("imap", username, password)?,
            smtp: server(
                "smtp",
                account.setting("smtp_username").unwrap_or(username),
                account
                    .secret("smtp_password")
                    .filter(|_| !by_token)
                    .unwrap_or(password),
            )?,
            folder: account.setting("folder").unwrap_or("INBOX").to_owned(),
            sent_folder: account.setting("sent_folder").map(str::to_owned),
            sent_by_server: account.switch("sent_by_server").unwrap_or(false),
            history_days: number("history_days").unwrap_or(30).clamp(0, 3_650),
            certificate: account.setting("certificate").map(str::to_owned),
            dkim,
            marks: Marks::of(account),
            now: account.now,
            address,
        })
    }
}

/// Returns the addresses that are ours, in lower case.
pub(super) fn own_addresses(account: &Account) -> Vec<String> {
    let listed = account.settings.get("own_addresses");
    listed
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain(account.setting("address"))
        .map(|address| address.trim().to_lowercase())
        .collect()
}

/// Returns what is wrong with settings that have the right types.
pub(super) fn faults(settings: &Value) -> Vec<SettingFault> {
    let given = |name: &str| settings.get(name).and_then(Value::as_str).map(str::trim);
    let mut faults = Vec::new();
    let is_given = |name: &str| given(name).is_some_and(|value| !value.is_empty());
    let needed: &[&str] = if is_given("oauth_token_url") || is_given("oauth_provider") {
        &["oauth_client_id", "oauth_client_secret", "refresh_token"]
    } else {
        &["password"]
    };
    for name in needed.iter().filter(|name| !is_given(name)) {
        faults.push(SettingFault::new(name, "required", "a value is needed"));
    }
    if given("address").is_some_and(|address| address.parse::<Address>().is_err()) {
        faults.push(SettingFault::new(
            "address",
            "not_an_email",
            "not an e-mail address",
        ));
    }
    if let Some(pattern) = given("reply_pattern").filter(|pattern| !pattern.is_empty()) {
        let example = pattern.replacen(TOKEN, &"0".repeat(TOKEN_LENGTH), 1);
        let local = example.split('@').next().unwrap_or_default().len();
        let whole = example.parse::<Address>().is_ok() && local <= LONGEST_LOCAL;
        if !whole || pattern.matches(TOKEN).count() != 1 {
            let detail = "an e-mail address with {token} in it is needed";
            faults.push(SettingFault::new("reply_pattern", "not_a_pattern", detail));
        }
    }
    if let Some(key) = given("dkim_key").filter(|key| !key.is_empty())
        && let Err(detail) = dkim::Signer::new(key, "example.org", "kulant")
    {
        faults.push(SettingFault::new("dkim_key", "not_a_key", detail));
    }
    faults
}

/// Makes a text fit for a header: one line, no control characters.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|sign: char| sign.is_whitespace() || sign.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn usual_port(prefix: &str, security: Security) -> u16 {
    match (prefix, security) {
        ("imap", Security::Tls) => 993,
        ("imap", _) => 143,
        (_, Security::Tls) => 465,
        (_, Security::StartTls) => 587,
        (_, Security::None) => 25,
    }
}
