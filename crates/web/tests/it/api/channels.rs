//! `/channels`, and that the desk's tests and its preview meet the very channels that are served.

use std::path::Path;

use crate::houses;

/// What the server that the desk's tests talk to says of the channels.
const TOLD_TO_THE_DESK: &str = "../../desk/test/fake/channels.json";

/// With KULANT_UPDATE=1, as `make docs` calls it, the same test writes the file.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by the environment whether to write"
)]
async fn the_desk_is_tested_with_the_channels_that_are_served() {
    let houses = houses().await;
    let chef = houses[0].administrator().await;
    let served = chef.get("/api/v1/channels").await;
    let channels = served.json["items"].as_array().expect("a list").iter();
    let lines: Vec<String> = channels.map(|channel| format!("  {channel}")).collect();
    let wanted = format!("[\n{}\n]\n", lines.join(",\n"));

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TOLD_TO_THE_DESK);
    if std::env::var("KULANT_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, wanted).expect("the file can be written");
        return;
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(wanted.lines()).find(|(a, b)| a != b);
    assert!(
        there == wanted,
        "desk/test/fake/channels.json is not what is served, run `make docs` and commit it: {:?}",
        differs.map(|(_, wanted)| wanted.chars().take(60).collect::<String>())
    );
}
