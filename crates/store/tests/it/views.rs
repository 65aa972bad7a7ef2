//! Views: one's own and the shared ones, nobody else's.

use kulant_model::ids::{AgentId, ViewId};
use kulant_store::views::{self, View};
use serde_json::json;

use crate::{NOW, databases};

fn view(id: i64, agent: Option<i64>) -> View {
    View {
        id: ViewId(id),
        agent: agent.map(AgentId),
        name: "Meine".to_owned(),
        filter: json!({"status": "open"}),
        created_at: NOW,
    }
}

#[tokio::test]
async fn nobody_sees_the_views_of_another() {
    for database in databases().await {
        database
            .write(|tx| {
                views::insert(tx, &view(1, Some(1)))?;
                views::insert(tx, &view(2, Some(2)))?;
                views::insert(tx, &view(3, None))?;
                let ids = |views: Vec<View>| views.iter().map(|view| view.id.0).collect::<Vec<_>>();
                assert_eq!(ids(views::list(tx, AgentId(1), 0, 10)?), [1, 3]);
                assert_eq!(ids(views::list(tx, AgentId(1), 1, 10)?), [3]);
                assert_eq!(views::find(tx, AgentId(1), ViewId(2))?, None);
                assert_eq!(views::find(tx, AgentId(1), ViewId(3))?, Some(view(3, None)));
                views::update(tx, &view(1, None))?;
                assert_eq!(ids(views::list(tx, AgentId(2), 0, 10)?), [1, 2, 3]);
                views::remove(tx, ViewId(1))?;
                assert_eq!(ids(views::list(tx, AgentId(2), 0, 10)?), [2, 3]);
                Ok(())
            })
            .await;
    }
}
