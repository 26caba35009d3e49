//! The templates of this platform, a file each.

mod api_service;

use super::LocalOptions;
use crate::Template;

/// Every template of this platform.
pub(super) const ALL: &[Template<LocalOptions>] = &[api_service::TEMPLATE];
