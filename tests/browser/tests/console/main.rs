//! The console in a real browser, against a real server: what people see of it, and what they do with it.
//!
//! ```text
//!   case ──► Browser ──► chromedriver ──► Chromium ──► the console of `tempus dev` or `tempus serve`
//!     └────► Server, the same as in every other suite: asked what is really so
//! ```
//!
//! Needs Debian's `chromium` and `chromium-driver`; where they are missing, the first test to look for them says so and
//! fails. With `TEMPUS_TEST_PICTURES` set, the pictures that the documentation shows are taken anew.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod browser;
mod cases;
mod chrome;
mod driver;

use tempus_tests::server::Server;

/// What most cases begin with: the program as whoever develops has it.
async fn developing() -> Server {
    Server::develop(&[("previews.ready_within", "3s")]).await
}
