//! Asking for news: history, gaps, pages, streams that break, and networks that answer badly.

use std::collections::BTreeSet;

use kulant_channels::delivery::Search;
use kulant_channels::inbound::Inbound;
use serde_json::{Value, json};

use crate::sim::posts;
use crate::stand::{Stand, Told, ensure, went};

pub async fn history(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let id = stand.say(side, "anna", "Schon länger her.").await;
    stand.inbox.raw_pushed().await;
    stand.sim.advance(600).await;
    stand.ask().await;
    stand.post(&id).await.map(drop)
}

/// Everything that the hook missed comes by asking.
pub async fn gap(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    if !stand.is_pushed() {
        stand.ask().await;
    }
    stand.inbox.fail(10_000);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(
            stand
                .say(side, "anna", &format!("In der Lücke, Nummer {number}."))
                .await,
        );
        stand.sim.advance(30).await;
    }
    stand.sim.advance(900).await;
    for _ in 0..3 {
        stand.ask().await;
    }
    for id in ids {
        let there = stand
            .heard
            .iter()
            .any(|inbound| matches!(inbound, Inbound::Post(post) if post.network_id == id));
        ensure(there, || format!("{id} was lost"))?;
    }
    Ok(())
}

/// More than fits on one page of any network.
pub async fn pages(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let mut act = match side {
        kulant_model::message::Visibility::Private => json!({"act": "dm"}),
        _ => (stand.net.speaks)(),
    };
    act["by"] = json!("anna");
    let acts: Vec<Value> = (0..60)
        .map(|number| {
            let mut act = act.clone();
            act["text"] = json!(format!("Eine von vielen Fragen, Nummer {number:02}."));
            act
        })
        .collect();
    let done = stand.act(Value::Array(acts)).await;
    let mut missing: BTreeSet<String> = done
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|done| done["id"].as_str().map(str::to_owned))
        .collect();
    ensure(missing.len() == 60, || {
        format!("{} were said", missing.len())
    })?;
    for _ in 0..30 {
        stand.news().await;
        for inbound in &stand.heard {
            missing.remove(inbound.network_id());
        }
        if missing.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err(format!("{} of 60 are missing", missing.len()))
}

pub async fn asked_twice(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let id = stand.say(side, "anna", "Nur einmal, bitte.").await;
    stand.sim.advance(900).await;
    stand.ask().await;
    stand.post(&id).await?;
    let before = stand.heard.len();
    stand.ask().await;
    stand.ask().await;
    ensure(stand.heard.len() == before, || {
        format!("news where there are none: {:?}", &stand.heard[before..])
    })
}

pub async fn pushed_and_asked(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let id = stand.say(side, "anna", "Auf zwei Wegen.").await;
    stand.post(&id).await?;
    stand.sim.advance(900).await;
    stand.ask().await;
    let same: Vec<String> = posts(&stand.heard)
        .iter()
        .filter(|post| post.text.contains("Auf zwei Wegen."))
        .map(|post| post.network_id.clone())
        .collect();
    ensure(same == [id], || format!("it is known as {same:?}"))
}

/// Asks once in trouble, and then until the question of a customer is there.
async fn survives(stand: &mut Stand<'_>, then: Value) -> Result<Option<String>, String> {
    let side = stand.side();
    let id = stand.say(side, "anna", "Kommt das trotzdem an?").await;
    stand.inbox.raw_pushed().await;
    stand.sim.advance(900).await;
    stand.fault_asking(then).await;
    let trouble = stand.ask_in_trouble().await;
    let class = trouble.as_ref().map(|error| error.class().to_owned());
    let clear = format!("faults?network={}", stand.net.name);
    stand.sim.clear(&clear).await;
    let wait = trouble.and_then(|error| error.wait());
    let seconds = wait.map_or(120, |wait| wait.as_secs() + 1);
    stand
        .sim
        .advance(u32::try_from(seconds).unwrap_or(u32::MAX))
        .await;
    for _ in 0..5 {
        stand.ask().await;
        if stand.heard.iter().any(|inbound| inbound.network_id() == id) {
            return Ok(class);
        }
    }
    Err("it never came".to_owned())
}

fn one_of(class: Option<String>, expected: &[&str]) -> Told {
    let class = class.ok_or("nobody said that the network was in trouble")?;
    ensure(expected.contains(&class.as_str()), || {
        format!("the trouble is called {class}")
    })
}

pub async fn asked_in_a_crash(stand: &mut Stand<'_>) -> Told {
    let class = survives(stand, json!({"do": "status", "status": 500})).await?;
    one_of(class, &["retry_backoff", "retry_after"])
}

pub async fn asked_while_away(stand: &mut Stand<'_>) -> Told {
    let then = json!({"do": "status", "status": 503, "body": "<html>away</html>"});
    let class = survives(stand, then).await?;
    one_of(class, &["retry_backoff", "retry_after"])
}

pub async fn asked_too_often(stand: &mut Stand<'_>) -> Told {
    let class = survives(stand, json!({"do": "status", "status": 429})).await?;
    one_of(class, &["retry_backoff", "retry_after"])
}

pub async fn asked_and_cut_off(stand: &mut Stand<'_>) -> Told {
    let class = survives(stand, json!({"do": "reset"})).await?;
    one_of(class, &["retry_backoff"])
}

pub async fn half_an_answer(stand: &mut Stand<'_>) -> Told {
    let class = survives(stand, json!({"do": "truncated"})).await?;
    one_of(class, &["retry_backoff", "unreadable"])
}

pub async fn nonsense_answer(stand: &mut Stand<'_>) -> Told {
    let then = json!({"do": "status", "status": 200, "body": "<html>Wartung</html>"});
    let class = survives(stand, then).await?;
    one_of(class, &["retry_backoff", "unreadable"])
}

pub async fn stream_goes_on(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    stand.hear(side, "anna", "Vor der Unterbrechung.").await?;
    let drop = json!({"network": stand.net.name, "then": {"do": "drop_stream"}});
    stand.sim.order("faults", drop).await;
    let missed = stand.say(side, "anna", "In der Unterbrechung.").await;
    stand.listen().await;
    let later = stand.say(side, "anna", "Nach der Unterbrechung.").await;
    stand.post(&missed).await?;
    stand.post(&later).await.map(drop_post)
}

fn drop_post(_: kulant_channels::inbound::Post) {}

pub async fn search(stand: &mut Stand<'_>) -> Told {
    let mut act = (stand.net.speaks)();
    if let Value::Object(act) = &mut act {
        act.remove("to");
    }
    act["by"] = json!("carla");
    act["text"] = json!("Die Nordtalbahn fährt wieder pünktlich.");
    let id = stand.inbox.id(act).await;
    let wanted = Search {
        any: vec!["Nordtalbahn".to_owned()],
        hashtags: Vec::new(),
        without: vec!["Südtalbahn".to_owned()],
        languages: Vec::new(),
        most: 200,
    };
    stand.sim.advance(60).await;
    let account = stand.inbox.account();
    let found = stand
        .channel()
        .search(&account, &wanted, None, stand.sim.http())
        .await;
    let found = went("the search", found)?;
    ensure(found.trouble.is_none(), || format!("{:?}", found.trouble))?;
    let taken = stand.inbox.translate(&found.deliveries);
    ensure(
        taken.iter().any(|inbound| inbound.network_id() == id),
        || format!("{id} was not found"),
    )
}
