//! A preview's life on an account that is as strict as AWS's documentation says.

use std::collections::BTreeMap;

use serde_json::json;
use tempus_model::Autoscale;

use super::world::World;
use crate::aws::options::ListenerMode;
use crate::aws::testing::{Emulator, Kind, Strict, service, spec};
use crate::{Ctx, Platform, StepError, Trust};

const ALL: [&str; 7] = [
    "rule",
    "security-group",
    "service",
    "service",
    "target-group",
    "task-definition",
    "task-definition",
];

async fn world(strict: &Strict) -> World {
    World::new(strict.endpoint(), ListenerMode::Path).await
}

#[tokio::test]
async fn two_services_are_made_moved_moved_back_and_leave_nothing() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let mut world = world(&strict).await;
    let wanted = spec(vec![service("web", 80, Some("/")), service("db", 82, None)]);
    world.converge(&wanted).await.unwrap();
    assert_eq!(world.kinds().await, ALL);
    assert!(world.strays().await.is_empty());

    let mut newer = wanted.clone();
    newer.services[0].image = Some("registry/app:2".into());
    world.ctx.generation = world.ctx.generation.next();
    world.converge(&newer).await.unwrap();
    assert_eq!(world.kinds().await, ALL, "the old definition is gone");
    assert!(world.strays().await.is_empty());

    // ECS rolls it back, which ends "completed" on the version before.
    let mut broken = newer.clone();
    broken.services[0].image = Some("registry/app:3".into());
    strict.fail_next_update("web");
    let began = world.ctx.since;
    world.ctx.since = tempus_model::Timestamp::from_millis(began.millis() - 31_000);
    world.ctx.generation = world.ctx.generation.next();
    let refused = world.converge(&broken).await.unwrap_err();
    assert!(matches!(refused, StepError::Rejected { .. }), "{refused:?}");
    world.ctx.since = began;
    world.converge(&newer).await.unwrap();
    assert_eq!(world.kinds().await, ALL, "the broken definition is gone");
    assert!(world.strays().await.is_empty());

    world.unwind().await.unwrap();
    assert!(world.ledger.is_empty() && world.strays().await.is_empty());
    assert_eq!(world.kinds().await, [""; 0]);
}

#[tokio::test]
async fn a_count_that_moves_by_load_is_let_be_before_its_service_goes() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let mut world = world(&strict).await;
    let mut wanted = spec(vec![service("web", 80, Some("/"))]);
    wanted.services[0].autoscale = Some(Autoscale { max: 4, cpu: 60 });
    world.converge(&wanted).await.unwrap();
    let all = [
        "rule",
        "scaling",
        "service",
        "target-group",
        "task-definition",
    ];
    assert_eq!(world.kinds().await, all);
    assert!(world.strays().await.is_empty());
    assert_eq!(strict.scaled(), [("web".to_owned(), json!([1, 4]))].into());
    wanted.services[0].autoscale = Some(Autoscale { max: 6, cpu: 60 });
    world.ctx.generation = world.ctx.generation.next();
    world.converge(&wanted).await.unwrap();
    assert_eq!(strict.scaled(), [("web".to_owned(), json!([1, 6]))].into());

    // What a late call makes is in no ledger, and found by its name.
    let known = world.ledger.clone();
    let scaling = tempus_model::StepId::of("scaling", "web");
    world.ledger.strike_out(&scaling);
    assert_eq!(world.strays().await.len(), 1);
    world.remove_strays().await;
    assert!(strict.scaled().is_empty());
    world.ledger = known;
    let fixed = {
        let mut fixed = wanted.clone();
        fixed.services[0].set_replicas(2);
        fixed
    };
    world.ctx.generation = world.ctx.generation.next();
    world.converge(&fixed).await.unwrap();
    assert!(
        strict.scaled().is_empty(),
        "two of it run, whatever the load"
    );
    assert!(world.strays().await.is_empty());
    world.ctx.generation = world.ctx.generation.next();
    world.converge(&wanted).await.unwrap();
    strict.take_calls();
    world.unwind().await.unwrap();
    let calls = strict.take_calls();
    let place = |name: &str| calls.iter().position(|call| call == name);
    assert!(
        place("DeregisterScalableTarget") < place("DeleteService"),
        "{calls:?}"
    );
    assert_eq!(world.kinds().await, [""; 0]);
}

