//! What moves data in and out: imports, exports, back-ups and their return.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::driver::{Place, postgres_server, wait_until};

#[test]
fn a_file_is_imported_once_however_often_it_is_given() {
    import_twice(&Place::new());
}

#[test]
fn a_file_is_imported_once_on_postgres_too() {
    if let Some(server) = postgres_server("a_file_is_imported_once_on_postgres_too") {
        import_twice(&Place::on_postgres(&server, "import"));
    }
}

fn import_twice(place: &Place) {
    let rows = 450;
    let path = place.file("posts.jsonl.gz");
    let mut file = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
    for row in 0..rows {
        // Nineteen of them repeat a text, as real ones do.
        let text = format!("Verspätung in Altenau, Fall {}", row.max(19));
        writeln!(file, "{}", json!({"id": format!("p-{row}"), "text": text})).unwrap();
    }
    writeln!(file, "{}", json!({"id": "empty", "text": ""})).unwrap();
    file.finish().unwrap();
    let order = ["import", path.to_str().unwrap(), "--inbox", "Damals"];

    let first = place.run(&order);
    assert_eq!((first.code, first.out.as_str()), (0, ""), "{}", first.err);
    assert!(
        first
            .err
            .contains("451 rows read: 450 taken in, 0 known already, 1 in quarantine"),
        "{}",
        first.err
    );
    let server = place.serve();
    let second = place.run(&order);
    assert!(
        second
            .err
            .contains("451 rows read: 0 taken in, 450 known already, 1 in quarantine"),
        "{}",
        second.err
    );

    let token = place.token();
    let mut client = server.client();
    let all = client.list("/api/v1/conversations?limit=100", &token);
    assert_eq!(all.len(), rows);
    let found = client
        .get(
            "/api/v1/conversations?q=verspaetung&limit=100",
            Some(&token),
        )
        .unwrap();
    assert_eq!(found.json()["items"].as_array().unwrap().len(), 100);

    // Beside the server, with columns of other names.
    let table = place.file("table.csv");
    fs::write(
        &table,
        "nummer;inhalt;wer\n1;Danke an den Schaffner;Anna\n2;\"Zwei\nZeilen\";Bo\n",
    )
    .unwrap();
    let said = place.run(&[
        "import",
        table.to_str().unwrap(),
        "--inbox",
        "Tabelle",
        "--map",
        "id=nummer",
        "--map",
        "text=inhalt",
        "--map",
        "author=wer",
    ]);
    assert!(said.err.contains("2 rows read: 2 taken in"), "{}", said.err);
    let found = client
        .get("/api/v1/conversations?q=schaffner", Some(&token))
        .unwrap();
    assert_eq!(found.json()["items"][0]["contact"]["name"], "Anna");
}

#[test]
fn everything_is_exported_as_the_interface_says_it() {
    let place = Place::new();
    let file = place.file("posts.csv");
    fs::write(
        &file,
        "id,text,author\n1,Guten Tag,Anna\n2,Hallo,Bo\n3,Moin,Cem\n",
    )
    .unwrap();
    place.lines(&["import", file.to_str().unwrap(), "--inbox", "Damals"]);
    let token = place.token();
    let server = place.serve();
    let mut client = server.client();
    for (what, path) in [
        ("conversations", "/api/v1/conversations?sort=oldest"),
        ("contacts", "/api/v1/contacts"),
    ] {
        let lines = place.lines(&["export", what]);
        assert_eq!(lines.len(), 3, "{what}");
        let exported: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        for item in client.list(path, &token) {
            let same = exported
                .iter()
                .find(|line| line["id"] == item["id"])
                .expect("exported");
            for (name, value) in item.as_object().unwrap() {
                assert_eq!(&same[name], value, "{what}: {name}");
            }
        }
    }
    let messages = place.lines(&["export", "messages"]);
    assert_eq!(messages.len(), 3);
    let first: Value = serde_json::from_str(&messages[0]).unwrap();
    let conversation = first["conversation_id"].as_str().unwrap();
    let api = client.list(
        &format!("/api/v1/conversations/{conversation}/messages"),
        &token,
    );
    assert_eq!(first, api[0]);
}

#[test]
fn a_back_up_made_while_writing_is_one_state() {
    let place = Place::new();
    back_up_and_restore(&place, &Place::new());
}

