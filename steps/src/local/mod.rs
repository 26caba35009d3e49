//! The `local` platform: previews are processes on this machine behind a built-in reverse proxy.

pub mod process;
pub mod proxy;
