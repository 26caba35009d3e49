//! The built-in default application: what a request that names nothing runs, so that a first
//! `curl` works on a machine that has nothing but this binary.

use std::io::Write;
use std::net::Ipv4Addr;

use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{Html, Response};
use axum::routing::get;

use crate::failure::Failure;
use crate::signals::Signals;

/// Serves until it is told to stop.
pub async fn run() -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let port: u16 = std::env::var("PORT")
        .ok()
        .and_then(|port| port.parse().ok())
        .ok_or_else(|| Failure::usage("PORT must be set to a port, 1 to 65535"))?;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| format!("port {port} of 127.0.0.1"))?;
    say(&format!("listening on port {port}"));
    let page = page();
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .fallback(async move || Html(page.clone()))
        .layer(middleware::from_fn(log));
    // Nothing here is worth finishing: it stops at once.
    tokio::select! {
        served = axum::serve(listener, router) => Ok(served?),
        () = signals.next() => {
            say("stopping");
            Ok(())
        }
    }
}

async fn log(request: Request, next: Next) -> Response {
    let line = format!("{} {}", request.method(), request.uri().path());
    let response = next.run(request).await;
    say(&format!("{line} {}", response.status().as_u16()));
    response
}

fn say(line: &str) {
    // Nobody may be reading; that is no reason to stop serving.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn page() -> String {
    let variable =
        |name: &str| std::env::var(name).map_or("–".to_owned(), |value| escape(&value));
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content='width=device-width'><title>Hello from Tempus</title>\
         <style>body{{font:16px/1.6 system-ui,sans-serif;max-width:36rem;margin:15vh auto;\
         padding:0 1rem;color-scheme:light dark}}dt{{opacity:.6}}dd{{margin:0 0 .5rem;\
         font-family:ui-monospace,monospace}}</style>\
         <h1>Hello from Tempus</h1><p>This preview runs the built-in application. \
         It ends by itself.</p><dl><dt>preview<dd>{}<dt>service<dd>{}</dl></html>\n",
        variable("TEMPUS_PREVIEW"),
        variable("TEMPUS_SERVICE"),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
