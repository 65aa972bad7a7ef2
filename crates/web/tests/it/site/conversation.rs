//! `/c/{secret}`: the private page, from the first message to the last, and nobody else's.

use std::time::Duration;

use kulant_model::message::Visibility;

use super::{Typed, plain};
use crate::houses;

#[tokio::test]
async fn a_conversation_goes_to_and_fro() {
    for house in houses().await {
        let form = house.form("Kontakt", plain()).await;
        let path = house.write_to(&form, Typed::new).await;
        let page = house.browse(&format!("{path}?new=1"), "de").await;
        assert_eq!(page.status, 200);
        page.has("Ihre Nachricht ist angekommen");
        page.has(&format!("http://127.0.0.1:8080{path}"));
        page.has("Sie stimmt nicht.");
        page.has("<b>Wartet auf uns</b>");
        for (header, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow"),
        ] {
            assert_eq!(page.header(header), value);
        }
        assert!(
            page.header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );

        let desk = house.at_desk().await;
        let id = desk[0].row.id;
        house
            .say(id, Visibility::Note, "Vorsicht, ruft oft an.")
            .await;
        house
            .say(
                id,
                Visibility::Private,
                "Wir prüfen das: https://example.org/hilfe?a=b&c=d.",
            )
            .await;
        let page = house.browse(&path, "de").await;
        page.lacks("Vorsicht");
        page.has("<b>Beantwortet</b>");
        page.has("href=\"https://example.org/hilfe?a=b&amp;c=d\"");

        house.clock.pass(Duration::from_mins(1));
        let typed = Typed::new(&page.token()).with("text", "Danke schön.");
        for _ in 0..2 {
            let sent = house.fill(&path, &typed).await;
            assert_eq!(sent.status, 303);
            assert_eq!(sent.header("location"), format!("{path}?sent=1#newest"));
        }
        let page = house.browse(&format!("{path}?sent=1"), "de").await;
        page.has("Danke schön.");
        page.has("<b>Wartet auf uns</b>");
        let desk = house.at_desk().await;
        assert_eq!((desk.len(), desk[0].row.message_count), (1, 3));

        let empty = Typed::new(&house.browse(&path, "de").await.token()).with("text", " ");
        house.clock.pass(Duration::from_secs(5));
        let again = house.fill(&path, &empty).await;
        assert_eq!(again.status, 422);
        again.has("Bitte schreiben Sie, worum es geht.");
    }
}

#[tokio::test]
async fn what_was_written_before_stands_below_the_signature_and_never_a_name() {
    for house in houses().await {
        let form = house.form("Kontakt", plain()).await;
        let path = house.write_to(&form, Typed::new).await;
        house
            .agent(
                "vorname.nachname@example.org",
                kulant_model::role::Role::Administrator,
                &[],
            )
            .await;
        let client = house.sign_in("vorname.nachname@example.org").await;
        let id = house.at_desk().await[0].row.id;
        let body = serde_json::json!({"body": "Guten Tag.", "visibility": "private"});
        let answer = client
            .post(&format!("/api/v1/conversations/{id}/messages"), body)
            .await;
        assert_eq!(answer.status, 202, "{answer:?}");
        house.work().await;
        let page = house.browse(&path, "de").await;
        page.has("Guten Tag.");
        page.lacks("vorname");
    }
}

#[tokio::test]
async fn secrets_cannot_be_guessed_and_files_of_others_are_not_there() {
    for house in houses().await {
        let form = house.form("Kontakt", plain()).await;
        let mut paths = Vec::new();
        for name in ["eins.html", "zwei.html"] {
            let path = house.write_to(&form, |token| Typed::new(token).file(name, b"<b>hallo</b>"));
            paths.push(path.await);
        }
        house.work().await;
        let mut files = Vec::new();
        for (path, name) in paths.iter().zip(["eins.html", "zwei.html"]) {
            let page = house.browse(path, "de").await;
            page.has(name);
            let href = page.between("<li><a href=\"", "\"");
            let file = house.browse(href, "de").await;
            assert_eq!((file.status, file.text.as_str()), (200, "<b>hallo</b>"));
            let disposition = file.header("content-disposition");
            assert!(disposition.starts_with("attachment;"), "{disposition}");
            assert_eq!(file.header("x-content-type-options"), "nosniff");
            assert_eq!(file.header("content-type"), "application/octet-stream");
            assert!(file.header("content-security-policy").ends_with("sandbox"));
            files.push(href.rsplit('/').next().expect("an id").to_owned());
        }
        let foreign = format!("{}/files/{}", paths[0], files[1]);
        assert_eq!(house.browse(&foreign, "de").await.status, 404);
        assert_eq!(
            house
                .browse(&format!("{}/files/x", paths[0]), "de")
                .await
                .status,
            404
        );

        let wrong = house
            .browse("/c/0123456789abcdef0123456789abcdef", "de")
            .await;
        assert_eq!(wrong.status, 404);
        wrong.has("Dieser Link führt ins Leere");
        assert_eq!(wrong.header("cache-control"), "no-store");
        let mut statuses = Vec::new();
        for number in 0..200 {
            statuses.push(house.browse(&format!("/c/{number:032}"), "de").await.status);
        }
        assert!(statuses.contains(&429), "guesses are counted");
        assert!(statuses.iter().all(|status| [404, 429].contains(status)));
        let posted = house.fill("/c/guessed", &Typed::new("x")).await;
        assert!([404, 429].contains(&posted.status));
    }
}
