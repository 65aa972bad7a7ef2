//! Reading what people write: tokens for the search index, queries, snippets, and what saved searches hear.

pub mod language;
pub mod listen;
pub mod personal;
pub mod snippet;
pub mod tokens;

mod compound;
pub(crate) mod fold;
mod scan;
pub(crate) mod stem;
