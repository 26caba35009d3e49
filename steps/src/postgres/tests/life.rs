//! Made, found, kept, removed.

use super::*;
use crate::postgres::list::Things;

const WHOLE: Things = Things {
    database: true,
    unfinished: false,
    role: true,
};

#[tokio::test]
async fn made_twice_it_is_one_and_keeps_what_is_in_it() {
    let world = World::new();
    world.make(None).await.unwrap();
    world
        .own("CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)")
        .await
        .unwrap();
    world.make(None).await.unwrap();
    assert_eq!(world.own("SELECT x FROM kept").await.unwrap(), "7");
    assert_eq!(world.count(), "1|1");
    let listed = world
        .server
        .list(world.name.as_str(), world.installation)
        .await
        .unwrap();
    assert_eq!(listed[&world.name], WHOLE);
    world.remove().await;
    assert_eq!(world.count(), "0|0");
    // Nothing is left to remove, and that is fine.
    world.remove().await;
}

#[tokio::test]
async fn a_removal_that_is_not_wanted_any_more_is_made_good() {
    let world = World::new();
    world.make(None).await.unwrap();
    // As far as one came that was cut short.
    world.asked("ALTER ROLE {name} NOLOGIN");
    assert!(world.own("SELECT 1").await.is_err());
    world.make(None).await.unwrap();
    assert_eq!(world.own("SELECT 1").await.unwrap(), "1");
    world.remove().await;
}

#[tokio::test]
async fn two_workers_at_once_make_one() {
    let world = World::new();
    let made = futures::future::join_all((0..4).map(|_| world.make(None))).await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    assert_eq!(world.count(), "1|1");
    world.remove().await;
}

#[tokio::test]
async fn it_goes_while_clients_are_connected_and_keep_coming_back() {
    let world = World::new();
    world.make(None).await.unwrap();
    let url = world.url().await;
    let sleep = || {
        world
            .postgres
            .psql_command(&url, "SELECT pg_sleep(600)")
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let clients: Vec<_> = (0..3).map(|_| sleep()).collect();
    eventually("the clients are connected", || {
        world.asked("SELECT count(*) FROM pg_stat_activity WHERE usename = '{name}'") == "3"
    })
    .await;
    // What it has made elsewhere goes with it as well, and what it may do there.
    let elsewhere = format!("elsewhere_{}", world.preview.short());
    world.asked(&format!("CREATE DATABASE {elsewhere}"));
    let theirs = format!("{}/{elsewhere}", url.rsplit_once('/').unwrap().0);
    let admin = format!(
        "postgres://postgres:{}@127.0.0.1:{}/{elsewhere}",
        Postgres::PASSWORD,
        world.postgres.port()
    );
    let grant = format!("GRANT CREATE ON SCHEMA public TO {}", world.name.as_str());
    world.postgres.psql_at(&admin, &grant).unwrap();
    world
        .postgres
        .psql_at(&theirs, "CREATE TABLE mine (x int)")
        .unwrap();
    let lingering = world
        .postgres
        .psql_command(&theirs, "SELECT pg_sleep(600)")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();

    world.remove().await;
    assert_eq!(world.count(), "0|0");
    for client in clients.into_iter().chain([lingering]) {
        let ended = client.wait_with_output().unwrap();
        assert!(!ended.status.success(), "thrown out");
    }
    let left = "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'";
    assert_eq!(world.postgres.psql_at(&admin, left).unwrap(), "0");
    world.asked(&format!("DROP DATABASE {elsewhere}"));
}

#[tokio::test]
async fn what_is_another_installation_s_is_not_listed() {
    let (one, other) = (World::new(), World::new());
    let beside = one.beside();
    for world in [&one, &beside, &other] {
        world.make(None).await.unwrap();
    }
    let prefix = crate::postgres::names::of_installation(one.installation);
    let listed = one.server.list(&prefix, one.installation).await.unwrap();
    let mut own = vec![one.name.clone(), beside.name.clone()];
    own.sort();
    assert_eq!(listed.into_keys().collect::<Vec<_>>(), own);
    for world in [&one, &beside, &other] {
        world.remove().await;
    }
}

#[tokio::test]
async fn whoever_holds_the_lock_is_waited_for_and_whoever_hangs_loses_it() {
    let world = World::new();
    let held = world.server.lock(&world.name).await.unwrap().unwrap();
    let waits = world.server.make(&world.name, None).await.unwrap();
    assert_eq!(waits, busy());
    let waits = world.server.remove(&world.name).await.unwrap();
    assert_eq!(waits, busy());
    // It says nothing any more, as a frozen process would; the server ends it.
    world.make(None).await.unwrap();
    assert!(held.session.change("SELECT 1").await.is_err());
    // Work elsewhere keeps it, for longer than the server waits for a sign of life.
    let held = world.server.lock(&world.name).await.unwrap().unwrap();
    held.during(async {
        tokio::time::sleep(Duration::from_secs(12)).await;
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(world.server.make(&world.name, None).await.unwrap(), busy());
    held.free().await;
    world.remove().await;
}

#[tokio::test]
async fn who_may_make_databases_and_roles_needs_to_be_no_superuser() {
    let mut world = World::new();
    let admin = format!("admin_{}", world.preview.short());
    world.asked(&format!(
        "CREATE ROLE {admin} LOGIN CREATEDB CREATEROLE PASSWORD 'x'"
    ));
    let url = format!(
        "postgres://{admin}@127.0.0.1:{}/postgres",
        world.postgres.port()
    );
    world.server = server(&url, "x");
    let template = format!("template_{}", world.preview.short());
    let as_admin = |database: &str, sql: &str| {
        let url = format!(
            "postgres://{admin}:x@127.0.0.1:{}/{database}",
            world.postgres.port()
        );
        world.postgres.psql_at(&url, sql).unwrap()
    };
    as_admin(
        "postgres",
        &format!("CREATE DATABASE {template} IS_TEMPLATE true"),
    );
    as_admin(
        &template,
        "CREATE TABLE goods (x int); INSERT INTO goods VALUES (3)",
    );
    world
        .make(Some(&Source::Database(template.clone())))
        .await
        .unwrap();
    world.own("ALTER TABLE goods ADD y int").await.unwrap();
    let url = world.url().await;
    let client = world
        .postgres
        .psql_command(&url, "SELECT pg_sleep(600)")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the client is connected", || {
        world.asked("SELECT count(*) FROM pg_stat_activity WHERE usename = '{name}'") == "1"
    })
    .await;
    world.remove().await;
    assert!(!client.wait_with_output().unwrap().status.success());
    assert_eq!(world.count(), "0|0");
    as_admin(
        "postgres",
        &format!("ALTER DATABASE {template} IS_TEMPLATE false"),
    );
    as_admin("postgres", &format!("DROP DATABASE {template}"));
    world.asked(&format!("DROP ROLE {admin}"));

    world.asked(&format!("CREATE ROLE {admin} LOGIN PASSWORD 'x'"));
    let refused = world.make(None).await.unwrap_err();
    assert!(matches!(refused, StepError::Rejected { .. }), "{refused}");
    assert!(
        refused.to_string().contains("CREATEDB and CREATEROLE"),
        "{refused}"
    );
    world.asked(&format!("DROP ROLE {admin}"));
}
