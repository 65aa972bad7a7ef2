//! Polls: the history, what is new, what changed, what is gone, and the day's units.

use super::*;

fn thread(id: &str, at: &str, total: u64, replies: &[Value]) -> Value {
    let mut top = comment(id, "anna", "Hallo", None);
    top["snippet"]["publishedAt"] = json!(format!("2026-11-{at}:00Z"));
    top["snippet"]["updatedAt"] = json!(format!("2026-11-{at}:00Z"));
    json!({"id": id, "snippet": {"videoId": VIDEO, "topLevelComment": top, "totalReplyCount": total},
        "replies": {"comments": replies}})
}

fn page(items: &[Value], next: Option<&str>) -> Script {
    Script::json(200, &json!({"items": items, "nextPageToken": next}))
}

fn no_videos() -> Script {
    refused(404, "playlistNotFound")
}

fn taken(account: &Account, polled: &Polled) -> Vec<(String, String)> {
    let mut taken = Vec::new();
    for raw in &polled.deliveries {
        let translation = Youtube.translate(account, raw).expect("it is readable");
        assert!(translation.unread.is_empty());
        for one in translation.taken {
            let kind = serde_json::to_value(&one).expect("JSON")["type"].clone();
            let kind = kind.as_str().unwrap_or_default().to_owned();
            taken.push((kind, one.network_id().to_owned()));
        }
    }
    taken
}

fn said(taken: &[(String, String)]) -> Vec<String> {
    taken
        .iter()
        .map(|(kind, id)| format!("{kind} {id}"))
        .collect()
}

fn paths(network: &FakeNetwork) -> Vec<String> {
    let asked = network.asked().into_iter();
    asked
        .map(|asked| asked.path.replace("/youtube/v3", ""))
        .collect()
}

fn later(account: &Account, minutes: u64) -> Account {
    Account {
        now: NOW.after(Duration::from_secs(minutes * 60)),
        ..account.clone()
    }
}

