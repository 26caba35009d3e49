//! The HTTP client: every call of the API, as a method with typed answers.

mod answer;
mod error;
mod http;
mod lines;
mod resolve;

pub use answer::Answer;
pub use error::{ClientError, Refusal};
pub use http::Client;
pub use lines::Lines;
pub(crate) use resolve::LIVE;
