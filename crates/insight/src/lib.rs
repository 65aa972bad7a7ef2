//! Reading texts and numbers: pure functions from `&str` to values.
//! Knows no conversation, no inbox and no other crate of kulant; does no I/O and reads no clock.

pub mod classify;
mod lexicon;
pub mod series;
pub mod text;
