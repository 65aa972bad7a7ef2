//! Outgoing.
