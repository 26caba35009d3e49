//! What one preview knows of another, and everybody else of its password.

use super::*;

#[tokio::test]
async fn no_preview_reaches_another_s_database() {
    let one = World::new();
    let other = one.beside();
    one.make(None).await.unwrap();
    other.make(None).await.unwrap();
    one.own("CREATE TABLE secret (x int)").await.unwrap();
    // The user and its password are the other's, the database is not.
    let (who, _) = other
        .url()
        .await
        .rsplit_once('/')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let to_the_other = format!("{who}/{}", one.name.as_str());
    let refused = other
        .postgres
        .psql_at(&to_the_other, "SELECT 1")
        .unwrap_err();
    assert!(
        refused.contains("permission denied for database"),
        "{refused}"
    );
    for grab in [
        format!("SET ROLE {}", one.name.as_str()),
        format!("DROP DATABASE {}", one.name.as_str()),
        format!("ALTER ROLE {} PASSWORD 'x'", one.name.as_str()),
        format!("GRANT {} TO CURRENT_USER", one.name.as_str()),
        "CREATE DATABASE mine".to_owned(),
        "CREATE ROLE mine".to_owned(),
        "COPY (SELECT 1) TO PROGRAM 'true'".to_owned(),
        "SELECT pg_read_file('/etc/passwd')".to_owned(),
        "SELECT rolpassword FROM pg_authid".to_owned(),
    ] {
        assert!(other.own(&grab).await.is_err(), "{grab}");
    }
    // Its own is its own.
    other
        .own("CREATE SCHEMA mine; CREATE TABLE mine.x (x int); DROP SCHEMA mine CASCADE")
        .await
        .unwrap();
    one.remove().await;
    other.remove().await;
}

#[tokio::test]
async fn the_server_never_sees_a_password() {
    let world = World::new();
    let derived = world.server.keys.derive(&world.name);
    let password = &derived[0].password;
    world.make(None).await.unwrap();
    let old = world.url().await;
    // Changed and made anew, it is not seen either.
    let mut later = world.beside();
    (later.name, later.preview) = (world.name.clone(), world.preview);
    later.server.keys = keys("n");
    later.make(None).await.unwrap();
    let newer = later.server.keys.derive(&later.name);
    let refused = world.postgres.psql_at(&old, "SELECT 1").unwrap_err();
    assert!(
        refused.contains("password authentication failed"),
        "the old key is gone: {refused}"
    );
    assert_eq!(later.own("SELECT 1").await.unwrap(), "1");

    let log = world.postgres.log();
    assert!(
        log.contains("CREATE ROLE") && log.contains("ALTER ROLE"),
        "statements are logged"
    );
    let seen = world.asked("SELECT coalesce(string_agg(query, ' '), '') FROM pg_stat_activity");
    let kept = world.asked("SELECT rolpassword FROM pg_authid WHERE rolname = '{name}'");
    assert!(kept.starts_with("SCRAM-SHA-256$"), "{kept}");
    for password in [password, &newer[0].password] {
        for told in [&log, &seen, &kept] {
            assert!(!told.contains(password.as_str()));
        }
    }
    later.remove().await;
}

#[tokio::test]
async fn a_role_keeps_its_password_while_its_key_is_known() {
    let mut world = World::new();
    world.make(None).await.unwrap();
    let before = world.url().await;
    let both = format!("{} {}", "n".repeat(40), "k".repeat(40));
    world.server.keys = DatabaseKeys::parse(&both).unwrap();
    world.make(None).await.unwrap();
    assert_eq!(world.url().await, before);
    assert_eq!(world.own("SELECT 1").await.unwrap(), "1");
    // The old one is taken away: whoever starts now needs what is derived from the new one.
    world.server.keys = keys("n");
    let none = world
        .server
        .url(world.installation, world.preview)
        .await
        .unwrap_err();
    assert!(matches!(none, StepError::Transient { .. }), "{none}");
    world.make(None).await.unwrap();
    assert_ne!(world.url().await, before);
    assert_eq!(world.own("SELECT 1").await.unwrap(), "1");
    world.remove().await;
}
