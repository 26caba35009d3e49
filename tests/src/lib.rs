//! What the end-to-end suites share.
//!
//! [`sim`] is a world in one thread and virtual time: the real worker and the real sqlite engine
//! over a simulated cloud, with a fault at any call of the worker's choosing. [`server`] is the program
//! itself: real processes, real HTTP, real SIGKILL. [`aws`] is the same in an emulated AWS account.
//! [`github`] is a server that behaves like GitHub's API, and what a worker makes of it.
//! [`collector`] hears what a server says of itself.
//! [`receiver`] is told that a preview's time is nearly over, and answers as it is asked to.
//! [`alerts`] are the shipped alarms, over what the servers say of themselves;
//! [`runbook`] is the desk at which the pages are followed.
//! [`golden`] is what released versions left in the middle of everything.

pub mod alerts;
pub mod aws;
pub mod collector;
pub mod github;
pub mod golden;
pub mod receiver;
pub mod runbook;
pub mod server;
pub mod sim;
pub mod table;