#[tokio::test]
async fn the_first_poll_reads_videos_and_a_week_of_comments() {
    let upload = json!({"contentDetails": {"videoId": VIDEO}});
    let video = json!({"id": VIDEO, "snippet": {"channelId": "UCnordbahn", "title": "Fahrplan",
        "publishedAt": "2026-11-01T10:00:00Z"}, "statistics": {"viewCount": "12"}});
    let few = [comment("Ugx2.a", "ben", "Nein", Some("Ugx2"))];
    let all = [
        comment("Ugx2.b", "ben", "Doch", Some("Ugx2")),
        comment("Ugx2.a", "ben", "Nein", Some("Ugx2")),
    ];
    let network = FakeNetwork::start(vec![
        page(&[upload], None),
        page(&[video], None),
        page(&[thread("Ugx3", "22T04:00", 0, &[])], Some("p2")),
        page(
            &[
                thread("Ugx2", "21T04:00", 2, &few),
                thread("Ugx1", "01T04:00", 0, &[]),
            ],
            Some("p3"),
        ),
        page(&all, None),
        page(&[thread("Ugx3", "22T04:00", 0, &[])], Some("p2")),
        page(&[thread("Ugx2", "21T04:00", 2, &few)], Some("p3")),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = Youtube
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(
        (first.trouble.as_ref(), first.next_in),
        (None, Some(Duration::from_secs(300)))
    );
    assert_eq!(
        said(&taken(&account, &first)),
        [
            "post dQw4w9WgXcQ",
            "post Ugx2",
            "post Ugx2.a",
            "post Ugx2.b",
            "post Ugx2.a",
            "post Ugx3"
        ]
    );
    let asked = paths(&network);
    assert!(asked[0].starts_with("/playlistItems?") && asked[0].ends_with("playlistId=UUnordbahn"));
    assert_eq!(
        asked[1],
        "/videos?part=statistics,snippet&maxResults=50&id=dQw4w9WgXcQ"
    );
    assert!(asked[2].contains("allThreadsRelatedToChannelId=UCnordbahn&order=time&maxResults=100"));
    assert!(asked[3].ends_with("&pageToken=p2"));
    assert!(asked[4].contains("parentId=Ugx2"));
    let usage = Youtube.usage(&account, &first.cursor).expect("it counts");
    assert_eq!(
        (usage.unit, usage.used, usage.budget),
        ("units", 5, Some(6_000))
    );
    assert_eq!(usage.until.to_string(), "2026-11-22T08:00:00.000000Z");

    let second = Youtube
        .poll(&later(&account, 5), Some(&first.cursor), &http)
        .await;
    let second = second.expect("it answers");
    assert!(second.deliveries.is_empty(), "nothing is new");
    assert_eq!(
        network.asked().len(),
        7,
        "what was read an hour before the newest is not read again"
    );
}

/// Nothing waits for a look of ours.
fn nothing_held() -> Script {
    page(&[], None)
}

#[tokio::test]
async fn threads_are_read_again_for_answers_changes_and_what_is_gone() {
    let reply = |id: &str| comment(id, "ben", "Nein", Some("Ugx1"));
    let mut changed = reply("Ugx1.a");
    changed["snippet"]["updatedAt"] = json!("2026-11-22T05:10:00Z");
    let first_page = || {
        page(
            &[
                thread("Ugx2", "22T04:01", 0, &[]),
                thread("Ugx1", "22T04:00", 2, &[reply("Ugx1.a"), reply("Ugx1.b")]),
            ],
            None,
        )
    };
    let network = FakeNetwork::start(vec![
        no_videos(),
        first_page(),
        // After a quarter of an hour: one answer was changed, one is gone, and so is a comment.
        first_page(),
        page(&[thread("Ugx1", "22T04:00", 1, &[changed.clone()])], None),
        nothing_held(),
        page(&[changed.clone()], None),
        nothing_held(),
        // After another: the same as before.
        page(&[], None),
        page(&[thread("Ugx1", "22T04:00", 1, &[changed])], None),
        // And then everything is gone.
        page(&[], None),
        page(&[], None),
        nothing_held(),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = Youtube
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(first.trouble, None, "a channel without videos is none");
    let second = Youtube
        .poll(&later(&account, 15), Some(&first.cursor), &http)
        .await;
    let second = second.expect("it answers");
    assert!(paths(&network)[3].ends_with("&id=Ugx1%2CUgx2"));
    assert_eq!(
        said(&taken(&account, &second)),
        [
            "delete Ugx2",
            "post Ugx1",
            "post Ugx1.a",
            "edit Ugx1.a",
            "post Ugx1.a",
            "edit Ugx1.a",
            "delete Ugx1.b"
        ]
    );
    let third = Youtube
        .poll(&later(&account, 30), Some(&second.cursor), &http)
        .await;
    let third = third.expect("it answers");
    assert!(third.deliveries.is_empty(), "{:?}", taken(&account, &third));
    let fourth = Youtube
        .poll(&later(&account, 45), Some(&third.cursor), &http)
        .await;
    let fourth = fourth.expect("it answers");
    assert_eq!(
        said(&taken(&account, &fourth)),
        ["delete Ugx1", "delete Ugx1.a"]
    );
}

#[tokio::test]
async fn a_gap_that_was_cut_off_is_read_on_from_where_it_was() {
    let network = FakeNetwork::start(vec![
        no_videos(),
        page(&[thread("Ugx3", "22T04:00", 0, &[])], Some("p2")),
        Script::text(503, "").with("retry-after", "30"),
        page(&[thread("Ugx2", "21T04:00", 0, &[])], None),
        page(&[], None),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = Youtube
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(said(&taken(&account, &first)), ["post Ugx3"]);
    assert_eq!(first.next_in, Some(Duration::from_secs(30)));
    let second = Youtube
        .poll(&later(&account, 1), Some(&first.cursor), &http)
        .await;
    let second = second.expect("it answers");
    assert_eq!(said(&taken(&account, &second)), ["post Ugx2"]);
    assert!(paths(&network)[3].ends_with("&pageToken=p2"));
}

#[tokio::test]
async fn pages_that_were_read_come_in_although_answers_below_one_comment_fail() {
    let network = FakeNetwork::start(vec![
        no_videos(),
        page(&[thread("Ugx3", "22T04:00", 0, &[])], Some("p2")),
        page(&[thread("Ugx2", "21T04:00", 7, &[])], None),
        Script::text(503, "").with("retry-after", "30"),
    ])
    .await;
    let account = account(&network);
    let polled = Youtube.poll(&account, None, &fixture::http()).await;
    let polled = polled.expect("what was read is given back");
    assert_eq!(said(&taken(&account, &polled)), ["post Ugx2", "post Ugx3"]);
}

#[tokio::test]
async fn the_days_units_are_never_overdrawn_and_survive_a_restart() {
    let network = FakeNetwork::start(vec![
        no_videos(),
        page(&[], None),
        page(&[], None),
        page(&[], None),
    ])
    .await;
    let mut tight = account(&network);
    tight.settings["quota_units"] = json!(102);
    tight.settings["reserved_units"] = json!(100);
    let http = fixture::http();
    let first = Youtube.poll(&tight, None, &http).await.expect("it answers");
    assert_eq!(first.trouble, None);
    let spent = Youtube
        .poll(&later(&tight, 5), Some(&first.cursor), &http)
        .await;
    let spent = spent.expect("it answers");
    assert_eq!(network.asked().len(), 2, "nothing more is asked for");
    assert_eq!(
        spent.trouble.as_ref().map(SendError::class),
        Some("retry_after")
    );
    let to_midnight = Duration::from_secs(3 * 3_600 - 5 * 60);
    assert_eq!(
        spent.next_in,
        Some(to_midnight),
        "until midnight by the Pacific"
    );
    let next_day = later(&tight, 181);
    assert_eq!(
        Youtube
            .usage(&next_day, &spent.cursor)
            .map(|usage| usage.used),
        Some(0)
    );
    tight.now = next_day.now;
    let fresh = Youtube
        .poll(&tight, Some(&spent.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(network.asked().len(), 4, "the videos were due as well");
    assert_eq!(fresh.trouble, None);
}

#[tokio::test]
async fn a_quota_used_up_elsewhere_is_believed() {
    let network = FakeNetwork::start(vec![refused(403, "quotaExceeded")]).await;
    let (account, http) = (account(&network), fixture::http());
    let first = Youtube
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(first.next_in, Some(Duration::from_secs(3 * 3_600)));
    let usage = Youtube.usage(&account, &first.cursor).expect("it counts");
    assert_eq!(Some(usage.used), usage.budget);
    let second = Youtube
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(
        second.trouble.map(|error| error.class()),
        Some("retry_after")
    );
    assert_eq!(network.asked().len(), 1);
}

#[tokio::test]
async fn comments_that_are_held_are_asked_for_where_it_is_wished() {
    let network = FakeNetwork::start(vec![
        no_videos(),
        page(&[], None),
        page(&[thread("Ugx5", "22T04:00", 0, &[])], None),
    ])
    .await;
    let mut account = account(&network);
    account.settings["held_comments"] = json!(true);
    let polled = Youtube
        .poll(&account, None, &fixture::http())
        .await
        .expect("it answers");
    assert_eq!(said(&taken(&account, &polled)), ["post Ugx5"]);
    assert!(
        network
            .last_asked()
            .path
            .ends_with("&moderationStatus=heldForReview")
    );
}
