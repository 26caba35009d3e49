//! Starting, finding, restarting, and what a command gets to see.

use std::os::unix::fs::PermissionsExt;

use futures::future::join_all;

use super::*;

#[tokio::test]
async fn ensure_twice_makes_one_process() {
    let bench = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    let first = bench.supervisor.ensure(&launch).await.unwrap();
    let second = bench.supervisor.ensure(&launch).await.unwrap();
    assert_eq!((first.how, second.how), (How::Started, How::Found));
    assert_eq!(first.status, second.status);
    bench.is_one().await;
}

#[tokio::test]
async fn concurrent_ensures_make_one_process_even_from_two_supervisors() {
    let bench = Bench::new();
    let other = bench.next_server();
    let launch = bench.launch("echo x >> starts; exec sleep 1000");
    let calls = (0..6).map(|n| {
        if n % 2 == 0 {
            &bench.supervisor
        } else {
            &other
        }
    });
    let all = join_all(calls.map(|supervisor| supervisor.ensure(&launch))).await;
    for one in &all {
        assert_eq!(
            one.as_ref().unwrap().status,
            all[0].as_ref().unwrap().status
        );
    }
    bench.is_one().await;
    eventually("it has begun", || {
        bench.file("starts").exists().then_some(())
    })
    .await;
    assert_eq!(fs::read_to_string(bench.file("starts")).unwrap(), "x\n");
}

#[tokio::test]
async fn a_command_that_dies_is_started_again_and_counted() {
    let bench = Bench::new();
    bench
        .supervisor
        .ensure(&bench.launch("sleep 1000 & echo $$ >> pids; exit 3"))
        .await
        .unwrap();
    let restarts = eventually("three restarts", || match bench.running() {
        Some(running) if running.restarts >= 3 => Some(running),
        _ => None,
    });
    assert_eq!(restarts.await.last_exit.as_deref(), Some("exit status 3"));
    let backing_off = eventually("a wait", || match bench.supervisor.status(&name("web-1")) {
        Ok(Status::BackingOff(waiting)) => Some(waiting),
        _ => None,
    });
    assert_eq!(backing_off.await.last_exit, "exit status 3");
    // What a run leaves behind does not live on beside the next.
    assert!(bench.apps().len() <= 3, "{:?}", bench.apps());
}

#[tokio::test]
async fn a_command_that_cannot_start_says_why() {
    let bench = Bench::new();
    let mut launch = bench.launch("true");
    launch.dir = "/no/such/folder".into();
    let ensured = bench.supervisor.ensure(&launch).await.unwrap();
    let Status::BackingOff(waiting) = ensured.status else {
        panic!("{ensured:?}")
    };
    assert!(
        waiting
            .last_exit
            .starts_with("cannot start in /no/such/folder: "),
        "{waiting:?}"
    );
}

#[tokio::test]
async fn another_revision_replaces_the_one_that_runs() {
    let bench = Bench::new();
    let mut launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    let old = bench.running().unwrap();
    launch.revision = Revision("r2".into());
    let ensured = bench.supervisor.ensure(&launch).await.unwrap();
    assert_eq!(ensured.how, How::Replaced);
    assert_eq!(ensured.status.revision(), Some(&launch.revision));
    assert!(!is_running(old.pid));
    bench.is_one().await;
}

#[tokio::test]
async fn a_command_sees_its_own_variables_and_few_of_the_servers() {
    let bench = Bench::new();
    let mut launch = bench.launch("env > seen.tmp && mv seen.tmp seen; exec sleep 1000");
    launch.env = [
        ("SECRET", "s3cret"),
        ("HOME", "/elsewhere"),
        ("TEMPUS_RESOURCE", "forged"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    bench.supervisor.ensure(&launch).await.unwrap();
    let seen = eventually("the environment", || {
        fs::read_to_string(bench.file("seen")).ok()
    })
    .await;
    for expected in [
        "SECRET=s3cret",
        "HOME=/elsewhere",
        "TEMPUS_RESOURCE=web-1",
        "PATH=",
    ] {
        assert!(
            seen.lines().any(|line| line.starts_with(expected)),
            "{expected} in {seen}"
        );
    }
    // Cargo and the machine set many more for this test, and the shell a few for the command.
    let shim = fs::read(format!("/proc/{}/environ", bench.shim())).unwrap();
    let shim = String::from_utf8(shim).unwrap();
    assert!(!shim.contains("s3cret"), "{shim}");
    for variable in seen.lines().chain(shim.split_terminator('\0')) {
        let (name, _) = variable.split_once('=').unwrap();
        let expected = ["SECRET", "PWD", "OLDPWD", "SHLVL", "_"].contains(&name);
        let passes = environment::passed_on([(name.into(), "".into())].into_iter()).count() == 1;
        assert!(expected || passes || name.starts_with("TEMPUS_"), "{name}");
    }
    for own in seen.lines().filter(|line| line.starts_with("TEMPUS_")) {
        let tags = [
            "INSTALLATION",
            "PREVIEW",
            "SERVICE",
            "RESOURCE",
            "REVISION",
            "ROLE",
        ];
        let name = own.split_once('=').unwrap().0;
        assert!(tags.contains(&&name["TEMPUS_".len()..]), "{own}");
    }
}

#[tokio::test]
async fn secrets_lie_where_only_this_user_can_read() {
    let bench = Bench::new();
    let launch = bench.launch("exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&bench.supervisor.folder), 0o700);
    assert_eq!(mode(&bench.resource_file("")), 0o700);
    for file in ["launch.json", "state.json", "output.log", "lock"] {
        assert_eq!(mode(&bench.resource_file(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_command_has_no_terminal_and_a_session_of_its_own() {
    let bench = Bench::new();
    bench
        .supervisor
        .ensure(&bench.launch("exec sleep 1000"))
        .await
        .unwrap();
    // Only ever of processes that this test started: the session that the tests themselves are in
    // may lie outside the container they run in, and then has no number here.
    let pid = |pid| rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let command = pid(bench.running().unwrap().pid);
    eventually("its own session", || {
        (rustix::process::getsid(Some(command)).unwrap() == command).then_some(())
    })
    .await;
    let shim = pid(bench.shim());
    assert_eq!(rustix::process::getpgid(Some(shim)).unwrap(), shim);
}
