//! The tests of the binary: the tree itself, what is generated, and every command as a real process.

mod commands;
mod driver;
mod generated;
mod kill;
mod real;
mod tidy;

/// Says that a test did not run, past the capture of the test runner.
fn skipped(name: &str, why: &str) {
    use std::io::Write;
    let line = format!("skipped: {name}: {why}\n");
    // A runner that cannot be told counts one test more: no harm.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
