//! Somebody names our account on a real Bluesky server, is answered by the interface, and the answer
//! stands on that server below their post; what they answer comes back into the same conversation.

use serde_json::{Value, json};

use super::super::driver::Place;
use super::pds::Pds;
use super::{Desk, text};

#[test]
fn a_post_on_a_real_server_is_answered_below_itself() {
    let Some(pds) = Pds::start("a_post_on_a_real_server_is_answered_below_itself") else {
        return;
    };
    let mut own = pds.join("nordbahn");
    let mut anna = pds.join("anna");
    let place = Place::new().with("KULANT_ALLOWED_HOSTS", "localhost");
    let token = place.token();
    let server = place.serve();
    let mut desk = Desk::new(&server, &token);
    // Before we are connected: history is filled in.
    let first = anna.post("Hallo @nordbahn.test, wo bleibt der Zug? 🚆", &own, None);
    let settings = json!({
        "identifier": own.handle,
        "app_password": own.app_password(),
        "base_url": pds.address,
        "poll_seconds": 15,
    });
    let inbox = desk.connect("bluesky", &settings);
    desk.wait_until_healthy(&inbox);

    let conversation = desk.wait_for_conversations(1).remove(0);
    let id = text(&conversation["id"]).to_owned();
    assert_eq!(conversation["visibility"], "public");
    assert_eq!(conversation["contact"]["handle"], "@anna.test");
    let messages = desk.wait_for_messages(&id, 1);
    assert_eq!(messages[0]["network_id"], first["uri"]);
    assert_eq!(
        messages[0]["body"],
        "Hallo @nordbahn.test, wo bleibt der Zug? 🚆"
    );

    desk.reply(&id, "public", "Er fährt um 8 Uhr, @anna.test. Grüße!");
    let messages = desk.wait_for_messages(&id, 2);
    let posts = pds.posts_of(&own);
    assert_eq!(posts.len(), 1, "{posts:?}");
    let answer = &posts[0];
    assert_eq!(answer["uri"], messages[1]["network_id"]);
    let place_of = |post: &Value| json!({"uri": post["uri"], "cid": post["cid"]});
    let record = &answer["value"];
    assert_eq!(record["reply"]["parent"], place_of(&first));
    assert_eq!(record["reply"]["root"], place_of(&first));
    let words = text(&record["text"]);
    assert!(
        words.starts_with("Er fährt um 8 Uhr, @anna.test. Grüße!"),
        "{words}"
    );
    let facet = &record["facets"][0];
    assert_eq!(facet["features"][0]["did"], anna.did.as_str());
    let begin = words.find('@').expect("the name");
    assert_eq!(facet["index"]["byteStart"], begin);

    // Below our answer, and without naming us.
    let second = anna.post("Danke!", &own, Some(answer));
    // Somebody of ours answers in the network's own app.
    let by_hand = own.post("Immer gern.", &anna, Some(&json!({
        "uri": second["uri"], "cid": second["cid"], "value": {"reply": {"root": place_of(&first)}},
    })));
    let messages = desk.wait_for_messages(&id, 4);
    let known = |uri: &Value| {
        messages
            .iter()
            .find(|message| message["network_id"] == *uri)
            .unwrap_or_else(|| panic!("{uri} is missing: {messages:?}"))
    };
    assert_eq!(known(&second["uri"])["direction"], "in");
    assert_eq!(known(&second["uri"])["in_reply_to"], messages[1]["id"]);
    assert_eq!(known(&by_hand["uri"])["direction"], "out");
    assert_eq!(
        desk.wait_for_conversations(1)[0]["id"],
        Value::from(id.as_str())
    );
    assert_eq!(pds.posts_of(&own).len(), 2);

    let (code, _) = server.stop();
    assert_eq!(code, Some(0));
}
