//! Every command for real, as a child process: what it prints, how it ends, what it changes, and
//! that it works beside a running server and without one.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::driver::{Client, PATIENCE, Place, postgres_server, wait_until};

#[test]
fn an_empty_folder_becomes_a_running_desk() {
    let place = Place::new();
    let server = place.serve();
    eprintln!("ready after {} ms", server.begun.elapsed().as_millis());
    let mut client = server.client();
    assert_eq!(client.get("/healthz", None).unwrap().status, 200);
    assert_eq!(
        client.get("/api/v1/conversations", None).unwrap().status,
        401
    );

    let (code, rest) = server.stop();
    assert_eq!(code, Some(0));
    let link = rest
        .iter()
        .find(|line| line.starts_with("http://"))
        .expect("the first administrator's link");
    assert!(link.contains("/desk/invitation/"), "{link}");

    // Nobody used the link, so the next start gives another; then one administers and it is over.
    let (_, rest) = place.serve().stop();
    assert!(rest.iter().any(|line| line.contains("/desk/invitation/")));
}

#[test]
fn the_numbers_tell_of_every_inbox_follower_and_queue() {
    let place = Place::new();
    let server = place.serve();
    place.webhook("Zahlen");
    let answer = server.client().get("/metrics", None).unwrap();
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body).unwrap();
    for number in [
        "kulant_inbox_lag_seconds{inbox=\"Zahlen\",channel=\"webhook\"} 0",
        "kulant_quarantined{inbox=\"Zahlen\"} 0",
        "kulant_outgoing{inbox=\"Zahlen\",state=\"failed\"} 0",
        "kulant_follower_lag_events{follower=\"search\"} ",
        "kulant_queue_oldest_waiting_seconds{team=\"Service\"} 0",
    ] {
        assert!(text.contains(number), "{number} is not in\n{text}");
    }
}

/// A desk hears of what happens whichever part of kulant answers it, and keeps no server from ending.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long a stop takes is measured by the wall clock"
)]
fn a_live_desk_hears_of_everything_and_holds_no_stop_up() {
    for role in ["all", "web"] {
        let place = Place::new().with("KULANT_ROLE", role);
        let token = place.token();
        let server = place.serve();
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /api/v1/live HTTP/1.1\r\nhost: kulant\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "event: hello"), "{role}");
        place.lines(&[
            "agent",
            "add",
            "--email",
            "neu@example.org",
            "--name",
            "Neu",
            "--role",
            "agent",
        ]);
        assert!(lines.any(|line| line.contains("agent_changed")), "{role}");

        let told = Instant::now();
        let (code, _) = server.stop();
        assert_eq!(code, Some(0));
        let took = told.elapsed();
        assert!(took < Duration::from_secs(3), "{role} took {took:?}");
    }
}

/// Whoever says nothing, or never ends saying it, holds no place for ever.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long a connection is held is measured by the wall clock"
)]
fn half_a_request_is_not_waited_for() {
    let place = Place::new();
    let server = place.serve();
    let begun = Instant::now();
    let connect = |said: &str| {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(said.as_bytes()).unwrap();
        stream
    };
    let half = "GET /healthz HTTP/1.1\r\nhost: kulant\r\nx-slow: ";
    let mut streams = vec![connect(""), connect("G"), connect(half)];
    // A word now and then buys no more time.
    let mut drip = connect(half);
    let drips = std::thread::spawn(move || {
        while drip.write_all(b"x").is_ok() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(500));
        }
        begun.elapsed()
    });
    for stream in &mut streams {
        let mut heard = Vec::new();
        stream
            .read_to_end(&mut heard)
            .expect("closed by the server");
        assert!(!heard.starts_with(b"HTTP/1.1 200"), "nothing was asked");
    }
    let took = begun.elapsed();
    assert!(
        took > Duration::from_secs(5),
        "a slow line has time: {took:?}"
    );
    assert!(took < Duration::from_secs(20), "{took:?}");
    let took = drips.join().unwrap();
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn commands_for_scripts_print_what_was_asked_for_and_nothing_else() {
    let place = Place::new();
    for round in ["without a server", "beside a server"] {
        let server = (round == "beside a server").then(|| place.serve());
        let tag = &round[..3];

        let hook = place.run(&[
            "inbox",
            "add",
            "--channel",
            "webhook",
            "--name",
            &format!("App {tag}"),
            "--brand",
            "Nordtal",
        ]);
        assert_eq!(hook.code, 0, "{}", hook.err);
        let lines: Vec<&str> = hook.out.lines().collect();
        assert_eq!(lines.len(), 2, "{}", hook.out);
        assert!(lines[0].starts_with("/hooks/") && lines[1].starts_with("whsec_"));

        let email = format!("{tag}@example.org");
        let link = place.lines(&[
            "agent", "add", "--email", &email, "--name", "Anna", "--role", "agent", "--team",
            "Nacht",
        ]);
        assert_eq!(link.len(), 1);
        assert!(link[0].contains("/desk/invitation/"), "{link:?}");
        if let Some(server) = &server {
            assert!(link[0].contains(&server.address), "{link:?}");
        }

        let token = place.lines(&[
            "token",
            "add",
            "--email",
            &email,
            "--scope",
            "conversations:read",
        ]);
        assert_eq!(token.len(), 1);
        if let Some(server) = server {
            let mut client = server.client();
            let list = client
                .get("/api/v1/conversations", Some(&token[0]))
                .unwrap();
            assert_eq!(list.status, 200);
            let contacts = client.get("/api/v1/contacts", Some(&token[0])).unwrap();
            assert_eq!(
                contacts.status, 403,
                "the token may read conversations alone"
            );
        }
    }
}

