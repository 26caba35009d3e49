//! Stopping: everything, for good, and politely.

use super::*;

const GRACE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn stop_ends_the_group_and_what_left_it() {
    let bench = Bench::new();
    // One that ignores SIGTERM, one in a session of its own, and one whose tags are gone as well.
    let launch = bench.launch(
        "echo $$ >> pids
         sh -c 'trap \"\" TERM; echo $$ >> pids; while :; do sleep 1; done' &
         setsid sh -c 'echo $$ >> pids; exec sleep 1000' &
         setsid env -i /bin/sh -c 'echo $$ >> pids; exec /bin/sleep 1000' &
         wait",
    );
    bench.supervisor.ensure(&launch).await.unwrap();
    let pids = pids_in(&bench.file("pids"), 4).await;
    assert!(pids.iter().all(|pid| is_running(*pid)));
    let stopped = bench
        .supervisor
        .stop(&launch.resource, GRACE)
        .await
        .unwrap();
    assert_eq!(stopped, Stopped::Removed);
    assert!(!pids.iter().any(|pid| is_running(*pid)), "{pids:?}");
    assert_eq!(bench.supervisor.list().await.unwrap(), []);
    let again = bench
        .supervisor
        .stop(&launch.resource, GRACE)
        .await
        .unwrap();
    assert_eq!(again, Stopped::WasAbsent);
}

#[tokio::test]
async fn stop_leaves_the_command_its_grace() {
    let bench = Bench::new();
    // The shell is gone at once; its child needs a moment, and gets SIGTERM once.
    let launch = bench.launch(
        "sh -c 'trap \"echo bye >> said; sleep 0.3; echo done >> said; exit\" TERM
                echo ready > ready; while :; do sleep 0.02; done' & wait",
    );
    bench.supervisor.ensure(&launch).await.unwrap();
    eventually("it runs", || bench.file("ready").exists().then_some(())).await;
    let began = Instant::now();
    bench
        .supervisor
        .stop(&launch.resource, Duration::from_secs(20))
        .await
        .unwrap();
    assert_eq!(
        fs::read_to_string(bench.file("said")).unwrap(),
        "bye\ndone\n"
    );
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "it does not wait for what has gone"
    );
}

#[tokio::test]
async fn a_shim_that_comes_after_the_tombstone_starts_nothing() {
    let bench = Bench::new();
    let late = ShimCommand::new(
        "/bin/sh",
        ["-c", "sleep 0.5; exec \"$0\" \"$@\""]
            .map(Into::into)
            .into_iter()
            .chain([this_test().program().into()])
            .chain(this_test().arguments().iter().cloned()),
    );
    let crashed = bench.next_server_with(late);
    let launch = bench.launch("touch started; exec sleep 1000");
    let call = crashed.ensure(&launch);
    tokio::time::timeout(Duration::from_millis(200), call)
        .await
        .unwrap_err();
    assert_ne!(bench.shims(), 0);

    // As if stop had been killed right after its first write.
    let folder = bench.supervisor.resource(&launch.resource);
    folder
        .write_tombstone(folder::Tombstone { grace: GRACE })
        .unwrap();
    eventually("the shim has gone", || (bench.shims() == 0).then_some(())).await;
    assert_eq!(
        bench.supervisor.status(&launch.resource).unwrap(),
        Status::Down
    );
    assert!(!bench.file("started").exists());

    // The whole of stop, with another late shim.
    let call = crashed.ensure(&launch);
    tokio::time::timeout(Duration::from_millis(200), call)
        .await
        .unwrap_err();
    bench
        .supervisor
        .stop(&launch.resource, GRACE)
        .await
        .unwrap();
    assert_eq!(bench.supervisor.list().await.unwrap(), []);
    sleep(Duration::from_millis(600)).await;
    assert!(!bench.file("started").exists() && !bench.resource_file("").exists());
}

#[tokio::test]
async fn a_lock_on_a_file_that_was_replaced_protects_nothing() {
    let bench = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    let folder = bench.supervisor.resource(&launch.resource);
    bench.supervisor.stop_all().await.unwrap();
    let folder::Take::Taken(held) = folder.take().unwrap() else {
        panic!()
    };
    assert!(held.is_current());
    fs::remove_file(bench.resource_file("lock")).unwrap();
    assert!(!held.is_current());
    bench.supervisor.ensure(&launch).await.unwrap();
    assert!(!held.is_current());
}

#[tokio::test]
async fn a_tombstone_ends_what_runs_although_nobody_says_so() {
    let bench = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    let folder = bench.supervisor.resource(&launch.resource);
    folder
        .write_tombstone(folder::Tombstone { grace: GRACE })
        .unwrap();
    assert_eq!(
        bench.supervisor.status(&launch.resource).unwrap(),
        Status::Ending
    );
    eventually("it has ended", || (bench.shims() == 0).then_some(())).await;
    assert_eq!(bench.apps(), [0; 0]);
    // Wanted again, it comes back.
    assert_eq!(
        bench.supervisor.ensure(&launch).await.unwrap().how,
        How::Started
    );
}

#[tokio::test]
async fn what_stop_all_ended_can_be_started_again() {
    let bench = Bench::new();
    let launches = ["a", "b", "c"].map(|resource| Launch {
        resource: name(resource),
        ..bench.launch("trap '' TERM; while :; do sleep 0.1; done")
    });
    for launch in &launches {
        bench.supervisor.ensure(launch).await.unwrap();
    }
    let began = Instant::now();
    bench.supervisor.stop_all().await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "side by side: {:?}",
        began.elapsed()
    );
    assert_eq!((bench.apps(), bench.shims()), (vec![], 0));
    for launch in &launches {
        assert_eq!(
            bench.supervisor.status(&launch.resource).unwrap(),
            Status::Down
        );
        assert_eq!(
            bench.supervisor.ensure(launch).await.unwrap().how,
            How::Started
        );
    }
}
