//! What goes by itself after its time, and what does not.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use kulant_care::{jobs, uploads};
use kulant_model::ids::JobId;
use kulant_store::StoreError;
use kulant_store::jobs::NewJob;
use serde_json::json;

use crate::database::sqlite;
use crate::{House, ground, houses};

/// Runs the job that lets go of what is over.
pub async fn tidy(house: &House) {
    let job = NewJob {
        id: JobId(house.care.id()),
        kind: "retention",
        key: Some("retention".to_owned()),
        inbox: None,
        run_at: house.care.now(),
        payload: json!({}),
    };
    let kept = house
        .care
        .store
        .write(move |tx| -> Result<(), StoreError> { kulant_store::jobs::enqueue(tx, &job) });
    kept.await.expect("kept");
    assert_eq!(jobs::run_due(&house.care).await.expect("jobs"), 1);
}

/// Says of a file on the disk that it was written so long ago.
fn age(house: &House, name: &str, ago: Duration) {
    let path = house.care.files.folder().join(&name[..2]).join(name);
    let now = u64::try_from(house.care.now().0).expect("after 1970");
    let written = SystemTime::UNIX_EPOCH + Duration::from_micros(now) - ago;
    let file = std::fs::File::options().write(true).open(path);
    file.expect("a file").set_modified(written).expect("aged");
}

#[tokio::test]
async fn files_that_no_row_names_go_after_a_day() {
    let (hour, days) = (Duration::from_secs(3_600), Duration::from_secs(2 * 86_400));
    for house in houses().await {
        let files = &house.care.files;
        tidy(&house).await;
        house.clock.pass(days);
        let person = house.operator();
        let owner = uploads::Owner::Agent(person.agent);
        let known = uploads::upload(&house.care, owner, "a.txt", b"words".to_vec())
            .await
            .expect("kept")
            .file_name
            .expect("on the disk");
        for name in ["orphan-old", "orphan-new", "orphan-draft.part"] {
            let folder = files.folder().join(&name[..2]);
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(folder.join(name), b"words").expect("written");
        }
        age(&house, &known, days);
        age(&house, "orphan-old", days);
        age(&house, "orphan-draft.part", days);
        age(&house, "orphan-new", hour);
        tidy(&house).await;
        assert!(files.read(&known).await.is_ok(), "a row names it");
        assert!(files.read("orphan-new").await.is_ok(), "its row may come");
        assert!(files.read("orphan-old").await.is_err());
        let draft = files.folder().join("or").join("orphan-draft.part");
        assert!(!draft.exists());
    }
}

#[tokio::test]
async fn a_wrong_database_removes_no_file_of_another() {
    let days = Duration::from_secs(2 * 86_400);
    for house in houses().await {
        tidy(&house).await;
        let owner = uploads::Owner::Agent(house.operator().agent);
        let known = uploads::upload(&house.care, owner, "a.txt", b"words".to_vec())
            .await
            .expect("kept")
            .file_name
            .expect("on the disk");
        age(&house, &known, days);

        // Another, empty database is started over the same folder, and stays.
        let other = sqlite().await;
        let stranger = House {
            care: ground::open(
                other.store.clone(),
                house.care.files.folder().parent().expect("a folder"),
                ground::settings(),
                &house.clock,
            )
            .await,
            clock: Arc::clone(&house.clock),
            _database: other,
        };
        for _ in 0..3 {
            tidy(&stranger).await;
            house.clock.pass(days);
        }
        assert!(house.care.files.read(&known).await.is_ok());

        // Its own database still sweeps.
        let files = house.care.files.folder();
        std::fs::create_dir_all(files.join("or")).expect("a folder");
        std::fs::write(files.join("or").join("orphan-old"), b"words").expect("written");
        age(&house, "orphan-old", days);
        tidy(&house).await;
        assert!(house.care.files.read("orphan-old").await.is_err());
    }
}

#[tokio::test]
async fn a_folder_that_belongs_to_nobody_is_not_swept_at_once() {
    let days = Duration::from_secs(2 * 86_400);
    for house in houses().await {
        let files = house.care.files.folder();
        std::fs::create_dir_all(files.join("or")).expect("a folder");
        std::fs::write(files.join("or").join("orphan-old"), b"words").expect("written");
        age(&house, "orphan-old", days);
        tidy(&house).await;
        assert!(house.care.files.read("orphan-old").await.is_ok());
    }
}