#[test]
fn what_goes_wrong_is_said_in_a_sentence_with_its_code() {
    let place = Place::new();
    let cases: [(&[&str], i32, &str); 7] = [
        (&["dance"], 2, "dance"),
        (&["inbox", "add", "--name", "x"], 2, "--channel"),
        (
            &["inbox", "add", "--name", "x", "--channel", "smoke"],
            1,
            "no such channel",
        ),
        (
            &["token", "add", "--email", "nobody@example.org"],
            1,
            "nobody here",
        ),
        (
            &["token", "add", "--email", "a@b", "--scope", "everything"],
            2,
            "conversations:read",
        ),
        (
            &["import", "nowhere.csv", "--inbox", "x"],
            1,
            "nowhere.csv cannot be read",
        ),
        (&["serve", "--listen", "here"], 1, "127.0.0.1:8080"),
    ];
    for (arguments, code, words) in cases {
        let said = place.run(arguments);
        assert_eq!(said.code, code, "{arguments:?}: {}", said.err);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        assert_eq!(said.out, "", "{arguments:?}");
    }
    let help = place.run(&["--help"]);
    assert!(help.out.contains("Exit codes:") && help.out.contains("kulant demo"));
}

#[test]
fn whoever_serves_has_the_folder_for_itself() {
    let place = Place::new();
    let server = place.serve();
    let backup = place.file("copy");
    let backup = backup.to_str().unwrap();
    assert_eq!(place.run(&["backup", backup]).code, 0);
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["migrate"],
        &["restore", backup],
        &["demo", "--listen", "127.0.0.1:0"],
    ] {
        let said = place.run(arguments);
        assert_eq!(said.code, 1, "{arguments:?}: {}", said.err);
        assert!(said.err.contains("kulant serve (process "), "{}", said.err);
        assert!(said.err.contains("stop it first"), "{}", said.err);
    }

    // A server that died without a word left its file, and is no obstacle.
    server.kill();
    assert!(place.file("lock").metadata().unwrap().len() > 0);
    assert_eq!(place.run(&["migrate"]).code, 0);
}

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
            .contains("451 rows read: 451 new, 0 known already, 1 in quarantine"),
        "{}",
        first.err
    );
    let server = place.serve();
    let second = place.run(&order);
    assert!(
        second
            .err
            .contains("451 rows read: 0 new, 451 known already, 0 in quarantine"),
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
    assert!(said.err.contains("2 rows read: 2 new"), "{}", said.err);
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

#[test]
fn the_doctor_says_in_plain_words_what_is_wrong() {
    let place = Place::new();
    place.webhook("App");
    let well = place.run(&["doctor"]);
    assert_eq!(well.code, 0, "{}{}", well.out, well.err);

    let file = place.file("posts.csv");
    fs::write(&file, "id,text\n1,\n").unwrap();
    place.lines(&["import", file.to_str().unwrap(), "--inbox", "Damals"]);
    let ill = place.run(&["doctor"]);
    assert_eq!(ill.code, 1, "{}{}", ill.out, ill.err);
    assert!(ill.out.contains("quarantine"), "{}", ill.out);

    fs::remove_file(place.file("secret.key")).unwrap();
    let ill = place.run(&["doctor"]);
    assert!(ill.out.contains("secret key"), "{}", ill.out);
    assert!(!place.file("secret.key").exists(), "a doctor only looks");
}

#[test]
fn a_person_is_erased_by_id_or_by_what_they_are_known_by() {
    let place = Place::new();
    let file = place.file("posts.jsonl");
    let rows = [
        json!({"id": "1", "text": "geheim-eins", "author": {"id": "u-1", "name": "Anna Muster", "handle": "@anna"}}),
        json!({"id": "2", "text": "geheim-zwei", "author": {"id": "u-2", "name": "Bo"}}),
        json!({"id": "3", "text": "bleibt-da", "author": {"id": "u-3", "name": "Cem"}}),
    ];
    fs::write(&file, rows.map(|row| format!("{row}\n")).concat()).unwrap();
    place.lines(&["import", file.to_str().unwrap(), "--inbox", "Damals"]);
    fs::remove_file(&file).unwrap();
    let contacts = place.lines(&["export", "contacts"]);
    let bo: Value = contacts
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|contact| contact["name"] == "Bo")
        .unwrap();

    assert_eq!(place.run(&["erase", "--identity", "@anna"]).code, 0);
    assert_eq!(
        place
            .run(&["erase", "--contact", bo["id"].as_str().unwrap()])
            .code,
        0
    );
    let nobody = place.run(&["erase", "--identity", "@nobody"]);
    assert_eq!(nobody.code, 1);

    let mut left = Vec::new();
    for entry in fs::read_dir(place.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            left.extend(fs::read(path).unwrap());
        }
    }
    let holds = |word: &str| left.windows(word.len()).any(|part| part == word.as_bytes());
    assert!(holds("bleibt-da"));
    for word in ["geheim-eins", "geheim-zwei", "Anna Muster", "@anna"] {
        assert!(!holds(word), "{word} is still there");
    }
}

