//! An application to preview: small, in Python 3, and made to be asked things.

use std::path::PathBuf;

use super::Server;
use serde_json::{Value, json};

/// `/healthz` answers; `/sibling` what `API_URL` answers; `/say/…` prints that; `/headers` and `/variables` what it was given; `/pid`,
/// `/` and, after a second, `/slow` say who it is. Listens only after `START_AFTER` seconds, and ignores SIGTERM if it is `STUBBORN`.
const APP: &str = r#"
import os, signal, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

env = os.environ.get
if env("STUBBORN"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet

    def do_GET(self):
        said = f"{env('TEMPUS_SERVICE')} {env('VERSION')}"
        if self.path == "/sibling":
            said = "it says: " + urlopen(env("API_URL"), timeout=5).read().decode()
        elif self.path.startswith("/say/"):
            print(self.path[5:], flush=True)
        elif self.path == "/slow":
            time.sleep(1)
        elif self.path == "/pid":
            said = str(os.getpid())
        elif self.path == "/headers":
            said = str(self.headers)
        elif self.path == "/variables":
            said = " ".join(sorted(os.environ))
        body = said.encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

print("starting", env("VERSION"), flush=True)
time.sleep(float(env("START_AFTER", "0")))
ThreadingHTTPServer(("127.0.0.1", int(env("PORT"))), App).serve_forever()
"#;

/// Puts the application into a folder of the server's.
pub fn folder(server: &Server) -> PathBuf {
    let folder = server.folder("app");
    std::fs::write(folder.join("app.py"), APP).expect("a small file in a folder of ours");
    folder
}

/// A request for it, under this name, with these variables.
pub fn request(server: &Server, name: &str, env: &Value) -> Value {
    let mut request = json!({
        "name": name, "ttl": "1h", "command": "exec python3 app.py", "dir": folder(server),
        "health_path": "/healthz", "env": {"VERSION": "1"},
    });
    for (key, value) in env.as_object().expect("variables") {
        request["env"][key] = value.clone();
    }
    request
}