#[tokio::test]
async fn what_has_no_tags_yet_is_found_and_not_made_again() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let mut world = world(&strict).await;
    let wanted = spec(vec![service("web", 80, Some("/"))]);
    world.converge(&wanted).await.unwrap();
    // A worker that knows nothing of the outputs, as after answers that were lost.
    world.ledger = tempus_model::Ledger::default();
    world.ctx.trust = Trust::Suspect;
    world.converge(&wanted).await.unwrap();
    assert_eq!(strict.rules(), 1, "a rule is told by where it leads, too");
    assert!(world.strays().await.is_empty());
    world.unwind().await.unwrap();
    assert_eq!(strict.rules(), 0);
}

#[tokio::test]
async fn an_audit_removes_what_no_ledger_knows() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let mut world = world(&strict).await;
    let wanted = spec(vec![service("web", 80, Some("/")), service("db", 82, None)]);
    world.converge(&wanted).await.unwrap();
    world.ledger = tempus_model::Ledger::default();
    world.ctx.trust = Trust::Suspect;
    world.remove_strays().await;
    assert_eq!(world.kinds().await, [""; 0]);
    assert_eq!(strict.rules(), 0);
    assert!(world.ctx.timers().await.unwrap().is_empty());
}

/// What the audit of one preview costs, whatever else is in the account.
#[tokio::test]
async fn a_verify_costs_the_same_beside_any_number_of_previews() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let wanted = spec(vec![service("web", 80, Some("/")), service("db", 82, None)]);
    let mut first = world(&strict).await;
    first.converge(&wanted).await.unwrap();
    // A page of the stand-in holds two.
    let up = [
        ("DescribeRules", 1),
        ("DescribeSecurityGroups", 1),
        ("DescribeServices", 1),
        ("DescribeTargetGroups", 1),
        ("GetResources", 3),
        ("ListTaskDefinitionFamilies", 2),
        ("ListTaskDefinitions", 2),
    ];
    assert_eq!(audited(&strict, &first).await, up.map(owned).into());
    // In the same cluster and on the same listener.
    let mut others = Vec::new();
    for _ in 0..3 {
        let mut other = first.beside().await;
        other.converge(&wanted).await.unwrap();
        others.push(other);
    }
    // The listener's rules are listed, and there are no more of them than it has slots.
    let beside = up.map(|(call, count)| match call {
        "DescribeRules" => (call, 3),
        _ => (call, count),
    });
    assert_eq!(audited(&strict, &first).await, beside.map(owned).into());

    // What was deleted is found by its tags for a while, and described to be gone.
    first.unwind().await.unwrap();
    let gone = [
        ("DescribeRules", 2),
        ("DescribeSecurityGroups", 1),
        ("DescribeServices", 1),
        ("DescribeTargetGroups", 1),
        ("GetResources", 3),
        ("ListTaskDefinitionFamilies", 2),
    ];
    assert_eq!(audited(&strict, &first).await, gone.map(owned).into());
}

fn owned((call, count): (&str, usize)) -> (String, usize) {
    (call.to_owned(), count)
}

async fn audited(strict: &Strict, world: &World) -> BTreeMap<String, usize> {
    strict.take_calls();
    assert!(world.strays().await.is_empty());
    let mut counts = BTreeMap::new();
    for call in strict.take_calls() {
        *counts.entry(call).or_default() += 1;
    }
    counts
}

/// As when many are verified at once: what each of them finds is its own.
#[tokio::test]
async fn many_audits_at_once_share_their_listings() {
    let emulator = Emulator::start(Kind::Ministack);
    let strict = Strict::over(emulator.endpoint()).await;
    let mut first = world(&strict).await;
    let wanted = spec(vec![service("web", 80, Some("/"))]);
    first.converge(&wanted).await.unwrap();
    let plan = first.plan(&wanted);
    let mut others = Vec::new();
    for _ in 0..8 {
        let other = crate::aws::testing::TestCtx::new();
        other.remember(&wanted);
        others.push(other);
    }
    strict.take_calls();
    let nothing = tempus_model::Ledger::default();
    let audits = others
        .iter()
        .chain([&first.ctx])
        .map(|ctx| first.platform.audit(ctx, &nothing));
    let audits = futures::future::try_join_all(audits).await.unwrap();
    let found: Vec<_> = audits.iter().map(|audit| audit.strays.len()).collect();
    // The wait for it to be healthy makes nothing.
    assert_eq!(found[..8], [0; 8]);
    assert_eq!(
        found[8],
        plan.iter().map(|stage| stage.steps.len()).sum::<usize>() - 1
    );
    let calls = strict.take_calls();
    let count = |name: &str| calls.iter().filter(|call| *call == name).count();
    assert_eq!(count("DescribeServices"), 1, "{calls:?}");
    assert!(count("ListTaskDefinitionFamilies") < 8, "{calls:?}");
    assert!(count("DescribeTargetGroups") < 8, "{calls:?}");
}
