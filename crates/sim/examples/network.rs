//! Runs the demo network alone, with no desk connected, to look at its pages: `cargo run -p kulant-sim --example network`.

use std::net::SocketAddr;

use kulant_sim::{Pace, SimSettings};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let settings = SimSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 8099)),
        pace: Pace::Sixty,
        ..SimSettings::default()
    };
    let sim = kulant_sim::start(settings).await?;
    println!("the network is at http://{}", sim.address);
    std::future::pending::<()>().await;
    sim.stop().await;
    Ok(())
}
