//! From the opened pull request to the receipt, and what is said on the way.

use tempus_model::Phase;
use tempus_tests::github::World;

use super::sha;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_request_has_its_preview_and_one_comment() {
    let world = World::start().await;
    let opened = world.hub.change(7, |pull| pull.sha = sha('a'));
    world.deliver("pull_request", "1", &opened).await;
    world
        .until(
            "the preview is ready, and said to be",
            async |world: &World| {
                let said = world.hub.reports(7);
                world.phase("pr-7-shop").await == Some(Phase::Ready)
                    && said
                        .iter()
                        .any(|comment| comment.text.contains("`pr-7-shop`: ready"))
            },
        )
        .await;
    let first = world.preview("pr-7-shop").await.unwrap();
    assert_eq!(first.identity.owner.login, "octo/shop");
    world.until_rest().await;
    let said = world.hub.reports(7).remove(0);
    for expected in [
        "http://pr-7-shop.test/",
        &sha('a'),
        "Ends: ",
        "/logs",
        "| `healthy",
    ] {
        assert!(said.text.contains(expected), "{expected}: {}", said.text);
    }
    assert_eq!(world.hub.status(&sha('a')).unwrap(), "success");
    assert_eq!(world.hub.deployments(&sha('a')), ["success"]);

    // A push: the same preview, at the new commit.
    let pushed = world.hub.change(7, |pull| pull.sha = sha('b'));
    world.deliver("pull_request", "2", &pushed).await;
    world
        .until("it is at the new commit", async |world: &World| {
            world.commit("pr-7-shop").await == Some(sha('b'))
                && world.hub.status(&sha('b')).as_deref() == Some("success")
        })
        .await;
    world.until_rest().await;
    let second = world.preview("pr-7-shop").await.unwrap();
    assert_eq!(second.identity.id, first.identity.id);
    assert!(second.row.expires_at > first.row.expires_at);
    assert_eq!(world.hub.deployments(&sha('a')), ["inactive"]);
    assert_eq!(world.hub.deployments(&sha('b')), ["success"]);

    // Closed, and opened again at the same commit.
    let closed = world.hub.change(7, |pull| pull.open = false);
    world.deliver("pull_request", "3", &closed).await;
    world
        .until("it is gone, and said to be", async |world: &World| {
            let said = world.hub.reports(7);
            said.iter()
                .any(|comment| comment.text.contains("seen to be gone"))
        })
        .await;
    world.until_rest().await;
    assert!(world.cloud.truth().is_empty());
    assert_eq!(world.hub.deployments(&sha('b')), ["inactive"]);
    assert!(world.hub.reports(7)[0].text.contains("Receipt: "));
    let reopened = world.hub.change(7, |pull| pull.open = true);
    world.deliver("pull_request", "4", &reopened).await;
    world
        .until("there is another", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Ready)
        })
        .await;
    world.until_rest().await;
    assert_ne!(
        world.preview("pr-7-shop").await.unwrap().identity.id,
        first.identity.id
    );
    assert_eq!(world.hub.reports(7).len(), 1);
    assert_eq!(world.hub.seen().comments_created, 1);
    world.stop().await;
}

/// GitHub being down delays what is said, and nothing that takes down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_does_not_wait_for_github() {
    let world = World::start().await;
    let opened = world.hub.change(7, |pull| pull.sha = sha('a'));
    world.deliver("pull_request", "1", &opened).await;
    world
        .until("it is ready", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Ready)
        })
        .await;
    world.until_rest().await;
    // Pull requests of even numbers have a second of their own.
    let body = world.hub.change(8, |pull| pull.open = false);
    drop(body);
    world.hub.set_down(true);
    let closed = world.hub.change(7, |pull| pull.open = false);
    world.deliver("pull_request", "2", &closed).await;
    world
        .until("it is gone", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Destroyed)
        })
        .await;
    assert!(!world.hub.reports(7)[0].text.contains("gone"));
    world.hub.set_down(false);
    world
        .until("that is said", async |world: &World| {
            world.hub.reports(7)[0].text.contains("seen to be gone")
        })
        .await;
    world.stop().await;
}

