//! An application that has a database: small, in Python 3, which speaks to Postgres through `psql`.

use serde_json::{Value, json};
use tempus_engine::testing::postgres::Postgres;
use tempus_tests::server::Server;

/// `/goods` lists what is in the database and `/add` adds to it, `/stay` leaves a connection open, `/url` says
/// what the application was told.
const APP: &str = r#"
import os, subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

url = os.environ.get("DATABASE_URL", "")

def psql(sql):
    # By the environment: what stands on a command line is everybody's to read.
    where, _, name = url.rpartition("/")
    user, _, rest = where.removeprefix("postgres://").partition(":")
    password, _, address = rest.rpartition("@")
    host, _, port = address.rpartition(":")
    env = {"PGUSER": user, "PGPASSWORD": password, "PGHOST": host, "PGPORT": port, "PGDATABASE": name}
    command = [os.environ["PSQL"], "-XAtq" if sql.startswith("SELECT") else "-XAt", "-c", sql]
    return subprocess.Popen(
        command, env={**os.environ, **env}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

class App(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/goods":
            said = psql("SELECT string_agg(name, ' ' ORDER BY id) FROM goods").communicate()[0].strip()
        elif self.path == "/add":
            said = psql("INSERT INTO goods (name) VALUES ('pear')").communicate()[0].strip()
        elif self.path == "/stay":
            staying = psql("SELECT 'connected'; SELECT pg_sleep(600)")
            said = "connected"
            while psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' "
                       "AND state = 'active'").communicate()[0].strip() == "0":
                pass
        elif self.path == "/url":
            said = url
        else:
            said = "ok"
        body = said.encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
"#;

const SEED: &str = "CREATE TABLE goods (id serial, name text);
COPY goods (name) FROM stdin;
apple
\\.
";

/// `psql`, for the application.
pub fn psql(postgres: &Postgres) -> String {
    postgres.programs().join("psql").display().to_string()
}

/// A request for it, under this name.
pub fn request(server: &Server, postgres: &Postgres, name: &str) -> Value {
    let folder = server.folder("app");
    let db = server.folder("app/db");
    let write = |path: std::path::PathBuf, text: &str| {
        std::fs::write(path, text).expect("a small file in a folder of ours");
    };
    write(folder.join("app.py"), APP);
    write(db.join("seed.sql"), SEED);
    write(db.join("slow.sql"), &format!("{SEED}SELECT pg_sleep(3);\n"));
    write(db.join("wrong.sql"), "SELECT 1;\nSELEKT 2;\n");
    json!({
        "name": name, "ttl": "1h", "template": "api-database", "seed": "db/seed.sql",
        "command": "exec python3 app.py", "dir": folder, "env": {"PSQL": psql(postgres)},
    })
}
