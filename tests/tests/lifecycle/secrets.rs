//! Secrets of previews on one machine: named in requests and rows, read from the server's file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use tempus_tests::server::{Server, app, search, text};

const SECRET: &str = "a-secret-of-this-test";

fn request(server: &Server, name: &str, reference: &str) -> Value {
    let mut request = app::request(server, name, &json!({}));
    request["env"] = json!({});
    request["secrets"] = json!({"VERSION": reference});
    request
}

fn keep(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn a_service_gets_what_its_reference_names_and_nobody_else_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets");
    keep(&file, &format!("APP_VERSION={SECRET}\n"));
    let settings = [
        ("previews.secret_file", file.to_str().unwrap()),
        ("log.level", "debug"),
    ];
    let server = Server::start(&settings).await;
    let api = server.api();
    let accepted = api.ready(&request(&server, "shop", "APP_VERSION")).await;
    let page = api.visit("shop", "/").send().await.text();
    assert_eq!(page, format!("web {SECRET}"));

    let preview = text(&accepted, "preview_id");
    let job = api.get(&format!("/job/{}", text(&accepted, "job_id")));
    let told = [
        api.preview(preview).await.to_string(),
        job.send().await.text(),
        server.log(),
    ];
    for told in told {
        assert!(!told.contains(SECRET), "{told}");
    }
    // The process's own folder has it, where it is started from and where it has written it itself.
    let processes = server.data().join("processes");
    let mut starts = 0;
    search(&server.data(), &mut |path: &Path, bytes: &[u8]| {
        let holds = bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes());
        starts += usize::from(holds && path.ends_with("launch.json"));
        assert!(!holds || path.starts_with(&processes), "{}", path.display());
    });
    assert_eq!(starts, 1, "the folder was searched");
}

#[tokio::test]
async fn what_is_no_name_of_the_file_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets");
    keep(&file, "APP_VERSION=1\n");
    let server = Server::start(&[("previews.secret_file", file.to_str().unwrap())]).await;
    let api = server.api();
    for reference in [
        "hunter2",
        "HUNTER2",
        "arn:aws:secretsmanager:eu-west-1:1:secret:hunter2",
    ] {
        let answer = api
            .post("/preview/create", &request(&server, "shop", reference))
            .send()
            .await;
        let problem = answer.expect(422);
        assert_eq!(problem["errors"][0]["field"], "secrets", "{problem:#}");
        assert!(!answer.text().to_lowercase().contains("hunter"));
    }
    let without = Server::start(&[]).await;
    let answer = without
        .api()
        .post("/preview/create", &request(&without, "shop", "APP_VERSION"))
        .send()
        .await;
    let problem = answer.expect(422);
    let said = text(&problem["errors"][0], "problem");
    assert!(said.contains("previews.secret_file"), "{problem:#}");
}
