//! Previews with a database of their own: the real program, real processes, a real Postgres.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod app;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempus_engine::testing::postgres::Postgres;
use tempus_tests::server::{Api, Server, eventually, proved_gone, search, text};

/// How long what is destroyed may take to be proved gone.
const GONE: Duration = Duration::from_mins(1);

/// A server whose previews may have databases.
async fn server(settings: &[(&str, &str)]) -> (Server, &'static Postgres) {
    let postgres = Postgres::shared();
    let (url, password) = (postgres.url(), postgres.password_file());
    let own = [
        ("database.url", url.as_str()),
        ("database.password_file", password.to_str().unwrap()),
        ("log.level", "debug"),
    ];
    (Server::start(&[&own, settings].concat()).await, postgres)
}

/// The name of a preview's database, which the server's own answer has.
async fn database(api: &Api, preview: &str) -> String {
    let view = api.preview(preview).await;
    text(&view["resources"], "database").to_owned()
}

/// What there is of databases and roles of an installation.
fn left(server: &Server, postgres: &Postgres) -> String {
    let prefix = format!("tempus_{}_", server.installation());
    let sql = "SELECT datname FROM pg_database WHERE starts_with(datname, '{}') \
        UNION ALL SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{}')";
    postgres.psql(&sql.replace("{}", &prefix)).unwrap()
}

async fn update(api: &Api, preview: &str, body: &Value) -> Value {
    let path = format!("/preview/{preview}/update");
    let accepted = api.post(&path, body).send().await.expect(202);
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    job
}

async fn page(api: &Api, name: &str, path: &str) -> String {
    let page = api.visit(name, path).send().await;
    assert_eq!(page.status, 200, "{}", page.text());
    page.text()
}

#[tokio::test]
async fn a_preview_has_a_database_of_its_own_for_its_whole_life() {
    let (server, postgres) = server(&[]).await;
    let api = server.api();
    let request = app::request(&server, postgres, "shop");
    let accepted = api.ready(&request).await;
    let preview = text(&accepted, "preview_id").to_owned();
    let neighbour = api.ready(&app::request(&server, postgres, "other")).await;
    assert_eq!(page(&api, "shop", "/goods").await, "apple");
    assert_eq!(page(&api, "shop", "/add").await, "INSERT 0 1");
    assert_eq!(page(&api, "shop", "/goods").await, "apple pear");
    assert_eq!(page(&api, "other", "/goods").await, "apple");

    // An update keeps it, with what is in it.
    let name = database(&api, &preview).await;
    let env = json!({"PSQL": app::psql(postgres), "VERSION": "2"});
    update(&api, &preview, &json!({"env": env})).await;
    assert_eq!(page(&api, "shop", "/goods").await, "apple pear");
    assert_eq!(database(&api, &preview).await, name);

    // To a template without one and back: it goes, and another one comes.
    update(&api, &preview, &json!({"template": "api-service"})).await;
    let of_name = format!("SELECT count(*) FROM pg_database WHERE starts_with(datname, '{name}')");
    assert_eq!(postgres.psql(&of_name).unwrap(), "0");
    update(&api, &preview, &json!({"template": "api-database"})).await;
    assert!(
        page(&api, "shop", "/goods")
            .await
            .contains("does not exist"),
        "it begins with nothing"
    );
    update(&api, &preview, &json!({"template": "api-service"})).await;
    update(
        &api,
        &preview,
        &json!({"template": "api-database", "seed": "db/seed.sql"}),
    )
    .await;
    assert_eq!(page(&api, "shop", "/goods").await, "apple");

    // It ends while somebody is connected to it.
    let connected = page(&api, "shop", "/stay").await;
    assert_eq!(connected, "connected");
    api.destroy(&preview).await;
    let receipt = proved_gone(&api, &preview, GONE).await;
    let checks = receipt["checks"].as_array().unwrap();
    assert!(
        checks.iter().any(|check| check["kind"] == "database"),
        "{receipt:#}"
    );
    assert_eq!(page(&api, "other", "/goods").await, "apple");
    let neighbour = text(&neighbour, "preview_id");
    api.destroy(neighbour).await;
    proved_gone(&api, neighbour, GONE).await;
    assert_eq!(left(&server, postgres), "");
}

