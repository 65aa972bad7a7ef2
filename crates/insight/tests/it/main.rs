//! What a search must find and must not find, end to end through the public functions.

mod classify;
mod kinds;
mod matters;
mod personal;
mod recorded;
mod search;
mod series;
mod tone;
