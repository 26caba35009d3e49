//! Previews that sleep, on an emulator.

use std::time::Duration;

use tempus_model::transition::accept::{self, NewJob};
use tempus_model::{Actor, JobId, Snapshot, Spec, Timestamp, Wakefulness};

use super::world::World;
use crate::aws::listing;
use crate::aws::options::ListenerMode;
use crate::aws::testing::{Emulator, service, spec};
use crate::{Platform, Trust, Used};

const MINUTE: Duration = Duration::from_mins(1);

async fn world() -> World {
    World::new(Emulator::shared().endpoint(), ListenerMode::Path).await
}

fn sleeper() -> Spec {
    Spec {
        sleep: "30m".parse().ok(),
        ..spec(vec![
            service("web", 8080, Some("/")),
            service("db", 82, None),
        ])
    }
}

/// Each service's desired count and its deployment.
async fn stands(world: &World) -> Vec<(i32, String)> {
    let services = listing::service_names(world.platform.tools(), "tempus-").await;
    let described = world
        .client
        .ecs
        .describe_services()
        .cluster(&world.options.cluster)
        .set_services(Some(services.unwrap().into_iter().collect()))
        .send();
    let described = described.await.unwrap();
    let stands = described.services().iter().map(|service| {
        let deployment = service.deployments().first();
        let deployment = deployment.and_then(|deployment| deployment.id());
        (
            service.desired_count(),
            deployment.unwrap_or_default().to_owned(),
        )
    });
    stands.collect()
}

fn counts(stands: &[(i32, String)]) -> Vec<i32> {
    stands.iter().map(|(count, _)| *count).collect()
}

#[tokio::test]
async fn what_sleeps_has_no_task_and_no_rule_and_comes_back() {
    let (mut world, wanted) = (world().await, sleeper());
    world.converge(&wanted).await.unwrap();
    let awake = world.kinds().await;
    assert_eq!(counts(&stands(&world).await), [1, 1]);

    world.ctx.wakefulness = Wakefulness::Asleep;
    world.converge(&wanted).await.unwrap();
    let asleep = stands(&world).await;
    assert_eq!(counts(&asleep), [0, 0]);
    let kinds = world.kinds().await;
    let without_rule: Vec<_> = awake
        .iter()
        .filter(|kind| *kind != "rule")
        .cloned()
        .collect();
    assert_eq!(kinds, without_rule, "everything else stays");
    assert!(world.strays().await.is_empty());

    // A verify carries every step out again, and changes nothing.
    world.ledger.doubt_all();
    world.ctx.trust = Trust::Suspect;
    world.converge(&wanted).await.unwrap();
    assert_eq!(stands(&world).await, asleep);
    assert!(world.strays().await.is_empty());

    // Woken by a worker that trusts the row, and by one that does not.
    for trust in [Trust::Trusted, Trust::Suspect] {
        world.ctx.trust = trust;
        world.ctx.wakefulness = Wakefulness::Awake;
        world.converge(&wanted).await.unwrap();
        assert_eq!(counts(&stands(&world).await), [1, 1], "{trust:?}");
        assert_eq!(world.kinds().await, awake);
        world.ctx.wakefulness = Wakefulness::Asleep;
        world.converge(&wanted).await.unwrap();
        assert_eq!(counts(&stands(&world).await), [0, 0], "{trust:?}");
    }
    world.unwind().await.unwrap();
    assert_eq!(world.kinds().await, [""; 0]);
}

