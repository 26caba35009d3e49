//! The templates of this platform, a file each.

mod api_database;
mod api_service;
mod scheduled_worker;

use super::AwsOptions;
use crate::Template;

/// Every template of this platform.
pub(super) const ALL: &[Template<AwsOptions>] = &[
    api_service::TEMPLATE,
    api_database::TEMPLATE,
    scheduled_worker::TEMPLATE,
];
