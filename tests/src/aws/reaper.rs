//! Who ends what a suite started, however the suite itself ends.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Notes what is started and what has ended, and when its standard input closes, kills the rest.
const REAPER: &str = r#"
while read -r what pid; do
  if [ "$what" = started ]; then
    set -- "$@" "$pid"
  else
    left=; for one; do [ "$one" = "$pid" ] || left="$left $one"; done
    set -- $left
  fi
done
[ $# -eq 0 ] || kill -9 "$@" 2>/dev/null
"#;

static RUNNING: LazyLock<Mutex<Child>> = LazyLock::new(|| {
    let shell = Command::new("sh")
        .args(["-c", REAPER, "sh"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    Mutex::new(shell.expect("a shell"))
});

/// A process to be killed when the suite is gone.
pub(crate) fn started(pid: u32) {
    tell("started", pid);
}

/// One that has ended and whose number may be another's by now.
pub(crate) fn ended(pid: u32) {
    tell("ended", pid);
}

fn tell(what: &str, pid: u32) {
    let mut shell = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let input = shell.stdin.as_mut().expect("a pipe");
    writeln!(input, "{what} {pid}").expect("a shell that reads");
}
