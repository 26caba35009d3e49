//! A real Postgres, set up and started by the tests that need one: on a free port of the loopback
//! interface, with its data in a temporary folder. It ends, and its folder with it, with the process that
//! started it, however that ends. Whatever goes wrong here panics, as with an emulator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::python::{create, free_port, installed};

/// How long it may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// Its first user, who may do anything.
const USER: &str = "postgres";

/// Runs what it is given until its standard input closes; then nothing of it is left in memory or on disk.
const WHILE_I_LIVE: &str = r#"
folder=$1; shift
"$@" & child=$!
cat >/dev/null
kill -QUIT "$child"; wait "$child"; rm -rf "$folder"
"#;

/// Makes the data and becomes the server. Nothing of it may be run by the system's administrator: there,
/// a copy is run as nobody.
const SERVER: &str = "
import os, shutil, subprocess, sys
folder, packages, port = sys.argv[1:]
if os.geteuid() == 0:
    for part in ('pgserver/pginstall', 'pgserver.libs'):
        shutil.copytree(f'{packages}/{part}', f'{folder}/{part}', symlinks=True)
    packages, nobody = folder, 65534
    os.chown(folder, nobody, nobody)
    os.setgroups([])
    os.setgid(nobody)
    os.setuid(nobody)
programs, data = f'{packages}/pgserver/pginstall/bin', f'{folder}/data'
subprocess.run([
    f'{programs}/initdb', '-D', data, '-U', 'postgres', '--auth=scram-sha-256', '--no-sync',
    f'--pwfile={folder}/password', '--encoding=UTF8', '--locale=C', '--no-instructions',
], check=True)
settings = {
    'port': port, 'listen_addresses': '127.0.0.1', 'unix_socket_directories': '', 'fsync': 'off',
    'log_statement': 'all', 'max_connections': '60',
}
given = [word for name, value in settings.items() for word in ('-c', f'{name}={value}')]
# It looks for its libraries beside the name that it is called by.
os.execv(f'{programs}/postgres', [f'{programs}/postgres', '-D', data, *given])
";

/// A running server.
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    shell: Child,
}

impl Postgres {
    /// The password of its first user.
    pub const PASSWORD: &str = "the-administrator-s-own";

    /// Starts one of one's own, to be stopped at will.
    pub fn start() -> Self {
        let environment = installed("pgserver==0.1.4", "pgserver-0.1.4");
        let packages = packages(&environment);
        let port = free_port();
        let folder =
            std::env::temp_dir().join(format!("tempus-postgres-{}-{port}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        made(&folder, fs::create_dir_all(&folder));
        let password = folder.join("password");
        made(&password, fs::write(&password, Self::PASSWORD));
        let log = folder.join("log");
        let shell = Command::new("sh")
            .args(["-c", WHILE_I_LIVE, "sh"])
            .arg(&folder)
            .arg(environment.join("bin/python3"))
            .args(["-c", SERVER])
            .args([&folder, &packages])
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(create(&log))
            .stderr(create(&log))
            .spawn();
        let shell = shell.unwrap_or_else(|error| panic!("Postgres does not start: {error}"));
        let server = Self {
            programs: packages.join("pgserver/pginstall/bin"),
            folder,
            port,
            shell,
        };
        let asked = Instant::now();
        while server.psql("SELECT 1").is_err() {
            assert!(
                asked.elapsed() < PATIENCE,
                "Postgres does not answer:\n{}",
                server.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// The server that all tests of this process share. What they make must be told apart by its names.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is and as whom it is spoken to, without the password.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// The file that has the password of its first user.
    pub fn password_file(&self) -> PathBuf {
        self.folder.join("password")
    }

    /// The folder of its programs, such as `psql`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// What its first user gets for this, a line a row.
    pub fn psql(&self, sql: &str) -> Result<String, String> {
        let url = format!(
            "postgres://{USER}:{}@127.0.0.1:{}/postgres",
            Self::PASSWORD,
            self.port
        );
        self.psql_at(&url, sql)
    }

    /// What whoever this URL is for gets.
    pub fn psql_at(&self, url: &str, sql: &str) -> Result<String, String> {
        let ran = self.psql_command(url, sql).output();
        let ran = ran.map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if ran.status.success() {
            Ok(text(&ran.stdout))
        } else {
            Err(text(&ran.stderr))
        }
    }

    /// A `psql` that does this, not yet started.
    pub fn psql_command(&self, url: &str, sql: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        let plainly = [
            "--no-psqlrc",
            "--no-password",
            "--tuples-only",
            "--no-align",
        ];
        command
            .args(plainly)
            .args(["-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
            .env("PGCONNECT_TIMEOUT", "10")
            .stdin(Stdio::null());
        command
    }

    /// All that it has said so far: every statement, for one.
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Where an environment keeps its packages.
fn packages(environment: &Path) -> PathBuf {
    let lib = environment.join("lib");
    let mut versions = fs::read_dir(&lib).into_iter().flatten().flatten();
    let python = versions.next();
    let python = python.unwrap_or_else(|| panic!("{} is empty", lib.display()));
    python.path().join("site-packages")
}

fn made(path: &Path, done: std::io::Result<()>) {
    done.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
