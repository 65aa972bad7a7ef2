//! One table of networks x cases: what every connector must do, each against its simulated network.
//! `networks.rs` has the columns, `cases/` the rows; `cargo test --test conformance -- --nocapture` prints it.

mod cases;
mod facts;
mod networks;
#[expect(dead_code, reason = "the tests of single networks use more of it")]
#[path = "../simulated/sim.rs"]
mod sim;
mod stand;
mod table;

use std::collections::BTreeSet;

use cases::CASES;
use kulant_channels::capability::IntakeWay;
use networks::NETWORKS;
use table::{Outcome, column, draw};

/// Runs every case at one network.
fn conforms(name: &str) {
    let net = NETWORKS
        .iter()
        .find(|net| net.name == name)
        .expect("the network has a column");
    let failed: Vec<String> = column(net)
        .iter()
        .zip(CASES)
        .filter_map(|(outcome, case)| match outcome {
            Outcome::Failed(why) => Some(format!("{}: {why}", case.name)),
            _ => None,
        })
        .collect();
    assert!(failed.is_empty(), "{name}\n{}", failed.join("\n"));
}

macro_rules! networks {
    ($($name:ident)+) => {
        $(#[test]
        fn $name() {
            conforms(stringify!($name));
        })+

        #[test]
        fn every_network_has_a_test_of_its_own() {
            let tested = BTreeSet::from([$(stringify!($name)),+]);
            let named: BTreeSet<&str> = NETWORKS.iter().map(|net| net.name).collect();
            assert_eq!(tested, named);
        }
    };
}

networks! { bluesky discourse email facebook feed form instagram mastodon telegram twilio webhook whatsapp x youtube }

#[test]
fn the_table_is_complete_and_printed() {
    let columns: Vec<_> = NETWORKS.iter().map(column).collect();
    println!("{}", draw(&columns));
    let names: BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len(), "a case stands twice");
    assert!(CASES.len() >= 40, "{} cases", CASES.len());
    for (net, column) in NETWORKS.iter().zip(&columns) {
        let channel = kulant_channels::find(net.name).expect("the channel is known");
        assert_eq!(column.len(), CASES.len(), "{}", net.name);
        for (outcome, case) in column.iter().zip(CASES) {
            let Outcome::NotOffered(reason) = outcome else {
                continue;
            };
            assert!(
                case.needs.iter().any(|fact| fact.name == *reason),
                "{} at {}: {reason} is no need of this case",
                case.name,
                channel.name(),
            );
        }
        let run = column
            .iter()
            .filter(|outcome| !matches!(outcome, Outcome::NotOffered(_)))
            .count();
        // Where nobody can be answered, or nothing lies between, half of the table is about nothing.
        let table = channel.capabilities();
        let sides = [&table.public, &table.private];
        let answers = sides.into_iter().flatten().any(|side| side.send);
        let least = match (answers, table.intake) {
            (_, IntakeWay::Local) => 15,
            (true, _) => 40,
            (false, _) => 20,
        };
        assert!(run >= least, "only {run} cases ran at {}", net.name);
    }
}
