//! What networks tell beside what was said: how messages are doing, and what they were asked for.

use kulant_care::admin;
use kulant_care::view;
use kulant_model::ids::{ConversationId, InboxId};
use kulant_store::{inboxes, messages};
use serde_json::{Value as Json, json};

use crate::conversations::all;
use crate::{House, houses};

const OURS: &str = "UCnordbahn000000000000000";

async fn channel(house: &House) -> InboxId {
    let settings = json!({"channel_id": OURS, "client_id": "id", "client_secret": "secret",
        "refresh_token": "token"});
    house.connect("youtube", "Videos", settings).await
}

fn page(id: &str, likes: u64, replies: u64) -> Json {
    let comment = json!({"id": id, "snippet": {
        "authorChannelId": {"value": "UCanna"}, "authorDisplayName": "anna",
        "textOriginal": "Wann fährt der Zug?", "videoId": "v1", "channelId": OURS,
        "publishedAt": "2026-11-20T10:00:00Z", "updatedAt": "2026-11-20T10:00:00Z",
        "likeCount": likes, "viewerRating": "none", "canRate": true}});
    json!({"items": [{"id": id, "snippet": {"channelId": OURS, "videoId": "v1",
        "topLevelComment": comment, "canReply": true, "totalReplyCount": replies,
        "isPublic": true}}]})
}

async fn seen(house: &House, id: ConversationId) -> Option<messages::Figures> {
    let listed = view::list_messages(&house.care, &house.operator(), id, false, None, 10).await;
    listed.expect("listed").items[0].figures
}

#[tokio::test]
async fn the_newest_figures_of_a_message_stand_at_it() {
    for house in houses().await {
        let inbox = channel(&house).await;
        let deliver = async |likes, replies| {
            let body = page("Ugx1", likes, replies).to_string();
            house.deliver_raw(inbox, "comment_threads", &body).await;
            house.take_in().await;
        };
        deliver(3, 0).await;
        let id = all(&house).await[0];
        let first = seen(&house, id).await.expect("figures");
        assert_eq!(
            (first.views, first.likes, first.replies),
            (None, Some(3), Some(0))
        );
        house.clock.pass(std::time::Duration::from_secs(60));
        deliver(7, 2).await;
        let newer = seen(&house, id).await.expect("figures");
        assert_eq!((newer.likes, newer.replies), (Some(7), Some(2)));
        assert_eq!(newer.told_at, house.care.now());

        // What was told before does not come back, and a network that tells less takes nothing away.
        let late = messages::Figures {
            likes: Some(1),
            ..first
        };
        let less = messages::Figures {
            likes: None,
            replies: None,
            views: Some(90),
            told_at: house.care.now(),
        };
        for told in [late, less] {
            let kept = house
                .care
                .store
                .write(move |tx| messages::save_figures(tx, inbox, &[("Ugx1", told), ("?", told)]));
            kept.await.expect("kept");
        }
        let now = seen(&house, id).await.expect("figures");
        assert_eq!(
            (now.views, now.likes, now.replies),
            (Some(90), Some(7), Some(2))
        );
    }
}

#[tokio::test]
async fn what_an_inbox_used_is_known_after_a_restart() {
    for house in houses().await {
        let inbox = channel(&house).await;
        let shown = async || {
            let found = admin::inboxes::find(&house.care, &house.operator(), inbox).await;
            found.expect("the inbox").usage
        };
        assert!(shown().await.is_empty(), "it was never asked");

        let ends = house.care.now();
        let cursor = json!({"channel": OURS, "quota": {"ends": 0, "used": 120}});
        let keep = async |cursor: Json| {
            let kept = house
                .care
                .store
                .write(move |tx| inboxes::save_cursor(tx, inbox, &cursor.to_string(), ends));
            kept.await.expect("kept");
        };
        keep(cursor.clone()).await;
        let [metered] = &shown().await[..] else {
            panic!("one meter");
        };
        assert_eq!(metered.search, None);
        let usage = &metered.usage;
        assert_eq!((usage.unit, usage.used), ("units", 0), "of a day long ago");
        let until = usage.until;
        assert_eq!(usage.budget, Some(6_000));

        let mut today = cursor;
        today["quota"]["ends"] = json!(until.as_seconds());
        keep(today).await;
        assert_eq!(shown().await[0].usage.used, 120);
    }
}
