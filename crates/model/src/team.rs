//! What a team is: agents who share a queue. Which agent is in which team is kept, not decided here.

use crate::words;

words! {
    /// Who a team is made of.
    TeamKind {
        Staff => "staff",
        /// Members of the community who help.
        SuperUsers => "super_users",
        /// People of another company who answer for us.
        Agency => "agency",
    }
}
