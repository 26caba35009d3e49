//! The store as one file.

use axum::http::Method;
use serde_json::json;

use super::server::Server;

#[tokio::test]
async fn a_backup_is_the_whole_store_in_one_file() {
    let server = Server::start().await;
    server.created(json!({"name": "kept-in-it"})).await;
    let answer = server.send(server.request(Method::POST, "/backup")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/vnd.sqlite3");
    assert_eq!(
        answer.header("content-length"),
        answer.body.len().to_string()
    );
    assert!(answer.body.starts_with(b"SQLite format 3\0"));
    let name = b"kept-in-it";
    assert!(answer.body.windows(name.len()).any(|window| window == name));
}
