//! Reading what people write: verdicts on a post, tokens for the search index, queries, snippets, and what saved searches hear.

pub mod keywords;
pub mod kind;
pub mod language;
pub mod listen;
pub mod matters;
pub mod near;
pub mod personal;
pub mod reading;
pub mod sentiment;
pub mod snippet;
pub mod tokens;
pub mod tone;
pub mod urgency;

pub(crate) mod compound;
pub(crate) mod fold;
pub(crate) mod phrases;
pub(crate) mod scan;
pub(crate) mod stem;
pub(crate) mod units;
