//! Roles, permissions and the scope: what a person may do and what a person may see.

use std::collections::BTreeSet;

use crate::ids::{AgentId, TeamId};
use crate::words;

words! {
    /// What somebody is for the desk.
    Role { Administrator => "administrator", Supervisor => "supervisor", Agent => "agent" }
}

words! {
    /// One thing a role may do; the scopes of an API token are the same words.
    Permission {
        ReadConversations => "conversations:read",
        WriteConversations => "conversations:write",
        ReadContacts => "contacts:read",
        WriteContacts => "contacts:write",
        EraseContacts => "contacts:erase",
        ReadOverview => "overview:read",
        ManageTeams => "teams:write",
        ManageTags => "tags:write",
        ShareViews => "views:share",
        ManageInboxes => "inboxes:write",
        ManageBrands => "brands:write",
        ManagePeople => "people:write",
        ReadQuarantine => "quarantine:read",
        WriteQuarantine => "quarantine:write",
        Announce => "posts:write",
        ManageSearches => "searches:write",
    }
}

impl Role {
    /// Returns whether people of this role may do something.
    pub fn may(self, permission: Permission) -> bool {
        use Permission::{
            Announce, EraseContacts, ManageSearches, ManageTags, ManageTeams, ReadContacts,
            ReadConversations, ReadOverview, ShareViews, WriteContacts, WriteConversations,
        };
        match self {
            Self::Administrator => true,
            Self::Supervisor => matches!(
                permission,
                ReadConversations
                    | WriteConversations
                    | ReadContacts
                    | WriteContacts
                    | EraseContacts
                    | ReadOverview
                    | ManageTeams
                    | ManageTags
                    | ShareViews
                    | Announce
                    | ManageSearches
            ),
            Self::Agent => matches!(
                permission,
                ReadConversations | WriteConversations | ReadContacts | WriteContacts
            ),
        }
    }
}

/// What a person may see. It is granted in one place and turned into SQL in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every conversation.
    Everything,
    /// The conversations of these teams alone.
    Teams(BTreeSet<TeamId>),
}

impl Scope {
    /// Returns whether a conversation of this team may be seen.
    pub fn includes(&self, team: Option<TeamId>) -> bool {
        match self {
            Self::Everything => true,
            Self::Teams(teams) => team.is_some_and(|team| teams.contains(&team)),
        }
    }
}

/// Whoever is asking: a signed-in person or a token that acts for one.
#[derive(Debug, Clone)]
pub struct Person {
    pub agent: AgentId,
    pub actor: crate::ids::ActorId,
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    /// The token's scopes, where a token is used; a token never may more than its person.
    pub token_scopes: Option<BTreeSet<Permission>>,
}

impl Person {
    /// Returns whether this person, by this way in, may do something.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
            && self
                .token_scopes
                .as_ref()
                .is_none_or(|scopes| scopes.contains(&permission))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_narrows_and_never_widens() {
        let person = Person {
            agent: AgentId(1),
            actor: crate::ids::ActorId(1),
            name: "Ada".into(),
            role: Role::Agent,
            scope: Scope::Teams(BTreeSet::new()),
            token_scopes: Some([Permission::ReadConversations, Permission::ManagePeople].into()),
        };
        assert!(person.may(Permission::ReadConversations));
        assert!(!person.may(Permission::WriteConversations));
        assert!(!person.may(Permission::ManagePeople));
    }

    #[test]
    fn a_team_scope_hides_other_teams_and_the_teamless() {
        let scope = Scope::Teams([TeamId(1)].into());
        assert!(scope.includes(Some(TeamId(1))));
        assert!(!scope.includes(Some(TeamId(2))));
        assert!(!scope.includes(None));
        assert!(Scope::Everything.includes(None));
    }
}
