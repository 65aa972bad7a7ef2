//! Files that come out of the program are as the program makes them now. With KULANT_UPDATE=1, as
//! `make docs` calls it, the same test writes them.

use std::path::{Path, PathBuf};

#[test]
fn the_specification_is_as_the_program_makes_it() {
    compare("docs/openapi.json", &with_end(kulant_web::openapi()));
}

#[test]
fn the_example_configuration_is_as_the_program_makes_it() {
    compare("kulant.example.toml", &kulant::settings::example());
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn with_end(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by the environment whether to write"
)]
fn compare(name: &str, wanted: &str) {
    let path = root().join(name);
    if std::env::var("KULANT_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = there
        .lines()
        .zip(wanted.lines())
        .position(|(there, wanted)| there != wanted)
        .map_or("its length".to_owned(), |line| format!("line {}", line + 1));
    assert!(
        there == wanted,
        "{name} is not what the program makes ({differs} differs): run `make docs` and commit it"
    );
}