#[tokio::test]
async fn what_was_deleted_while_it_slept_is_made_again_and_woken() {
    let (mut world, wanted) = (world().await, sleeper());
    world.converge(&wanted).await.unwrap();
    world.ctx.wakefulness = Wakefulness::Asleep;
    world.converge(&wanted).await.unwrap();
    let services = listing::service_names(world.platform.tools(), "tempus-").await;
    for name in services.unwrap() {
        let delete = world.client.ecs.delete_service();
        let delete = delete.cluster(&world.options.cluster).service(name);
        delete.force(true).send().await.unwrap();
    }
    world.ledger.doubt_all();
    world.ctx.trust = Trust::Suspect;
    world.converge(&wanted).await.unwrap();
    assert_eq!(counts(&stands(&world).await), [0, 0]);
    world.ctx.trust = Trust::Trusted;
    world.ctx.wakefulness = Wakefulness::Awake;
    world.converge(&wanted).await.unwrap();
    assert_eq!(counts(&stands(&world).await), [1, 1]);
    world.unwind().await.unwrap();
    assert_eq!(world.kinds().await, [""; 0]);
}

/// What a platform is asked about: a preview whose row lists what was made.
fn snapshot(world: &World) -> Snapshot {
    let now = world.ctx.identity.created_at;
    let id = JobId::new("00000000-0000-4000-8000-000000000001".parse().unwrap());
    let expires_at = now.after(MINUTE * 120);
    let by = Actor::Worker;
    let new = NewJob { id, by, now };
    let mut row = accept::create(&world.ctx.identity, sleeper().id(), expires_at, None, &new).row;
    row.ledger = world.ledger.clone();
    Snapshot {
        identity: world.ctx.identity.clone(),
        row,
    }
}

#[tokio::test]
async fn cloudwatch_tells_whether_anybody_uses_it_and_its_silence_does_not() {
    let (mut world, wanted) = (world().await, sleeper());
    world.converge(&wanted).await.unwrap();
    let preview = snapshot(&world);
    let now = Timestamp::from_millis(jiff::Timestamp::now().as_millisecond());
    let since = now.before(MINUTE * 30);
    let used = async || world.platform.used_since(&preview, since).await.unwrap();
    assert_eq!(used().await, Used::Unknown, "nothing is known");

    let output = world.ledger.entries().iter().find_map(|entry| {
        let group = entry.step.kind() == "target-group";
        entry.output.as_ref().filter(|_| group)
    });
    let output: serde_json::Value = serde_json::from_str(output.unwrap().get()).unwrap();
    let group = output["arn"].as_str().unwrap().split_once(":targetgroup/");
    let group = format!("targetgroup/{}", group.unwrap().1);
    let listener = &world.options.listeners[0].listener_arn;
    let balancer = listener.split_once(":listener/").unwrap().1;
    let balancer = balancer.rsplit_once('/').unwrap().0;
    let put = async |metric: &str, minute: u32, value: &str| {
        let at = now.before(MINUTE * minute).to_string();
        let member = "MetricData.member.1";
        let dimension = format!("{member}.Dimensions.member");
        let parameters = [
            ("Namespace".to_owned(), "AWS/ApplicationELB"),
            (format!("{member}.MetricName"), metric),
            (format!("{member}.Value"), value),
            (format!("{member}.Timestamp"), at.as_str()),
            (format!("{dimension}.1.Name"), "LoadBalancer"),
            (format!("{dimension}.1.Value"), balancer),
            (format!("{dimension}.2.Name"), "TargetGroup"),
            (format!("{dimension}.2.Value"), group.as_str()),
        ];
        let given: Vec<_> = parameters
            .iter()
            .map(|(key, value)| (&**key, *value))
            .collect();
        let answer = world.client.raw_cloudwatch("PutMetricData", &given).await;
        assert!(answer.contains("PutMetricDataResponse"), "{answer}");
    };
    for minute in 2..20 {
        put("HealthyHostCount", minute, "1").await;
    }
    assert_eq!(used().await, Used::Unknown, "not all of the time");
    for minute in 20..37 {
        put("HealthyHostCount", minute, "1").await;
    }
    assert_eq!(used().await, Used::No);
    put("RequestCount", 12, "3").await;
    let Used::At(last) = used().await else {
        panic!("a request that was counted is not seen")
    };
    let ago = last.until(now);
    assert!((MINUTE * 10..=MINUTE * 12).contains(&ago), "{ago:?}");
    world.unwind().await.unwrap();
}
