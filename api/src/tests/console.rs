//! The console's pages: what they have, what browsers are told of them, and that a text is a text.

use axum::http::{Method, header};
use serde_json::json;

use super::costs::costs;
use super::server::Server;
use crate::Budgets;

/// A page as it comes. No document describes pages, so nothing is held against one.
pub(super) struct Page {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Page {
    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

pub(super) async fn send(request: reqwest::RequestBuilder) -> Page {
    let client = tempus_steps::http::plain()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let response = client.execute(request.build().unwrap()).await.unwrap();
    Page {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

async fn get(server: &Server, path: &str) -> Page {
    send(server.request(Method::GET, path)).await
}

/// The pages of somebody who may see everything.
const PAGES: [&str; 4] = [
    "/",
    "/console/costs",
    "/console/dead-letters",
    "/console/health",
];

#[tokio::test]
async fn nothing_of_a_page_is_from_elsewhere_or_runs_that_is_no_file_of_ours() {
    let server = Server::with_costs(None, costs(Budgets::default())).await;
    let (preview, _) = server.created(json!({"name": "shop"})).await;
    let own = format!("/console/preview/{preview}");
    for path in PAGES.iter().copied().chain([own.as_str()]) {
        let page = get(&server, path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(
            page.header("referrer-policy"),
            "same-origin",
            "or a form's origin is null"
        );
        for inline in [" style=\"", " onclick", " onload", "javascript:", "<style"] {
            assert!(!page.text.contains(inline), "{inline} in {path}");
        }
        let sources = page.text.split(" src=\"").skip(1);
        let links = page.text.split("<link ").skip(1);
        let links = links.filter_map(|link| link.split("href=\"").nth(1));
        for target in sources.chain(links) {
            assert!(target.starts_with("/console/assets/"), "{path}: {target}");
        }
        assert_eq!(page.text.matches("<script").count(), 1, "{path}");
        assert!(page.text.contains("href=\"#page\"") && page.text.contains("<main id=\"page\""));
        assert!(page.text.contains("aria-current=\"page\""), "{path}");
    }
}

#[tokio::test]
async fn assets_are_kept_for_good_under_their_version_alone() {
    let server = Server::start().await;
    let page = get(&server, "/").await.text;
    let paths: Vec<_> = page
        .split('"')
        .filter(|text| text.starts_with("/console/assets/"))
        .collect();
    assert!(paths.len() >= 4, "{paths:?}");
    for path in &paths {
        let asset = get(&server, path).await;
        assert_eq!(asset.status, 200, "{path}");
        assert!(
            asset.header("cache-control").contains("immutable"),
            "{path}"
        );
        let tag = asset.header("etag").to_owned();
        let again = server
            .request(Method::GET, path)
            .header("if-none-match", &tag);
        let again = send(again).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
    }
    let script = paths
        .iter()
        .find(|path| path.ends_with("console.js"))
        .unwrap();
    let other = script.replace(script.split('/').nth(3).unwrap(), "0000000000000000");
    let other = get(&server, &other).await;
    assert_eq!(
        (other.status, other.header("cache-control")),
        (200, "no-cache")
    );
    let imported = get(&server, &script.replace("console.js", "live.js")).await;
    assert_eq!(
        imported.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    assert_eq!(
        get(&server, &script.replace("console.js", "../mod.rs"))
            .await
            .status,
        404
    );
    assert_eq!(
        get(&server, &script.replace("console.js", "other.js"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_page_that_is_the_same_is_not_sent_again() {
    let server = Server::start().await;
    let first = get(&server, "/").await;
    let known = |tag: &str| {
        server
            .request(Method::GET, "/")
            .header("if-none-match", tag)
    };
    let tag = first.header("etag").to_owned();
    assert_eq!(send(known(&tag)).await.status, 304);
    server.created(json!({"name": "shop"})).await;
    let changed = send(known(&tag)).await;
    assert_eq!(changed.status, 200);
    assert!(changed.text.contains("shop"));
    let tag = changed.header("etag").to_owned();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(
        send(known(&tag)).await.status,
        304,
        "times in a page are exact, so it stays the same"
    );
}

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
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let seen = server.get("/overview").await.json();
    assert_eq!(seen["listeners"][0]["taken"], 2, "{seen:#}");
    assert_eq!(seen["findings"]["parked"], 1);
    assert_eq!(seen["findings"]["unreadable"], 1);
    let page = get(&server, "/console/health").await.text;
    assert!(
        page.contains("1 parked, 1 unreadable") && page.contains("ada"),
        "{page}"
    );
}
