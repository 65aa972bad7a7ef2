//! `/embed.js` and the form in somebody else's page: only that form may be framed.

use std::time::Duration;

use serde_json::json;

use super::{Typed, plain};
use crate::houses;

#[tokio::test]
async fn only_the_embedded_form_may_be_framed() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let policy = async |path: &str| {
            let page = house.browse(path, "de").await;
            page.header("content-security-policy").to_owned()
        };
        for own in ["/", "/b/kulant", path.as_str(), "/nowhere", "/desk"] {
            let policy = policy(own).await;
            assert!(policy.contains("frame-ancestors 'none'"), "{own}: {policy}");
        }
        let embedded = policy(&format!("{path}?embedded=1")).await;
        assert!(
            embedded.contains("frame-ancestors 'self' https:"),
            "{embedded}"
        );

        let named =
            json!({"allowed_origins": ["https://shop.example/", "https://x; script-src *"]});
        let path = house.form("Laden", named).await;
        let embedded = policy(&format!("{path}?embedded=1")).await;
        assert!(
            embedded.ends_with("frame-ancestors 'self' https://shop.example"),
            "{embedded}"
        );
        let nobody = house
            .form("Niemand", json!({"allowed_origins": ["*"]}))
            .await;
        let embedded = policy(&format!("{nobody}?embedded=1")).await;
        assert!(embedded.ends_with("frame-ancestors 'none'"), "{embedded}");
    }
}

#[tokio::test]
async fn why_there_is_no_form_is_read_within_the_frame() {
    for house in houses().await {
        let lost = "/form/nowhere?embedded=1&origin=https%3A%2F%2Fshop.example";
        let page = house.browse(lost, "de").await;
        assert_eq!(page.status, 404);
        page.has("Dieses Formular gibt es nicht");
        page.has("class=\"embedded\"");
        page.has("target=\"_blank\" rel=\"noopener\"");
        page.has(&format!("{}&amp;lang=en", lost.replace('&', "&amp;")));
        let policy = page.header("content-security-policy");
        assert!(
            policy.ends_with("frame-ancestors 'self' https:"),
            "{policy}"
        );
        for own in [
            "/form/nowhere",
            "/c/wrong?embedded=1",
            "/nowhere?embedded=1",
        ] {
            let page = house.browse(own, "de").await;
            let policy = page.header("content-security-policy");
            assert!(
                policy.ends_with("frame-ancestors 'none'"),
                "{own}: {policy}"
            );
        }
    }
}

#[tokio::test]
async fn an_embedded_form_is_sent_within_its_frame() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let embedded = format!("{path}?embedded=1&origin=https%3A%2F%2Fshop.example&lang=de");
        let page = house.browse(&embedded, "en").await;
        page.has("class=\"embedded\"");
        page.lacks("<header");
        let action = page.between("action=\"", "\"").replace("&amp;", "&");
        assert_eq!(action, embedded);
        house.clock.pass(Duration::from_secs(5));
        let sent = house.fill(&action, &Typed::new(&page.token())).await;
        assert_eq!(sent.status, 200);
        sent.has("Ihre Nachricht ist angekommen");
        assert!(
            sent.header("content-security-policy")
                .contains("frame-ancestors 'self' https:")
        );
        let link = sent.between("<p class=\"address\">", "<");
        let private = link
            .strip_prefix("http://127.0.0.1:8080")
            .expect("our address");
        house.browse(private, "de").await.has("Sie stimmt nicht.");
        assert_eq!(house.at_desk().await.len(), 1);
    }
}

#[tokio::test]
async fn the_scripts_are_small_and_can_be_kept() {
    let house = crate::house_at("https://hilfe.example").await;
    let script = house.browse("/embed.js?form=kontakt", "de").await;
    assert_eq!(script.status, 200);
    assert!(script.text.len() < 2_000);
    assert_eq!(
        script.header("cross-origin-resource-policy"),
        "cross-origin"
    );
    let path = house.form("Kontakt", plain()).await;
    let page = house.browse(&format!("{path}?embedded=1"), "de").await;
    let frame = page.between("<script src=\"", "\"");
    let script = house.browse(frame, "de").await;
    script.has("kulantHeight");
    assert!(script.header("cache-control").contains("immutable"));
}
