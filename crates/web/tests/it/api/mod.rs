//! One file per resource of the API.

mod agents;
mod brands;
mod inboxes;
mod invitations;
mod session;
mod tags;
mod teams;
mod tokens;
mod views;
