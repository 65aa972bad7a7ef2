//! TLS to PostgreSQL: a server of its own with a certificate of its own, believed or not.
//! Runs where `KULANT_TEST_POSTGRES` says that there are servers to be had.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use kulant_store::sql::migrate::migrate;
use kulant_store::{DatabaseUrl, Store, StoreError, brands};
use postgres::{Client, NoTls};

use super::{NOW, brand};

/// A server that offers TLS, gone with its test.
struct Server {
    folder: PathBuf,
    /// Its address as far as the port.
    address: String,
    authority: PathBuf,
}

impl Server {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("kulant-tls-{}", std::process::id()));
        let address = script("start", &folder);
        let server = Self {
            address: address.trim_end_matches("/kulant").to_owned(),
            authority: folder.join("authority.pem"),
            folder,
        };
        server.certify();
        let mut client = Client::connect(&format!("{}/kulant", server.address), NoTls).unwrap();
        client.batch_execute("ALTER SYSTEM SET ssl = on").unwrap();
        client.batch_execute("SELECT pg_reload_conf()").unwrap();
        let asked = format!("{}/kulant?sslmode=disable", server.address);
        for _ in 0..100 {
            let mut client = Client::connect(&asked, NoTls).unwrap();
            if client.query_one("SHOW ssl", &[]).unwrap().get::<_, &str>(0) == "on" {
                return server;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the server does not turn TLS on");
    }

    /// Makes an authority, and a certificate of the server for 127.0.0.1 that it signs.
    fn certify(&self) {
        let cluster = self.folder.join("cluster");
        let (key, certificate) = (cluster.join("server.key"), cluster.join("server.crt"));
        let authority_key = self.folder.join("authority.key");
        let new = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ];
        openssl(
            &new,
            &["-subj", "/CN=Authority of a test"],
            &[("-keyout", &authority_key), ("-out", &self.authority)],
        );
        let names = [
            "-subj",
            "/CN=database",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ];
        let no_authority = ["-addext", "basicConstraints=critical,CA:FALSE"];
        openssl(
            &new,
            &[&names[..], &no_authority].concat(),
            &[
                ("-CA", &self.authority),
                ("-CAkey", &authority_key),
                ("-keyout", &key),
                ("-out", &certificate),
            ],
        );
        let owner = std::fs::metadata(&cluster).unwrap();
        for file in [&key, &certificate] {
            chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
            std::fs::set_permissions(file, PermissionsExt::from_mode(0o600)).unwrap();
        }
    }

    fn url(&self, query: &str) -> String {
        format!("{}/kulant?{query}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        script("stop", &self.folder);
    }
}

fn script(verb: &str, folder: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres.sh");
    let said = Command::new(script).arg(verb).arg(folder).output().unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

fn openssl(verb: &[&str], words: &[&str], files: &[(&str, &Path)]) {
    let mut command = Command::new("openssl");
    command.args(verb).args(words);
    for (name, file) in files {
        command.arg(name).arg(file);
    }
    let said = command.output().expect("openssl");
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
}

fn refusal(url: String) -> String {
    match Store::open(&DatabaseUrl::Postgres(url)) {
        Err(StoreError::Broken(why)) => why,
        other => panic!("nobody is believed here: {other:?}"),
    }
}

#[test]
fn a_connection_is_encrypted_with_those_who_are_believed_alone() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test server is named by the environment"
    )]
    let Ok(plain) = std::env::var("KULANT_TEST_POSTGRES") else {
        return;
    };
    let server = Server::start();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let authority = format!("sslrootcert={}", server.authority.display());

    let url = server.url(&format!("sslmode=verify-full&{authority}"));
    let store = Store::open(&DatabaseUrl::Postgres(url)).expect("believed");
    runtime.block_on(migrate(&store, NOW)).expect("migrated");
    let kept: Result<bool, StoreError> =
        runtime.block_on(store.write(|tx| brands::insert(tx, &brand(1, "nord"))));
    assert!(kept.expect("written"));
    let read: Result<_, StoreError> =
        runtime.block_on(store.read(|read| brands::list(read, 0, 10)));
    assert_eq!(read.expect("read")[0].slug, "nord");
    let mut client = Client::connect(&server.url("sslmode=disable"), NoTls).unwrap();
    let counted = client
        .query_one(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE s.ssl) FROM pg_stat_ssl s
             JOIN pg_stat_activity a ON a.pid = s.pid WHERE a.application_name = 'kulant'",
            &[],
        )
        .unwrap();
    let (all, encrypted): (i64, i64) = (counted.get(0), counted.get(1));
    assert!(all > 0 && all == encrypted, "{encrypted} of {all}");

    let why = refusal(server.url("sslmode=require"));
    assert!(why.contains("certificate is not trusted"), "{why}");
    assert!(why.contains("sslrootcert=FILE"), "{why}");
    let other_name = server.url(&authority).replace("127.0.0.1", "localhost");
    let why = refusal(other_name);
    assert!(why.contains("certificate is not trusted"), "{why}");
    let why = refusal(server.url("sslrootcert=/nowhere.pem"));
    assert!(why.contains("/nowhere.pem cannot be read"), "{why}");
    let why = refusal(format!("{plain}?sslmode=require&{authority}"));
    assert!(why.contains("offers no TLS"), "{why}");

    // Who asks for nothing gets what can be had.
    let store = Store::open(&DatabaseUrl::Postgres(server.url("sslmode=prefer"))).expect("plain");
    let read: Result<_, StoreError> =
        runtime.block_on(store.read(|read| brands::list(read, 0, 10)));
    assert_eq!(read.expect("read").len(), 1);
}
