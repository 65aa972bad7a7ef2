//! One file per resource of the API.

mod agents;
mod announcements;
mod brands;
mod channels;
mod connections;
mod contacts;
mod conversations;
mod erasing;
mod inboxes;
mod invitations;
mod live;
mod messages;
mod quarantine;
mod session;
mod tags;
mod teams;
mod tokens;
mod uploads;
mod views;
