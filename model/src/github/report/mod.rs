//! What is said about a preview on GitHub: rendered whole from what is stored, so that saying it again
//! changes nothing, and what was lost is made up for by the next look.
//!
//! Nothing in it depends on the time at which it is rendered: the cost so far is that at the preview's
//! last change. Otherwise every look would be an edit.

use super::{CommandKind, Source, SourceKey, Verdict};
use crate::{
    Absence, Desired, Failure, Footprint, InstallationId, Job, Phase, Prices, Receipt, Row,
    Snapshot,
};

mod comment;
mod commit;
mod markdown;

pub use commit::{CommitState, CommitStatus, DeploymentReport, DeploymentState};
use markdown::code;

/// Everything that a report is rendered from.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The installation of Tempus.
    pub installation: InstallationId,
    /// The source.
    pub source: &'a Source,
    /// What it calls for, as far as that is known.
    pub verdict: Option<&'a Verdict>,
    /// Its latest preview.
    pub preview: Option<&'a Snapshot>,
    /// That preview's newest job, as its row shows it.
    pub job: Option<&'a Job>,
    /// The proof that it is gone.
    pub receipt: Option<&'a Receipt>,
    /// What it costs, where it costs anything.
    pub cost: Option<Cost<'a>>,
    /// Where more can be read.
    pub links: Links<'a>,
}

/// What a preview costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost<'a> {
    /// The prices.
    pub prices: &'a Prices,
    /// What is wanted of it takes this.
    pub wanted: Footprint,
}

/// Where more can be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Links<'a> {
    /// The API's public address, without a slash at its end.
    pub api: Option<&'a str>,
}

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The comment; `None` where there is nothing worth one.
    pub comment: Option<String>,
    /// The status of the commit that the preview was called for by.
    pub status: Option<CommitStatus>,
    /// The deployment of that commit.
    pub deployment: Option<DeploymentReport>,
}

/// The hidden line by which a source's own comment is found.
pub fn marker(installation: InstallationId, source: &SourceKey) -> String {
    let (scope, item) = (source.scope(), source.item());
    format!("<!-- tempus {installation} {scope} {item} -->")
}

/// What there is to say.
pub fn render(scene: &Scene<'_>) -> Report {
    let about = scene.preview.zip(scene.called_for());
    Report {
        comment: scene.comment(),
        status: about.map(|(preview, sha)| scene.status(preview, sha)),
        deployment: about
            .filter(|_| scene.source.tended.problem.is_none())
            .map(|(preview, sha)| scene.deployment(preview, sha)),
    }
}

impl Scene<'_> {
    /// The commit that the preview was called for by. After its end it is what was said last.
    fn called_for(&self) -> Option<&str> {
        let tended = &self.source.tended;
        let made = tended.made.as_ref().map(|call| call.sha.as_str());
        let deployed = tended.posted.deployment.as_ref();
        made.or_else(|| deployed.map(|deployed| deployed.sha.as_str()))
    }

    /// Why the newest job failed, or the preview could not be made.
    fn failure<'s>(&'s self, row: &'s Row) -> Option<&'s Failure> {
        let of_job = self.job.and_then(|job| job.error.as_ref());
        let of_row = match &row.desired {
            Desired::Absent(Absence::Failed(failure)) => Some(failure),
            _ => None,
        };
        let parked = row.parked.as_ref().map(|parked| &parked.failure);
        of_job.or(of_row).or(parked)
    }
}

/// The phase in words.
fn words(row: &Row, receipt: Option<&Receipt>) -> String {
    let words = match row.phase() {
        _ if row.parked.is_some() => "needs a person",
        Phase::Pending => "about to begin",
        Phase::Provisioning => "being made",
        Phase::Ready => "ready",
        Phase::Asleep => "asleep until somebody uses it",
        Phase::Updating => "ready, and moving to the latest commit",
        Phase::Destroying => "being removed",
        Phase::Destroyed if receipt.is_some() => "gone, and seen to be gone",
        Phase::Destroyed => "gone",
        Phase::Failed => "failed",
    };
    words.to_owned()
}

impl CommandKind {
    /// What is answered to somebody who may not write.
    pub fn not_allowed(by: &str) -> String {
        format!(
            "{} may not: commands are for those who may write to this repository.",
            code(by)
        )
    }
}
