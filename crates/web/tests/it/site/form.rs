//! `/form/{inbox}`: one filling is one conversation, machines are kept out, nothing typed is lost.

use std::time::Duration;

use super::{Page, Typed, plain};
use crate::houses;

#[tokio::test]
async fn a_double_click_is_one_conversation_and_leads_to_one_page() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let page = house.browse(&path, "de").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.headers.get("set-cookie").is_none());
        house.clock.pass(Duration::from_secs(5));
        let typed = Typed::new(&page.token());
        let first = house.fill(&path, &typed).await;
        let second = house.fill(&path, &typed).await;
        assert_eq!((first.status, second.status), (303, 303));
        assert_eq!(first.header("location"), second.header("location"));
        let desk = house.at_desk().await;
        assert_eq!(desk.len(), 1);
        assert_eq!(desk[0].row.message_count, 1);
    }
}

#[tokio::test]
async fn machines_are_kept_out_and_people_keep_what_they_typed() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let token = house.browse(&path, "de").await.token();

        let quick = house.fill(&path, &Typed::new(&token)).await;
        assert_eq!(quick.status, 422);
        quick.has("Das ging sehr schnell");
        quick.has("value=\"Jörg Öhlmann\"");
        quick.has("\nSie stimmt nicht.</textarea>");
        assert_eq!(quick.token(), token, "the same page may be sent again");

        house.clock.pass(Duration::from_secs(5));
        let trapped = Typed::new(&token).with("homepage", "https://spam.example");
        let trapped = house.fill(&path, &trapped).await;
        assert_eq!(trapped.status, 422);
        trapped.lacks("spam.example");

        let forged = house.fill(&path, &Typed::new("forged")).await;
        assert_eq!(forged.status, 422);
        forged.has("Diese Seite galt nicht mehr");
        assert_ne!(forged.token(), "forged");

        house.clock.pass(Duration::from_hours(25));
        let late = house.fill(&path, &Typed::new(&token)).await;
        late.has("länger als einen Tag offen");
        assert!(house.at_desk().await.is_empty());
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let token = house.browse(&path, "de").await.token();
        house.clock.pass(Duration::from_secs(5));
        let typed = Typed::new(&token)
            .with("name", " ")
            .with("email", "joerg")
            .with("text", "");
        let page = house
            .fill(&path, &typed.file("rechnung.pdf", b"%PDF"))
            .await;
        assert_eq!(page.status, 422);
        for (field, words) in [
            ("name", "Bitte nennen Sie uns Ihren Namen."),
            ("email", "Das ist keine vollständige E-Mail-Adresse."),
            ("files", "Bitte wählen Sie Ihre Dateien noch einmal aus"),
        ] {
            page.has(words);
            page.has(&format!("<p class=\"fault\" id=\"{field}-fault\">"));
            page.has(&format!("<a href=\"#{field}\">"));
        }
        page.has("aria-describedby=\"email-hint email-fault\" aria-invalid=\"true\"");
        let whole = house.fill(&path, &Typed::new(&page.token())).await;
        assert_eq!(whole.status, 303, "corrected, it goes through");
    }
}

#[tokio::test]
async fn too_much_from_one_address_waits_and_is_not_lost() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let mut statuses = Vec::new();
        for _ in 0..11 {
            let token = house.browse(&path, "de").await.token();
            house.clock.pass(Duration::from_millis(2_100));
            let page = house.fill(&path, &Typed::new(&token)).await;
            statuses.push(page.status);
            if page.status == 429 {
                page.has("Bitte warten Sie eine Minute");
                page.has("\nSie stimmt nicht.</textarea>");
                assert!(!page.header("retry-after").is_empty());
            }
        }
        while statuses.last() != Some(&429) {
            let token = house.browse(&path, "de").await.token();
            house.clock.pass(Duration::from_millis(2_100));
            statuses.push(house.fill(&path, &Typed::new(&token)).await.status);
            assert!(statuses.len() < 40, "there is a limit: {statuses:?}");
        }
        let taken = statuses.iter().filter(|status| **status == 303).count();
        assert_eq!(house.at_desk().await.len(), taken);
    }
}

#[tokio::test]
async fn files_that_are_too_large_or_too_many_are_not_kept() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let token = house.browse(&path, "de").await.token();
        house.clock.pass(Duration::from_secs(5));
        let large = Typed::new(&token).file("video.mp4", &vec![0; (10 << 20) + 1]);
        let page = house.fill(&path, &large).await;
        assert_eq!(page.status, 422);
        page.has("Eine der Dateien ist zu groß.");
        page.has("value=\"Rechnung\"");
        let mut many = Typed::new(&token);
        for _ in 0..11 {
            many = many.file("foto.jpg", b"jpg");
        }
        house
            .fill(&path, &many)
            .await
            .has("Das sind zu viele Dateien.");
        let kept = files_below(house.care.files.folder());
        assert!(kept.is_empty(), "{kept:?}");

        let without = house
            .form("Ohne", serde_json::json!({"attachments": false}))
            .await;
        house.browse(&without, "de").await.lacks("type=\"file\"");
        let page = house
            .write_to(&without, |token| Typed::new(token).file("foto.jpg", b"jpg"))
            .await;
        house.work().await;
        house.browse(&page, "de").await.lacks("foto.jpg");
    }
}

