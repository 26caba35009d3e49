//! What pages show: texts as texts, why first, and who holds what.

use std::time::Duration;

use serde_json::json;

use super::{PAGES, get};
use crate::tests::server::Server;

#[tokio::test]
async fn hostile_texts_are_shown_as_texts() {
    let server = Server::start().await;
    let evil = "<script>alert(1)</script>";
    let (preview, _) = server
        .created(json!({
            "name": "shop", "repository": "acme/shop", "branch": format!("{evil}\"><img src=x>"),
            "owner": "<svg/onload=alert(1)>",
        }))
        .await;
    server.delete(&format!("/preview/{preview}")).await;
    server.hand.park(&preview, Some("web")).await;
    server.hand.unreadable_message("<img-src=x>").await;
    let own = format!("/console/preview/{preview}");
    let searched = "/?show=all&search=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in PAGES
        .iter()
        .copied()
        .chain([own.as_str(), "/?show=all", searched])
    {
        let page = get(&server, path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.text.matches("<script").count(), 1, "{path}");
        assert!(
            !page.text.contains("<img") && !page.text.contains("<svg/"),
            "{path}"
        );
    }
    let page = get(&server, &own).await.text;
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x&gt;"),
        "{page}"
    );
}

#[tokio::test]
async fn a_preview_says_why_first_and_shows_its_steps_and_its_proof() {
    let server = Server::start().await;
    let (preview, _) = server.created(json!({"name": "shop"})).await;
    let path = format!("/console/preview/{preview}");
    let page = get(&server, &path).await.text;
    assert!(
        page.contains("data-events=\"/job/"),
        "it is followed while it is made"
    );
    assert!(page.contains("data-growing") && page.contains("in the queue"));
    server.delete(&format!("/preview/{preview}")).await;
    server.hand.park(&preview, Some("web")).await;
    let page = get(&server, &path).await.text;
    let (why, steps) = (
        page.find("it does not end").unwrap(),
        page.find("Steps of the").unwrap(),
    );
    assert!(why < steps, "the reason is first");
    assert!(page.contains("It waits for a person"));

    let gone = server.gone().await;
    server.hand.prove(&gone).await;
    let page = get(&server, &format!("/console/preview/{gone}")).await.text;
    assert!(page.contains("Receipt: nothing is left"), "{page}");
    assert!(!page.contains("data-events"), "nothing is under way");
    assert!(
        !page.contains("data-open=\"destroy\""),
        "what is gone cannot be destroyed"
    );
    let unknown = get(
        &server,
        "/console/preview/00000000-0000-4000-8000-000000000000",
    )
    .await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text.contains("there is no preview of this id"));
    let other = server.get(&format!("/preview/{preview}")).await.json();
    let job = other["last_job"]["job_id"].as_str().unwrap();
    let theirs = get(&server, &format!("/console/preview/{gone}?job={job}")).await;
    assert_eq!(
        theirs.status, 404,
        "another preview's job is not shown here"
    );
}

#[tokio::test]
async fn an_overview_has_the_slots_and_who_holds_them() {
    let server = Server::start().await;
    let (shop, _) = server.created(json!({"name": "shop"})).await;
    server.created(json!({"name": "api", "owner": "ada"})).await;
    let gone = server.gone().await;
    let seen = server.get("/overview").await.json();
    assert_eq!(seen["quota"]["taken"], 2, "{seen:#}");
    assert_eq!(seen["quota"]["owners"].as_array().unwrap().len(), 2);
    assert_eq!(
        seen["listeners"][0]["taken"], 3,
        "what is gone has its slot until its receipt: {seen:#}"
    );
    assert_eq!(
        seen["phases"][0],
        json!({"phase": "pending", "previews": 2})
    );
    assert_eq!(seen["queue"]["in_flight"], 0);
    server.hand.prove(&gone).await;
    server.delete(&format!("/preview/{shop}")).await;
    server.hand.park(&shop, Some("web")).await;
    server.hand.unreadable_message("m1").await;
    // Whoever asks first after a while is told what is known, and starts another look.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let anew = async {
        loop {
            let seen = server.get("/overview").await.json();
            if seen["findings"]["parked"] == 1 {
                break seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(1), anew);
    let seen = seen.await.expect("another look");
    assert_eq!(seen["listeners"][0]["taken"], 2, "{seen:#}");
    assert_eq!(seen["findings"]["parked"], 1);
    assert_eq!(seen["findings"]["unreadable"], 1);
    let page = get(&server, "/console/health").await.text;
    assert!(
        page.contains("1 parked, 1 unreadable") && page.contains("ada"),
        "{page}"
    );
}
