//! Files that messages only point at: brought here after the intake, whatever becomes of their
//! address, and gone with whose they were.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kulant_care::{CareError, erase, jobs, uploads};
use kulant_model::ids::{AttachmentId, InboxId};
use kulant_store::messages::{self, Attachment};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::conversations::{all, row};
use crate::network::read_request;
use crate::{House, houses, post};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest";

/// What stands at an address, and how often it was asked for.
type Shelf = Arc<Mutex<BTreeMap<String, (u16, Vec<u8>, usize)>>>;

/// A network's place for files.
#[derive(Clone, Default)]
struct Place {
    shelf: Shelf,
}

impl Place {
    async fn open(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let place = self.clone();
        let serve = async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some((head, _)) = read_request(&mut stream).await else {
                    continue;
                };
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, body) = place.take(&path);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                drop(stream.write_all(&[head.as_bytes(), &body].concat()).await);
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the place ends with its test's runtime"
        )]
        drop(tokio::task::spawn(serve));
        format!("http://{address}")
    }

    fn take(&self, path: &str) -> (u16, Vec<u8>) {
        let mut shelf = self.shelf.lock().expect("a lock");
        match shelf.get_mut(path) {
            Some((status, body, asked)) => {
                *asked += 1;
                (*status, body.clone())
            }
            None => (404, Vec::new()),
        }
    }

    fn put(&self, path: &str, status: u16, body: &[u8]) {
        let mut shelf = self.shelf.lock().expect("a lock");
        let asked = shelf.get(path).map_or(0, |(_, _, asked)| *asked);
        shelf.insert(path.to_owned(), (status, body.to_vec(), asked));
    }

    fn asked(&self, path: &str) -> usize {
        let shelf = self.shelf.lock().expect("a lock");
        shelf.get(path).map_or(0, |(_, _, asked)| *asked)
    }
}

fn with_files(id: &str, addresses: &[String]) -> Json {
    let mut item = post(id, "anna", "Sehen Sie selbst", 0, None);
    item["attachments"] = addresses
        .iter()
        .map(|url| json!({"url": url, "name": "../foto.html", "media_type": "text/html"}))
        .collect();
    item
}

/// Takes one message with these files in; they are not looked at yet.
async fn received(house: &House, addresses: &[String]) -> InboxId {
    let inbox = house.inbox("page", json!({})).await;
    house.deliver(inbox, &[with_files("a", addresses)]).await;
    house.take_in().await;
    inbox
}

async fn fetch(house: &House) {
    jobs::schedule(&house.care).await.expect("scheduled");
    while jobs::run_due(&house.care).await.expect("jobs") > 0 {}
}

/// The files of the only conversation, in their order.
async fn files(house: &House) -> Vec<Attachment> {
    let id = all(house).await[0];
    let root = row(house, id).await.root.expect("a first message");
    let listed = house
        .care
        .store
        .read(move |read| messages::list_attachments(read, &[root]));
    listed.await.expect("read")
}

