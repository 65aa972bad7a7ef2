//! Numbers over time: counts per slot, what to expect of them, and when they are out of the ordinary.
//! Takes series as values; where they come from and who is woken is decided elsewhere.

pub mod charts;
pub mod civil;
pub mod holidays;
pub mod judge;
pub mod kleinberg;
pub mod measures;
pub mod special;
pub mod surprise;
