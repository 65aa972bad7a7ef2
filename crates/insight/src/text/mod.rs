//! Reading what people write: tokens for the search index, queries, snippets, and what saved searches hear.

pub mod language;
pub mod listen;
pub mod matters;
pub mod personal;
pub mod snippet;
pub mod tokens;

pub(crate) mod compound;
pub(crate) mod fold;
pub(crate) mod phrases;
pub(crate) mod scan;
pub(crate) mod stem;
pub(crate) mod units;
