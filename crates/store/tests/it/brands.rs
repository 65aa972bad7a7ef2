//! Brands: versions, slugs, archival and what refers to them.

use kulant_model::ids::BrandId;
use kulant_store::versions::Versioned;
use kulant_store::{brands, inboxes, teams};

use crate::{NOW, brand, databases, inbox, team};

#[tokio::test]
async fn a_change_counts_only_on_the_version_it_was_made_on() {
    for database in databases().await {
        let outcomes = database
            .write(|tx| {
                assert!(brands::insert(tx, &brand(1, "bahn"))?);
                assert!(!brands::insert(tx, &brand(2, "bahn"))?, "the slug is taken");
                let mut changed = brand(1, "zug");
                let first = brands::update(tx, &changed)?;
                let late = brands::update(tx, &changed)?;
                changed.id = BrandId(9);
                Ok([first, late, brands::update(tx, &changed)?])
            })
            .await;
        assert_eq!(
            outcomes,
            [
                Versioned::Done { version: 2 },
                Versioned::Lost { current: 2 },
                Versioned::Missing
            ]
        );
        let kept = database.write(|tx| brands::find(tx, BrandId(1))).await;
        let kept = kept.expect("kept");
        assert_eq!((kept.slug.as_str(), kept.version), ("zug", 2));
        assert_eq!(kept.details, brand(1, "zug").details);
    }
}

#[tokio::test]
async fn archived_brands_leave_the_list_and_are_still_found() {
    for database in databases().await {
        let (listed, found, by_name) = database
            .write(|tx| {
                for (id, slug) in [(1, "a"), (2, "b"), (3, "c")] {
                    brands::insert(tx, &brand(id, slug))?;
                }
                let mut gone = brand(2, "b");
                gone.archived_at = Some(NOW);
                brands::update(tx, &gone)?;
                Ok((
                    brands::list(tx, 1, 10)?,
                    brands::find(tx, BrandId(2))?,
                    brands::find_by_word(tx, "C")?,
                ))
            })
            .await;
        assert_eq!(listed.iter().map(|one| one.id.0).collect::<Vec<_>>(), [3]);
        assert_eq!(found.expect("found").archived_at, Some(NOW));
        assert_eq!(by_name.expect("found").id, BrandId(3));
    }
}

#[tokio::test]
async fn what_refers_to_a_brand_is_seen() {
    for database in databases().await {
        let (used, referred, free) = database
            .write(|tx| {
                brands::insert(tx, &brand(1, "a"))?;
                brands::insert(tx, &brand(2, "b"))?;
                teams::insert(tx, &team(1, "Service"))?;
                inboxes::insert(tx, &inbox(1, "Post"))?;
                let used = brands::has_inboxes(tx, BrandId(1))?;
                let mut gone = inbox(1, "Post");
                gone.archived_at = Some(NOW);
                inboxes::update(tx, &gone)?;
                assert!(!brands::has_inboxes(tx, BrandId(1))?);
                let referred = brands::is_referred_to(tx, BrandId(1))?;
                let free = !brands::is_referred_to(tx, BrandId(2))?;
                brands::remove(tx, BrandId(2))?;
                assert_eq!(brands::find(tx, BrandId(2))?, None);
                Ok((used, referred, free))
            })
            .await;
        assert!(used && referred && free);
    }
}
