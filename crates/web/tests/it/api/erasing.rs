//! Erasing a contact: no byte of what they said, were called or could be reached by stays, in any
//! file or any table, while the counts do.

use std::path::Path;

use axum::http::Method;
use kulant_store::DatabaseUrl;
use serde_json::{Value as Json, json};

use crate::network::{Desk, Turn, post_of, private_of};
use crate::{House, houses};

/// Words that stand nowhere but where this test puts them; the index keeps them as they are.
const MARKERS: [&str; 19] = [
    "quastenflosser",
    "zirbelnuss",
    "mkidentity",
    "mkpublic",
    "mkedited",
    "mkprivate",
    "mkthread",
    "mktitle",
    "mkurl",
    "mkfile",
    "mkquoted",
    "mkprivately",
    "mkrewrite",
    "mknote",
    "mkremark",
    "mksubject",
    "mkunreadable",
    "mkattached",
    "mkalerted",
];

fn author() -> Json {
    json!({"id": "mkidentity-4711", "name": "Zirbelnuss Quastenflosser", "handle": "@quastenflosser"})
}

/// Has many others write before, between and after, and the contact at length, so that pages split,
/// overflow and are used again.
async fn crowd(desk: &Desk<'_>) {
    for round in 0..6 {
        let items: Vec<Json> = (0..60)
            .map(|number| {
                let id = format!("crowd-{round}-{number}");
                let mut item = post_of(&id, &format!("somebody{number}"), "", 100 + number, None);
                let length = usize::try_from(number * number + 1).expect("a length");
                item["text"] = json!("Wort ".repeat(length));
                if number % 9 == round {
                    item["author"] = author();
                    item["text"] = json!("mkpublic ".repeat(length));
                }
                item
            })
            .collect();
        desk.happens(&items).await;
        let edits: Vec<Json> = (0..60)
            .filter(|number| number % 9 == round)
            .map(|number| {
                let text = "mkedited ".repeat(if number % 2 == 0 { 3 } else { 3_000 });
                json!({"type": "edit", "id": format!("crowd-{round}-{number}"), "text": text})
            })
            .collect();
        desk.happens(&edits).await;
    }
}

/// Lets the contact write in public and in private, be answered, be noted about, and be misread.
async fn fill(desk: &Desk<'_>) -> (String, String) {
    crowd(desk).await;
    let mut public = post_of("mkpublic-1", "anna", "mkpublic Wo bleibt der Zug?", 1, None);
    public["author"] = author();
    public["title"] = json!("mktitle");
    public["url"] = json!("https://example.org/mkurl");
    public["attachments"] =
        json!([{"url": "https://example.org/mkfile.png", "name": "mkfile.png"}]);
    let mut private = private_of("mkprivate-1", "anna", "mkprivate Meine Nummer", 2);
    private["author"] = author();
    private["thread"] = json!("mkthread-1");
    let bystander = post_of(
        "b1",
        "bert",
        "@quastenflosser hat recht!",
        3,
        Some("mkpublic-1"),
    );
    let other = post_of("o1", "carla", "Etwas ganz anderes", 4, None);
    desk.happens(&[public, private, bystander, other]).await;
    let edit = json!({"type": "edit", "id": "mkpublic-1", "text": "mkedited Wo bleibt er?"});
    desk.happens(&[edit]).await;
    let mut unreadable = post_of("mkunreadable-1", "anna", "mkunreadable", 5, None);
    unreadable["author"] = author();
    unreadable["visibility"] = json!("loud");
    desk.happens(&[unreadable]).await;

    let list = desk
        .agent
        .get("/api/v1/conversations?sort=oldest&limit=20")
        .await;
    let of = |visibility: &str, name: &str| {
        list.json["items"]
            .as_array()
            .expect("items")
            .iter()
            .find(|item| item["visibility"] == visibility && item["contact"]["name"] == name)
            .unwrap_or_else(|| panic!("{visibility} {list:?}"))
            .clone()
    };
    let name = "Zirbelnuss Quastenflosser";
    let (public, private) = (of("public", name), of("private", name));
    answer(desk, &public, &private).await;
    let contact = public["contact"]["id"].as_str().expect("a contact");
    (
        contact.to_owned(),
        public["id"].as_str().expect("an id").to_owned(),
    )
}

async fn answer(desk: &Desk<'_>, public: &Json, private: &Json) {
    let messages = |conversation: &Json| {
        let id = conversation["id"].as_str().expect("an id");
        format!("/api/v1/conversations/{id}/messages")
    };
    let (open, hidden) = (messages(public), messages(private));
    let theirs = desk.agent.get(&open).await.json["items"][0]["id"].clone();
    let quoted =
        json!({"body": "Sie schrieben: mkquoted", "visibility": "public", "in_reply_to": theirs});
    let key = [("idempotency-key", "mkkept")];
    let sent = desk
        .agent
        .send(Method::POST, &open, Some(quoted), &key)
        .await;
    assert_eq!(sent.status, 202, "{sent:?}");
    desk.work().await;
    let path = format!("/api/v1/messages/{}/edit", sent.id());
    desk.network.will([Turn::RefuseSaying(422, "mkalerted")]);
    let refused = json!({"body": "nicht so"});
    assert_eq!(desk.agent.post(&path, refused).await.status, 202);
    desk.work().await;
    let alerts = desk.agent.get("/api/v1/alerts").await;
    let alert = &alerts.json["items"][0];
    assert_eq!(alert["kind"], "act_failed");
    assert_eq!(alert["reason"]["detail"], "mkalerted");
    let edit = json!({"body": "mkrewrite"});
    assert_eq!(desk.agent.post(&path, edit).await.status, 202);

    let file = desk.file("mkattached.txt", b"mkattached").await;
    let reply = json!({"body": "mkprivately", "visibility": "private", "attachments": [file]});
    desk.network.will([Turn::Refuse(403)]);
    assert_eq!(desk.agent.post(&hidden, reply).await.status, 202);
    let note = json!({"body": "mknote ruft oft an", "visibility": "note"});
    assert_eq!(desk.agent.post(&open, note).await.status, 202);

    let contact = public["contact"]["id"].as_str().expect("a contact");
    let contact = format!("/api/v1/contacts/{contact}");
    let remark = json!({"note": "mkremark"});
    assert_eq!(desk.agent.patch(&contact, 1, remark).await.status, 200);
    let id = public["id"].as_str().expect("an id");
    let now = desk.agent.get(&format!("/api/v1/conversations/{id}")).await;
    let version = now.json["version"].as_i64().expect("a version");
    let subject = json!({"subject": "mksubject"});
    let path = format!("/api/v1/conversations/{id}/subject");
    assert_eq!(desk.agent.change(&path, version, subject).await.status, 200);
    desk.take_in().await;
}

