//! Files as people have them, read to the last row.

use std::fmt::Write as _;
use std::io::Write as _;

use kulant_model::message::Visibility;

use super::reader::{ImportError, Mapping, Rows};
use super::*;
use crate::fixture::{self, NOW};
use crate::inbound::{Inbound, Post};

fn open(file: impl Into<Vec<u8>>, pairs: &[&str]) -> Result<Rows, ImportError> {
    let mapping = Mapping::parse(pairs)?;
    Rows::open(std::io::Cursor::new(file.into()), mapping)
}

fn deliveries(file: impl Into<Vec<u8>>, pairs: &[&str]) -> Vec<RawDelivery> {
    let mut rows = open(file, pairs).expect("the file can be opened");
    rows.next_batch(usize::MAX, NOW)
        .expect("the file can be read")
}

fn posts(file: impl Into<Vec<u8>>, pairs: &[&str]) -> Vec<Post> {
    let account = fixture::account(json!({}));
    deliveries(file, pairs)
        .iter()
        .map(|raw| {
            let mut translation = Import
                .translate(&account, raw)
                .expect("the row is readable");
            match translation.taken.remove(0) {
                Inbound::Post(post) => post,
                other => panic!("a row is a post, not {other:?}"),
            }
        })
        .collect()
}

#[test]
fn recorded_rows_are_translated() {
    fixture::run(&Import);
}

#[test]
fn a_spreadsheet_with_semicolons_quotes_and_a_mark_is_read() {
    let file = "\u{feff}ID;Text;Author;Time\r\n\
        1;\"Hallo; \"\"Welt\"\"\nzweite Zeile\";anna;31.10.2017 22:10\r\n\
        ;;;\r\n\
        2;kurz;;\r\n\
        3;zu kurze Zeile\r\n";
    let posts = posts(file, &[]);
    assert_eq!(posts.len(), 3);
    assert_eq!(posts[0].text, "Hallo; \"Welt\"\nzweite Zeile");
    assert_eq!(
        posts[0].platform_at.to_string(),
        "2017-10-31T22:10:00.000000Z"
    );
    assert_eq!(
        (posts[1].author.network_id.as_str(), posts[1].platform_at),
        ("unknown", NOW)
    );
    assert_eq!(posts[2].network_id, "3");
}

#[test]
fn a_windows_file_keeps_its_umlauts() {
    let file = b"id,text\n1,Gr\xfc\xdfe f\xfcr 5 \x80\n2,Gr\xc3\xbc\xc3\x9fe\n";
    let posts = posts(file, &[]);
    assert_eq!(posts[0].text, "Grüße für 5 €");
    assert_eq!(posts[1].text, "Grüße");
}

#[test]
fn columns_are_mapped_by_name() {
    let file = "tweet_id,author_id,inbound,created_at,body,in_response_to\n\
        119237,105834,True,Wed Oct 11 06:55:44 +0000 2017,\"@Telva hello?\",\n\
        119238,Telva,False,Wed Oct 11 13:25:49 +0000 2017,\"Hi, sorry!\",119237.0\n";
    let pairs = [
        "id=tweet_id",
        "text=body",
        "author=author_id",
        "time=created_at",
        "parent=in_response_to",
        "own=!inbound",
    ];
    let posts = posts(file, &pairs);
    assert!(!posts[0].author.own && posts[1].author.own);
    assert_eq!(posts[0].parent, None);
    assert_eq!(posts[1].parent.as_deref(), Some("119237"));
    assert_eq!(
        posts[1].platform_at.to_string(),
        "2017-10-11T13:25:49.000000Z"
    );
}

#[test]
fn lines_of_json_are_read_by_paths() {
    let file = "{\"data\": {\"id\": 7}, \"user\": {\"name\": \"Anna\"}, \"user.city\": \"Köln\", \"text\": \"a\"}\n\
        \n\
        {\"data\": {\"id\": \"8\"}, \"text\": \"b\", \"extra\": [1, 2]}";
    let posts = posts(file, &["id=data.id", "author=user.name", "title=user.city"]);
    assert_eq!(posts.len(), 2);
    assert_eq!(
        (posts[0].network_id.as_str(), posts[0].author.name.as_str()),
        ("7", "Anna")
    );
    assert_eq!(posts[0].title.as_deref(), Some("Köln"));
    assert_eq!(
        (posts[1].network_id.as_str(), posts[1].author.name.as_str()),
        ("8", "unknown")
    );
    assert_eq!(posts[1].visibility, Visibility::Public);
}

#[test]
fn a_broken_line_spoils_only_itself() {
    let account = fixture::account(json!({}));
    let rows = deliveries(
        "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\n{\"id\":3,\"text\":\"c\"}\n",
        &[],
    );
    let readable: Vec<bool> = rows
        .iter()
        .map(|raw| Import.translate(&account, raw).is_ok())
        .collect();
    assert_eq!(readable, [true, false, true]);
    assert!(rows[1].key.starts_with("row-2-"));
}

