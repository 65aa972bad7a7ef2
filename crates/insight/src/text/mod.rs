//! Reading what people write: tokens for the search index, queries, snippets.

pub mod snippet;
pub mod tokens;

mod compound;
pub(crate) mod fold;
mod scan;
pub(crate) mod stem;
