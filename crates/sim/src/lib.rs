//! The demo world: a simulated social network with invented companies and customers, talking to kulant over HTTP alone;
//! and `networks`, which stand for the real networks, each with its own protocol. Neither knows a crate of kulant.

mod clock;
mod content;
mod control;
mod cut;
mod dice;
mod faults;
mod hub;
mod item;
pub mod networks;
mod page;
mod push;
mod receive;
mod residents;
mod settings;
mod signature;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use content::{Brand, Language, brands};
pub use faults::{Call, Fault};
pub use item::{Author, Item, ItemType, Millis, Visibility};
pub use residents::Residence;
pub use settings::{AccountLink, Pace, SimSettings};
pub use world::{Answer, AnswerKind, Guest, Network, Placed, Refused, Standing, World};

use cut::{Cut, CutListener};
use hub::{Hub, SharedHub};
use residents::Residents;

/// A running demo world; it ends when this is stopped or dropped.
pub struct SimHandle {
    /// Where the network listens.
    pub address: SocketAddr,
    hub: SharedHub,
    tasks: JoinSet<()>,
}

impl SimHandle {
    /// The address to enter as the inbox's `answer_url`.
    pub fn answer_url(&self) -> String {
        format!("{}/answer", self.hub.base_url)
    }

    /// The address to enter as the inbox's `lookup_url`.
    pub fn lookup_url(&self) -> String {
        format!("{}/answers", self.hub.base_url)
    }

    /// Connects an account: from now on its company's items are pushed to the hook, the waiting ones first.
    ///
    /// A company that is unknown or connected already is an error.
    pub fn connect(&mut self, link: AccountLink) -> io::Result<()> {
        let unknown = || {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("no company is called {}", link.brand),
            )
        };
        let brand = hub::find_brand(&link.brand).ok_or_else(unknown)?;
        let items = self.hub.take_outbox(brand).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the company is connected already",
            )
        })?;

        self.hub.add_account(brand, link.clone());
        self.tasks
            .spawn(push::push(Arc::clone(&self.hub), brand, link, items));
        Ok(())
    }

    /// Lets a world begin that waits for it: its past is played, then its customers write.
    pub fn begin(&self) {
        self.hub.begin();
        self.hub.wake.notify_one();
    }

    /// Lets a company's customers live on simulated networks from now on, each person on one of them;
    /// what no network takes goes on here.
    ///
    /// A company or a network that is unknown is an error.
    pub fn settle(
        &self,
        networks: &networks::NetworksHandle,
        residences: &[Residence],
    ) -> io::Result<()> {
        let mut residents = Residents::new(networks.town());
        for residence in residences {
            residents.add(residence)?;
        }
        *faults::lock(&self.hub.residents) = Some(residents);
        Ok(())
    }

    /// Ends the world and waits until nothing of it runs.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Starts the network, its inhabitants and the pushing to all given accounts.
pub async fn start(settings: SimSettings) -> io::Result<SimHandle> {
    let listener = TcpListener::bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let accounts = settings.accounts.clone();
    let hub = Arc::new(Hub::new(settings, format!("http://{address}")));

    let mut tasks = JoinSet::new();
    let app = router(Arc::clone(&hub)).into_make_service_with_connect_info::<Cut>();
    tasks.spawn(async move {
        if let Err(error) = axum::serve(CutListener(listener), app).await {
            tracing::error!(error = %error, "the demo network has stopped listening");
        }
    });
    tasks.spawn(Arc::clone(&hub).run_clockwork());

    let mut handle = SimHandle {
        address,
        hub,
        tasks,
    };
    for link in accounts {
        handle.connect(link)?;
    }
    Ok(handle)
}

fn router(hub: SharedHub) -> Router {
    let answers = Router::new()
        .route("/answer", post(receive::receive))
        .route("/answers", get(receive::look_up))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&hub),
            faults::apply,
        ));

    Router::new()
        .merge(answers)
        .merge(control::routes())
        .merge(page::routes())
        .with_state(hub)
}
