//! Programs from Python's package index, for the tests that need them: installed once, each in a virtual
//! environment of its own under `target/emulators/`.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A virtual environment with this package, made by whichever test process comes first.
pub(super) fn installed(package: &str, name: &str) -> PathBuf {
    let folder = target().join("emulators");
    let environment = folder.join(name);
    let ready = environment.join("ready");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let lock = create(&folder.join("lock"));
    lock.lock()
        .unwrap_or_else(|error| panic!("the emulators' lock: {error}"));
    if !ready.exists() {
        let _ = fs::remove_dir_all(&environment);
        run(Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment));
        let pip = environment.join("bin").join("pip");
        let quietly = ["install", "--quiet", "--disable-pip-version-check"];
        run(Command::new(pip).args(quietly).arg(package));
        create(&ready);
    }
    environment
}

/// The build's own folder, wherever it is: cargo puts this test at `<folder>/<profile>/deps/<test>`, and
/// a program one folder up. (Its `CACHEDIR.TAG` says nothing: cargo leaves it out of a folder that stood
/// there before.)
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_else(|error| panic!("this test: {error}"));
    let beside = test.parent().and_then(Path::file_name);
    let up = if beside.is_some_and(|folder| folder == "deps") {
        3
    } else {
        2
    };
    let target = test.ancestors().nth(up);
    target.map_or_else(
        || panic!("{} is in no target folder", test.display()),
        Path::to_owned,
    )
}

fn run(command: &mut Command) {
    let done = command.output();
    let done = done.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}");
}

pub(super) fn create(file: &Path) -> File {
    let opened = File::options().create(true).append(true).open(file);
    opened.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> u16 {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = bound.and_then(|listener| listener.local_addr());
    address.map_or_else(|error| panic!("no free port: {error}"), |a| a.port())
}
