//! `POST /webhooks/github`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A delivery was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivered {
    /// How many pull requests and branches it told something new of.
    pub noted: usize,
}