impl Desk<'_> {
    async fn file(&self, name: &str, bytes: &[u8]) -> String {
        let person = kulant_care::access::operator();
        let person = kulant_model::role::Person {
            agent: self.agent_id,
            ..person
        };
        kulant_care::uploads::upload_by_agent(&self.house.care, &person, name, bytes.to_vec())
            .await
            .expect("kept")
            .id
            .to_string()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_an_erased_contact_stays_and_the_counts_do() {
    for house in houses().await {
        let desk = house.desk().await;
        let (contact, public) = fill(&desk).await;
        let before = counts(&house).await;
        let left = found(&house);
        for marker in MARKERS {
            assert!(left.contains(&marker), "{marker} was never there: {left:?}");
        }
        let search = "/api/v1/conversations?q=mkedited";
        assert_ne!(desk.agent.get(search).await.json["items"], json!([]));

        let path = format!("/api/v1/contacts/{contact}");
        let version = desk.supervisor.get(&path).await.json["version"].as_i64();
        let version = version.expect("a version");
        assert_eq!(desk.supervisor.delete(&path, version - 1).await.status, 412);
        assert_eq!(desk.agent.delete(&path, version).await.status, 403);
        let erased = desk.supervisor.delete(&path, version).await;
        assert_eq!(erased.status, 204, "{erased:?}");

        assert_eq!(found(&house), [""; 0]);
        assert_eq!(counts(&house).await, before);
        assert_eq!(desk.agent.get(search).await.json["items"], json!([]));
        let empty = desk.agent.get(&path).await;
        assert_eq!(empty.json["name"], Json::Null);
        assert_ne!(empty.json["erased_at"], Json::Null);
        let messages = format!("/api/v1/conversations/{public}/messages");
        let messages = desk.agent.get(&messages).await;
        let bodies: Vec<&str> = messages.json["items"]
            .as_array()
            .expect("items")
            .iter()
            .filter_map(|item| item["body"].as_str())
            .collect();
        assert_eq!(bodies, ["", "… hat recht!", "", ""]);
        let others = desk.agent.get("/api/v1/conversations?q=anderes").await;
        assert_eq!(others.json["items"].as_array().map(Vec::len), Some(1));

        // What waited to leave does not leave, and the contact writes again as somebody new.
        let taken = desk.network.taken().len();
        desk.work().await;
        assert_eq!(desk.network.taken().len(), taken);
        let mut again = private_of("again-1", "anna", "Noch einmal", 9);
        again["author"] = author();
        again["thread"] = json!("mkthread-1");
        desk.happens(&[again]).await;
        let list = desk.agent.get("/api/v1/conversations?q=einmal").await;
        assert_eq!(list.json["items"][0]["preview"], "Noch einmal");
        assert_ne!(list.json["items"][0]["contact"]["id"], json!(contact));
    }
}

/// How many rows there are of what is counted.
async fn counts(house: &House) -> (i64, i64, i64) {
    let query = |table: &'static str| async move {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        house
            .care
            .store
            .read(move |read| read.query_one(&sql, &[], |row| row.get::<i64>(0)))
            .await
            .map(Option::unwrap_or_default)
            .expect("counted")
    };
    (
        query("conversations").await,
        query("messages").await,
        query("contacts").await,
    )
}

/// Returns which markers stand anywhere: in any file of the data folder, in any column of any table.
fn found(house: &House) -> Vec<&'static str> {
    let mut everything = Vec::new();
    read_files(house.folder(), &mut everything);
    if let DatabaseUrl::Postgres(url) = house.care.store.url() {
        everything.extend(read_tables(url));
    }
    let everything = String::from_utf8_lossy(&everything).to_ascii_lowercase();
    MARKERS
        .into_iter()
        .filter(|marker| {
            let hex = marker
                .bytes()
                .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            everything.contains(marker) || everything.contains(&hex)
        })
        .collect()
}

fn read_files(folder: &Path, into: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_files(&path, into);
        } else {
            into.extend(path.to_string_lossy().bytes());
            into.extend(std::fs::read(&path).expect("a file"));
        }
    }
}

/// Every row of every table, as text.
fn read_tables(url: &str) -> Vec<u8> {
    let url = url.to_owned();
    std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).expect("a server");
        let tables = client
            .query(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
                &[],
            )
            .expect("tables");
        let mut everything = String::new();
        for table in tables {
            let table: &str = table.get(0);
            let rows = client
                .query(&format!("SELECT CAST(t AS TEXT) FROM {table} t"), &[])
                .expect("rows");
            for row in rows {
                everything += row.get::<_, &str>(0);
            }
        }
        everything.into_bytes()
    })
    .join()
    .expect("the tables are read")
}