/// What was made and not answered for is found, and not made again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_makes_no_second_comment_and_no_second_deployment() {
    let world = World::start().await;
    world
        .hub
        .chat(7, "<!-- tempus 0 0 0 --> a comment by somebody else");
    world.hub.lose(3);
    let opened = world.hub.change(7, |pull| pull.sha = sha('a'));
    world.deliver("pull_request", "1", &opened).await;
    world
        .until("all is said", async |world: &World| {
            let said = world.hub.reports(7);
            world.hub.deployments(&sha('a')) == ["success"]
                && said.iter().any(|comment| comment.text.contains("ready"))
        })
        .await;
    world.until_rest().await;
    assert_eq!(world.hub.reports(7).len(), 1);
    assert_eq!(world.hub.seen().comments_created, 1);
    // Deleted by somebody: there is one again as soon as there is something to say.
    world.hub.delete_comment(world.hub.reports(7)[0].id);
    let pushed = world.hub.change(7, |pull| pull.sha = sha('b'));
    world.deliver("pull_request", "2", &pushed).await;
    world
        .until("that is said", async |world: &World| {
            let said = world.hub.reports(7);
            said.iter().any(|comment| comment.text.contains("ready"))
        })
        .await;
    world.until_rest().await;
    assert_eq!(world.hub.reports(7).len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_repositorys_file_decides_on_labels_and_drafts_and_is_refused_with_a_reason() {
    let world = World::start().await;
    world.hub.put_file(".idp/config.yml", "labels preview\n");
    let opened = world.hub.change(7, |pull| pull.sha = sha('a'));
    world.deliver("pull_request", "1", &opened).await;
    world.until_rest().await;
    assert!(world.preview("pr-7-shop").await.is_none());
    assert!(world.hub.reports(7).is_empty(), "nothing to say");
    let labeled = world.hub.change(7, |pull| {
        pull.labels.insert("preview".to_owned());
    });
    world.deliver("pull_request", "2", &labeled).await;
    world
        .until("it is ready", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Ready)
        })
        .await;
    let drafted = world.hub.change(7, |pull| pull.draft = true);
    world.deliver("pull_request", "3", &drafted).await;
    world
        .until("it is gone", async |world: &World| {
            world.phase("pr-7-shop").await == Some(Phase::Destroyed)
        })
        .await;
    world.hub.put_file(".tempus.yml", "nonsense\n");
    let pushed = world.hub.change(9, |pull| pull.sha = sha('c'));
    world.deliver("pull_request", "4", &pushed).await;
    world
        .until("what is wrong is said", async |world: &World| {
            let said = world.hub.reports(9);
            said.iter()
                .any(|comment| comment.text.contains("\"nonsense\" is no rule"))
        })
        .await;
    world.until_rest().await;
    assert!(world.preview("pr-9-shop").await.is_none());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_has_its_own_preview_until_it_has_a_pull_request() {
    let world = World::start().await;
    let pushed = world.hub.set_branch("feature/payment-api", Some(&sha('a')));
    world.deliver("push", "1", &pushed).await;
    world
        .until("it is ready", async |world: &World| {
            world.phase("preview-payment-api").await == Some(Phase::Ready)
        })
        .await;
    let deleted = world.hub.set_branch("feature/payment-api", None);
    world.deliver("push", "2", &deleted).await;
    world
        .until("it is gone", async |world: &World| {
            world.phase("preview-payment-api").await == Some(Phase::Destroyed)
        })
        .await;
    let pushed = world.hub.set_branch("branch-5", Some(&sha('b')));
    world.deliver("push", "3", &pushed).await;
    world
        .until("it is ready", async |world: &World| {
            world.phase("preview-branch-5").await == Some(Phase::Ready)
        })
        .await;
    let opened = world.hub.change(5, |pull| pull.sha = sha('b'));
    world.deliver("pull_request", "4", &opened).await;
    world
        .until("the pull request has it instead", async |world: &World| {
            world.phase("preview-branch-5").await == Some(Phase::Destroyed)
                && world.phase("pr-5-shop").await == Some(Phase::Ready)
        })
        .await;
    world.stop().await;
}
