//! A small rush over all simulated networks on both databases: whatever goes wrong on the way, nothing
//! is lost, doubled or out of order.

use serde_json::Value;

use crate::driver::{Place, postgres_server};

#[test]
fn a_rush_over_all_networks_loses_and_doubles_nothing() {
    survives(&Place::new());
}

#[test]
fn a_rush_over_all_networks_loses_and_doubles_nothing_on_postgres() {
    if let Some(server) = postgres_server("rush") {
        survives(&Place::on_postgres(&server, "rush"));
    }
}

/// Times are no matter here: the bar of the desk is out of reach.
fn survives(place: &Place) {
    let said = place.run(&[
        "bench",
        "rush",
        "--rate",
        "20",
        "--seconds",
        "10",
        "--down-seconds",
        "4",
        "--agents",
        "3",
        "--bar-ms",
        "1000000",
        "--json",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["said"], 200.0, "{report}");
    for name in ["lost", "doubled", "out_of_order", "torn"] {
        assert_eq!(report[name], 0.0, "{name}: {}", said.err);
    }
}
