//! Who did what is told by what they proved themselves by, and no secret with it.

use serde_json::json;

use super::{As, guarded};

#[tokio::test]
async fn a_token_is_told_by_its_id_and_by_nothing_else() {
    let server = guarded().await;
    let ada = As::new(&server, "deployer", "ada").await;
    let (preview, _) = ada.created(json!({"name": "hers"})).await;
    let path = format!("/preview/{preview}/pin");
    As::root(&server)
        .post(&path, json!({"reason": "x", "for": "10d"}))
        .await;
    let told = ada.get(&format!("/preview/{preview}/history")).await;
    let events = told.json()["events"].clone();
    assert_eq!(events[0]["by"]["name"], "admin (configured token)");
    let by = &events[1]["by"];
    assert_eq!((&by["id"], &by["login"]), (&json!("ada"), &json!("ada")));
    let id = by["token_id"].as_str().unwrap();
    assert_eq!(by["name"], format!("ada (token {id})"));
    assert!(!String::from_utf8_lossy(&told.body).contains("tps_"));
}
