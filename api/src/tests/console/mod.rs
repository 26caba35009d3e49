//! The console's pages: what they have, what browsers are told of them, and that a text is a text.

mod list;
mod shown;
mod size;

use axum::http::{Method, header};
use serde_json::json;

use crate::Budgets;
use crate::tests::costs::costs;
use crate::tests::server::Server;

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
