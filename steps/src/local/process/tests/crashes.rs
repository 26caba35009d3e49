//! Servers and shims that are killed.

use super::*;

#[tokio::test]
async fn the_next_server_finds_what_the_last_one_started() {
    let bench = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    let before = bench.running().unwrap();
    let next = bench.next_server();
    let ensured = next.ensure(&launch).await.unwrap();
    assert_eq!(ensured.how, How::Found);
    assert_eq!(ensured.status, Status::Running(before));
    next.stop(&launch.resource, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(next.list().await.unwrap(), []);
}

#[tokio::test]
async fn a_killed_shim_takes_its_command_along() {
    let bench = Bench::new();
    let launch = bench.launch("setsid sleep 1000 & echo $! > pids; echo $$ >> pids; wait");
    bench.supervisor.ensure(&launch).await.unwrap();
    let pids = pids_in(&bench.file("pids"), 2).await;
    kill(bench.shim());
    // The command dies by itself; what had escaped it is the server's to end.
    eventually("nothing is left", || {
        let is_left = pids.iter().any(|pid| is_running(*pid));
        (bench.apps().is_empty() && !is_left).then_some(())
    })
    .await;
    assert_eq!(
        bench.supervisor.status(&launch.resource).unwrap(),
        Status::Down
    );
    assert_eq!(
        bench.supervisor.ensure(&launch).await.unwrap().how,
        How::Started
    );
}

#[tokio::test]
async fn the_next_shim_ends_what_a_killed_one_left() {
    let bench = Bench::new();
    let launch = bench.launch("setsid sleep 1000 & echo $! >> pids; wait");
    // A server without a reaper, as it is dead itself.
    let server = std::thread::spawn({
        let (supervisor, launch) = (bench.next_server(), launch.clone());
        move || {
            tokio::runtime::Runtime::new()
                .unwrap()
                .block_on(async move {
                    supervisor.ensure(&launch).await.unwrap();
                });
        }
    });
    server.join().unwrap();
    let left = pids_in(&bench.file("pids"), 1).await[0];
    kill(bench.shim());
    eventually("the shim is dead", || (bench.shims() == 0).then_some(())).await;
    assert!(is_running(left));
    bench.supervisor.ensure(&launch).await.unwrap();
    assert!(!is_running(left));
}

#[tokio::test]
async fn a_half_made_folder_is_listed_started_and_removed() {
    let bench = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    let folder = bench.supervisor.resource(&launch.resource);
    for stage in ["folder", "lock", "launch.json cut short"] {
        match stage {
            "folder" => folder::private_folder(folder.path()).unwrap(),
            "lock" => fs::write(bench.resource_file("lock"), "").unwrap(),
            _ => fs::write(bench.resource_file("launch.json"), "{\"inst").unwrap(),
        }
        let found = bench.supervisor.list().await.unwrap();
        assert_eq!(found.len(), 1, "{stage}");
        assert_eq!(found[0].seen, Seen::ByName(Status::Down), "{stage}");
        assert_eq!(found[0].preview, None, "{stage}");
    }
    assert_eq!(
        bench.supervisor.ensure(&launch).await.unwrap().how,
        How::Started
    );
    bench
        .supervisor
        .stop(&launch.resource, Duration::ZERO)
        .await
        .unwrap();
    folder::private_folder(folder.path()).unwrap();
    let stopped = bench
        .supervisor
        .stop(&launch.resource, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(stopped, Stopped::Removed);
    assert_eq!(bench.supervisor.list().await.unwrap(), []);
}

#[tokio::test]
async fn a_shim_without_a_server_ends_itself() {
    let bench = Bench::with(Policy {
        orphaned_after: Some(Duration::from_millis(400)),
        ..Policy::default()
    });
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    sleep(Duration::from_millis(800)).await;
    assert!(bench.running().is_some(), "its server lives");
    // This pid is this process's, but it started at another time: it is not the server.
    let server = serde_json::json!({ "pid": std::process::id(), "started": 1 });
    fs::write(
        bench.supervisor.folder.join("server.json"),
        server.to_string(),
    )
    .unwrap();
    eventually("it has ended", || (bench.shims() == 0).then_some(())).await;
    assert_eq!(bench.apps(), [0; 0]);
    assert_eq!(
        bench.next_server().ensure(&launch).await.unwrap().how,
        How::Started
    );
}

/// A new store in the folder of an old one: nobody would ever end what the old one started.
#[tokio::test]
async fn a_shim_whose_folder_is_served_for_another_installation_ends_itself() {
    let bench = Bench::with(Policy {
        orphaned_after: Some(Duration::from_millis(400)),
        ..Policy::default()
    });
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    let file = bench.supervisor.folder.join("server.json");
    let mut server: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    server["installation"] = "0000beef".into();
    fs::write(&file, server.to_string()).unwrap();
    eventually("it has ended", || (bench.shims() == 0).then_some(())).await;
    // What an older version wrote does not say whose server it is.
    server.as_object_mut().unwrap().remove("installation");
    fs::write(&file, server.to_string()).unwrap();
    bench.supervisor.ensure(&launch).await.unwrap();
    sleep(Duration::from_millis(800)).await;
    assert!(bench.running().is_some(), "its server lives");
}

#[tokio::test]
async fn a_shim_that_cannot_run_is_reported_soon() {
    let bench = Bench::new();
    let launch = bench.launch("true");
    let broken = ["-c", "echo out of cheese >&2; exit 1"].map(Into::into);
    let supervisor = bench.next_server_with(ShimCommand::new("/bin/sh", broken));
    let error = supervisor.ensure(&launch).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "web-1 did not come under supervision: out of cheese"
    );
    let nothing = bench.next_server_with(ShimCommand::new("/no/such/binary", []));
    let error = nothing.ensure(&launch).await.unwrap_err();
    assert!(
        matches!(error, ProcessError::File { doing: "run", .. }),
        "{error}"
    );
}

#[tokio::test]
async fn wherever_a_server_stops_half_way_the_next_one_completes_it() {
    for after in [0, 2, 5, 10, 20, 40, 80, 160].map(Duration::from_millis) {
        let bench = Bench::new();
        let launch = bench.launch("echo x >> starts; exec sleep 1000");
        let _ = tokio::time::timeout(after, bench.supervisor.ensure(&launch)).await;
        let next = bench.next_server();
        next.ensure(&launch).await.unwrap();
        bench.is_one().await;
        eventually("it runs", || bench.file("starts").exists().then_some(())).await;
        assert_eq!(
            fs::read_to_string(bench.file("starts")).unwrap(),
            "x\n",
            "{after:?}"
        );

        let grace = Duration::from_secs(1);
        let _ = tokio::time::timeout(after, next.stop(&launch.resource, grace)).await;
        bench
            .next_server()
            .stop(&launch.resource, grace)
            .await
            .unwrap();
        assert_eq!(bench.supervisor.list().await.unwrap(), [], "{after:?}");
    }
}

#[tokio::test]
async fn what_waits_for_its_next_start_can_be_started_now() {
    let bench = Bench::with(Policy {
        first_restart: Duration::from_hours(1),
        longest_restart: Duration::from_hours(1),
        ..Policy::default()
    });
    let launch = bench.launch("[ -e mended ] || exit 3; exec sleep 1000");
    let resource = &launch.resource;
    bench.supervisor.ensure(&launch).await.unwrap();
    eventually("it has failed", || {
        let status = bench.supervisor.status(resource).unwrap();
        matches!(status, Status::BackingOff(_)).then_some(())
    })
    .await;
    fs::write(bench.file("mended"), "").unwrap();
    bench.supervisor.start_now(resource).await.unwrap();
    let running = eventually("it runs", || bench.running()).await;
    // What runs is left alone, and what is stopped stays so.
    bench.supervisor.start_now(resource).await.unwrap();
    assert_eq!(bench.running(), Some(running));
    let grace = Duration::from_secs(1);
    bench.supervisor.stop(resource, grace).await.unwrap();
    bench.supervisor.start_now(resource).await.unwrap();
    assert_eq!(bench.supervisor.list().await.unwrap(), []);
}
