//! `kill -9` while it is writing: what was acknowledged is there.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use tempus_model::PreviewId;
use tokio::task::JoinSet;

use super::*;
use crate::conformance::{at, new_preview, next_write};

const FOLDER: &str = "TEMPUS_TEST_CRASH_FOLDER";

/// Not a test: what the test below runs in a process of its own. It writes as fast as it can, from
/// many tasks, and says what was acknowledged. Does nothing when it is run as one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let engine = SqliteEngine::open(folder.as_ref(), Options::default()).unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let store = engine.store();
        writers.spawn(async move {
            let preview = store
                .create(new_preview(&format!("app-{writer}"), at(0)))
                .await;
            let preview = preview.unwrap().preview;
            let row = store.get(preview).await.unwrap().unwrap().row;
            let mut row = store
                .claim(preview, &crate::conformance::claim(&row, at(1)))
                .await
                .unwrap();
            loop {
                row = store.checkpoint(&next_write(&row, at(2))).await.unwrap();
                // One write, so that no two lines mix.
                let line = format!("acknowledged {preview} {}\n", row.wseq);
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn every_acknowledged_write_survives_kill_9() {
    for lines in [20, 2000] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "sqlite::tests::crash::child"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = HashMap::<PreviewId, u64>::new();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut count = 0;
        while let Some(Ok(line)) = output.next() {
            if count == lines {
                // From here on the pipe is only drained: the child is dead.
                child.kill().unwrap();
            }
            count += 1;
            let mut words = line
                .split(' ')
                .skip_while(|word| *word != "acknowledged")
                .skip(1);
            if let (Some(Ok(preview)), Some(Ok(wseq))) =
                (words.next().map(str::parse), words.next().map(str::parse))
            {
                acknowledged.insert(preview, wseq);
            }
        }
        child.wait().unwrap();
        assert!(
            count > lines,
            "the child ended by itself after {count} lines"
        );

        let engine = SqliteEngine::open(folder.path(), Options::default()).unwrap();
        assert!(!acknowledged.is_empty());
        for (preview, wseq) in acknowledged {
            let row = engine.store().get(preview).await.unwrap().unwrap().row;
            assert!(row.wseq >= wseq, "{preview}: {} of {wseq}", row.wseq);
            assert!(
                row.lease.is_some(),
                "ended, and to be counted by the next claim"
            );
        }
    }
}
