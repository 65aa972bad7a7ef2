//! Files imported: what one run could not read another one can.

use std::io::Write;

use kulant_care::import::{Company, Imported, Order, import};
use kulant_store::{StoreError, intakes};

use crate::{House, houses};

const FILE: &str = "id,text,words\n1,,Wo bleibt der Zug?\n2,,Danke!\n3,Hallo,Hallo\n";

async fn run(house: &House, mapping: &[&str]) -> Imported {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(FILE.as_bytes()).expect("written");
    let order = Order {
        file: file.path().to_owned(),
        inbox: "Archiv".to_owned(),
        mapping: mapping.iter().map(|pair| (*pair).to_owned()).collect(),
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
        let first = run(&house, &[]).await;
        assert_eq!((first.rows, first.new, first.quarantined), (3, 3, 2));
        assert_eq!(standing(&house).await, (1, 2));
        let same = run(&house, &[]).await;
        assert_eq!((same.new, same.quarantined), (0, 0));
        assert_eq!(standing(&house).await, (1, 2), "as unreadable as before");
        let other = run(&house, &["text=words"]).await;
        assert_eq!((other.new, other.quarantined), (0, 0));
        assert_eq!(standing(&house).await, (3, 0), "each of them once");
        run(&house, &["text=words"]).await;
        assert_eq!(standing(&house).await, (3, 0));
    }
}
