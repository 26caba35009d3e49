//! The calls, a file for each resource. A handler reads, decides nothing of its own, asks the
//! store for one whole intent, and shows the outcome.

mod accepted;
pub(crate) mod backup;
pub(crate) mod costs;
pub(crate) mod create;
pub(crate) mod dead_letters;
pub(crate) mod destroy;
pub(crate) mod docs;
pub(crate) mod events;
pub(crate) mod extend;
pub(crate) mod github;
pub(crate) mod history;
pub(crate) mod job;
pub(crate) mod link;
pub(crate) mod logs;
pub(crate) mod overview;
pub(crate) mod pin;
pub(crate) mod preview;
pub(crate) mod receipt;
pub(crate) mod status;
pub(crate) mod tokens;
pub(crate) mod update;
pub(crate) mod wake;
pub(crate) mod whoami;
