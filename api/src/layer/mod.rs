//! What happens to every request, from the outside in:
//!
//! ```text
//!   trace     a span with a request id; measures, logs the outcome once
//!   headers   what every answer tells a browser
//!   panic     a defect becomes a problem document
//!   gate      answers for previews behind a load balancer, and lets nothing of them further
//!   guard     Host, Origin and Sec-Fetch-*: refuses what a web page may not send
//!   intake    takes the body in, bounded in size and time
//!   handler
//! ```

pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod intake;
pub(crate) mod panic;
pub(crate) mod trace;
