//! Prints how long tokens of 140-character posts take. Run with `cargo run --release -p kulant-insight --example tokens_speed`.
//! A figure to read, not a gate: no test measures time.

#![expect(
    clippy::disallowed_methods,
    reason = "an example that measures has to read the clock itself"
)]

use std::hint::black_box;
use std::time::Instant;

use kulant_insight::text::tokens::{index_tokens, query_tokens};

const POSTS: &[&str] = &[
    "Der RE 5 nach Seeburg fällt schon wieder aus, am Bahnsteig keine Durchsage, in der App steht pünktlich. Wie komme ich jetzt zur Arbeit?",
    "@lumenau seit heute Nacht Großstörung in Altenau, weder Internet noch Telefon. Wann kommt der Techniker? Kundennummer 4711-220, danke!",
    "My train was cancelled and nobody at the station could tell me how to claim a refund. Three delays this week, I am really disappointed :(",
    "Verspätungsalarm eingeschaltet, nie eine Nachricht bekommen. Anschlusszug weg, Taxi selbst bezahlt. Wer erstattet mir die Taxirechnung?",
    "Danke an die Zugbegleiterin im Regionalexpress heute Abend, sie hat meiner Oma mit dem Koffer geholfen. #NordtalBahn macht es richtig!",
    "Roaming bill of 186.40 EUR after one weekend in Norway, although the app said data was included. See https://lumenau.example/roaming 🙄",
];

fn main() {
    for round in 0..3 {
        let repeats = 5_000;
        let started = Instant::now();
        let mut bytes = 0;
        for index in 0..repeats {
            // A number of its own in every post keeps any cache honest.
            let post = format!("{} {index}", POSTS[index % POSTS.len()]);
            bytes += index_tokens(black_box(&post)).len();
        }
        let per_post = started.elapsed().as_secs_f64() * 1e6 / repeats as f64;
        println!(
            "round {round}: {per_post:.1} µs per post, {} bytes of tokens per post",
            bytes / repeats
        );
    }
    let started = Instant::now();
    for _ in 0..10_000 {
        black_box(query_tokens(black_box(
            "Großstörung Altenau -App \"kein Netz\" vers",
        )));
    }
    println!(
        "query: {:.1} µs",
        started.elapsed().as_secs_f64() * 1e6 / 10_000.0
    );
    for post in POSTS {
        println!("{post}\n  {}", index_tokens(post));
    }
}
