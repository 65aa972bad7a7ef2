//! What the specification says of requests is what the routes ask for: bounds that are too wide would
//! have clients send what is refused, too narrow ones would hide what is there.

use axum::http::Method;
use serde_json::{Map, Value as Json, json};

use crate::houses;
use crate::network::{Desk, post_of, private_of};

#[tokio::test]
async fn creations_need_what_the_specification_says() {
    let document = document();
    for house in houses().await {
        let chef = house.administrator().await;
        for path in ["/agents", "/brands", "/tags", "/teams", "/views"] {
            let said: Vec<Json> = parts(&document, body_of(&document["paths"][path]["post"]))
                .flat_map(|part| part["required"].as_array().cloned().unwrap_or_default())
                .collect();
            let answer = chef.post(&format!("/api/v1{path}"), json!({})).await;
            let asked: Vec<Json> = answer.json["errors"]
                .as_array()
                .expect("errors")
                .iter()
                .filter(|error| error["code"] == "required")
                .map(|error| error["field"].clone())
                .collect();
            assert_eq!((answer.status, &asked), (422, &said), "{path}");
            assert!(!asked.is_empty(), "{path}");
        }
    }
}

#[tokio::test]
async fn closed_lists_hold_the_words_that_routes_take() {
    let document = document();
    let house = houses().await.remove(0);
    let chef = house.administrator().await;
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            for (field, words) in closed_lists(&document, operation) {
                seen += 1;
                let method: Method = method.to_uppercase().parse().expect("a method");
                let path = format!("/api/v1{}", path.replace("{id}", "1"));
                let others = ["no such word".into()];
                for (word, is_taken) in words
                    .iter()
                    .map(|word| (word, true))
                    .chain(others.iter().map(|word| (word, false)))
                {
                    // Whatever else the body needs comes after: a word is read with its field.
                    let body = filled(&document, operation, &field, word);
                    let version = [("if-match", "\"1\"")];
                    let answer = chef.send(method.clone(), &path, Some(body), &version).await;
                    let is_refused = answer.json["errors"]
                        .as_array()
                        .is_some_and(|errors| errors.iter().any(|error| error["field"] == field));
                    assert_ne!(
                        is_refused, is_taken,
                        "{method} {path} {field} {word}: {answer:?}"
                    );
                }
            }
        }
    }
    assert!(seen > 8, "only {seen} closed lists");
}

#[tokio::test]
async fn what_may_be_null_in_an_answer_is_said() {
    let document = document();
    let house = houses().await.remove(0);
    let desk = house.desk().await;
    desk.happens(&[
        post_of("p1", "anna", "Wo bleibt der Zug?", 1, None),
        private_of("m1", "bert", "Wo bleibt mein Geld?", 2),
    ])
    .await;
    let list = desk.agent.get("/api/v1/conversations").await.json;
    let mut nulls = 0;
    for summary in list["items"].as_array().expect("items") {
        nulls += look(&document, &desk, summary["id"].as_str().expect("an id")).await;
    }
    assert!(nulls > 8, "only {nulls} nulls were looked at");
}

async fn look(document: &Json, desk: &Desk<'_>, id: &str) -> usize {
    let answer = desk.agent.get(&format!("/api/v1/conversations/{id}")).await;
    let operation = &document["paths"]["/conversations/{id}"]["get"];
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    look_at(document, schema, &answer.json, "")
}

/// Counts the nulls of an answer, each of which the specification has to allow.
fn look_at(document: &Json, schema: &Json, answer: &Json, place: &str) -> usize {
    match answer {
        Json::Null => {
            let is_said = parts(document, schema).any(|part| {
                let kind = &part["type"];
                let kinds = kind
                    .as_array()
                    .map_or(std::slice::from_ref(kind), Vec::as_slice);
                kinds.iter().any(|kind| kind == "null")
            });
            assert!(is_said, "{place} is null, and nothing says that it may be");
            1
        }
        Json::Object(fields) => {
            let below = fields.iter().map(|(name, value)| {
                let of = parts(document, schema).find_map(|part| part["properties"].get(name));
                of.map_or(0, |of| {
                    look_at(document, of, value, &format!("{place}/{name}"))
                })
            });
            below.sum()
        }
        _ => 0,
    }
}

fn document() -> Json {
    serde_json::from_str(&kulant_web::openapi()).expect("JSON")
}

fn body_of(operation: &Json) -> &Json {
    &operation["requestBody"]["content"]["application/json"]["schema"]
}

/// Returns a schema and those it is made of, references followed.
fn parts<'d>(document: &'d Json, schema: &'d Json) -> Box<dyn Iterator<Item = &'d Json> + 'd> {
    let below = ["allOf", "oneOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array())
        .flatten()
        .flat_map(move |part| parts(document, part));
    match schema["$ref"].as_str() {
        None => Box::new(std::iter::once(schema).chain(below)),
        Some(reference) => {
            let name = reference.rsplit('/').next().expect("a name");
            parts(document, &document["components"]["schemas"][name])
        }
    }
}

fn closed_lists(document: &Json, operation: &Json) -> Vec<(String, Vec<Json>)> {
    parts(document, body_of(operation))
        .filter_map(|part| part["properties"].as_object())
        .flatten()
        .filter_map(|(field, schema)| {
            let words = schema["enum"].as_array()?.clone();
            Some((field.clone(), words))
        })
        .collect()
}

/// Makes a body with every field that it must have, and one word.
fn filled(document: &Json, operation: &Json, field: &str, word: &Json) -> Json {
    let mut body = Map::new();
    for part in parts(document, body_of(operation)) {
        for name in part["required"].as_array().into_iter().flatten() {
            let name = name.as_str().expect("a name");
            let value = match part["properties"][name]["type"].as_str() {
                Some("boolean") => json!(true),
                Some("array") => json!([]),
                _ => json!("1"),
            };
            body.insert(name.to_owned(), value);
        }
    }
    body.insert(field.to_owned(), word.clone());
    Json::Object(body)
}
