//! Pull requests and branches as what previews are made from: what is known of them, what that calls
//! for, and what is said about it. Pure, like the rest of this crate.
//!
//! # Where it is kept
//!
//! One [`Source`] for each (repository id, pull request number), one for each branch that is followed,
//! and one for the App itself. A preview's row cannot be that place: there is none before the first
//! preview, it ends with its preview, and a pull request outlives several of them. A source is one
//! small item that is changed by one verb, [`Source::changed`] on a condition on its version, so both
//! engines have it with the writes that they have already; what is due is found as rows are.
//!
//! ```text
//!   delivery ──► HMAC over the raw bytes ──► notes ──► Source { pull, commands, due now } ──► 202
//!                                                         │ hint
//!   periodic pass ── open pulls, listed ──► notes ────────┤
//!   a preview's saga moved ─────────────────► note ───────┤
//!                                                         ▼
//!                     worker:  claim ─► ask GitHub if in doubt ─► verdict ─► deploy │ destroy
//!                                                                    └─► report: comment, status,
//!                                                                        deployment ─► release
//! ```
//!
//! # Why order and doubles do not matter
//!
//! A note says how a pull request *is*, not what happened to it: every delivery carries the whole of
//! it with GitHub's own `updated_at`. The newest wins. One that contradicts what is known and is not
//! newer (shuffled deliveries, two changes within GitHub's one second) changes nothing but that the
//! source is no longer *sure*: then nothing is done before GitHub was asked. So a close is acted on at
//! once, even while GitHub's API is down; and what would start something asks GitHub in any case, since
//! it needs the repository's file at that commit. Asking always would make every teardown wait for
//! GitHub; believing every delivery would let an old one start what was closed.
//!
//! Comment commands are the one thing that is an event. They are kept by their comment's id until
//! they are carried out, and the last ids for some time after, as are the ids of the last deliveries.
//!
//! # Who owns which part
//!
//! Notes own [`Source::pull`] (and who made it so), [`Source::commands`] and [`Source::repository`], the holder of the lease
//! owns [`Tended`]; neither writes the other's. A note that comes while somebody holds the source is
//! counted, and the release of a holder who had not seen it leaves the source due.

mod command;
mod decide;
mod event;
mod image;
mod name;
mod report;
mod source;
#[cfg(test)]
mod tests;
mod who;

pub use command::{Command, CommandKind};
pub use decide::{Absent, Act, Drafts, Rules, Verdict, act, verdict};
pub use event::{Branches, EventError, PullShape, RepositoryShape, Told, read};
pub use image::{image_tag, is_image_tag, short_sha};
pub use name::{NameForm, Named, preview_name};
pub use report::{
    CommitState, CommitStatus, Cost, DeploymentReport, DeploymentState, Links, Report, Scene,
    marker, render,
};
pub use source::{
    Call, Deployed, Head, News, Next, NoChange, Note, Posted, Pull, PullState, Repository, RulesAt,
    Source, SourceChange, SourceKey, Standing, Sure, Tended, Trust,
};
pub use who::{behind_call, behind_end};
