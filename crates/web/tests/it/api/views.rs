//! `/views`: one's own and the shared ones.

use axum::http::Method;
use kulant_model::role::Role;
use serde_json::json;

use crate::houses;

const VIEWS: &str = "/api/v1/views";

#[tokio::test]
async fn ones_own_views_are_nobody_elses_and_shared_ones_are_everybodys() {
    for house in houses().await {
        let chef = house.administrator().await;
        house.agent("anna@example.org", Role::Agent, &[]).await;
        let anna = house.sign_in("anna@example.org").await;
        let own = anna
            .post(
                VIEWS,
                json!({"name": "Meine", "filter": {"status": "open", "q": "zug"}}),
            )
            .await;
        assert_eq!(own.status, 201, "{own:?}");
        assert_eq!(own.json["shared"], false);
        let shared = json!({"name": "Alle", "shared": true, "filter": {"team": "none"}});
        assert_eq!(anna.post(VIEWS, shared.clone()).await.status, 403);
        let shared = chef.post(VIEWS, shared).await;

        let count = |answer: crate::Answer| answer.json["items"].as_array().map(Vec::len);
        assert_eq!(count(anna.get(VIEWS).await), Some(2));
        assert_eq!(count(chef.get(VIEWS).await), Some(1));

        let own = format!("{VIEWS}/{}", own.id());
        let shared = format!("{VIEWS}/{}", shared.id());
        let rename = Some(json!({"name": "Neu"}));
        assert_eq!(
            chef.send(Method::PATCH, &own, rename.clone(), &[])
                .await
                .status,
            404
        );
        assert_eq!(
            anna.send(Method::PATCH, &shared, rename.clone(), &[])
                .await
                .status,
            403
        );
        let renamed = anna.send(Method::PATCH, &own, rename, &[]).await;
        assert_eq!(renamed.json["name"], "Neu");
        assert_eq!(renamed.json["filter"]["q"], "zug");
        let widened = anna
            .send(Method::PATCH, &own, Some(json!({"shared": true})), &[])
            .await;
        assert_eq!(widened.status, 403);
        assert_eq!(
            anna.send(Method::DELETE, &shared, None, &[]).await.status,
            403
        );
        assert_eq!(anna.send(Method::DELETE, &own, None, &[]).await.status, 204);
        assert_eq!(
            chef.send(Method::DELETE, &shared, None, &[]).await.status,
            204
        );
        assert_eq!(count(anna.get(VIEWS).await), Some(0));

        let unknown = chef
            .post(VIEWS, json!({"name": "x", "filter": {"sql": "1=1"}}))
            .await;
        assert_eq!(
            (unknown.status, unknown.fault()),
            (422, ("filter", "unknown"))
        );
    }
}
