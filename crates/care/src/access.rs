//! Who may see and do what: the one place where a scope is granted.

use std::collections::BTreeSet;

use kulant_model::ids::{AgentId, TeamId};
use kulant_model::role::{Permission, Person, Role, Scope};

use crate::error::CareError;

/// Grants what a role may see, given the teams somebody is in.
pub fn scope_of(role: Role, teams: BTreeSet<TeamId>) -> Scope {
    match role {
        Role::Administrator | Role::Supervisor => Scope::Everything,
        Role::Agent => Scope::Teams(teams),
    }
}

/// Grants everything, for what kulant does by itself.
pub fn scope_of_system() -> Scope {
    Scope::Everything
}

/// Returns whoever runs kulant on this machine: for the command line, and for what nobody asks for by
/// hand.
pub fn operator() -> Person {
    Person {
        agent: AgentId(0),
        actor: crate::SYSTEM,
        name: "kulant".to_owned(),
        role: Role::Administrator,
        scope: Scope::Everything,
        token_scopes: None,
    }
}

/// Says no unless this person may do that.
pub fn require(person: &Person, permission: Permission) -> Result<(), CareError> {
    if person.may(permission) {
        Ok(())
    } else {
        Err(CareError::Forbidden)
    }
}
