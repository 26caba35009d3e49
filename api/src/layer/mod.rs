//! What happens to every request, from the outside in:
//!
//! ```text
//!   trace     a span with a request id; measures, logs the outcome once
//!   peer      who sends it: the client's address, from trusted proxies if there are any
//!   headers   what every answer tells a browser
//!   panic     a defect becomes a problem document
//!   peer      refuses what came past the trusted proxies, or to them in the clear
//!   guard     Host, Origin and Sec-Fetch-*: refuses what a web page may not send
//!   intake    takes the body in, bounded in size and time
//!   handler
//! ```

pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod intake;
pub(crate) mod panic;
pub(crate) mod peer;
pub(crate) mod trace;
