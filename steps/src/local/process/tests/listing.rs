//! What exists, by name and by tag.

use super::*;

#[tokio::test]
async fn what_runs_is_found_by_name_and_by_tag() {
    let bench = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    bench.is_one().await;
    let running = bench.running().unwrap();
    // In the moment in which it becomes another program, a process has no environment that could be read.
    eventually("the shell has become what it was told to run", || {
        let runs = fs::read_to_string(format!("/proc/{}/comm", running.pid)).ok()?;
        (runs.trim() == "sleep").then_some(())
    })
    .await;
    let found = bench.supervisor.list().await.unwrap();
    for one in &found {
        assert_eq!(one.resource, launch.resource);
        assert_eq!(one.preview, Some(launch.preview));
        assert_eq!(one.service.as_ref(), Some(&launch.service));
        assert_eq!(one.revision.as_ref(), Some(&launch.revision));
    }
    let mut seen: Vec<Seen> = found.into_iter().map(|one| one.seen).collect();
    seen.sort_by_key(|seen| {
        matches!(
            seen,
            Seen::ByTag {
                role: Role::App,
                ..
            }
        )
    });
    assert_eq!(
        seen,
        [
            Seen::ByName(Status::Running(running.clone())),
            Seen::ByTag {
                pid: bench.shim(),
                role: Role::Shim
            },
            Seen::ByTag {
                pid: running.pid,
                role: Role::App
            },
        ]
    );
}

#[tokio::test]
async fn what_has_lost_its_folder_is_found_by_tag_and_ended() {
    let bench = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    fs::remove_dir_all(bench.resource_file("")).unwrap();
    let found = bench.supervisor.list().await.unwrap();
    assert!(
        found
            .iter()
            .all(|one| matches!(one.seen, Seen::ByTag { .. }))
            && !found.is_empty()
    );
    let stopped = bench
        .supervisor
        .stop(&launch.resource, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(stopped, Stopped::Removed);
    assert_eq!(bench.supervisor.list().await.unwrap(), []);
}

#[tokio::test]
async fn another_installation_is_none_of_ours() {
    let bench = Bench::new();
    let other = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    assert_eq!(other.supervisor.list().await.unwrap(), []);
    let stopped = other
        .supervisor
        .stop(&launch.resource, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(stopped, Stopped::WasAbsent);
    assert!(bench.running().is_some());
}

#[tokio::test]
async fn a_folder_that_cannot_be_listed_is_not_an_empty_one() {
    let bench = Bench::new();
    fs::remove_dir_all(&bench.supervisor.folder).unwrap();
    bench.supervisor.list().await.unwrap_err();
}
