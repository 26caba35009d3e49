//! The sweep in a world that is not as the rows have it, and that lies about itself.
//!
//! [`simulated`] has a cloud whose listing says what the test wants, in virtual time. [`local`] and
//! [`aws`] are the program over real processes, and in an emulated account behind a wire that lies.

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers unwrap is what the test claims"
)]

mod aws;
mod local;
mod lying;
mod simulated;
