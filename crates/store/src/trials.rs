//! What searches that were only tried fetched from the networks of inboxes; what they look for is kept
//! nowhere.

use kulant_model::ids::InboxId;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::Tx;

/// How trials at the network of one inbox stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trials {
    /// How many posts were fetched on the day `used_on`, counted since 1970.
    pub used: i64,
    pub used_on: i64,
    /// Until when one is under way.
    pub busy_until: Timestamp,
    /// What the network's meter says, as its channel keeps it.
    pub cursor: Option<String>,
}

/// Finds how trials at the network of an inbox stand, and keeps it from changing beside this
/// transaction.
pub fn find_locked(tx: &mut Tx<'_>, inbox: InboxId) -> Result<Trials, StoreError> {
    tx.execute(
        "INSERT INTO search_trials (inbox_id, used, used_on, busy_until) VALUES ($1, 0, 0, 0)
         ON CONFLICT (inbox_id) DO NOTHING",
        &params![inbox],
    )?;
    let lock = tx.dialect().lock_rows("search_trials");
    let found = tx.query_one(
        &format!(
            "SELECT used, used_on, busy_until, cursor_text FROM search_trials
             WHERE inbox_id = $1 {lock}"
        ),
        &params![inbox],
        |row| {
            Ok(Trials {
                used: row.get(0)?,
                used_on: row.get(1)?,
                busy_until: row.get(2)?,
                cursor: row.get(3)?,
            })
        },
    )?;
    found.ok_or_else(|| StoreError::Broken("the row of trials is gone".to_owned()))
}

/// Keeps how trials at the network of an inbox stand now.
pub fn save(tx: &mut Tx<'_>, inbox: InboxId, trials: &Trials) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE search_trials SET used = $2, used_on = $3, busy_until = $4, cursor_text = $5
         WHERE inbox_id = $1",
        &params![
            inbox,
            trials.used,
            trials.used_on,
            trials.busy_until,
            trials.cursor.as_deref()
        ],
    )?;
    Ok(())
}
