//! Logs of real commands.

use futures::{Stream, StreamExt};

use super::*;

/// What the command wrote. The executable that stands in for the shim is a test, and says so.
fn is_own(line: &LogLine) -> bool {
    !(line.text.is_empty() || line.text == "running 1 test")
}

fn texts(lines: &[LogLine]) -> Vec<(LogSource, &str)> {
    let own = lines.iter().filter(|line| is_own(line));
    own.map(|line| (line.source, line.text.as_str())).collect()
}

/// The next of the command's lines, within ten seconds.
async fn next(lines: &mut (impl Stream<Item = LogLine> + Unpin)) -> Option<String> {
    loop {
        let line = tokio::time::timeout(Duration::from_secs(10), lines.next())
            .await
            .unwrap()?;
        if is_own(&line) {
            return Some(line.text);
        }
    }
}

#[tokio::test]
async fn both_outputs_are_kept_and_so_is_the_reason_of_a_restart() {
    let bench = Bench::new();
    let launch = bench.launch("printf 'a\\377b\\n'; sleep 0.1; echo oops >&2; exit 7");
    bench.supervisor.ensure(&launch).await.unwrap();
    eventually("it has died", || {
        bench.running().filter(|running| running.restarts > 0)
    })
    .await;
    let lines = bench
        .supervisor
        .logs(&launch.resource)
        .tail(100)
        .await
        .unwrap();
    let lines = texts(&lines);
    assert_eq!(lines[0], (LogSource::Stdout, "a\u{fffd}b"));
    assert_eq!(lines[1], (LogSource::Stderr, "oops"));
    assert_eq!(lines[2].0, LogSource::Shim);
    assert!(
        lines[2]
            .1
            .starts_with("exit status 7; starting again in 0."),
        "{lines:?}"
    );
}

#[tokio::test]
async fn tail_is_the_newest_lines_in_order() {
    let bench = Bench::new();
    let launch = bench.launch("seq 100; printf unfinished; touch done; exec sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    eventually("it has written", || {
        bench.file("done").exists().then_some(())
    })
    .await;
    sleep(Duration::from_millis(100)).await;
    let lines = bench.supervisor.last_lines(&launch.resource, 3).await;
    assert_eq!(
        texts(&lines).iter().map(|line| line.1).collect::<Vec<_>>(),
        ["98", "99", "100"]
    );
    assert!(
        bench
            .supervisor
            .last_lines(&launch.resource, 0)
            .await
            .is_empty()
    );
    assert!(
        bench
            .supervisor
            .last_lines(&name("nobody"), 3)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn following_survives_rotation_and_ends_with_the_resource() {
    let bench = Bench::new();
    // Two rotations' worth, written no faster than it can be followed; then lines on demand.
    let launch = bench.launch(
        "pad=$(printf %0800d 0)
         for block in 1 2 3 4 5 6 7 8 9 10; do
             i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo \"$block.$i $pad\"; done; sleep 0.15
         done
         echo last; exec sleep 1000",
    );
    let lines = bench.supervisor.logs(&launch.resource);
    bench.supervisor.ensure(&launch).await.unwrap();
    let mut lines = Box::pin(lines.follow(1000));
    for block in 1..=10 {
        for i in 1..=300 {
            let line = next(&mut lines).await.unwrap();
            assert!(
                line.starts_with(&format!("{block}.{i} ")),
                "{block}.{i}: {line}"
            );
        }
    }
    assert_eq!(next(&mut lines).await.as_deref(), Some("last"));
    assert!(
        bench.resource_file("output.1.log").exists(),
        "it was rotated"
    );
    bench
        .supervisor
        .stop(&launch.resource, Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(next(&mut lines).await, None);
}

#[tokio::test]
async fn a_command_that_talks_without_end_fills_two_files_and_no_memory() {
    let bench = Bench::new();
    let launch = bench
        .launch("yes | head -c 6000000; head -c 3000000 /dev/zero; echo; touch done; sleep 1000");
    bench.supervisor.ensure(&launch).await.unwrap();
    eventually("it has written", || {
        bench.file("done").exists().then_some(())
    })
    .await;
    let size = |file| fs::metadata(bench.resource_file(file)).map_or(0, |meta| meta.len());
    let bound = LogFiles::ROTATE_AT + (256 << 10);
    for file in ["output.log", "output.1.log"] {
        assert!((1..bound).contains(&size(file)), "{file}: {}", size(file));
    }
    let cut = eventually("the long line", || {
        let text = fs::read_to_string(bench.resource_file("output.log")).ok()?;
        text.lines()
            .last()
            .filter(|line| line.ends_with('…'))
            .map(str::len)
    });
    assert!(cut.await < 9 << 10);
}

#[tokio::test]
async fn following_begins_with_the_tail_and_needs_no_log() {
    let bench = Bench::new();
    let launch = bench.launch(
        "echo one; echo two; until [ -e go ]; do sleep 0.02; done; echo three; exec sleep 1000",
    );
    let logs = bench.supervisor.logs(&launch.resource);
    assert_eq!(logs.follow(5).count().await, 0, "there is no such resource");
    bench.supervisor.ensure(&launch).await.unwrap();
    let mut all = Box::pin(logs.follow(100));
    assert_eq!(next(&mut all).await.as_deref(), Some("one"));
    assert_eq!(next(&mut all).await.as_deref(), Some("two"));
    let mut new = Box::pin(logs.follow(0));
    // Its first look is behind it before the line is written.
    tokio::time::timeout(Duration::from_millis(300), new.next())
        .await
        .unwrap_err();
    fs::write(bench.file("go"), "").unwrap();
    assert_eq!(next(&mut all).await.as_deref(), Some("three"));
    assert_eq!(next(&mut new).await.as_deref(), Some("three"));
}
