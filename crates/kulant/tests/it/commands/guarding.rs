//! What keeps an installation from harm: wrong folders, lost keys, curious eyes, a file copied alone.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::driver::{Place, said, wait_until};

#[test]
fn a_demo_stays_out_of_an_installation() {
    let place = Place::new();
    place.webhook("Post");
    let demo = place.run(&["demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(demo.code, 1, "{}", demo.out);
    assert!(demo.err.contains("a folder of its own"), "{}", demo.err);
    assert_eq!(demo.out, "");
    assert!(!place.file("demo.json").exists());
}

#[test]
fn a_misspelt_folder_is_not_made_by_who_only_asks() {
    let place = Place::new();
    let elsewhere = place.path().join("kulant-dtaa");
    let elsewhere = elsewhere.to_str().unwrap();
    for wish in [
        &["export", "messages"][..],
        &["erase", "--contact", "1"],
        &["token", "add", "--email", "anna@example.org"],
        &["backup", "copy"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kulant"));
        let said = said(
            &command
                .args(wish)
                .args(["--data", elsewhere])
                .output()
                .unwrap(),
        );
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{wish:?}");
        assert!(
            said.err.contains("there is no") || said.err.contains("there is nothing"),
            "{}",
            said.err
        );
        assert!(!fs::exists(elsewhere).unwrap(), "{wish:?} made something");
    }
}

#[test]
fn a_lost_key_is_told_and_no_other_made_in_its_place() {
    let place = Place::new();
    let hook = place.webhook("Post");
    let key = place.file("secret.key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    for wish in [&["serve"][..], &["export", "messages"]] {
        let said = place.run(wish);
        assert_eq!(said.code, 1, "{}", said.out);
        assert!(said.err.contains("secret.key is missing"), "{}", said.err);
        assert!(!key.exists());
    }

    // With a wrong one networks are asked to come again, not told that they are not genuine.
    fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n").unwrap();
    let server = place.serve();
    let body = json!({"type": "post", "id": "p1", "text": "Hallo", "author": {"id": "anna"}});
    let turned_away = server.client().deliver(&hook, "d1", &body).unwrap();
    assert_eq!(turned_away.status, 503);
    server.stop();
    fs::write(&key, kept).unwrap();
    let server = place.serve();
    let taken = server.client().deliver(&hook, "d1", &body).unwrap();
    assert_eq!(taken.status, 202);
}

#[test]
fn a_stopped_server_leaves_one_whole_file() {
    let place = Place::new();
    place.webhook("Post");
    let (code, _) = place.serve().stop();
    assert_eq!(code, Some(0));
    let log = fs::metadata(place.file("kulant.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
    let alone = rusqlite::Connection::open(place.file("kulant.db")).unwrap();
    let inboxes: i64 = alone
        .query_row("SELECT COUNT(*) FROM inboxes", [], |row| row.get(0))
        .unwrap();
    assert_eq!(inboxes, 1);
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_what_lies_in_an_open_folder() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    fs::create_dir_all(place.path()).unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    place.webhook("Post");
    let mode = |name: &str| place.file(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("kulant.db"), 0o600);

    fs::set_permissions(place.file("kulant.db"), fs::Permissions::from_mode(0o644)).unwrap();
    let doctor = place.run(&["doctor"]);
    assert_eq!(doctor.code, 1);
    assert!(doctor.out.contains("everybody on this machine can read"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_secret_that_could_not_be_said_is_a_failure() {
    let place = Place::new();
    place.token();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let status = place
        .command(&["token", "add", "--email", "test@example.org"])
        .stdout(Stdio::from(full))
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_slip_in_the_settings_shows_no_secret() {
    let place = Place::new();
    fs::create_dir_all(place.path()).unwrap();
    let settings =
        "listen = \"127.0.0.1:0\"\ndatabase = \"postgres://k:hush@db/k\nsecret_key = 1\n";
    fs::write(place.file("kulant.toml"), settings).unwrap();
    let said = place.run(&["doctor"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("line 2"), "{}", said.err);
    assert!(!said.err.contains("hush"), "{}", said.err);
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_restore_waits_until_an_import_has_ended() {
    use std::os::unix::fs::OpenOptionsExt;
    const O_NONBLOCK: i32 = 0o4000;
    let place = Place::new();
    place.token();
    let copy = place.file("copy");
    let restore = ["restore", copy.to_str().unwrap()];
    assert_eq!(place.run(&["backup", restore[1]]).code, 0);

    // A file whose end is not there yet: the import goes on until it comes.
    let rows = place.file("rows");
    let made = Command::new("mkfifo").arg(&rows).status().unwrap();
    assert!(made.success());
    let mut import = place
        .command(&["import", rows.to_str().unwrap(), "--inbox", "Damals"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut end = None;
    wait_until("the import reads", || {
        let mut options = fs::OpenOptions::new();
        options.write(true).custom_flags(O_NONBLOCK);
        end = options.open(&rows).ok();
        end.is_some()
    });
    let refused = place.run(&restore);
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("run kulant restore again"),
        "{}",
        refused.err
    );
    drop(end);
    import.wait().unwrap();
    let restored = place.run(&restore);
    assert_eq!(restored.code, 0, "{}", restored.err);
}

#[test]
fn a_misspelt_variable_is_told_and_stops_nothing() {
    let place = Place::new().with("KULANT_LISTN", "127.0.0.1:1");
    let said = place.run(&["migrate"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.err.contains("did you mean KULANT_LISTEN?"),
        "{}",
        said.err
    );
}

#[test]
fn a_port_that_somebody_chose_is_not_exchanged() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new().with("KULANT_LISTEN", &address);
    let said = place.run(&["demo"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.contains("cannot listen on"), "{}", said.err);
}

#[test]
fn a_database_out_of_reach_is_not_called_busy() {
    let place = Place::new();
    let nowhere = format!("sqlite:{}", place.file("nowhere/kulant.db").display());
    for (database, why) in [
        (nowhere.as_str(), "nowhere/kulant.db"),
        ("postgres://kulant@127.0.0.1:1/kulant", "refused"),
    ] {
        let said = place.run(&["migrate", "--database", database]);
        assert_eq!(said.code, 1, "{}", said.err);
        assert!(said.err.contains("cannot be used now"), "{}", said.err);
        assert!(said.err.contains(why), "{}", said.err);
        assert!(!said.err.contains("busy"), "{}", said.err);
    }
}

#[test]
fn a_feed_in_the_inner_network_is_made_with_a_word_about_it() {
    let place = Place::new();
    let feed = [
        "inbox",
        "add",
        "--channel",
        "feed",
        "--set",
        "url=http://127.0.0.1:9/feed",
    ];
    let said = place.run(&[&feed[..], &["--name", "Innen"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("allowed_hosts"), "{}", said.err);
    let place = place.with("KULANT_ALLOWED_HOSTS", "127.0.0.1");
    let said = place.run(&[&feed[..], &["--name", "Erlaubt"]].concat());
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}
