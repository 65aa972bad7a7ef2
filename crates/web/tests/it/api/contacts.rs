//! `/contacts`: found by name, seen within the scope, changed at a version.

use serde_json::{Value as Json, json};

use crate::houses;
use crate::network::{post_of, private_of};

#[tokio::test]
async fn contacts_are_found_by_name_and_seen_within_the_scope() {
    for house in houses().await {
        let desk = house.desk().await;
        let mut item = post_of("p1", "anna", "Hallo", 1, None);
        item["author"]["name"] = json!("Anna Östlund");
        desk.happens(&[item, private_of("p2", "bert", "Guten Tag", 2)])
            .await;
        for (words, count) in [
            ("", 2),
            ("anna", 1),
            ("Anna%20%C3%B6stlund", 1),
            ("%C3%B6stlund", 1),
            ("@bert", 1),
            ("ber", 1),
            ("hallo", 0),
            ("nobody", 0),
        ] {
            let found = desk.agent.get(&format!("/api/v1/contacts?q={words}")).await;
            let items = found.json["items"].as_array().expect("items");
            assert_eq!(items.len(), count, "{words} {found:?}");
            let others = desk
                .outsider
                .get(&format!("/api/v1/contacts?q={words}"))
                .await;
            assert_eq!(others.json["items"], json!([]), "{words}");
        }
        let page = desk.agent.get("/api/v1/contacts?limit=1").await;
        let cursor = page.json["next_cursor"].as_str().expect("a cursor");
        let rest = desk
            .agent
            .get(&format!("/api/v1/contacts?cursor={cursor}"))
            .await;
        assert_eq!(rest.json["items"].as_array().map(Vec::len), Some(1));
        assert_ne!(rest.json["items"][0]["id"], page.json["items"][0]["id"]);
    }
}

#[tokio::test]
async fn a_contact_is_changed_at_the_version_seen() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
            .await;
        let seen = desk.only_conversation(&desk.agent).await;
        let id = seen["contact"]["id"].as_str().expect("a contact");
        let path = format!("/api/v1/contacts/{id}");
        let contact = desk.agent.get(&path).await;
        assert_eq!(contact.header("etag"), "\"1\"");
        assert_eq!(contact.json["identities"][0]["handle"], "@anna");
        assert_eq!(contact.json["conversations"][0]["id"], seen["id"]);
        assert_eq!(desk.outsider.get(&path).await.status, 404);
        let others = desk.outsider.patch(&path, 1, json!({"note": "x"})).await;
        assert_eq!(others.status, 404);

        let noted = desk
            .agent
            .patch(&path, 1, json!({"note": "fährt oft"}))
            .await;
        assert_eq!(
            (noted.status, &noted.json["note"]),
            (200, &json!("fährt oft"))
        );
        let late = desk.agent.patch(&path, 1, json!({"note": "x"})).await;
        assert_eq!((late.status, late.code()), (412, "version_conflict"));
        let named = desk.agent.patch(&path, 2, json!({"name": "Anna A."})).await;
        assert_eq!(named.json["note"], "fährt oft");
        assert_eq!(
            desk.only_conversation(&desk.agent).await["contact"]["name"],
            "Anna A."
        );
        let bare = desk.agent.patch(&path, 3, json!({"note": null})).await;
        assert_eq!(bare.json["note"], Json::Null);
        let denied = desk.agent.delete(&path, 4).await;
        assert_eq!(denied.status, 403);
    }
}
