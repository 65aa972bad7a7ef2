//! Every channel against its simulated network: what comes in, what goes out, and what networks do to both.

mod bluesky;
mod connecting;
mod discourse;
mod email;
mod facebook;
mod instagram;
mod mastodon;
#[expect(dead_code, reason = "the table of networks and cases uses more of it")]
mod sim;
mod telegram;
mod twilio;
mod whatsapp;
mod x;
mod youtube;
