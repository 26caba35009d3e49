//! Commands that are run once, and whose end is kept.

use super::*;

fn task(bench: &Bench, command: &str) -> Launch {
    Launch {
        at_end: AtEnd::Rest,
        ..bench.launch(command)
    }
}

async fn ended(supervisor: &Supervisor) -> Ended {
    eventually("it has ended", || match supervisor.status(&name("web-1")) {
        Ok(Status::Ended(ended)) => Some(ended),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_task_runs_once_and_its_end_is_found_by_the_next_server() {
    let bench = Bench::new();
    let launch = task(&bench, "echo x >> runs; echo said; exit 3");
    bench.supervisor.ensure(&launch).await.unwrap();
    let end = ended(&bench.supervisor).await;
    assert_eq!((end.exit.as_str(), end.succeeded), ("exit status 3", false));
    eventually("its shim has gone", || (bench.shims() == 0).then_some(())).await;

    let next = bench.next_server();
    assert_eq!(ended(&next).await, end);
    let again = next.ensure(&launch).await.unwrap();
    assert_eq!((again.how, again.status), (How::Found, Status::Ended(end)));
    assert_eq!(fs::read_to_string(bench.file("runs")).unwrap(), "x\n");
    let lines = next.last_lines(&launch.resource, 10).await;
    let lines: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    // Before it stands what the shim says as a test.
    assert!(lines.ends_with(&["said", "exit status 3"]), "{lines:?}");

    assert_eq!(
        next.stop(&launch.resource, Duration::ZERO).await.unwrap(),
        Stopped::Removed
    );
    assert_eq!(next.status(&launch.resource).unwrap(), Status::Absent);
    let fine = task(&bench, "sleep 1000 & exit 0");
    next.ensure(&fine).await.unwrap();
    assert!(ended(&next).await.succeeded);
    assert_eq!(bench.apps(), [0; 0], "what it leaves running is ended");
}

#[tokio::test]
async fn a_task_that_was_cut_off_has_no_end() {
    let bench = Bench::new();
    let launch = task(&bench, "echo x >> runs; exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    let begun = || fs::read_to_string(bench.file("runs")).unwrap_or_default();
    eventually("it runs", || (begun() == "x\n").then_some(())).await;
    bench.supervisor.stop_all().await.unwrap();
    assert_eq!(
        bench.supervisor.status(&launch.resource).unwrap(),
        Status::Down
    );
    let again = bench.supervisor.ensure(&launch).await.unwrap();
    assert_eq!(again.how, How::Started);
    eventually("it runs again", || (begun() == "x\nx\n").then_some(())).await;
    kill(bench.shim());
    eventually("its shim is gone", || {
        (bench.supervisor.status(&launch.resource).unwrap() == Status::Down).then_some(())
    })
    .await;
}

#[tokio::test]
async fn another_task_takes_the_place_of_one_that_has_ended() {
    let bench = Bench::new();
    bench
        .supervisor
        .ensure(&task(&bench, "exit 1"))
        .await
        .unwrap();
    let first = ended(&bench.supervisor).await;
    let second = Launch {
        revision: Revision("r2".into()),
        ..task(&bench, "exit 0")
    };
    bench.supervisor.ensure(&second).await.unwrap();
    eventually("the second has ended", || {
        match bench.supervisor.status(&second.resource) {
            Ok(Status::Ended(end)) if end.succeeded && end.revision != first.revision => Some(()),
            _ => None,
        }
    })
    .await;
}
