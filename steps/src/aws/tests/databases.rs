//! Previews with a database: on an emulator, and on a real Postgres.

use std::sync::Arc;

use serde_json::json;
use tempus_model::{Ledger, Seed, Spec, Template};

use super::world::World;
use crate::aws::names::Names;
use crate::aws::options::ListenerMode;
use crate::aws::testing::{Emulator, options, service, spec};
use crate::postgres::{DatabaseKeys, Databases, Password, Server, Transport};
use crate::testing::postgres::Postgres;
use crate::{Ctx, Platform, Trust, template};

/// What a preview with a database is made of, as an inventory has it.
const ALL: [&str; 6] = [
    "database",
    "database-url",
    "rule",
    "service",
    "target-group",
    "task-definition",
];

fn databases(key: &str) -> Databases {
    let postgres = Postgres::shared();
    Databases::On(Arc::new(Server {
        address: postgres.url().parse().unwrap(),
        password: Password::Text(Postgres::PASSWORD.to_owned()),
        transport: Transport::Plain,
        keys: DatabaseKeys::parse(&key.repeat(40)).unwrap(),
    }))
}

async fn world() -> World {
    let endpoint = Emulator::shared().endpoint();
    World::with_databases(endpoint, ListenerMode::Path, databases("k")).await
}

fn wanted() -> Spec {
    let mut wanted = spec(vec![service("web", 8080, Some("/"))]);
    wanted.template = Template::ApiDatabase.to_string();
    wanted
}

/// The parameter's value, as ECS reads it.
async fn url(world: &World) -> String {
    let names = Names {
        installation: world.ctx.installation(),
        preview: world.ctx.identity.id,
    };
    let asked = json!({"Name": names.database_url(), "WithDecryption": true});
    let parameter = world.client.raw_ssm("GetParameter", &asked).await;
    assert_eq!(
        parameter["Parameter"]["Type"], "SecureString",
        "{parameter}"
    );
    parameter["Parameter"]["Value"].as_str().unwrap().to_owned()
}

/// The task definition that runs, as ECS describes it.
async fn definition(world: &World) -> aws_sdk_ecs::types::ContainerDefinition {
    let family = world.family(&wanted());
    let asked = world
        .client
        .ecs
        .describe_task_definition()
        .task_definition(family);
    let found = asked.send().await.unwrap().task_definition.unwrap();
    found.container_definitions.unwrap().remove(0)
}

#[tokio::test]
async fn the_container_is_told_of_its_database_by_reference() {
    let mut world = world().await;
    world.converge(&wanted()).await.unwrap();
    assert_eq!(world.kinds().await, ALL);
    assert!(world.strays().await.is_empty());
    let url = url(&world).await;
    let postgres = Postgres::shared();
    postgres.psql_at(&url, "CREATE TABLE kept (x int)").unwrap();

    let container = definition(&world).await;
    let secrets: Vec<_> = container
        .secrets()
        .iter()
        .map(|of| (of.name(), of.value_from()))
        .collect();
    let resources = world.platform.resources(&world.ledger);
    let parameter = resources["database_url_parameter"].as_str().unwrap();
    assert_eq!(secrets, [("DATABASE_URL", parameter)]);
    let password = url.split([':', '@']).nth(2).unwrap();
    assert_eq!(password.len(), 64);
    let told = [
        format!("{container:?}"),
        serde_json::to_string(&world.ledger).unwrap(),
    ];
    assert!(told.iter().all(|told| !told.contains(password)));

    // An update keeps the database; one to another template takes it away, and back makes another.
    let mut newer = wanted();
    newer.services[0].image = Some("registry/app:2".into());
    world.ctx.generation = world.ctx.generation.next();
    world.converge(&newer).await.unwrap();
    postgres.psql_at(&url, "SELECT x FROM kept").unwrap();
    let plain = spec(vec![service("web", 8080, Some("/"))]);
    world.converge(&plain).await.unwrap();
    assert!(
        !world
            .kinds()
            .await
            .iter()
            .any(|kind| kind.starts_with("database"))
    );
    assert!(postgres.psql_at(&url, "SELECT 1").is_err());
    world.converge(&wanted()).await.unwrap();
    assert!(postgres.psql_at(&url, "SELECT x FROM kept").is_err());
    assert_eq!(postgres.psql_at(&url, "SELECT 1").unwrap(), "1");

    world.unwind().await.unwrap();
    assert_eq!(world.kinds().await, [""; 0]);
    assert!(world.strays().await.is_empty() && world.ledger.is_empty());
}

