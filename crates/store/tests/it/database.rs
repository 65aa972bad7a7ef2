//! Fresh, migrated databases that go away with their test: SQLite always, PostgreSQL where
//! `KULANT_TEST_POSTGRES` names a server. The tests of `care` and `web` stand on them too.

use std::sync::atomic::{AtomicU64, Ordering};

use kulant_model::time::Timestamp;
use kulant_store::sql::migrate::migrate;
use kulant_store::{DatabaseUrl, Store};

/// The moment at which the tests happen or begin.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

/// A database, and a folder where it and other files may lie.
pub struct Database {
    pub store: Store,
    pub folder: tempfile::TempDir,
    server: Option<(String, String)>,
}

/// Makes one database of each kind that is here.
pub async fn databases() -> Vec<Database> {
    let mut databases = vec![sqlite().await];
    #[expect(
        clippy::disallowed_methods,
        reason = "the test server is named by the environment"
    )]
    if let Ok(server) = std::env::var("KULANT_TEST_POSTGRES") {
        databases.push(postgres(server).await);
    }
    databases
}

/// Makes a database in a file.
pub async fn sqlite() -> Database {
    let folder = tempfile::tempdir().expect("a folder");
    let url = DatabaseUrl::Sqlite(folder.path().join("kulant.db"));
    open(&url, folder, None).await
}

async fn postgres(server: String) -> Database {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let package = env!("CARGO_PKG_NAME").replace('-', "_");
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("{package}_{}_{number}", std::process::id());
    on_server(&server, format!("CREATE DATABASE {name}"));
    let (address, _) = server.rsplit_once('/').expect("a database in the address");
    let url = DatabaseUrl::Postgres(format!("{address}/{name}"));
    let folder = tempfile::tempdir().expect("a folder");
    open(&url, folder, Some((server, name))).await
}

async fn open(
    url: &DatabaseUrl,
    folder: tempfile::TempDir,
    server: Option<(String, String)>,
) -> Database {
    let store = Store::open(url).expect("a database");
    migrate(&store, NOW).await.expect("migrated");
    Database {
        store,
        folder,
        server,
    }
}

/// Speaks to the server from a thread of its own: its driver blocks.
fn on_server(server: &str, sql: String) {
    let server = server.to_owned();
    std::thread::spawn(move || {
        postgres::Client::connect(&server, postgres::NoTls)
            .expect("a server")
            .batch_execute(&sql)
            .expect("done");
    })
    .join()
    .expect("the server does as it is told");
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = self.server.take() {
            on_server(&server, format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
