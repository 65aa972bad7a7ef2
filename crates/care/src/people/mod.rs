//! People at the desk: who somebody is by what they show, and what they set for themselves.
//! Who may have an account is `admin`'s matter.

pub mod invitations;
mod passwords;
pub mod preferences;
pub mod sessions;
pub mod sign_in;
pub mod tokens;

use std::collections::BTreeSet;
use std::net::IpAddr;

use kulant_model::ids::TeamId;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::agents::Access;
use kulant_store::{Read, StoreError, teams};

use crate::access::scope_of;
use crate::error::CareError;
use crate::{Care, hash_secret};

/// What somebody shows to be known by.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The secret in a session's cookie.
    Session(String),
    /// A token in the Authorization header.
    Bearer(String),
}

/// Somebody who is known, and by what.
#[derive(Debug, Clone)]
pub struct Known {
    pub person: Person,
    /// The session's token against forged requests; none where a token was shown.
    pub csrf_token: Option<String>,
    /// When the session ends at the latest.
    pub expires_at: Option<Timestamp>,
}

/// Who made a request that a session stands behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// Somebody is there: the session is in use.
    Person,
    /// An open desk by itself, whether anybody sits before it or not.
    Desk,
}

/// Finds whoever shows this; nobody if it is unknown, over, revoked, or its person is disabled.
/// Long-lived streams ask again and again, so that they end with the right to them.
pub async fn find_person(
    care: &Care,
    credential: &Credential,
    maker: Maker,
) -> Result<Option<Known>, CareError> {
    match credential {
        Credential::Session(secret) => sessions::find(care, secret, maker).await,
        Credential::Bearer(secret) => tokens::find_by_secret(care, secret).await,
    }
}

/// Makes a person of what the store knows, with the scope that role and teams give.
fn person(
    access: Access,
    teams: BTreeSet<TeamId>,
    token_scopes: Option<BTreeSet<Permission>>,
) -> Person {
    Person {
        agent: access.agent,
        actor: access.actor,
        name: access.name,
        role: access.role,
        scope: scope_of(access.role, teams),
        token_scopes,
    }
}

fn team_ids(
    read: &mut Read<'_>,
    agent: kulant_model::ids::AgentId,
) -> Result<BTreeSet<TeamId>, StoreError> {
    let teams = teams::list_of_agents(read, &[agent])?;
    Ok(teams.into_iter().map(|(_, team, _)| team).collect())
}

/// Brings an address into the form in which it is kept and compared.
pub(crate) fn kept_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The digest under which failed sign-ins with an address are counted.
fn address_hash(email: &str) -> Vec<u8> {
    hash_secret(&format!("sign-in:{email}"))
}

/// The digest under which failed sign-ins with an address from one network are counted; it begins
/// with the address's own.
fn address_hash_from(email: &str, from: IpAddr) -> Vec<u8> {
    let network = network_of(from);
    let mut hash = address_hash(email);
    hash.extend(hash_secret(&format!("sign-in:{email} from {network}")));
    hash
}

/// Whoever has one address mostly has its neighbours too: /24, and /64 of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4((u32::from(address) & 0xffff_ff00).into()),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into()),
    }
}

/// Leaves the secrets out, so that no log shows them.
impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Session(_) => "Session",
            Self::Bearer(_) => "Bearer",
        })
    }
}
