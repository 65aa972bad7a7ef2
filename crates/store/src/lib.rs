//! All SQL of kulant, for embedded SQLite and for PostgreSQL from one text. It decides nothing.

pub mod actors;
pub mod agents;
pub mod alerts;
pub mod brands;
pub mod contacts;
pub mod conversations;
pub mod dump;
pub mod erasing;
pub mod error;
pub mod events;
pub mod exporting;
pub mod idempotency;
pub mod inboxes;
pub mod intakes;
pub mod jobs;
pub mod leases;
pub mod links;
pub mod messages;
mod pool;
pub mod reading;
pub(crate) mod scope;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod snapshot;
pub mod sql;
pub mod tags;
pub mod teams;
pub mod tokens;
pub mod upkeep;
pub mod versions;
pub mod views;

pub use error::StoreError;
pub use pool::{DatabaseUrl, Store};
pub use sql::{Read, Tx, dialect::Dialect, value::Value};
