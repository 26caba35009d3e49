"""Two tiny services in one file, with nothing but Python's standard library.

`web` shows a page and asks `api` for the time; `api` answers as JSON. Both listen on $PORT of
127.0.0.1, write a line per request, and end at once when they are told to.
"""

import html
import json
import os
import signal
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROLE = sys.argv[1] if len(sys.argv) > 1 else "web"
STARTED = time.time()

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{greeting}</title>
<style>
  :root {{ color-scheme: light dark }}
  body {{ font: 16px/1.6 system-ui, sans-serif; max-width: 38rem; margin: 14vh auto; padding: 0 1rem }}
  h1 {{ font-size: 2rem; margin: 0 0 .5rem }}
  dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem }}
  dt {{ opacity: .6 }} dd {{ margin: 0; font-family: ui-monospace, monospace }}
</style>
<h1>{greeting}</h1>
<p>This page lives for a while and is then taken down, with a receipt that nothing is left.</p>
<dl>
  <dt>preview</dt><dd>{preview}</dd>
  <dt>service</dt><dd>{service}</dd>
  <dt>its sibling says</dt><dd>{sibling}</dd>
</dl>
</html>
"""


def ask_sibling():
    """What `api` says. A page that shows its sibling's absence beats one that fails with it."""
    url = os.environ.get("API_URL")
    if not url:
        return "nothing: API_URL is not set"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return f"up for {json.load(answer)['up_seconds']} s"
    except (OSError, ValueError, KeyError) as error:
        return f"nothing: {error}"


def page():
    values = {
        "greeting": os.environ.get("GREETING", "Hello"),
        "preview": os.environ.get("TEMPUS_PREVIEW", "none"),
        "service": os.environ.get("TEMPUS_SERVICE", ROLE),
        "sibling": ask_sibling(),
    }
    return PAGE.format(**{name: html.escape(value) for name, value in values.items()})


class Handler(BaseHTTPRequestHandler):
    """Answers by path, whatever the service."""

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/healthz":
            self.answer(200, "text/plain", "ok\n")
        elif path != "/":
            self.answer(404, "text/plain", "there is only /\n")
        elif ROLE == "api":
            up = {"up_seconds": round(time.time() - STARTED)}
            self.answer(200, "application/json", json.dumps(up))
        else:
            self.answer(200, "text/html; charset=utf-8", page())

    def answer(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *values):
        print(f"{self.command} {self.path} {values[1] if len(values) > 1 else ''}", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    print(f"{ROLE} listens on port {server.server_port}", flush=True)
    server.serve_forever()