#[tokio::test]
async fn one_address_cannot_fill_the_disk() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let large = vec![0; 10 << 20];
        let mut taken = 0;
        let refused = loop {
            let token = house.browse(&path, "de").await.token();
            house.clock.pass(Duration::from_secs(10));
            let typed = Typed::new(&token).file("a.bin", &large);
            let page = house.fill(&path, &typed.file("b.bin", &large)).await;
            if page.status != 303 {
                break page;
            }
            taken += 1;
            assert!(taken < 20, "there is an end");
        };
        assert!(taken >= 5, "{taken} forms with files are nothing strange");
        assert_eq!(refused.status, 429);
        let waits = |page: &Page| page.header("retry-after").parse::<u64>().expect("seconds");
        assert!((1..=3_600).contains(&waits(&refused)));
        refused.has("in der letzten Stunde sehr viele Dateien");
        refused.has("\nSie stimmt nicht.</textarea>");
        let kept = files_below(house.care.files.folder());
        assert_eq!(kept.len(), 2 * taken, "{kept:?}");

        let words = house.fill(&path, &Typed::new(&refused.token())).await;
        assert_eq!(words.status, 303, "words are still taken");
        let private = words.header("location").replace("?new=1", "");
        let token = house.browse(&private, "de").await.token();
        house.clock.pass(Duration::from_secs(10));
        let more = Typed::new(&token).file("a.bin", &large);
        let more = house.fill(&private, &more.file("b.bin", &large)).await;
        assert_eq!(more.status, 429, "the private page is no way around");
        assert!((1..=3_600).contains(&waits(&more)));
        more.has("in der letzten Stunde sehr viele Dateien");

        house.clock.pass(Duration::from_hours(1));
        let token = house.browse(&path, "de").await.token();
        house.clock.pass(Duration::from_secs(10));
        let later = Typed::new(&token).file("a.bin", &large);
        assert_eq!(house.fill(&path, &later).await.status, 303);
    }
}

#[tokio::test]
async fn nothing_that_is_typed_becomes_part_of_the_page() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        let evil = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'</textarea>";
        let encoded = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
        for query in ["subject", "text", "from", "lang", "origin"] {
            let page = house
                .browse(&format!("{path}?{query}={encoded}&embedded=1"), "de")
                .await;
            page.lacks("<script>alert");
        }
        let prefilled = house
            .browse(&format!("{path}?from=https://example.org/{encoded}"), "de")
            .await;
        prefilled.lacks("<script>alert");
        house
            .browse(&format!("{path}?from=javascript:alert(1)"), "de")
            .await
            .lacks("javascript:");

        let token = house.browse(&path, "de").await.token();
        house.clock.pass(Duration::from_secs(5));
        let mut typed = Typed::new(&token);
        for field in ["name", "email", "subject", "text", "from"] {
            typed = typed.with(field, evil);
        }
        let again = house.fill(&path, &typed).await;
        assert_eq!(again.status, 422);
        again.lacks("<script>alert");
        again.lacks("<img");

        let typed = typed
            .with("email", "")
            .file("<img src=x>.html", b"<script>alert(1)</script>");
        let page = house
            .write_to(&path, |token| typed.clone().with("token", token))
            .await;
        house.work().await;
        let page = house.browse(&page, "de").await;
        page.lacks("<script>alert");
        page.lacks("<img");
        page.has("&lt;script&gt;");
    }
}

#[tokio::test]
async fn a_form_is_prefilled_from_a_post_and_shows_its_own_words() {
    for house in houses().await {
        let settings = serde_json::json!({
            "heading": "Fahrgastrechte",
            "introduction": "Zug verspätet?\nWir helfen.",
        });
        let path = house.form("Kontakt", settings).await;
        let page = house
            .browse(&format!("{path}?subject=Versp%C3%A4tung&text=Der+Zug&from=https%3A%2F%2Fsocial.example%2F1"), "de")
            .await;
        page.has("<h1>Fahrgastrechte</h1>");
        page.has("Zug verspätet?\nWir helfen.");
        page.has("value=\"Verspätung\"");
        page.has("\nDer Zug</textarea>");
        page.has("<span>https://social.example/1</span>");
        house.clock.pass(Duration::from_secs(5));
        let typed = Typed::new(&page.token()).with("from", "https://social.example/1");
        assert_eq!(house.fill(&path, &typed).await.status, 303);
        let desk = house.at_desk().await;
        let id = desk[0].row.last_message;
        let message = house
            .care
            .store
            .read(move |read| kulant_store::messages::find(read, id))
            .await
            .expect("read")
            .expect("there");
        assert_eq!(message.url.as_deref(), Some("https://social.example/1"));
    }
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
