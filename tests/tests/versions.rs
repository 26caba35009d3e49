//! What a released version began, this one finishes; what this one does not know, it leaves to one
//! that does.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeSet;
use std::time::Duration;

use tempus_model::{JobStatus, PlanId, PlanKind, PreviewId};
use tempus_tests::golden::{Golden, keep, resume, take};
use tempus_tests::sim::World;

fn goldens() -> Vec<Golden> {
    let goldens = Golden::all().unwrap();
    assert!(goldens.len() > 30, "only {} goldens", goldens.len());
    goldens
}

fn in_virtual_time<T>(what: impl AsyncFnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(what())
}

/// Every cursor that today's plans pass has its golden. A new version's are written by
/// `just golden`; a cursor that a shipped version did not have means that it was changed.
#[test]
fn every_cursor_has_a_golden() {
    let taken = take().unwrap();
    let missing = if std::env::var_os("TEMPUS_TEST_GOLDEN").is_some() {
        keep(&taken).unwrap()
    } else {
        let gone = taken.iter().filter(|golden| !golden.file().exists());
        gone.map(|golden| format!("{}/{}", golden.plan, golden.cursor))
            .collect()
    };
    assert!(
        missing.is_empty(),
        "no goldens at {missing:?}: give what changes a new version, and keep its goldens with \
         `just golden`"
    );
}

#[test]
fn what_a_released_version_began_is_finished() {
    let mut broken = Vec::new();
    for golden in goldens() {
        let end = in_virtual_time(async || {
            let start = async |world: &mut World, _: PreviewId| {
                world.start_successor();
                Ok(())
            };
            resume(&golden, start).await
        });
        let name = format!("{}/{}", golden.plan, golden.cursor);
        match end {
            Ok(end) if end == golden.end => {}
            Ok(end) => broken.push(format!("{name}: ended {end}, not {}", golden.end)),
            Err(error) => broken.push(format!("{name}: {error}")),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A plan version is kept at each of its cursors: every stage, every stage of its undoing, and
/// standing still in each way that there is.
#[test]
fn every_released_plan_is_kept_at_every_cursor() {
    let goldens = goldens();
    let at = |plan: &str, what: &str| {
        let found = |golden: &&Golden| golden.plan == plan && golden.cursor.contains(what);
        goldens.iter().filter(found).count()
    };
    for kind in [
        PlanKind::Create,
        PlanKind::Update,
        PlanKind::Destroy,
        PlanKind::Verify,
    ] {
        let plan = PlanId { kind, version: 1 }.to_string();
        assert!(at(&plan, "") > 0, "{plan}");
    }
    for plan in ["create@1", "update@1"] {
        for stage in 0..5 {
            let name = format!("forward-stage-{stage}-");
            assert!(at(plan, &name) > 0, "{plan} {name}");
        }
        assert!(at(plan, "waiting") > 0, "{plan}");
    }
    assert!(at("update@1", "roll-back") > 3);
    assert!(at("destroy@1", "unwind") > 5);
    assert!(at("destroy@1", "waiting") > 0 && at("destroy@1", "parked") > 0);
    let rest: BTreeSet<_> = goldens
        .iter()
        .filter(|golden| golden.plan == "rest")
        .map(|golden| golden.cursor.as_str())
        .collect();
    assert_eq!(rest, BTreeSet::from(["queued", "ready", "to-be-verified"]));
}

/// A rolling deploy: the new version has begun something, and an old worker meets it.
#[test]
fn a_plan_that_a_worker_does_not_know_is_left_to_one_that_does() {
    let unfinished = goldens()
        .into_iter()
        .filter(|golden| !golden.plan.starts_with("rest") && !golden.cursor.contains("parked"));
    let mut met = 0;
    for mut golden in unfinished {
        golden.stored = golden.stored.replace("@1\"", "@2\"");
        met += 1;
        let end = in_virtual_time(async || {
            let start = async |world: &mut World, preview: PreviewId| {
                let before = world.get(preview).await.row;
                world.start_release(1);
                world.pass(preview, Duration::from_mins(5)).await;
                let row = world.get(preview).await.row;
                if row.epoch != before.epoch || row.parked.is_some() {
                    return Err(format!("the old worker claimed it: {row:?}"));
                }
                let letters = world.engine.store().dead_letters(10).await;
                if !letters.map_err(|error| error.to_string())?.is_empty() {
                    return Err("the old worker put the hint aside".to_owned());
                }
                let depth = world.engine.queue().depth().await;
                let depth = depth.map_err(|error| error.to_string())?;
                let hints = depth.visible + depth.in_flight + depth.delayed;
                if !(1..=2).contains(&hints) {
                    return Err(format!("{hints} hints after five minutes: {depth:?}"));
                }
                world.end_workers();
                world.start_release(2);
                Ok(())
            };
            resume(&golden, start).await
        });
        let end = end.unwrap_or_else(|error| panic!("{}/{}: {error}", golden.plan, golden.cursor));
        assert_eq!(end, golden.end, "{}/{}", golden.plan, golden.cursor);
        let all = end.jobs.iter().all(|job| {
            let ended = [
                JobStatus::Succeeded,
                JobStatus::Failed,
                JobStatus::Superseded,
            ];
            ended.iter().any(|status| status.to_string() == *job)
        });
        assert!(all, "{:?}", end.jobs);
    }
    assert!(met > 30, "only {met} goldens were met");
}