#[test]
fn a_compressed_file_is_read_like_a_plain_one() {
    let plain = "id,text\n1,Hallo\n2,Welt\n";
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder
        .write_all(plain.as_bytes())
        .expect("writing into memory works");
    let packed = encoder.finish().expect("writing into memory works");
    assert_eq!(deliveries(packed, &[]), deliveries(plain, &[]));
}

#[test]
fn keys_are_the_same_on_every_run() {
    let file = "text\nHallo\nHallo\nWelt\n";
    let keys = |rows: Vec<RawDelivery>| rows.into_iter().map(|raw| raw.key).collect::<Vec<_>>();
    let first = keys(deliveries(file, &[]));
    assert_eq!(first, keys(deliveries(file, &[])));
    assert_ne!(first[0], first[1], "the same text twice is two messages");
    assert_eq!(
        keys(deliveries(
            "{\"id\":4.0,\"text\":\"a\"}\n{\"id\":\"4.0\",\"text\":\"a\"}",
            &[]
        )),
        ["4", "4"]
    );
}

#[test]
fn an_import_goes_on_where_it_stopped() {
    let file: String = (0..1_000).fold("id,text\n".to_owned(), |mut file, number| {
        writeln!(file, "{number},Nachricht {number}").expect("writing into a string works");
        file
    });
    let whole = deliveries(file.as_str(), &[]);
    assert_eq!(whole.len(), 1_000);

    let mut first = open(file.as_str(), &[]).expect("the file can be opened");
    let mut parts = first.next_batch(300, NOW).expect("the file can be read");
    let cursor = first.rows_read();
    let mut second = open(file.as_str(), &[]).expect("the file can be opened");
    second.skip_to(cursor).expect("the rows are there");
    loop {
        let batch = second.next_batch(300, NOW).expect("the file can be read");
        if batch.is_empty() {
            break;
        }
        parts.extend(batch);
    }
    assert_eq!(parts, whole);
    assert_eq!(second.rows_read(), 1_000);
    assert_eq!(second.bytes_read(), file.len() as u64);
    second
        .skip_to(5_000)
        .expect("skipping past the end is no error");
    assert_eq!(second.rows_read(), 1_000);
}

#[test]
fn a_sample_longer_than_the_buffer_keeps_its_rows() {
    let long = "x".repeat(200_000);
    let file = format!("id,text\n1,{long}\n2,{long}\n");
    let posts = posts(file, &[]);
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[1].text.len(), 200_000);
}

#[test]
fn what_cannot_be_imported_says_why() {
    let cases = [
        ("name,city\na,b\n", &[][..], "no column text"),
        ("id,text\n1,a\n", &["author=who"], "no column who"),
        ("id,text\n1,a\n", &["colour=who"], "cannot map colour=who"),
        ("id,text\n1,a\n", &["text"], "cannot map text"),
        ("id,text\n1,a\n", &["text="], "cannot map text="),
        ("[{\"id\":1}]", &[], "one JSON list"),
        (
            "{\"id\":1,\"body\":\"a\"}\n",
            &[],
            "no column text for text; its columns are ",
        ),
        (
            "{\"id\":1,\"text\":\"a\"}\n",
            &["text=user.text"],
            "no column user.text",
        ),
        ("\u{feff}", &[], "the file is empty"),
        (" \r\n\n", &[], "the file is empty"),
        ("", &[], "the file is empty"),
    ];
    for (file, pairs, expected) in cases {
        let error = open(file, pairs)
            .err()
            .expect("it cannot be imported")
            .to_string();
        assert!(error.contains(expected), "{file:?}: {error}");
    }
    assert!(matches!(
        open(b"\xff\xfei\0d\0", &[]),
        Err(ImportError::Utf16)
    ));
    assert!(matches!(
        open(b"\x1f\x8bnonsense", &[]),
        Err(ImportError::Read(_))
    ));
    assert!(matches!(
        open(b"PK\x03\x04\0\0a sheet of a table program", &[]),
        Err(ImportError::NoText)
    ));
}

#[test]
fn separators_are_told_apart() {
    for separator in [",", ";", "\t", "|"] {
        let file =
            format!("\"id,;\"{separator}text{separator}author\n1{separator}Hallo{separator}anna\n");
        let posts = posts(file, &["id=id,;"]);
        assert_eq!(posts[0].network_id, "1", "{separator:?}");
        assert_eq!(posts[0].text, "Hallo", "{separator:?}");
    }
}

#[test]
fn a_file_may_name_its_separator() {
    for file in [
        "sep=;\r\nid;text\r\n1;a,b,c,d\r\n",
        "\u{feff}sep=\t\nid\ttext\n1\ta,b,c,d\n",
    ] {
        assert_eq!(posts(file, &[])[0].text, "a,b,c,d", "{file:?}");
    }
}

#[test]
fn an_unknown_zone_is_refused() {
    assert_eq!(
        Import.validate_settings(&json!({"time_zone": "Europe/Berlin"})),
        []
    );
    let faults = Import.validate_settings(&json!({"time_zone": "Mond/Nord"}));
    assert_eq!(faults[0].code, "unknown_zone");
}