#[tokio::test]
async fn nobody_but_the_process_sees_the_password() {
    let (server, postgres) = server(&[]).await;
    let api = server.api();
    let accepted = api.ready(&app::request(&server, postgres, "shop")).await;
    let preview = text(&accepted, "preview_id");
    let url = page(&api, "shop", "/url").await;
    let password = url.split([':', '@']).nth(2).unwrap();
    assert_eq!(password.len(), 64, "{url}");
    let job = api.get(&format!("/job/{}", text(&accepted, "job_id")));
    let told = [
        api.preview(preview).await.to_string(),
        job.send().await.text(),
        server.log(),
        postgres.log(),
        postgres
            .psql("SELECT coalesce(string_agg(query, ' '), '') FROM pg_stat_activity")
            .unwrap(),
    ];
    assert!(told[3].contains("CREATE ROLE"), "statements are logged");
    for told in told {
        assert!(!told.contains(password));
    }
    // Store, its log and everything else: the process's own folder has what it is started from.
    let processes = server.data().join("processes");
    let mut starts = 0;
    search(&server.data(), &mut |path: &Path, bytes: &[u8]| {
        let holds = bytes
            .windows(password.len())
            .any(|w| w == password.as_bytes());
        starts += usize::from(holds && path.ends_with("launch.json"));
        assert!(!holds || path.starts_with(&processes), "{}", path.display());
    });
    assert_eq!(starts, 1, "the folder was searched");
    // No command line either.
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&line).contains(password));
    }
    api.destroy(preview).await;
    proved_gone(&api, preview, GONE).await;
}

#[tokio::test]
async fn a_server_that_dies_over_a_seed_leaves_no_half_of_it() {
    let (mut server, postgres) = server(&[]).await;
    let api = server.api();
    let mut request = app::request(&server, postgres, "shop");
    request["seed"] = json!("db/slow.sql");
    let accepted = api.create(&request).await;
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3)%' \
        AND query NOT LIKE '%pg_stat_activity%' AND state = 'active'";
    for _ in 0..2 {
        eventually("the seed is being loaded", GONE, async || {
            (postgres.psql(sleeping).unwrap() != "0").then_some(())
        })
        .await;
        server.kill();
        server.launch().await;
    }
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "succeeded", "{job:#}");
    assert_eq!(page(&api, "shop", "/goods").await, "apple");
    let preview = text(&accepted, "preview_id");
    let name = database(&api, preview).await;
    let all = format!("SELECT datname FROM pg_database WHERE starts_with(datname, '{name}')");
    assert_eq!(postgres.psql(&all).unwrap(), name);

    // Nor does one that dies over the end leave any of it.
    api.destroy(preview).await;
    server.kill();
    server.launch().await;
    proved_gone(&api, preview, GONE).await;
    assert_eq!(left(&server, postgres), "");
}

#[tokio::test]
async fn a_seed_that_fails_ends_the_preview_and_says_where() {
    let (server, postgres) = server(&[]).await;
    let api = server.api();
    let mut request = app::request(&server, postgres, "shop");
    request["seed"] = json!("db/wrong.sql");
    let accepted = api.create(&request).await;
    let job = api.job_ended(text(&accepted, "job_id")).await;
    assert_eq!(job["status"], "failed", "{job:#}");
    let reason = job["error"]["reason"].as_str().unwrap();
    assert!(reason.contains("db/wrong.sql: line 2"), "{job:#}");
    proved_gone(&api, text(&accepted, "preview_id"), GONE).await;
    assert_eq!(left(&server, postgres), "");
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_by_its_field() {
    let (server, postgres) = server(&[]).await;
    let api = server.api();
    let good = app::request(&server, postgres, "shop");
    let without = Server::start(&[]).await;
    for (api, changed, value, field) in [
        (&without.api(), "seed", Value::Null, "template"),
        (&api, "seed", json!("db/none.sql"), "seed"),
        (&api, "seed", json!("../up.sql"), "seed"),
        (&api, "seed", json!({"database": "Shop"}), "seed"),
        (&api, "template", json!("api-service"), "seed"),
        (&api, "secrets", json!({"DATABASE_URL": "X"}), "secrets"),
        (&api, "env", json!({"DATABASE_URL": "X"}), "env"),
    ] {
        let mut request = good.clone();
        request[changed] = value;
        let answer = api.post("/preview/create", &request).send().await;
        let problem = answer.expect(422);
        assert!(
            problem["errors"]
                .as_array()
                .unwrap()
                .iter()
                .any(|error| error["field"] == field),
            "{problem:#}"
        );
    }
}
