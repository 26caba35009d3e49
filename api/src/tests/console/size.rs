//! However many previews there are, what people look at again and again reads a page of them.

use serde_json::json;

use super::get;
use crate::Config;
use crate::tests::server::Server;

/// More than anything here may read.
const MANY: u64 = 300;
/// What a page shows.
const PAGE: u64 = 50;

#[tokio::test]
async fn a_list_reads_one_page_however_much_there_is() {
    let server = Server::on(crate::Socket::plain, |config: &mut Config| {
        config.quotas.per_owner = 1000;
        config.quotas.total = 1000;
    })
    .await;
    for number in 0..MANY {
        let body = json!({"name": format!("app-{number}"), "repository": "acme/shop"});
        server.created(body).await;
    }
    let cost = async |path: &str| {
        let before = server.hand.read();
        let page = get(&server, path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        (page.text, server.hand.read() - before)
    };
    let (first, _) = cost("/").await;
    let older = first.split("href=\"/?cursor=").nth(1).unwrap();
    let older = format!("/?cursor={}", older.split('"').next().unwrap());
    for path in [
        "/",
        &older,
        "/?show=ready",
        "/?show=all",
        "/?show=parked",
        "/?show=gone",
        "/?repository=acme%2Fshop",
        "/console/dead-letters",
    ] {
        let (_, read) = cost(path).await;
        assert!(read <= PAGE, "{path} read {read} previews");
    }
    // Whoever looks at it again meanwhile is shown what was found out.
    let (_, read) = cost("/console/health").await;
    assert!(read >= MANY, "health read {read}");
    let (_, read) = cost("/console/health").await;
    assert_eq!(read, 0);
}
