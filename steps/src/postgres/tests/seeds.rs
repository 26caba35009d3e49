//! What databases begin with.

use tempfile::TempDir;

use super::*;
use crate::postgres::Folder;

/// A folder with a dump in it, and where a step finds that.
fn dump(text: &str) -> (TempDir, Source) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seed.sql"), text).unwrap();
    let source = Source::Dump {
        folder: Some(Folder {
            path: folder.path().to_owned(),
            called: "here".to_owned(),
        }),
        path: "seed.sql".to_owned(),
    };
    (folder, source)
}

#[tokio::test]
async fn what_pg_dump_writes_is_loaded_once() {
    let from = World::new();
    from.make(None).await.unwrap();
    from.own(
        "CREATE TABLE goods (id serial PRIMARY KEY, name text);
         INSERT INTO goods (name) VALUES ('tab\there'), ('back\\slash'), (NULL), ('a;b');
         CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql AS $$ SELECT 2 * x; $$;",
    )
    .await
    .unwrap();
    let url = from.url().await;
    let dumped = std::process::Command::new(from.postgres.programs().join("pg_dump"))
        .args(["--no-owner", "--no-privileges", "-d", &url])
        .output()
        .unwrap();
    assert!(dumped.status.success(), "{dumped:?}");
    let text = String::from_utf8(dumped.stdout).unwrap();
    assert!(text.contains("FROM stdin;"), "{text}");

    let to = World::new();
    let (_folder, source) = dump(&text);
    to.make(Some(&source)).await.unwrap();
    let all = "SELECT string_agg(name, '|' ORDER BY id), twice(21) FROM goods";
    assert_eq!(to.own(all).await.unwrap(), from.own(all).await.unwrap());
    // The sequence goes on where it was, and the tables are the preview's own.
    to.own("INSERT INTO goods (name) VALUES ('new'); ALTER TABLE goods ADD y int")
        .await
        .unwrap();
    to.make(Some(&source)).await.unwrap();
    assert_eq!(to.own("SELECT count(*) FROM goods").await.unwrap(), "5");
    from.remove().await;
    to.remove().await;
}

#[tokio::test]
async fn half_a_seed_is_never_taken_for_a_whole_one() {
    let world = World::new();
    // As whoever died in the middle of it has left it.
    let (_folder, slow) =
        dump("CREATE TABLE half (x int);\nCOPY half FROM stdin;\n\\.\nSELECT pg_sleep(600);\n");
    let dies = tokio::time::timeout(
        Duration::from_mins(10),
        world.server.make(&world.name, Some(&slow)),
    );
    tokio::select! {
        made = dies => panic!("{made:?}"),
        () = eventually("the seed is being loaded", || {
            world.asked("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600);\n'") == "1"
        }) => {}
    }
    assert_eq!(
        world.asked("SELECT datname FROM pg_database WHERE starts_with(datname, '{name}')"),
        world.name.unfinished()
    );
    let (_folder, good) = dump("CREATE TABLE whole (x int);");
    world.make(Some(&good)).await.unwrap();
    let tables = "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(world.own(tables).await.unwrap(), "whole");
    assert_eq!(world.count(), "1|1");
    world.remove().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_dump_is_said_with_its_line_and_leaves_no_database() {
    let world = World::new();
    for (text, says) in [
        ("SELECT 1;\n\nSELEKT 2;\n", "seed.sql: line 3: syntax error"),
        (
            "CREATE TABLE a (x int);\nCOPY a FROM stdin;\none\n\\.\n",
            "in what begins at line 2: invalid input syntax",
        ),
        (
            "CREATE TABLE a (x int);\nALTER TABLE a OWNER TO nobody_knows;\n",
            "--no-owner",
        ),
        ("COPY (SELECT 1) TO PROGRAM 'true';\n", "permission denied"),
        ("\\! true\n", "seed.sql: line 1: is a command of psql's"),
    ] {
        let (_folder, source) = dump(text);
        let error = world.make(Some(&source)).await.unwrap_err();
        assert!(matches!(error, StepError::Rejected { .. }), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
        let whole = world.asked("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
        assert_eq!(whole, "0", "{text}");
    }
    world.remove().await;
    assert_eq!(world.count(), "0|0");
}

#[tokio::test]
async fn a_template_is_copied_with_everything_in_it_and_only_a_template() {
    let world = World::new();
    let template = format!("shop_{}", world.preview.short());
    let source = Source::Database(template.clone());
    let missing = world.make(Some(&source)).await.unwrap_err().to_string();
    assert!(missing.contains("there is no database"), "{missing}");
    world.asked(&format!("CREATE DATABASE {template}"));
    let inside = format!(
        "postgres://postgres:{}@127.0.0.1:{}/{template}",
        Postgres::PASSWORD,
        world.postgres.port()
    );
    let fill = "
        CREATE SCHEMA \"Odd \"\"Name\"; CREATE TYPE \"Odd \"\"Name\".mood AS ENUM ('good');
        CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE TYPE pair AS (a int, b int);
        CREATE TYPE span AS RANGE (subtype = int);
        CREATE TABLE goods (id int GENERATED ALWAYS AS IDENTITY, n positive, m \"Odd \"\"Name\".mood);
        CREATE TABLE parted (x int) PARTITION BY LIST (x); CREATE SEQUENCE free;
        CREATE VIEW seen AS SELECT * FROM goods; CREATE MATERIALIZED VIEW kept AS SELECT 1 AS x;
        CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
        CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
        CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int);
        INSERT INTO goods (n, m) VALUES (7, 'good');";
    world.postgres.psql_at(&inside, fill).unwrap();
    let refused = world.make(Some(&source)).await.unwrap_err().to_string();
    assert!(refused.contains("IS_TEMPLATE true"), "{refused}");

    world.asked(&format!("ALTER DATABASE {template} IS_TEMPLATE true"));
    world.make(Some(&source)).await.unwrap();
    assert_eq!(world.own("SELECT n FROM seen").await.unwrap(), "7");
    // All of it is the preview's own, whatever it is.
    let of_others = "
        SELECT string_agg(name, ' ') FROM (
          SELECT relname::text AS name, relowner AS owner, relnamespace AS space FROM pg_class WHERE relkind <> 'i'
          UNION ALL SELECT proname::text, proowner, pronamespace FROM pg_proc
          UNION ALL SELECT typname::text, typowner, typnamespace FROM pg_type
          UNION ALL SELECT nspname::text, nspowner, oid FROM pg_namespace WHERE nspname <> 'public'
        ) AS things JOIN pg_namespace n ON n.oid = space
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND owner <> current_user::regrole";
    assert_eq!(world.own(of_others).await.unwrap(), "");
    world
        .own("DROP TABLE goods CASCADE; ALTER FUNCTION f(int) RENAME TO g")
        .await
        .unwrap();
    // The template is nobody's but its own.
    let owner = format!("SELECT datdba::regrole FROM pg_database WHERE datname = '{template}'");
    assert_eq!(world.asked(&owner), "postgres");
    let table = "SELECT tableowner FROM pg_tables WHERE tablename = 'goods'";
    assert_eq!(world.postgres.psql_at(&inside, table).unwrap(), "postgres");
    world.remove().await;
    world.asked(&format!("ALTER DATABASE {template} IS_TEMPLATE false"));
    world.asked(&format!("DROP DATABASE {template}"));
}
