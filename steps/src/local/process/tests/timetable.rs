//! Commands that are run when their time has come.

use tempus_model::Timetable;

use super::*;
use crate::Run;

fn every(bench: &Bench, millis: u64, command: &str) -> Launch {
    Launch {
        at_end: AtEnd::Wait(Timetable::Every(Duration::from_millis(millis))),
        ..bench.launch(command)
    }
}

/// The runs that have ended, once there are so many.
async fn ended(bench: &Bench, count: usize) -> Vec<Run> {
    eventually("so many runs have ended", || {
        let mut runs = bench.supervisor.runs(&name("web-1")).unwrap();
        runs.retain(|run| run.ended.is_some());
        (runs.len() >= count).then_some(runs)
    })
    .await
}

#[tokio::test]
async fn a_command_is_run_again_and_again_and_how_it_ended_is_kept() {
    let bench = Bench::new();
    let launch = every(&bench, 100, "echo ran; exit 3");
    let first = bench.supervisor.ensure(&launch).await.unwrap();
    let runs = ended(&bench, 3).await;
    assert!(
        runs.iter()
            .all(|run| run.exit.as_deref() == Some("exit status 3"))
    );
    assert!(
        runs.is_sorted_by(|one, next| one.began > next.began),
        "newest first"
    );
    let again = bench.supervisor.ensure(&launch).await.unwrap();
    assert_eq!((first.how, again.how), (How::Started, How::Found));
    assert_eq!(bench.shims(), 1);
    let lines = bench.supervisor.last_lines(&name("web-1"), 100).await;
    assert!(lines.iter().filter(|line| line.text == "ran").count() >= 3);
    bench
        .supervisor
        .stop(&name("web-1"), Duration::ZERO)
        .await
        .unwrap();
    assert_eq!((bench.shims(), bench.apps().len()), (0, 0));
}

#[tokio::test]
async fn times_that_pass_while_it_runs_are_skipped() {
    let bench = Bench::new();
    let command = "test -e running && echo overlap; touch running; sleep 0.5; rm running";
    bench
        .supervisor
        .ensure(&every(&bench, 100, command))
        .await
        .unwrap();
    ended(&bench, 2).await;
    let lines = bench.supervisor.last_lines(&name("web-1"), 100).await;
    let said = |words: &str| lines.iter().any(|line| line.text.contains(words));
    assert!(said("times to run were skipped"), "{lines:?}");
    assert!(!said("overlap"), "{lines:?}");
}

#[tokio::test]
async fn another_server_finds_what_waits_and_another_revision_ends_its_run() {
    let bench = Bench::new();
    let hour = 3_600_000;
    bench
        .supervisor
        .ensure(&every(&bench, hour, "true"))
        .await
        .unwrap();
    ended(&bench, 1).await;
    let waits = eventually("it waits", || {
        match bench.supervisor.status(&name("web-1")).unwrap() {
            Status::Scheduled(waits) => waits.next,
            _ => None,
        }
    });
    let left = super::super::state::now().until(waits.await);
    assert!(left > Duration::from_mins(50), "{left:?}");
    let next = bench.next_server();
    let found = next.ensure(&every(&bench, hour, "true")).await.unwrap();
    assert_eq!(found.how, How::Found);

    let mut newer = every(&bench, hour, "exec sleep 1000");
    newer.revision = Revision("r2".into());
    assert_eq!(next.ensure(&newer).await.unwrap().how, How::Replaced);
    eventually("the other runs at once", || {
        (bench.apps().len() == 1).then_some(())
    })
    .await;
    newer.revision = Revision("r3".into());
    next.ensure(&newer).await.unwrap();
    let runs = ended(&bench, 2).await;
    assert!(
        runs[0].exit.as_deref().unwrap().contains("was changed"),
        "{runs:?}"
    );
    assert_eq!(bench.shims(), 1);
}

#[tokio::test]
async fn what_a_killed_shim_missed_is_made_up_for_once() {
    let bench = Bench::new();
    let launch = every(&bench, 3_600_000, "exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    bench.is_one().await;
    kill(bench.shim());
    eventually("nothing is left of it", || {
        let down = bench.supervisor.status(&name("web-1")).unwrap() == Status::Down;
        (down && bench.apps().is_empty()).then_some(())
    })
    .await;
    // It was due in an hour only; two days later that is long past.
    let folder = bench.supervisor.resource(&name("web-1"));
    let mut runs = folder.runs().unwrap();
    let (revision, due) = runs.last.unwrap();
    let days = 48 * 3_600_000;
    runs.last = Some((
        revision,
        tempus_model::Timestamp::from_millis(due.millis() - days),
    ));
    folder.write_runs(&runs).unwrap();
    bench.supervisor.ensure(&launch).await.unwrap();
    bench.is_one().await;
    let runs = bench.supervisor.runs(&name("web-1")).unwrap();
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert_eq!(
        runs[1].exit.as_deref(),
        Some("ended with what looked after it")
    );
    assert_eq!(runs[0].ended, None);
}
