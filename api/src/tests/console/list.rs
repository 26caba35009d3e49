//! The list of previews: what is chosen, searched for, and shown where there is nothing.

use serde_json::json;

use super::get;
use crate::tests::server::Server;

#[tokio::test]
async fn a_new_installation_is_shown_how_to_begin() {
    let server = Server::start().await;
    let page = get(&server, "/").await.text;
    for teaches in [
        "cargo run --release -- dev examples/hello",
        "tempus create",
        "data-call=\"POST /preview/create\"",
    ] {
        assert!(page.contains(teaches), "{teaches}");
    }
    let gone = server.gone().await;
    let page = get(&server, "/").await.text;
    assert!(
        !page.contains("Make your first preview") && page.contains("Nothing is live"),
        "{page}"
    );
    assert!(get(&server, "/?show=gone").await.text.contains(&gone));
}

#[tokio::test]
async fn filters_and_search_are_in_the_address() {
    let server = Server::start().await;
    for (name, repository) in [
        ("shop-one", "acme/shop"),
        ("shop-two", "acme/other"),
        ("api", "acme/shop"),
    ] {
        server
            .created(json!({"name": name, "repository": repository}))
            .await;
    }
    let names = async |path: &str| {
        let page = get(&server, path).await.text;
        let rows = page.split("data-say=\"").skip(1);
        let mut names: Vec<_> = rows
            .map(|row| row.split(' ').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("/").await, ["api", "shop-one", "shop-two"]);
    assert_eq!(names("/?search=SHOP-").await, ["shop-one", "shop-two"]);
    assert_eq!(names("/?repository=acme%2Fshop").await, ["api", "shop-one"]);
    assert_eq!(names("/?search=other&show=changing").await, ["shop-two"]);
    assert_eq!(names("/?show=ready").await, [""; 0]);
    let wrong = get(&server, "/?show=lost").await;
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.header("content-type"), "text/html; charset=utf-8");
    assert!(wrong.text.contains("show"), "{}", wrong.text);
}

#[tokio::test]
async fn a_search_goes_on_where_it_ended() {
    let server = Server::on(crate::Socket::plain, |config| config.quotas.per_owner = 100).await;
    for i in 0..6 {
        server
            .created(json!({"name": format!("app-{i}"), "branch": "x"}))
            .await;
        server
            .created(json!({"name": format!("shop-{i}"), "repository": "acme/shop", "branch": "y"}))
            .await;
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    for _ in 0..6 {
        let page = server
            .get(&format!("/previews?search=ACME&limit=2{cursor}"))
            .await
            .json();
        let previews = page["previews"].as_array().unwrap();
        assert!(previews.len() <= 2);
        found.extend(
            previews
                .iter()
                .map(|preview| preview["name"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(
        found,
        ["shop-5", "shop-4", "shop-3", "shop-2", "shop-1", "shop-0"]
    );
    let nothing = server.get("/previews?search=nothing-like-it").await.json();
    assert_eq!(nothing["previews"], json!([]));
    let empty = server.get("/previews?search=%20").await;
    assert_eq!(
        (empty.status, empty.fields()),
        (400, vec!["search".to_owned()])
    );
}
