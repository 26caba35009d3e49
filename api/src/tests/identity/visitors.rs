//! Identity is the API's: who visits a preview has no token, and needs none.

use axum::http::Method;
use serde_json::json;

use super::{As, guarded};

#[tokio::test]
async fn a_visitor_needs_no_token_where_the_api_does() {
    let server = guarded().await;
    let ada = As::new(&server, "deployer", "ada").await;
    let (id, _) = ada.created(json!({"name": "shop", "access": "link"})).await;
    for path in ["/", "/previews"] {
        let visit = server.request(Method::GET, path);
        let visit = visit.header("host", "shop.a1.example.com").send();
        let answer = visit.await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        assert_eq!(answer.headers()["x-tempus"], "locked", "{path}");
    }
    let link = ada.get(&format!("/preview/{id}/link")).await;
    assert_eq!(link.status, 200, "{}", link.json());
}
