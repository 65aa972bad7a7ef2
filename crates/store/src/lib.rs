//! All SQL of kulant, for embedded SQLite and for PostgreSQL from one text. It decides nothing.

pub mod actors;
pub mod agents;
pub mod brands;
pub mod error;
pub mod events;
mod pool;
pub mod idempotency;
pub mod inboxes;
pub(crate) mod scope;
pub mod sessions;
pub mod settings;
pub mod tags;
pub mod teams;
pub mod tokens;
pub mod versions;
pub mod views;
pub mod contacts;
pub mod conversations;
pub mod intakes;
pub mod leases;
pub mod messages;
pub mod sql;

pub use error::StoreError;
pub use pool::{DatabaseUrl, Store};
pub use sql::{Read, Tx, dialect::Dialect, value::Value};
