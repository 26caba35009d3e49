//! The client commands, one file each: its flags, its call, and how the answer is shown.

pub mod access;
pub mod backup;
pub mod bootstrap;
pub mod completions;
pub mod config;
pub mod context;
pub mod costs;
pub mod create;
pub mod dead_letters;
pub mod destroy;
pub mod exec;
pub mod extend;
pub mod health;
pub mod history;
pub mod init;
pub mod job;
pub mod link;
pub mod list;
pub mod logs;
pub mod name;
pub mod overview;
pub mod pin;
pub mod receipt;
pub mod restore;
pub mod schema;
mod service;
mod session;
pub mod show;
pub mod token;
pub mod update;
pub mod validate;
mod wait;
pub mod wake;
pub mod whoami;

pub use session::{Remote, Session};
