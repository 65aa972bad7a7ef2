//! Every template drawn from samples, in both languages and both registers of German.

use std::time::Duration;

use kulant_care::admin::brands::BrandChange;
use kulant_model::brand::{Opening, Voice};
use kulant_model::message::Visibility;
use serde_json::json;

use super::{Page, Typed};
use crate::{House, houses};

const QUESTION: &str = "Guten Tag,\n\nmein ICE 704 von Hamburg nach Berlin kam am Freitag 95 Minuten \
     später an. Den Anschluss habe ich verpasst und ein Taxi genommen. Wie bekomme ich das Geld zurück?";
const ANSWER: &str = "Guten Tag, Herr Öhlmann,\n\ndas tut uns leid. Für 95 Minuten Verspätung bekommen \
     Sie 25 Prozent des Fahrpreises zurück. Das Taxi erstatten wir bis 120 Euro, wenn kein Zug mehr \
     fuhr.\n\nSo geht es: https://nordtalbahn.example/fahrgastrechte. Bitte laden Sie dort die Quittung hoch.";

/// Makes a railway with a form, and one conversation that was answered.
async fn railway(house: &House, voice: Voice) -> (String, String) {
    house
        .set_brand(BrandChange {
            name: Some("Nordtalbahn".to_owned()),
            slug: Some("nordtalbahn".to_owned()),
            voice: Some(voice),
            languages: Some(vec!["de".to_owned(), "en".to_owned()]),
            signature: Some(Some("Ihr Team der Nordtalbahn".to_owned())),
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
            hours_note: Some(Some("An Feiertagen von 10 bis 18 Uhr.".to_owned())),
            ..BrandChange::default()
        })
        .await;
    house.form("Lob und Ideen", json!({})).await;
    house.form("Fundsachen", json!({})).await;
    let form = house.form("Fahrgastrechte und Erstattung", json!({})).await;
    let path = house
        .write_to(&form, |token| {
            Typed::new(token)
                .with("subject", "Verspätung ICE 704, Taxi")
                .with("text", QUESTION)
                .file("Quittung Taxi.pdf", &vec![0; 84_000])
        })
        .await;
    let id = house.at_desk().await[0].row.id;
    house.clock.pass(Duration::from_mins(21));
    house.say(id, Visibility::Private, ANSWER).await;
    (form, path)
}

/// Draws every kind of page; languages as the browser asks for them.
async fn every_page(
    house: &House,
    (form, private): &(String, String),
    language: &str,
) -> Vec<(&'static str, Page)> {
    let browse = async |path: String| house.browse(&path, language).await;
    let fault = house.browse(form, language).await.token();
    house.clock.pass(Duration::from_secs(5));
    let wrong = Typed::new(&fault)
        .with("name", "")
        .with("email", "joerg@")
        .with("text", "")
        .file("foto.jpg", b"jpg");
    let separator = "?lang=";
    let wrong = house
        .fill(&format!("{form}{separator}{language}"), &wrong)
        .await;
    let embedded = format!("{form}?embedded=1&lang={language}");
    let framed = browse(embedded.clone()).await;
    house.clock.pass(Duration::from_secs(5));
    let sent = house.fill(&embedded, &Typed::new(&framed.token())).await;
    house.clock.pass(Duration::from_mins(10));
    vec![
        ("home", browse("/".to_owned()).await),
        ("form", browse(form.clone()).await),
        (
            "form-prefilled",
            browse(format!(
                "{form}?subject=Taxi&text=Hallo&from=https://social.example/@anna/113"
            ))
            .await,
        ),
        ("form-faults", wrong),
        ("form-embedded", framed),
        ("sent-embedded", sent),
        ("conversation", browse(private.clone()).await),
        ("conversation-new", browse(format!("{private}?new=1")).await),
        ("not-found", browse("/nowhere".to_owned()).await),
        ("wrong-link", browse("/c/wrong".to_owned()).await),
    ]
}

fn check(name: &str, page: &Page, language: &str) {
    page.has(&format!("<html lang=\"{language}\">"));
    let visible = page
        .text
        .replace("/site/site-", "")
        .replace("/site/frame-", "");
    for broken in ["site.", "{{", "}}", "&amp;amp;", "undefined"] {
        assert!(
            !visible.contains(broken),
            "{name}: {broken} in {}",
            page.text
        );
    }
    assert_eq!(
        page.text.matches("<h1>").count(),
        1,
        "{name} has one heading"
    );
    assert!(!page.between("<title>", "</title>").is_empty(), "{name}");
    page.has("Impressum");
    for id in ids_of_fields(page) {
        page.has(&format!("<label for=\"{id}\">"));
    }
    assert!(
        page.text.len() < 20_000,
        "{name}: {} bytes",
        page.text.len()
    );
}

fn ids_of_fields(page: &Page) -> Vec<&str> {
    ["<input id=\"", "<textarea id=\""]
        .iter()
        .flat_map(|start| page.text.split(start).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[tokio::test]
async fn every_page_reads_in_every_language_and_register() {
    for voice in [Voice::Sie, Voice::Du] {
        for house in houses().await {
            let made = railway(&house, voice).await;
            for (language, imprint) in [("de", "Impressum"), ("en", "Legal notice")] {
                for (name, page) in every_page(&house, &made, language).await {
                    let mut page = page;
                    page.text = page.text.replace(imprint, "Impressum");
                    check(name, &page, language);
                }
            }
        }
    }
}
