//! Steps: what a preview is made of, and how each piece is made and removed.
//!
//! A step makes one resource and can remove it ([`Step`]). A platform ([`Platform`]) knows its
//! steps, arranges them into plans, and can list what really exists. What a step may ask of its
//! surroundings is a [`Ctx`], which the worker implements; a step knows nothing of queues,
//! leases or rows.
//!
//! ```text
//!   plan (pure):   rank 0        1              2              3            4
//!                [ timer ] → [ predecessor ] → [ process… ] → [ healthy… ] → [ route ]
//!                    ▲                                                          │
//!   compensate:      └───────────────── in reverse, the timer last ◄────────────┘
//! ```
//!
//! The steps of one rank run at the same time. Folders: [`common`] are steps that every platform
//! has, [`local`] runs previews as processes on this machine, [`aws`] on ECS, [`sim`] on a simulated
//! cloud. [`postgres`] is the databases of previews that have one, on either. [`gate`] is the protection in front of a preview, [`visitor`] what is said in its place.

pub mod aws;
pub mod common;
mod ctx;
mod error;
pub mod gate;
pub mod http;
pub mod local;
mod platform;
pub mod postgres;
pub mod sim;
mod step;
mod template;
#[cfg(test)]
mod testing;
pub mod visitor;

pub use ctx::{Ctx, Trust};
pub use error::{Landed, StepError};
pub use platform::{
    Afresh, Audit, CloudEvent, LogLine, LogQuery, LogStream, PlanRequest, Platform, Resource, Run,
    Stray, Used,
};
pub use step::{AnyStep, Progress, Step, planned};
pub(crate) use template::Template;