#[test]
fn the_demo_is_a_living_desk() {
    let place = Place::new();
    let mut demo = place.demo();
    let (email, password) = demo.log_in("agent");
    let mut client = demo.client();
    let body = json!({"email": email, "password": password}).to_string();
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let session = client
        .send("POST", "/api/v1/session", &headers, body.as_bytes())
        .unwrap();
    assert_eq!(session.status, 200, "{session:?}");

    let token = place.lines(&["token", "add", "--email", &email]).remove(0);
    wait_until("customers have written", || {
        client.list("/api/v1/conversations?limit=100", &token).len() > 20
    });
    let network = demo.network();
    assert!(
        Client::to(&network)
            .get("/", None)
            .is_some_and(|page| page.status == 200)
    );
    assert_eq!(demo.interrupt(), Some(0));
    wait_until("the network has ended too", || {
        Client::to(&network).get("/", None).is_none()
    });

    // The next start goes on with the same people and passwords.
    assert_eq!(place.demo().log_in("agent"), (email.clone(), password));

    // As after a start that was killed before it knew its log-ins: what is there stays.
    fs::remove_file(place.file("demo.json")).unwrap();
    let count = place.lines(&["export", "conversations"]).len();
    let demo = place.demo();
    let (again, password) = demo.log_in("agent");
    assert_eq!(again, email);
    let body = json!({"email": email, "password": password}).to_string();
    let session = demo
        .client()
        .send("POST", "/api/v1/session", &headers, body.as_bytes())
        .unwrap();
    assert_eq!(session.status, 200, "{session:?}");
    drop(demo);
    let now = place.lines(&["export", "conversations"]).len();
    assert!(now < count + 20, "the past came in twice: {now} of {count}");
}

#[test]
fn benches_tell_what_they_measured() {
    let place = Place::new();
    let intake = place.lines(&[
        "bench",
        "intake",
        "--seconds",
        "1",
        "--rate-seconds",
        "1",
        "--rate",
        "20",
        "--desk-rate",
        "20",
        "--connections",
        "4",
        "--json",
    ]);
    let intake: Value = serde_json::from_str(&intake[0]).unwrap();
    assert!(
        intake["searchable_per_second"].as_f64().unwrap() > 0.0,
        "{intake}"
    );
    assert_eq!(intake["to_the_desk"]["count"], 20, "{intake}");

    let desk = place.lines(&[
        "bench",
        "desk",
        "--sizes",
        "300",
        "--seconds",
        "3",
        "--agents",
        "3",
        "--desks",
        "3",
        "--json",
    ]);
    let desk: Value = serde_json::from_str(&desk[0]).unwrap();
    assert!(desk["list_300"]["count"].as_u64().unwrap() >= 3, "{desk}");
    assert_eq!(desk["search_300"]["count"], 100, "{desk}");
}

#[test]
fn a_shell_is_told_how_to_complete() {
    let script = Place::new().run(&["completion", "bash"]);
    assert_eq!(script.code, 0);
    assert!(script.out.contains("doctor"));
}
