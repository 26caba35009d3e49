//! The HTTP client: every call of the API, as a method with typed answers.

mod answer;
mod bearer;
mod error;
mod github;
mod http;
mod lines;
mod resolve;
mod server;

pub use answer::Answer;
pub use bearer::{Bearer, Token, TokenError};
pub use error::{ClientError, Refusal};
pub use github::GitHub;
pub(crate) use http::cause;
pub use http::Client;
pub use lines::Lines;
pub(crate) use resolve::LIVE;
pub use server::Server;
pub(crate) use server::USER_AGENT;
