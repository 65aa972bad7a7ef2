//! Mail in every dress, and servers on this machine that say their lines by script.

use super::*;
use crate::fixture;

#[test]
fn recorded_mails_are_translated() {
    fixture::run(&Email);
}
