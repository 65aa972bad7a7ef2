//! `kulant serve`: its flags; the work stands in `serve.rs` of the crate.

use clap::Args;

use super::SettingFlags;

/// Start the desk; takes the data folder for itself
///
/// An empty folder becomes a running desk, and the first administrator's one-time link is printed
/// on standard error. SIGTERM or Ctrl-C stops taking in, ends what was begun, and leaves with 0.
///
/// Examples:
///   kulant serve
///   kulant serve --data /var/lib/kulant --public-url https://care.example.org
///   kulant serve --database postgres://kulant@db.example.org/kulant --listen 0.0.0.0:8080
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) flags: SettingFlags,
}
