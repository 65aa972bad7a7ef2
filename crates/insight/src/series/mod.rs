//! Numbers over time: counts per slot, what to expect of them, and when they are out of the ordinary.
//! Takes series as values; where they come from and who is woken is decided elsewhere.

pub mod buffer;
pub mod charts;
pub mod civil;
pub mod conformal;
pub mod counts;
pub mod files;
pub mod forecast;
pub mod hierarchy;
pub mod holidays;
pub mod judge;
pub mod kleinberg;
pub mod measures;
pub mod rows;
pub mod seasonal;
pub mod storm;
pub mod surprise;
pub mod tails;
pub mod uplift;
