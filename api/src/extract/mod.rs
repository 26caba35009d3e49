//! Extractors: parts of a request as typed values, or a refusal that names the part.

mod body;
mod decode;
mod errors;
mod id;
mod key;
mod query;
mod theirs;

pub(crate) use body::Json;
pub(crate) use errors::Errors;
pub(crate) use id::Text;
pub(crate) use key::{Key, fingerprint};
pub(crate) use query::Query;
pub(crate) use theirs::Theirs;
