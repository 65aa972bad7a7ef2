//! All SQL of kulant, for embedded SQLite and for PostgreSQL from one text. It decides nothing.

pub mod error;
pub mod events;
mod pool;
pub mod sql;

pub use error::StoreError;
pub use pool::{DatabaseUrl, Store};
pub use sql::{Read, Tx, dialect::Dialect, value::Value};
