//! What a visitor is told in place of a preview: that it is starting, gone or protected.
//!
//! The same words, pages and problem documents wherever a request ends that is not for an
//! application: at the local platform's proxy, and at the API, which a load balancer sends the
//! requests to that no preview's rule takes.

mod card;
mod page;
mod reader;
mod standing;

pub use card::{ANSWER_HEADER, Card, Form};
pub use reader::Reader;
pub use standing::Standing;

pub(crate) use card::shorten;

/// A whole answer.
pub type Answer = hyper::Response<http_body_util::Full<hyper::body::Bytes>>;
