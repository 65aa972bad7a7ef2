//! `/desk`: the embedded application, or a page that says how to build it.

use axum::http::Method;

use crate::houses;

#[tokio::test]
async fn every_place_within_the_desk_is_its_one_page() {
    for house in houses().await {
        let stranger = house.stranger();
        let built = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../desk/dist/index.html")
            .exists();
        if !built {
            // The page that says so is no problem document, so it is asked for in the raw.
            println!("skipped: desk: desk/dist is not built");
            return;
        }
        let mut nonces = Vec::new();
        for path in [
            "/desk",
            "/desk/",
            "/desk/conversations/7",
            "/desk/index.html",
        ] {
            let page = stranger.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.header("content-type").starts_with("text/html"));
            assert_eq!(page.header("cache-control"), "no-store");
            let policy = page.header("content-security-policy").to_owned();
            assert!(!policy.contains("unsafe"), "{policy}");
            let nonce = policy
                .split("'nonce-")
                .nth(1)
                .and_then(|rest| rest.split('\'').next())
                .expect("a nonce")
                .to_owned();
            assert!(page.text.contains(&format!("nonce=\"{nonce}\"")));
            nonces.push(nonce);
        }
        nonces.dedup();
        assert_eq!(nonces.len(), 4, "a nonce counts once");

        let page = stranger.get("/desk").await;
        let script = page
            .text
            .split("src=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a script");
        let file = stranger.get(script).await;
        assert_eq!(file.status, 200, "{script}");
        assert!(file.header("content-type").starts_with("text/javascript"));
        assert!(file.header("cache-control").contains("immutable"));
        let tag = file.header("etag").to_owned();
        let again = stranger
            .send(Method::GET, script, None, &[("if-none-match", &tag)])
            .await;
        assert_eq!((again.status, again.text.len()), (304, 0));
        let small = [("accept-encoding", "gzip, br")];
        let packed = stranger.send(Method::GET, script, None, &small).await;
        assert_eq!(packed.header("content-encoding"), "br");
        assert_eq!(packed.header("content-type"), file.header("content-type"));
        assert_eq!(packed.header("vary"), "accept-encoding");
        assert_ne!(packed.header("etag"), tag, "other bytes have another tag");
        assert_eq!(stranger.get("/desk/assets/nothing.js").await.status, 404);
    }
}
