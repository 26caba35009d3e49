//! The templates of this platform, a file each.

mod api_service;

use super::AwsOptions;
use crate::Template;

/// Every template of this platform.
pub(super) const ALL: &[Template<AwsOptions>] = &[api_service::TEMPLATE];
