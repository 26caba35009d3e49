//! The images of a preview at its end: its own go, and no neighbour's.

use serde_json::json;
use tempus_model::Spec;

use super::world::World;
use crate::aws::AwsPlatform;
use crate::aws::options::{Images, ListenerMode};
use crate::aws::testing::{Emulator, Kind, Strict, service, spec};

const REGISTRY: &str = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
/// Three commits.
const COMMITS: [&str; 3] = ["0123abc", "4567def", "89abcde"];

/// A preview whose images are deleted at its end.
async fn world(endpoint: &str) -> World {
    let mut world = World::new(endpoint, ListenerMode::Path).await;
    configure(&mut world, Images::Deleted).await;
    world
}

async fn configure(world: &mut World, images: Images) {
    world.options.images = images;
    world.platform = AwsPlatform::new(world.options.clone()).await.unwrap();
}

fn running(image: String) -> Spec {
    let mut web = service("web", 8080, Some("/"));
    web.image = Some(image);
    spec(vec![web])
}

/// The preview's image of a commit.
fn of_commit(world: &World, repository: &str, commit: &str) -> Spec {
    let name = &world.ctx.identity.name;
    running(format!("{REGISTRY}/{repository}:{name}-{commit}"))
}

/// Tags that are nobody's or a neighbour's, though they look like this preview's.
fn others(name: &str) -> Vec<String> {
    let commit = COMMITS[0];
    let mut others = vec![
        format!("{name}-api-{commit}"),
        format!("{name}1-{commit}"),
        format!("a-{name}-{commit}"),
        format!("{name}-{commit}-{commit}"),
        format!("{name}-012345"),
        format!("{name}-0123ABC"),
        format!("{name}-{}", "0".repeat(41)),
        name.to_owned(),
        "latest".to_owned(),
    ];
    others.sort();
    others
}

/// A repository of this world's own in the emulator, with these tags, each of another image.
async fn repository(world: &World, tags: &[String]) -> String {
    let name = format!("shop/{}", world.ctx.identity.short());
    let made = json!({ "repositoryName": name });
    world.client.raw_ecr("CreateRepository", &made).await;
    for tag in tags {
        let manifest = json!({ "schemaVersion": 2, "of": tag }).to_string();
        let image = json!({ "repositoryName": name, "imageTag": tag, "imageManifest": manifest });
        world.client.raw_ecr("PutImage", &image).await;
    }
    name
}

async fn tags(world: &World, repository: &str) -> Vec<String> {
    let asked = json!({ "repositoryName": repository });
    let answer = world.client.raw_ecr("ListImages", &asked).await;
    let ids = answer["imageIds"].as_array().unwrap().iter();
    let mut tags: Vec<_> = ids
        .map(|id| id["imageTag"].as_str().unwrap().to_owned())
        .collect();
    tags.sort();
    tags
}

fn own(world: &World) -> Vec<String> {
    let name = &world.ctx.identity.name;
    COMMITS.map(|commit| format!("{name}-{commit}")).into()
}

#[tokio::test]
async fn at_the_end_the_images_of_every_commit_go_and_no_neighbours() {
    let mut world = world(Emulator::shared().endpoint()).await;
    let others = others(world.ctx.identity.name.as_str());
    let repository = repository(&world, &[own(&world), others.clone()].concat()).await;
    let before = tags(&world, &repository).await;
    assert_eq!(before.len(), 3 + others.len());
    let elsewhere = running("nginx:alpine".to_owned());
    for wanted in [
        of_commit(&world, &repository, COMMITS[1]),
        of_commit(&world, &repository, COMMITS[2]),
        elsewhere,
    ] {
        world.ctx.generation = world.ctx.generation.next();
        world.converge(&wanted).await.unwrap();
    }
    assert_eq!(
        tags(&world, &repository).await,
        before,
        "updates delete none"
    );
    world.unwind().await.unwrap();
    assert_eq!(tags(&world, &repository).await, others);
    assert!(world.ledger.is_empty() && world.kinds().await.is_empty());
}

#[tokio::test]
async fn images_stay_unless_it_is_configured_and_while_they_are_another_s() {
    let mut world = world(Emulator::shared().endpoint()).await;
    let repository = repository(&world, &own(&world)).await;
    let wanted = of_commit(&world, &repository, COMMITS[0]);
    world.converge(&wanted).await.unwrap();
    // Taken back by whoever configures: the next update has no such step any more.
    configure(&mut world, Images::Kept).await;
    world.converge(&wanted).await.unwrap();
    let steps = world.ledger.entries().iter();
    assert!(steps.into_iter().all(|entry| entry.step.kind() != "images"));
    assert_eq!(tags(&world, &repository).await, own(&world));

    configure(&mut world, Images::Deleted).await;
    world.converge(&wanted).await.unwrap();
    world.ctx.succeeded = true;
    world.unwind().await.unwrap();
    assert_eq!(tags(&world, &repository).await, own(&world));
}

#[tokio::test]
async fn a_registry_that_is_strict_is_listed_page_by_page_and_keeps_what_has_another_tag() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let mut world = world(strict.endpoint()).await;
    let (own, others) = (own(&world), others(world.ctx.identity.name.as_str()));
    for tag in own.iter().chain(&others) {
        strict.push("shop", tag, tag);
    }
    // The same image as a neighbour's, and one that goes only after the list which leads to it.
    strict.push("shop", &own[0], "sha256:shared");
    strict.push("shop", &others[0], "sha256:shared");
    strict.lead("shop", &own[2], &own[1]);
    let wanted = of_commit(&world, "shop", COMMITS[0]);
    world.converge(&wanted).await.unwrap();
    drop(strict.take_calls());
    world.unwind().await.unwrap();
    assert_eq!(strict.image_tags("shop"), others);
    let calls = strict.take_calls();
    let count = |operation: &str| calls.iter().filter(|call| **call == operation).count();
    assert!(count("ListImages") > 3, "{calls:?}");
    assert_eq!(count("BatchDeleteImage"), 2, "{calls:?}");
}
