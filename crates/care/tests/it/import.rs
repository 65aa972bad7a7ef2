//! Files imported: what one run could not read another one can.

use std::io::Write;

use kulant_care::import::{Company, Imported, Mapping, Order, import};
use kulant_store::{StoreError, intakes};

use crate::{House, houses};

const FILE: &str = "id,text,words\n1,,Wo bleibt der Zug?\n2,,Danke!\n3,Hallo,Hallo\n";

async fn run(house: &House, mapping: &[&str]) -> Imported {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(FILE.as_bytes()).expect("written");
    let order = Order {
        file: file.path().to_owned(),
        inbox: "Archiv".to_owned(),
        mapping: Mapping::parse(mapping).expect("a mapping"),
        company: Company::Alone,
    };
    import(&house.care, &house.operator(), order, |_| ())
        .await
        .expect("imported")
}

async fn standing(house: &House) -> (i64, i64) {
    house
        .care
        .store
        .read(|read| {
            let messages =
                read.query_one("SELECT COUNT(*) FROM messages", &[], |row| row.get(0))?;
            let held = intakes::count_quarantined(read, 100)?;
            Ok::<_, StoreError>((messages.unwrap_or_default(), held))
        })
        .await
        .expect("read")
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_in_quarantine_are_read_again_by_another_mapping() {
    for house in houses().await {
        let told = |taken_in, known, unreadable| Imported {
            taken_in,
            known,
            unreadable,
        };
        assert_eq!(run(&house, &[]).await, told(1, 0, 2));
        assert_eq!(standing(&house).await, (1, 2));
        assert_eq!(run(&house, &[]).await, told(0, 1, 2));
        assert_eq!(standing(&house).await, (1, 2), "as unreadable as before");
        assert_eq!(run(&house, &["text=words"]).await, told(2, 1, 0));
        assert_eq!(standing(&house).await, (3, 0), "each of them once");
        assert_eq!(run(&house, &["text=words"]).await, told(0, 3, 0));
        assert_eq!(standing(&house).await, (3, 0));
    }
}
