//! From requests to the model: what is asked for, held against every limit, all errors at once.

pub(crate) mod access;
pub(crate) mod identity;
pub(crate) mod lifetime;
mod service;
pub(crate) mod spec;