#[test]
fn a_back_up_goes_from_one_database_to_the_other_and_back() {
    let name = "a_back_up_goes_from_one_database_to_the_other_and_back";
    if let Some(server) = postgres_server(name) {
        let (there, back) = (Place::on_postgres(&server, "restore"), Place::new());
        back_up_and_restore(&Place::new(), &there);
        let copy = there.file("again");
        let copy = copy.to_str().unwrap();
        assert_eq!(there.run(&["backup", copy, "--with-secret-key"]).code, 0);
        let said = back.run(&["restore", copy]);
        assert_eq!(said.code, 0, "{}", said.err);
        let (one, other) = (
            there.lines(&["export", "messages"]),
            back.lines(&["export", "messages"]),
        );
        assert!(!one.is_empty());
        assert_eq!(one, other);
    }
}

fn back_up_and_restore(place: &Place, target: &Place) {
    let hook = place.webhook("App");
    let server = place.serve();
    let copy = place.file("copy");
    let copy = copy.to_str().unwrap().to_owned();

    let mut client = server.client();
    let mut deliver = |number: usize| {
        let id = format!("p-{number}");
        let body =
            json!({"type": "post", "id": id, "text": "Wo bleibt der Zug?", "author": {"id": "u"}});
        assert_eq!(client.deliver(&hook, &id, &body).unwrap().status, 202);
    };
    (0..200).for_each(&mut deliver);
    let mut command = place.command(&["backup", &copy, "--with-secret-key"]);
    let mut backup = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut number = 200;
    let status = loop {
        deliver(number);
        number += 1;
        if let Some(status) = backup.try_wait().unwrap() {
            break status;
        }
    };
    assert!(status.success());
    drop(server);

    let said = target.run(&["restore", &copy]);
    assert_eq!(said.code, 0, "{}", said.err);
    let (token, server) = (target.token(), target.serve());
    let mut client = server.client();
    wait_until("everything is taken in", || {
        let count = client.list("/api/v1/conversations?limit=100", &token).len();
        (200..=number).contains(&count)
    });
    // The secret key came along: the hook works as before.
    let body = json!({"type": "post", "id": "after", "text": "Danke", "author": {"id": "v"}});
    assert_eq!(client.deliver(&hook, "after", &body).unwrap().status, 202);
    wait_until("search has followed", || {
        let found = client
            .get("/api/v1/conversations?q=danke", Some(&token))
            .unwrap();
        found.json()["items"].as_array().unwrap().len() == 1
    });
}

#[test]
fn what_a_restore_put_aside_can_be_restored() {
    let place = Place::new();
    let copy = place.file("copy");
    let copy = copy.to_str().unwrap().to_owned();
    place.token();
    assert_eq!(place.run(&["backup", &copy]).code, 0);
    let hook = place.webhook("App");
    let server = place.serve();
    let body = json!({"type": "post", "id": "1", "text": "Da?", "author": {"id": "u"}});
    assert_eq!(
        server.client().deliver(&hook, "1", &body).unwrap().status,
        202
    );
    wait_until("the post is taken in", || {
        place.lines(&["export", "messages"]).len() == 1
    });
    // Its newest words stand in the write-ahead log alone.
    server.kill();

    assert_eq!(place.run(&["restore", &copy]).code, 0);
    assert!(place.lines(&["export", "messages"]).is_empty());
    let aside = fs::read_dir(place.file("snapshots"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "db"))
        .expect("put aside");
    let said = place.run(&["restore", aside.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(place.lines(&["export", "messages"]).len(), 1);
}

#[test]
fn a_broken_back_up_changes_nothing() {
    let place = Place::new();
    let hook = place.webhook("App");
    let copy = place.file("copy");
    assert_eq!(place.run(&["backup", copy.to_str().unwrap()]).code, 0);
    let mut bytes = fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&copy, bytes).unwrap();

    let said = place.run(&["restore", copy.to_str().unwrap()]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("not whole"), "{}", said.err);
    let server = place.serve();
    let body = json!({"type": "post", "id": "1", "text": "Da?", "author": {"id": "u"}});
    let answer = server.client().deliver(&hook, "1", &body).unwrap();
    assert_eq!(answer.status, 202, "what was there is as it was");
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let place = Place::new();
    place.token();
    let database = rusqlite::Connection::open(place.file("kulant.db")).unwrap();
    database
        .execute_batch("INSERT INTO schema_versions (version, name, oldest_compatible, applied_at) VALUES (9000, 'far', 8000, 0)")
        .unwrap();
    drop(database);
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["migrate"],
        &["export", "messages"],
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, 1, "{arguments:?}");
        assert!(
            said.err.contains("schema 9000") && said.err.contains("8000 or newer"),
            "{}",
            said.err
        );
    }
}
