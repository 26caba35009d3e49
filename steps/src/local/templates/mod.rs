//! The templates of this platform, a file each.

mod api_database;
mod api_service;
mod scheduled_worker;

use super::LocalOptions;
use crate::Template;

/// Every template of this platform.
pub(super) const ALL: &[Template<LocalOptions>] = &[
    api_service::TEMPLATE,
    api_database::TEMPLATE,
    scheduled_worker::TEMPLATE,
];
