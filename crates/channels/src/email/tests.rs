//! Mail in every dress, servers on this machine that say their lines by script, and real ones.

mod compose;
mod real;
mod script;

use super::*;
use crate::fixture;

/// For the name localhost, signed by itself, good for a hundred years and for nothing but tests.
const CERTIFICATE: &str = include_str!("tests/localhost.cert.pem");
const KEY: &str = include_str!("tests/localhost.key.pem");

#[test]
fn recorded_mails_are_translated() {
    fixture::run(&Email);
}
