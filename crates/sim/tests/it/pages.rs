//! The pages that a person trying the demo sees and the form they write with.

use std::fmt::Write as _;

use kulant_sim::{SimSettings, start};

use crate::answers::client;
use crate::receiver::quiet;

#[tokio::test]
async fn walls_and_threads_are_shown_in_both_languages() {
    let sim = start(SimSettings {
        history_days: 3,
        ..quiet()
    })
    .await
    .unwrap();
    let home = format!("http://{}/", sim.address);
    let german = read(&home, "de").await;
    assert!(german.contains("Nordtal Bahn") && german.contains("Lumenau"));
    assert!(german.contains("Als Kunde schreiben"));
    assert!(read(&home, "en").await.contains("Write as a customer"));
    let part = read(&format!("{home}?part=1"), "de").await;
    assert!(part.starts_with("<div") && !part.contains("<form"));

    let link = german
        .split("href=\"/post/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let thread = read(&format!("{home}post/{link}"), "de").await;
    assert!(thread.contains("name=\"parent\""));
    assert!(
        read(&format!("{home}brand/lumenau"), "de")
            .await
            .contains("Mobilfunk")
    );
    sim.stop().await;
}

#[tokio::test]
async fn a_person_writes_as_a_customer() {
    let sim = start(quiet()).await.unwrap();
    let home = format!("http://{}", sim.address);
    let private = write(
        &home,
        &[
            ("name", "Jörg <b>"),
            ("brand", "lumenau"),
            ("text", "Nur <i>für</i> euch"),
            ("private", "1"),
        ],
    )
    .await;
    assert!(private.contains("Nur &lt;i&gt;für&lt;/i&gt; euch"));
    assert!(private.contains("Jörg &lt;b&gt;") && !private.contains("<b>\""));
    let public = write(
        &home,
        &[("name", "Jörg"), ("brand", "nordtal"), ("text", "Für alle")],
    )
    .await;
    assert!(public.contains("Für alle"));

    let wall = read(&format!("{home}/"), "de").await;
    assert!(
        wall.contains("Für alle") && !wall.contains("Nur &lt;i&gt;"),
        "private words stay private"
    );
    sim.stop().await;
}

async fn read(address: &str, language: &str) -> String {
    let answer = client()
        .get(address)
        .header("accept-language", language)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{address}");
    answer.text().await.unwrap()
}

/// Sends the form as a browser does and follows it to the page that it leads to.
async fn write(home: &str, fields: &[(&str, &str)]) -> String {
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let answer = client()
        .post(format!("{home}/write"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.join("&"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        let _ = write!(encoded, "%{byte:02X}");
        encoded
    })
}
