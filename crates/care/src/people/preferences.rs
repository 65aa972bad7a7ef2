//! What a person is told of themselves, and what they set for themselves.

use kulant_model::ids::{AgentId, TeamId};
use kulant_model::role::{Permission, Person, Role};
use kulant_model::words;
use kulant_store::{StoreError, agents, teams};
use serde::{Deserialize, Serialize};

use crate::Care;
use crate::admin::fields::Faults;
use crate::error::CareError;

const LONGEST_INITIALS: usize = 4;

words! {
    /// A language that the desk speaks.
    Language { German => "de", English => "en" }
}

words! {
    /// How the desk is lit.
    Theme { Light => "light", Dark => "dark", Auto => "auto" }
}

/// What a person prefers at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    pub language: Language,
    pub theme: Theme,
    pub single_key_shortcuts: bool,
}

/// A person as told to themselves.
#[derive(Debug, Clone)]
pub struct Profile {
    pub id: AgentId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub initials: Option<String>,
    pub initials_consent: bool,
    pub preferences: Preferences,
    pub teams: Vec<(TeamId, String)>,
    pub permissions: Vec<Permission>,
}

/// What somebody changes of their preferences; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct PreferencesChange {
    pub language: Option<Language>,
    pub theme: Option<Theme>,
    pub single_key_shortcuts: Option<bool>,
    /// `Some(None)` takes them away.
    pub initials: Option<Option<String>>,
    /// Whether answers may go out with the initials: the person's own choice.
    pub initials_consent: Option<bool>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: Language::German,
            theme: Theme::Auto,
            single_key_shortcuts: true,
        }
    }
}

/// Tells a person who they are here.
pub async fn profile(care: &Care, person: &Person) -> Result<Profile, CareError> {
    let id = person.agent;
    let (agent, teams) = care
        .store
        .read(move |read| {
            let agent = agents::find(read, id)?;
            let teams = teams::list_of_agents(read, &[id])?;
            Ok::<_, StoreError>((agent, teams))
        })
        .await?;
    let agent = agent.ok_or(CareError::NotFound)?;
    Ok(Profile {
        id: agent.id,
        name: agent.name,
        email: agent.email,
        role: agent.role,
        initials: agent.initials,
        initials_consent: agent.initials_consented_at.is_some(),
        preferences: read_preferences(agent.preferences),
        teams: teams.into_iter().map(|(_, id, name)| (id, name)).collect(),
        permissions: Permission::ALL
            .iter()
            .copied()
            .filter(|permission| person.may(*permission))
            .collect(),
    })
}

/// Changes what a person set for themselves.
pub async fn change(
    care: &Care,
    person: &Person,
    change: PreferencesChange,
) -> Result<Profile, CareError> {
    super::tokens::must_be_here_in_person(person)?;
    let mut faults = Faults::default();
    let initials = change
        .initials
        .map(|initials| faults.optional_text("initials", initials.as_deref(), LONGEST_INITIALS));
    faults.end()?;

    let (id, now) = (person.agent, care.now());
    care.store
        .write(move |tx| {
            let mut agent = agents::find(tx, id)?.ok_or(CareError::NotFound)?;
            let mut preferences = read_preferences(agent.preferences);
            preferences.language = change.language.unwrap_or(preferences.language);
            preferences.theme = change.theme.unwrap_or(preferences.theme);
            preferences.single_key_shortcuts = change
                .single_key_shortcuts
                .unwrap_or(preferences.single_key_shortcuts);
            agent.initials = initials.unwrap_or(agent.initials);
            agent.initials_consented_at = match change.initials_consent {
                None => agent.initials_consented_at,
                Some(true) => agent.initials_consented_at.or(Some(now)),
                Some(false) => None,
            };
            let preferences = serde_json::to_value(&preferences)
                .map_err(|error| CareError::Internal(error.to_string()))?;
            agents::save_preferences(
                tx,
                id,
                &preferences,
                agent.initials.as_deref(),
                agent.initials_consented_at,
            )?;
            Ok::<_, CareError>(())
        })
        .await?;
    profile(care, person).await
}

/// Returns the language that somebody reads.
pub(crate) fn language_of(agent: &agents::Agent) -> Language {
    read_preferences(agent.preferences.clone()).language
}

/// Reads kept preferences; what an older program kept otherwise falls back to the defaults.
fn read_preferences(kept: serde_json::Value) -> Preferences {
    serde_json::from_value(kept).unwrap_or_default()
}
