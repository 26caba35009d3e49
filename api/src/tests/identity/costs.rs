//! What others' previews cost is nobody's business but an administrator's.

use serde_json::json;

use super::super::costs::{ago, costs};
use super::super::server::Server;
use super::{As, believing, kind};
use crate::Budgets;

#[tokio::test]
async fn each_sees_what_its_own_previews_cost() {
    let budgets = Budgets {
        total: Some(1e-9),
        per_owner: Some(1000.0),
        ..Budgets::default()
    };
    let server = Server::with_costs(Some(believing(Vec::new())), costs(budgets)).await;
    let ada = As::new(&server, "deployer", "ada").await;
    let bob = As::new(&server, "deployer", "bob").await;
    let viewer = As::new(&server, "viewer", "bob").await;
    let (hers, _) = ada.created(json!({"name": "hers"})).await;
    let (his, _) = bob.created(json!({"name": "his"})).await;
    for preview in [hers, his] {
        server.hand.run(&preview, ago(1)).await;
    }

    let seen = viewer.get("/costs").await.json();
    let owners = seen["owners"].as_array().unwrap();
    assert_eq!((owners.len(), &owners[0]["id"]), (1, &json!("bob")));
    assert!(!seen.to_string().contains("hers"), "{seen}");
    let budgets = seen["budgets"].as_array().unwrap();
    assert_eq!((budgets.len(), &budgets[0]["whose"]), (1, &json!("bob")));
    assert_eq!(viewer.get("/costs?owner=bob").await.status, 200);
    assert_eq!(kind(&viewer.get("/costs?owner=ada").await), "forbidden");

    let root = As::root(&server);
    let all = root.get("/costs").await.json();
    assert_eq!(all["owners"].as_array().unwrap().len(), 2);
    assert_eq!(all["budgets"][0]["whose"], "this installation");

    // Everybody's budget is spent: who spent it is said to an administrator alone.
    let refused = bob.post("/preview/create", json!({"name": "more"})).await;
    assert_eq!(kind(&refused), "budget");
    assert!(
        !refused.json().to_string().contains("ada"),
        "{}",
        refused.json()
    );
    let refused = root.post("/preview/create", json!({"name": "more"})).await;
    assert!(
        refused.json().to_string().contains("ada"),
        "{}",
        refused.json()
    );
}
