//! Everything around the pages: homes, languages and registers, styles, problems in words.

use axum::body::Body;
use axum::http::{Method, Request};
use kulant_care::admin::brands::BrandChange;
use kulant_model::brand::{Opening, Voice};

use super::{Typed, plain};
use crate::houses;

fn telekom() -> BrandChange {
    BrandChange {
        name: Some("Nordtalbahn".to_owned()),
        slug: Some("nordtalbahn".to_owned()),
        languages: Some(vec!["de".to_owned()]),
        colour: Some(Some("#ffdd00".to_owned())),
        imprint_url: Some(Some("https://nordtalbahn.example/impressum".to_owned())),
        privacy_url: Some(Some("https://nordtalbahn.example/datenschutz".to_owned())),
        hours: Some(
            (1..=6)
                .map(|day| Opening {
                    day,
                    open: "08:00".to_owned(),
                    close: "20:00".to_owned(),
                })
                .collect(),
        ),
        ..BrandChange::default()
    }
}

#[tokio::test]
async fn the_home_says_who_when_and_how() {
    for house in houses().await {
        let bare = house.browse("/", "de").await;
        bare.lacks("class=\"hours");
        bare.lacks("Impressum");
        bare.has("gibt es hier zurzeit nicht");
        house.set_brand(telekom()).await;
        house.form("Kontakt", plain()).await;
        for path in ["/", "/b/nordtalbahn", "/?brand=nordtalbahn"] {
            let home = house.browse(path, "de").await;
            assert_eq!(home.status, 200, "{path}");
            home.has("Montag bis Samstag");
            home.has("<span>Kontakt</span>");
            home.has("Impressum");
            home.has("Datenschutz");
            home.has("class=\"hours");
        }
        let english = house.browse("/", "en-GB").await;
        let mut varies = english.headers.get_all("vary").iter();
        assert!(varies.any(|by| by == "accept-language"), "{english:?}");
        english.has("<html lang=\"en\">");
        english.has("We answer in German.");
        english.has("lang=de");
        house
            .browse("/?lang=de", "en-GB")
            .await
            .has("<html lang=\"de\">");
        let foreign = house.browse("/b/fremd", "de").await;
        assert_eq!(foreign.status, 404);
        foreign.has("Diese Seite gibt es nicht");
    }
}

#[tokio::test]
async fn a_brand_says_sie_or_du() {
    for house in houses().await {
        let path = house.form("Kontakt", plain()).await;
        house.browse(&path, "de").await.has("Ihr Name");
        house
            .set_brand(BrandChange {
                voice: Some(Voice::Du),
                ..BrandChange::default()
            })
            .await;
        let page = house.browse(&path, "de").await;
        page.has("Dein Name");
        for formal in ["Ihr ", "Ihre ", "Ihnen", " Sie "] {
            page.lacks(formal);
        }
        house.browse(&path, "en").await.has("Your name");
    }
}

#[tokio::test]
async fn pages_are_light() {
    for house in houses().await {
        house.set_brand(telekom()).await;
        let path = house.form("Kontakt", plain()).await;
        let page = house.browse(&path, "de").await;
        let style = page.between("<link rel=\"stylesheet\" href=\"", "\"");
        assert!(style.ends_with("-ffdd00.css"), "{style}");
        let style = house.browse(style, "de").await;
        assert_eq!(style.status, 200);
        assert!(style.header("cache-control").contains("immutable"));
        style.has("--accent:#");
        style.lacks("--accent:#ffdd00}\n");
        let whole = page.text.len() + style.text.len();
        assert!(whole < 30_000, "{whole} bytes before they are compressed");
        for wrong in [
            "/site/site-000000000000.css",
            "/site/x",
            "/site/..%2fbase.html",
        ] {
            assert_eq!(house.browse(wrong, "de").await.status, 404, "{wrong}");
        }
        assert_eq!(
            house
                .browse("/favicon.ico", "de")
                .await
                .header("content-type"),
            "image/svg+xml"
        );
        house.browse("/robots.txt", "de").await.has("Disallow: /c/");
    }
}

#[tokio::test]
async fn problems_are_pages_for_people_and_documents_for_programs() {
    for house in houses().await {
        let page = house.browse("/nowhere", "en").await;
        assert_eq!(page.status, 404);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        page.has("This page does not exist");
        house
            .browse("/form/nowhere", "de")
            .await
            .has("Dieses Formular gibt es nicht");
        let document = house.browse("/api/v1/nowhere", "de").await;
        assert_eq!(document.header("content-type"), "application/problem+json");
        let program = house.stranger().get("/nowhere").await;
        assert_eq!(program.code(), "not_found");
    }
}

#[tokio::test]
async fn what_is_no_form_with_files_is_a_problem_like_any_other() {
    for house in houses().await {
        let form = house.form("Kontakt", plain()).await;
        let private = house.write_to(&form, Typed::new).await;
        for path in [&form, &private] {
            let typed = [("content-type", "application/x-www-form-urlencoded")];
            let stranger = house.stranger();
            let program = stranger.send(Method::POST, path, None, &typed).await;
            assert_eq!(
                (program.status, program.code()),
                (415, "unsupported_media_type")
            );
            let person = [typed[0], ("accept", "text/html")];
            let request = person
                .into_iter()
                .fold(Request::post(path), |request, (name, value)| {
                    request.header(name, value)
                });
            let page = house
                .page(request.body(Body::empty()).expect("a request"))
                .await;
            assert_eq!(page.status, 415);
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        }
    }
}

#[tokio::test]
async fn the_other_language_is_found_here_and_nowhere_else() {
    for house in houses().await {
        for path in [
            "//fremd.example/x",
            "/\\fremd.example/x",
            "/\\/fremd.example/x",
        ] {
            let page = house.browse(path, "de").await;
            assert_eq!(page.status, 404, "{path}");
            page.has("class=\"switch\" href=\"/fremd.example/x?lang=en\"");
        }
    }
}