#[tokio::test]
async fn an_audit_finds_what_no_ledger_knows_and_leaves_the_neighbours() {
    let mut world = world().await;
    let mut beside = world.beside().await;
    world.converge(&wanted()).await.unwrap();
    beside.converge(&wanted()).await.unwrap();
    world.ledger = Ledger::default();
    world.ctx.trust = Trust::Suspect;
    let audit = world
        .platform
        .audit(&world.ctx, &world.ledger)
        .await
        .unwrap();
    let checked: Vec<_> = audit
        .checks
        .iter()
        .map(|check| check.kind.as_str())
        .collect();
    assert!(
        checked.contains(&"database") && checked.contains(&"database-url"),
        "{checked:?}"
    );
    world.remove_strays().await;
    assert_eq!(world.kinds().await, [""; 0]);
    assert_eq!(beside.kinds().await, ALL);
    assert_eq!(
        Postgres::shared()
            .psql_at(&url(&beside).await, "SELECT 1")
            .unwrap(),
        "1"
    );

    // What is left of a database is found too: the role alone, and one that was being made.
    let name = beside.platform.resources(&beside.ledger)["database"].clone();
    let name = name.as_str().unwrap();
    Postgres::shared()
        .psql(&format!("CREATE DATABASE {name}_new"))
        .unwrap();
    let found: Vec<_> = beside
        .strays()
        .await
        .into_iter()
        .map(|stray| stray.resource.name)
        .collect();
    assert_eq!(found, [format!("{name}_new")]);
    beside.remove_strays().await;
    assert_eq!(beside.kinds().await, ALL);
    beside.ledger = Ledger::default();
    Postgres::shared()
        .psql(&format!("DROP DATABASE {name}"))
        .unwrap();
    assert!(beside.kinds().await.contains(&"database-role".to_owned()));
    beside.remove_strays().await;
    assert_eq!(beside.kinds().await, [""; 0]);
}

#[tokio::test]
async fn a_new_key_reaches_the_parameter_once_the_old_one_is_gone() {
    let mut world = world().await;
    world.converge(&wanted()).await.unwrap();
    let before = url(&world).await;
    // A parameter that somebody deleted is made again, the same.
    let name = world.platform.resources(&world.ledger)["database_url_parameter"].clone();
    world
        .client
        .raw_ssm("DeleteParameter", &json!({"Name": name}))
        .await;
    world.ctx.trust = Trust::Suspect;
    verify(&world).await;
    assert_eq!(url(&world).await, before);
    let mut options = world.options.clone();
    options.databases = databases("n");
    world.platform = crate::aws::AwsPlatform::new(options).await.unwrap();
    verify(&world).await;
    let after = url(&world).await;
    assert_ne!(after, before);
    assert_eq!(Postgres::shared().psql_at(&after, "SELECT 1").unwrap(), "1");
    world.unwind().await.unwrap();
}

/// Carries both steps out again, as a verify does.
async fn verify(world: &World) {
    for kind in ["database", "database-url"] {
        let entry = world
            .ledger
            .entries()
            .iter()
            .find(|entry| entry.step.kind() == kind)
            .unwrap();
        let code = world.platform.step(kind).unwrap();
        let output = entry.output.as_deref();
        let done = code
            .execute(&world.ctx, &entry.planned, output)
            .await
            .unwrap();
        assert!(matches!(done, crate::Progress::Done(_)), "{kind}: {done:?}");
    }
}

#[test]
fn what_cannot_be_had_is_refused_by_its_field() {
    let mut options = options();
    let admit = |options: &_, spec: &Spec| -> Vec<_> {
        let errors = template::admit(crate::aws::templates::ALL, options, spec).into_iter();
        errors.map(|error| error.field).collect()
    };
    let mut wanted = wanted();
    assert_eq!(admit(&options, &wanted), ["template"]);
    options.databases = Databases::Elsewhere;
    assert!(admit(&options, &wanted).is_empty());
    wanted.seed = Seed::dump("db/seed.sql");
    assert_eq!(admit(&options, &wanted), ["seed"]);
    wanted.seed = Seed::database("shop_template");
    assert!(admit(&options, &wanted).is_empty());
    let reference = "arn:aws:secretsmanager:eu-west-1:1:secret:url".to_owned();
    wanted.services[0]
        .secrets
        .insert("DATABASE_URL".to_owned(), reference);
    assert_eq!(admit(&options, &wanted), ["services[0].secrets"]);
}
