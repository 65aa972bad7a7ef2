//! What keeps an installation from harm: wrong folders, lost keys, curious eyes, a file copied alone.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::driver::{Place, said};

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
