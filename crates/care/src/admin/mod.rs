//! What administrators and supervisors set up: brands, teams, people, inboxes, tags and views.

pub mod agents;
pub mod brands;
pub mod channels;
pub(crate) mod fields;
pub mod first;
pub mod inboxes;
pub mod tags;
pub mod teams;
pub mod views;

use kulant_model::time::Timestamp;
use kulant_store::versions::Versioned;

use crate::error::CareError;

/// Which brand or team is meant: one that is there, or one that is made in the same transaction and
/// stays away when the rest is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted<Id, New = String> {
    Known(Id),
    New(New),
}

impl<Id, New> Wanted<Id, New> {
    /// Makes ready what is to be made; what is there stays as it is.
    fn prepare<Ready>(
        self,
        prepare: impl FnOnce(New) -> Result<Ready, CareError>,
    ) -> Result<Wanted<Id, Ready>, CareError> {
        Ok(match self {
            Self::Known(id) => Wanted::Known(id),
            Self::New(new) => Wanted::New(prepare(new)?),
        })
    }
}

/// Returns the new version of what was written, or says who was faster.
pub(crate) fn settled(versioned: Versioned) -> Result<i64, CareError> {
    match versioned {
        Versioned::Done { version } => Ok(version),
        Versioned::Lost { current } => Err(CareError::Conflict { current }),
        Versioned::Missing => Err(CareError::NotFound),
    }
}

/// Says no unless the version that the writer saw is the one that is there.
pub(crate) fn require_version(current: i64, seen: i64) -> Result<(), CareError> {
    if current == seen {
        Ok(())
    } else {
        Err(CareError::Conflict { current })
    }
}

/// The name under which something archived is known once somebody new wants its name: with the day
/// on which it went out of use.
fn past_name(name: &str, archived_at: Timestamp) -> String {
    let day = archived_at.to_string();
    let day = day.split('T').next().unwrap_or_default();
    format!("{name} ({day})")
}
