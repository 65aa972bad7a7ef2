//! What scripts call: making inboxes, people and tokens, erasing, the doctor, and what is said when
//! something goes wrong.

use std::fs;

use serde_json::{Value, json};

use crate::driver::Place;
use crate::tidy::channels;

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
fn what_is_refused_leaves_no_brand_and_no_team_behind() {
    let place = Place::new();
    place.webhook("App");
    let inbox = |rest: &[&str]| {
        let command = ["inbox", "add", "--brand", "Neuland", "--team", "Frühdienst"];
        place.run(&[&command, rest].concat())
    };
    let agent = |email: &str| {
        let command = ["agent", "add", "--name", "Anna", "--role", "agent"];
        let teams = ["--team", "Spätdienst", "--team", "spätdienst"];
        place.run(&[&command, &teams[..], &["--email", email]].concat())
    };
    for (said, words) in [
        (inbox(&["--channel", "feed", "--name", "Blog"]), "url"),
        (inbox(&["--channel", "webhook", "--name", "App"]), "name"),
        (agent("anna"), "email"),
    ] {
        assert_eq!(said.code, 1, "{}", said.err);
        assert!(said.err.contains(words), "{}", said.err);
        assert!(!said.err.contains("made the"), "{}", said.err);
    }
    let token = place.token();
    let server = place.serve();
    let mut client = server.client();
    let mut names = |list: &str| -> Vec<String> {
        let answer = client.get(&format!("/api/v1/{list}"), Some(&token));
        let list: Value = serde_json::from_slice(&answer.unwrap().body).unwrap();
        let items = list["items"].as_array().expect("a list").iter();
        items
            .map(|item| item["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    let (brands, teams) = (names("brands"), names("teams"));
    assert_eq!((brands.len(), teams.len()), (1, 1), "{brands:?} {teams:?}");

    let made = inbox(&["--channel", "form", "--name", "Kontakt"]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.err.contains("made the brand Neuland"), "{}", made.err);
    let made = agent("anna@example.org");
    assert_eq!(made.code, 0, "{}", made.err);
    assert_eq!(made.err.matches("made the team").count(), 1, "{}", made.err);
    assert_eq!(names("brands"), [brands[0].as_str(), "Neuland"]);
    assert_eq!(names("teams"), [&teams[0], "Frühdienst", "Spätdienst"]);
}

#[test]
fn what_goes_wrong_is_said_in_a_sentence_with_its_code() {
    let place = Place::new();
    place.webhook("App");
    let every_channel = channels().join(", ");
    let cases: [(&[&str], i32, &str); 12] = [
        (&["dance"], 2, "dance"),
        (&["inbox", "add", "--name", "x"], 2, "--channel"),
        (
            &["inbox", "add", "--name", "x", "--channel", "smoke"],
            2,
            &every_channel,
        ),
        (
            &[
                "inbox",
                "add",
                "--name",
                "x",
                "--channel",
                "form",
                "--set",
                "y",
            ],
            2,
            "NAME=VALUE",
        ),
        (
            &["import", "x.csv", "--inbox", "x", "--map", "x"],
            2,
            "--map: ",
        ),
        (&["erase", "--contact", "1"], 1, "there is no contact 1"),
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
        (&["serve", "--listen", "here"], 2, "127.0.0.1:8080"),
        (&["serve", "--role", "king"], 2, "all, web, worker"),
        (
            &["serve", "--log-level", "loud"],
            2,
            "--log-level cannot be `loud`",
        ),
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
fn a_shell_is_told_how_to_complete() {
    let script = Place::new().run(&["completion", "bash"]);
    assert_eq!(script.code, 0);
    assert!(script.out.contains("doctor"));
}
