//! A pull request's database begins with the dump that is in its own commit.

use std::path::Path;
use std::time::Duration;

use tempus_engine::testing::postgres::Postgres;
use tempus_tests::github::Hub;
use tempus_tests::server::{Api, Leftovers, Server, eventually};

use super::journey::{SECRET, deliver, start};
use super::sha;

const MINUTE: Duration = Duration::from_mins(1);

/// A commit whose database begins with this good, made ready by this `build`; it answers with its letter
/// and what is in its database.
fn commit(hub: &Hub, letter: char, good: &str, build: &str) {
    let psql = Postgres::shared().programs().join("psql");
    let file = format!(
        "template: api-database\nseed: db/seed.sql\nbuild: {build}\ncommand: |\n  \
         mkdir -p public\n  \
         goods=$({} \"$DATABASE_URL\" -XAtc 'SELECT name FROM goods') || exit\n  \
         echo \"{letter} has $goods\" >public/index.html\n  \
         exec python3 -m http.server --bind 127.0.0.1 --directory public $PORT\n",
        psql.display()
    );
    let seed = format!("CREATE TABLE goods (name text);\nINSERT INTO goods VALUES ('{good}');\n");
    let files = [
        (".tempus.yml", 0o644, file.as_str()),
        ("db/seed.sql", 0o644, seed.as_str()),
    ];
    hub.commit(&sha(letter), &files);
}

async fn server(hub: &Hub, folder: &Path) -> Server {
    let postgres = Postgres::shared();
    let settings = [
        ("database.url", postgres.url()),
        (
            "database.password_file",
            postgres.password_file().display().to_string(),
        ),
    ];
    start(hub, folder, &settings).await
}

async fn tell(hub: &Hub, api: &Api, delivery: &str, letter: char, open: bool) {
    let body = hub.change(7, |pull| (pull.sha, pull.open) = (sha(letter), open));
    assert_eq!(deliver(api, delivery, &body, SECRET).await, 200);
}

async fn answers(api: &Api, what: &str) {
    eventually(&format!("it answers {what}"), MINUTE, async || {
        let answer = api.visit("pr-7-shop", "/").send().await;
        (answer.status == 200 && answer.text().trim() == what).then_some(())
    })
    .await;
}

async fn says(hub: &Hub, what: &str) -> String {
    eventually(&format!("it is said: {what}"), MINUTE, async || {
        let said = hub.reports(7);
        let found = said.into_iter().find(|comment| comment.text.contains(what));
        found.map(|comment| comment.text)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_begins_with_the_dump_of_its_commit_and_with_nothing_beside_it() {
    let hub = Hub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let server = server(&hub, folder.path()).await;
    let api = server.api();
    commit(&hub, 'a', "apple", "\"true\"");
    tell(&hub, &api, "1", 'a', true).await;
    answers(&api, "a has apple").await;

    // Another commit has another dump, and the database that is there already.
    commit(&hub, 'b', "pear", "touch built");
    tell(&hub, &api, "2", 'b', true).await;
    answers(&api, "b has apple").await;
    tell(&hub, &api, "3", 'b', false).await;
    says(&hub, "seen to be gone").await;

    // Opened again it is a new preview, whose database begins anew: here with what its build makes,
    // which is a way out.
    let outside = folder.path().join("outside.sql");
    std::fs::write(&outside, "CREATE TABLE goods (name text);\n").unwrap();
    let leave = format!("ln -sf {} db/seed.sql", outside.display());
    commit(&hub, 'c', "plum", &leave);
    tell(&hub, &api, "4", 'c', true).await;
    let said = says(&hub, "is no file in").await;
    let why = format!(
        "db/seed.sql is no file in octo/shop at the commit {}",
        &sha('c')[..7]
    );
    assert!(said.contains(&why), "{said}");
    let data = server.data().display().to_string();
    assert!(!said.contains(&data), "{said}");

    commit(&hub, 'd', "quince", "sed -i s/quince/fig/ db/seed.sql");
    tell(&hub, &api, "5", 'd', true).await;
    answers(&api, "d has fig").await;
    tell(&hub, &api, "6", 'd', false).await;
    says(&hub, "seen to be gone").await;
    assert_eq!(server.witness().leftovers(), Leftovers::default());
    let prefix = format!("tempus_{}_", server.installation());
    let left = format!("SELECT count(*) FROM pg_database WHERE starts_with(datname, '{prefix}')");
    assert_eq!(Postgres::shared().psql(&left).unwrap(), "0");
}
