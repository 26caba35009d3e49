//! What happens to every request, from the outside in:
//!
//! ```text
//!   peer      where it comes from: the client's address, by trusted proxies if there are any
//!   trace     a span with a request id; measures, logs the outcome once
//!   headers   what every answer tells a browser
//!   panic     a defect becomes a problem document
//!   gate      answers for previews behind a load balancer, and lets nothing of them further
//!   dress     a refusal becomes a page where a person would be shown it
//!   peer      refuses what came past the trusted proxies, or to them in the clear
//!   guard     Host, Origin and Sec-Fetch-*: refuses what a web page may not send
//!   identify  who calls, how often, and whether the route's scope is theirs
//!   intake    takes the body in, bounded in size and time
//!   handler
//! ```

pub(crate) mod guard;
pub(crate) mod headers;
pub(crate) mod identify;
pub(crate) mod intake;
pub(crate) mod panic;
pub(crate) mod peer;
pub(crate) mod trace;