async fn bytes(house: &House, id: AttachmentId) -> Result<Vec<u8>, CareError> {
    let read = uploads::read(&house.care, &house.operator(), id).await;
    read.map(|(_, bytes)| bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_stays_after_its_address_is_gone() {
    for house in houses().await {
        let place = Place::default();
        let address = place.open().await;
        place.put("/photo", 200, PNG);
        received(&house, &[format!("{address}/photo")]).await;
        assert_eq!(place.asked("/photo"), 0, "the intake waits for no file");

        fetch(&house).await;
        place.put("/photo", 410, b"");
        let [file] = &files(&house).await[..] else {
            panic!("one file");
        };
        assert_eq!(bytes(&house, file.id).await.expect("here"), PNG);
        assert_eq!(file.media_type, "image/png", "what it is, its bytes say");
        assert_eq!((file.name.as_str(), file.size), ("foto.html", Some(16)));
        assert_eq!((&file.source_url, file.fetch_at), (&None, None));
        fetch(&house).await;
        assert_eq!(place.asked("/photo"), 1, "once and for all");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_cannot_be_had_keeps_no_other_waiting_and_says_why() {
    for mut house in houses().await {
        let mut settings = crate::ground::settings();
        settings.largest_file_bytes = 1_000;
        house.care.settings = Arc::new(settings);
        let place = Place::default();
        let address = place.open().await;
        place.put("/broken", 500, b"");
        place.put("/huge", 200, &[b'a'; 1_001]);
        place.put("/expired", 403, b"signature expired");
        place.put("/photo", 200, PNG);
        let mut addresses: Vec<String> = ["broken", "huge", "expired", "lost", "photo"]
            .iter()
            .map(|path| format!("{address}/{path}"))
            .collect();
        addresses.push("file:///etc/passwd".to_owned());
        received(&house, &addresses).await;

        fetch(&house).await;
        let missing = async || -> Vec<Option<String>> {
            let files = files(&house).await.into_iter();
            files.map(|file| file.missing).collect()
        };
        let word = |word: &str| Some(word.to_owned());
        let rest = [
            word("too_large"),
            word("forbidden"),
            word("gone"),
            None,
            word("forbidden"),
        ];
        assert_eq!(missing().await[1..], rest);
        assert_eq!(missing().await[0], None, "it may still come");
        let photo = files(&house).await[4].id;
        assert_eq!(bytes(&house, photo).await.expect("here"), PNG);

        // It is asked for less and less often, and given up in the end.
        fetch(&house).await;
        assert_eq!(place.asked("/broken"), 1, "not at once");
        house.clock.pass(Duration::from_secs(31));
        fetch(&house).await;
        assert_eq!(place.asked("/broken"), 2);
        house.clock.pass(Duration::from_secs(31));
        fetch(&house).await;
        assert_eq!(place.asked("/broken"), 2, "the pause grows");
        for _ in 0..20 {
            house.clock.pass(Duration::from_hours(5));
            fetch(&house).await;
        }
        assert_eq!(place.asked("/broken"), 10);
        assert_eq!(missing().await[0], word("unreachable"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_that_a_crash_ended_is_made_again() {
    for house in houses().await {
        let place = Place::default();
        let address = place.open().await;
        place.put("/photo", 200, PNG);
        received(&house, &[format!("{address}/photo")]).await;
        let file = files(&house).await.remove(0);
        let (due, now) = (file.fetch_at.expect("to be fetched"), house.care.now());
        let next = now.after(Duration::from_secs(30));
        let begun = async || {
            let begun = house
                .care
                .store
                .write(move |tx| messages::begin_fetch(tx, file.id, due, next));
            begun.await.expect("kept")
        };
        assert!(begun().await, "as it stands when a process dies now");
        assert!(!begun().await, "nobody else begins the same try");
        fetch(&house).await;
        assert_eq!(place.asked("/photo"), 0);
        house.clock.pass(Duration::from_secs(31));
        fetch(&house).await;
        assert_eq!(bytes(&house, file.id).await.expect("here"), PNG);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_with_their_contact_whether_they_are_here_or_on_the_way() {
    for house in houses().await {
        let place = Place::default();
        let address = place.open().await;
        for path in ["/here", "/later"] {
            place.put(path, 200, PNG);
        }
        let inbox = received(&house, &[format!("{address}/here")]).await;
        fetch(&house).await;
        let kept = files(&house).await.remove(0);
        let kept = kept.file_name.expect("on the disk");
        let second = with_files("b", &[format!("{address}/later")]);
        house.deliver(inbox, &[second]).await;
        house.take_in().await;

        let contact = row(&house, all(&house).await[0]).await.contact;
        let contact = contact.expect("a contact");
        erase::erase(&house.care, &house.operator(), contact, None)
            .await
            .expect("erased");
        fetch(&house).await;
        assert_eq!(place.asked("/later"), 0, "nobody wants it any more");
        assert!(house.care.files.read(&kept).await.is_err(), "gone");
        // The rows go once their files are gone.
        house.clock.pass(Duration::from_mins(10));
        fetch(&house).await;
        let left = house.care.store.read(|read| {
            read.query_one("SELECT COUNT(*) FROM attachments", &[], |row| {
                row.get::<i64>(0)
            })
        });
        assert_eq!(left.await.expect("read"), Some(0));
    }
}
